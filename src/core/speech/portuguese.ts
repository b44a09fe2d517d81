import type { Phrase } from './phrase.ts';
import {
  digitByDigit,
  type Gender,
  type LanguageRules,
  type Noun,
  numberWord,
  SCALES,
  SIMPLE_NUMBERS,
  type ThreeDigits,
  tensAndUnits,
  threeDigitsOf,
} from './rules.ts';

const masculine = (name: string): Noun => ({ name, gender: 'masculine' });
const CENTAVO = masculine('centavo');
const AND = 'numbers/and';
const HUNDREDS = [200, 300, 400, 500, 600, 700, 800, 900];

/**
 * Brazilian Portuguese. One, two and the hundreds from 200 agree with what they count, through `mil` but not through
 * `milhões`, which is masculine: duzentas mil libras, duzentos milhões de libras. Account numbers are read digit by digit; six
 * is `seis`, not the `meia` of telephone numbers. Ordinals are feminine, as "posição" is.
 */
export const portuguese: LanguageRules = {
  language: 'pt_BR',
  cardinal,
  ordinal: (n) => tensAndUnits(n).map((part) => `ordinals/${part}`),
  accountGroup: digitByDigit,
  formAfter: (n) => (n === 1n ? 'one' : 'many'),
  // Whole millions are nouns themselves: um milhão de reais, but um milhão e duzentos mil reais.
  beforeNoun: (n) => (n > 0n && n % 1_000_000n === 0n ? ['numbers/of'] : []),
  betweenUnits: [AND],
  forms: ['one', 'many'],
  currencies: {
    USD: { unit: masculine('dollar'), hundredth: CENTAVO },
    EUR: { unit: masculine('euro'), hundredth: CENTAVO },
    GBP: { unit: { name: 'pound', gender: 'feminine' }, hundredth: masculine('penny') },
    RUB: { unit: masculine('ruble'), hundredth: masculine('kopeck') },
    BRL: { unit: masculine('real'), hundredth: CENTAVO },
  },
  accountGender: 'feminine',
  accountForms: ['many'],
  minute: masculine('minute'),
  second: masculine('second'),
  betweenTimes: [AND],
  waitingCall: { name: 'call', gender: 'feminine' },
  words: [
    ...SIMPLE_NUMBERS.map(numberWord),
    ...['1_f', '2_f', '100', '100_more'].map(numberWord),
    ...HUNDREDS.flatMap((n) => [numberWord(n), numberWord(`${n}_f`)]),
    numberWord('thousand'),
    ...SCALES.slice(2).flatMap((scale) => [numberWord(`${scale}_one`), numberWord(`${scale}_many`)]),
    AND,
    'numbers/of',
    ...SIMPLE_NUMBERS.filter((n) => n > 0).map((n) => `ordinals/${n}`),
  ],
};

function cardinal(n: bigint, gender: Gender): Phrase {
  if (n === 0n) return [numberWord(0)];
  const groups = threeDigitsOf(n);
  return groups.flatMap((group, index) => {
    const isLast = index === groups.length - 1;
    // Mil e cem, mil e um, um milhão e duzentos mil; but mil cento e um, dois milhões trezentos e dez mil.
    const isJoined = index > 0 && isLast && (group.value < 100 || group.value % 100 === 0);
    return [...(isJoined ? [AND] : []), ...withScale(group, gender)];
  });
}

function withScale({ value, power }: ThreeDigits, gender: Gender): Phrase {
  if (power === 0) return below1000(value, gender);
  if (power === 1) return value === 1 ? ['numbers/thousand'] : [...below1000(value, gender), 'numbers/thousand'];
  return [...below1000(value, 'masculine'), numberWord(`${SCALES[power]}_${value === 1 ? 'one' : 'many'}`)];
}

function below1000(n: number, gender: Gender): Phrase {
  const rest = n % 100 === 0 ? [] : tensAndUnits(n % 100);
  const words = rest.map((part) => numberWord(gender === 'feminine' && part <= 2 ? `${part}_f` : part));
  const parts = n < 100 ? words : [hundredsOf(n, gender), ...words];
  return parts.flatMap((part, index) => (index === 0 ? [part] : [AND, part]));
}

/** Cem alone, cento with more behind it. */
function hundredsOf(n: number, gender: Gender): string {
  if (n === 100) return numberWord(100);
  if (n < 200) return numberWord('100_more');
  return numberWord(`${n - (n % 100)}${gender === 'feminine' ? '_f' : ''}`);
}
