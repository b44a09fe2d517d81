import type { Phrase } from './phrase.ts';
import {
  digitByDigit,
  type LanguageRules,
  type Noun,
  numberWord,
  SCALES,
  SIMPLE_NUMBERS,
  tensAndUnits,
  threeDigitsOf,
} from './rules.ts';

const noun = (name: string): Noun => ({ name, gender: 'masculine' });
const CENT = noun('cent');
const ORDINALS = SIMPLE_NUMBERS.filter((n) => n > 0);

/**
 * English as it is spoken in the United States: "one hundred five", without "and"; "and" stands between dollars and cents.
 * Account numbers are read digit by digit: nobody who writes them down has to turn words back into digits.
 */
export const english: LanguageRules = {
  language: 'en',
  cardinal,
  ordinal,
  accountGroup: digitByDigit,
  formAfter: (n) => (n === 1n ? 'one' : 'many'),
  beforeNoun: () => [],
  betweenUnits: ['numbers/and'],
  forms: ['one', 'many'],
  currencies: {
    USD: { unit: noun('dollar'), hundredth: CENT },
    EUR: { unit: noun('euro'), hundredth: CENT },
    GBP: { unit: noun('pound'), hundredth: noun('penny') },
    RUB: { unit: noun('ruble'), hundredth: noun('kopeck') },
    BRL: { unit: noun('real'), hundredth: noun('centavo') },
  },
  accountGender: 'masculine',
  accountForms: ['many'],
  minute: noun('minute'),
  second: noun('second'),
  betweenTimes: [],
  waitingCall: noun('call'),
  words: [
    ...SIMPLE_NUMBERS.map(numberWord),
    'numbers/hundred',
    ...SCALES.slice(1).map(numberWord),
    'numbers/and',
    ...ORDINALS.map((n) => `ordinals/${n}`),
  ],
};

function cardinal(n: bigint): Phrase {
  if (n === 0n) return [numberWord(0)];
  return threeDigitsOf(n).flatMap(({ value, power }) => [
    ...below1000(value),
    ...(power === 0 ? [] : [numberWord(SCALES[power] ?? '')]),
  ]);
}

function below1000(n: number): Phrase {
  const hundreds = Math.floor(n / 100);
  return [
    ...(hundreds === 0 ? [] : [numberWord(hundreds), 'numbers/hundred']),
    ...(n % 100 === 0 ? [] : tensAndUnits(n % 100).map(numberWord)),
  ];
}

/** Only the last word changes: twenty-first. */
function ordinal(n: number): Phrase {
  const parts = tensAndUnits(n);
  return parts.map((part, index) => (index === parts.length - 1 ? `ordinals/${part}` : numberWord(part)));
}
