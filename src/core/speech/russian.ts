import type { Phrase } from './phrase.ts';
import {
  type Form,
  type Gender,
  type LanguageRules,
  type Noun,
  numberWord,
  SCALES,
  SIMPLE_NUMBERS,
  tensAndUnits,
  threeDigitsOf,
} from './rules.ts';

const masculine = (name: string): Noun => ({ name, gender: 'masculine' });
const CENT = masculine('cent');
const FORMS: readonly Form[] = ['one', 'few', 'many'];

/**
 * Russian in the nominative case. One and two agree with what they count, a thousand being feminine: одна тысяча, два
 * миллиона, двадцать одна копейка. The sentences are made so that no other case is needed: «Примерное время ожидания | одна |
 * минута», and not «вы будете ждать одну минуту». Account numbers are read as Russians read them: in groups of three as numbers, the zeros
 * in front said one by one (045: ноль сорок пять). Ordinals are masculine, as "ваш звонок" is.
 */
export const russian: LanguageRules = {
  language: 'ru',
  cardinal,
  ordinal,
  accountGroup,
  formAfter,
  beforeNoun: () => [],
  betweenUnits: [],
  forms: FORMS,
  currencies: {
    USD: { unit: masculine('dollar'), hundredth: CENT },
    EUR: { unit: { ...masculine('euro'), isInvariable: true }, hundredth: masculine('eurocent') },
    GBP: { unit: masculine('pound'), hundredth: masculine('penny') },
    RUB: { unit: masculine('ruble'), hundredth: { name: 'kopeck', gender: 'feminine' } },
    BRL: { unit: masculine('real'), hundredth: { ...masculine('centavo'), isInvariable: true } },
  },
  accountGender: 'masculine',
  accountForms: FORMS,
  minute: { name: 'minute', gender: 'feminine' },
  second: { name: 'second', gender: 'feminine' },
  betweenTimes: [],
  // The subject stands in front: «Звонков в очереди больше, чем десять».
  waitingCall: null,
  words: [
    ...SIMPLE_NUMBERS.map(numberWord),
    ...['1_f', '2_f'].map(numberWord),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => numberWord(n * 100)),
    ...SCALES.slice(1).flatMap((scale) => FORMS.map((form) => numberWord(`${scale}_${form}`))),
    ...SIMPLE_NUMBERS.filter((n) => n > 0).map((n) => `ordinals/${n}`),
  ],
};

function cardinal(n: bigint, gender: Gender): Phrase {
  if (n === 0n) return [numberWord(0)];
  return threeDigitsOf(n).flatMap(({ value, power }) => {
    if (power === 0) return below1000(value, gender);
    const scale = numberWord(`${SCALES[power]}_${formAfter(BigInt(value))}`);
    return [...below1000(value, power === 1 ? 'feminine' : 'masculine'), scale];
  });
}

function below1000(n: number, gender: Gender): Phrase {
  const hundreds = n - (n % 100);
  const rest = n % 100 === 0 ? [] : tensAndUnits(n % 100);
  const words = rest.map((part) => numberWord(gender === 'feminine' && part <= 2 ? `${part}_f` : part));
  return hundreds === 0 ? words : [numberWord(hundreds), ...words];
}

/** Один рубль, два рубля, пять рублей; eleven to fourteen are as five, in every hundred. */
function formAfter(n: bigint): Form {
  const lastTwo = n % 100n;
  const last = n % 10n;
  if (lastTwo >= 11n && lastTwo <= 14n) return 'many';
  if (last === 1n) return 'one';
  return last >= 2n && last <= 4n ? 'few' : 'many';
}

/** Only the last word changes: двадцать первый. */
function ordinal(n: number): Phrase {
  const parts = tensAndUnits(n);
  return parts.map((part, index) => (index === parts.length - 1 ? `ordinals/${part}` : numberWord(part)));
}

function accountGroup(digits: string): Phrase {
  const zeros = /^0*/.exec(digits)?.[0] ?? '';
  const rest = Number(digits);
  return [...[...zeros].map(numberWord), ...(rest === 0 ? [] : below1000(rest, 'masculine'))];
}
