/**
 * Numbers in words, in another way than the grammar's: slow, on texts, without genders and forms while it counts. For
 * comparing; up to eighteen digits, not below zero.
 */
export type Spelling = (n: bigint, gender?: 'masculine' | 'feminine') => string;

const words = (text: string): readonly string[] => text.split(' ');
const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

const ENGLISH: readonly (readonly [bigint, string])[] = [
  ...words('quadrillion trillion billion million thousand').map((name, index): [bigint, string] => [
    10n ** BigInt(15 - 3 * index),
    name,
  ]),
  [100n, 'hundred'],
];
const ENGLISH_TENS: readonly (readonly [bigint, string])[] = words(
  'ninety eighty seventy sixty fifty forty thirty twenty',
).map((name, index) => [BigInt(90 - 10 * index), name]);
const ENGLISH_SMALL = words(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
);

/** The greatest named part, as often as it is in the number, and then the rest in the same way. */
export const spellEnglish: Spelling = (n) => {
  for (const [size, name] of ENGLISH) {
    if (n < size) continue;
    return plain(`${spellEnglish(n / size)} ${name} ${n % size === 0n ? '' : spellEnglish(n % size)}`);
  }
  for (const [size, name] of ENGLISH_TENS) {
    if (n >= size) return plain(`${name} ${n === size ? '' : spellEnglish(n - size)}`);
  }
  return ENGLISH_SMALL[Number(n)] ?? '';
};

const RUSSIAN_HUNDREDS = words(' сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот');
const RUSSIAN_TENS = words('  двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто');
const RUSSIAN_SMALL = words(
  ' один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать',
);
const RUSSIAN_SCALES = ['', 'тысяч', 'миллионов', 'миллиардов', 'триллионов', 'квадриллионов'];

/** Everything in the genitive plural first, then the ends are put right in the text. */
export const spellRussian: Spelling = (n, gender = 'masculine') => {
  if (n === 0n) return 'ноль';
  const digits = String(n).padStart(18, '0');
  const groups = Array.from({ length: 6 }, (_, index) => digits.slice(3 * index, 3 * index + 3));
  const raw = groups.map((group, index) => {
    if (group === '000') return '';
    const [hundred, ten, unit] = [...group].map(Number) as [number, number, number];
    const below = ten === 1 ? RUSSIAN_SMALL[10 + unit] : `${RUSSIAN_TENS[ten]} ${RUSSIAN_SMALL[unit]}`;
    return `${RUSSIAN_HUNDREDS[hundred]} ${below} ${RUSSIAN_SCALES[5 - index]}`;
  });
  const counted = plain(raw.join(' '))
    .replace(/(?<=^| )один тысяч(?= |$)/g, 'одна тысяча')
    .replace(/(?<=^| )два тысяч(?= |$)/g, 'две тысячи')
    .replace(/(?<=^| )(три|четыре) тысяч(?= |$)/g, '$1 тысячи')
    .replace(/(?<=^| )один (\S+лли\S+)ов(?= |$)/g, 'один $1')
    .replace(/(?<=^| )(два|три|четыре) (\S+лли\S+)ов(?= |$)/g, '$1 $2а');
  if (gender === 'masculine') return counted;
  return counted.replace(/(?<=^| )один$/, 'одна').replace(/(?<=^| )два$/, 'две');
};

const PORTUGUESE_SMALL = words(
  'zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove',
);
const PORTUGUESE_TENS = words('  vinte trinta quarenta cinquenta sessenta setenta oitenta noventa');
const PORTUGUESE_HUNDREDS = words(
  ' cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos',
);
const PORTUGUESE_SCALES = ['', ' mil', ' milhões', ' bilhões', ' trilhões', ' quatrilhões'];

/** Each group by itself; "e" before the last one when that has no "e" after its hundreds. */
export const spellPortuguese: Spelling = (n, gender = 'masculine') => {
  if (n === 0n) return 'zero';
  const groups: string[] = [];
  for (let power = 5; power >= 0; power -= 1) {
    const value = Number((n / 1000n ** BigInt(power)) % 1000n);
    if (value === 0) continue;
    const text = `${portugueseBelow1000(value)}${PORTUGUESE_SCALES[power]}`;
    groups.push(text.replace(/^um mil$/, 'mil').replace(/^um (\S+)ões$/, 'um $1ão'));
  }
  const last = groups.at(-1) ?? '';
  const isJoined = groups.length > 1 && !/^\S*(?:cento|entos) e /.test(last);
  const all = [...groups.slice(0, -1), isJoined ? `e ${last}` : last].join(' ');
  if (gender === 'masculine') return all;
  const [, above = '', below = ''] = /^(.*(?:lhão|lhões)(?= |$))?(.*)$/.exec(all) ?? [];
  const feminine = below.replace(/(?<=^| )um(?= |$)/g, 'uma').replace(/(?<=^| )dois(?= |$)/g, 'duas');
  return above + feminine.replace(/entos(?= |$)/g, 'entas');
};

function portugueseBelow1000(n: number): string {
  if (n === 100) return 'cem';
  const parts = [PORTUGUESE_HUNDREDS[Math.floor(n / 100)]];
  if (n % 100 < 20) parts.push(n % 100 === 0 ? '' : PORTUGUESE_SMALL[n % 100]);
  else parts.push(PORTUGUESE_TENS[Math.floor((n % 100) / 10)], n % 10 === 0 ? '' : PORTUGUESE_SMALL[n % 10]);
  return parts.filter((part) => part !== '' && part !== undefined).join(' e ');
}
