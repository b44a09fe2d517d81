import type { Currency } from './account.ts';
import type { Phrase, SpokenLanguage } from './phrase.ts';

export type Gender = 'masculine' | 'feminine';

/** Forms of a counted noun: `рубль`, `рубля`, `рублей`. Languages with two forms have `one` and `many`. */
export type Form = 'one' | 'few' | 'many';

/** A noun that is counted: its recordings are `FOLDER/NAME_FORM`, or `FOLDER/NAME` when it has one form for all (`евро`). */
export interface Noun {
  readonly name: string;
  readonly gender: Gender;
  readonly isInvariable?: boolean;
}

/** What is a language's own in {@link Grammar}: everything else is the same in all of them. */
export interface LanguageRules {
  readonly language: SpokenLanguage;
  /** Words of a number of up to {@link CARDINAL_DIGITS_MAX} digits, not below 0. */
  cardinal(n: bigint, gender: Gender): Phrase;
  /** Words of an ordinal number from 1 to {@link ORDINAL_MAX}, in the gender that the sentence of the position takes. */
  ordinal(n: number): Phrase;
  /** Words of one group of an account number: one to three digits. */
  accountGroup(digits: string): Phrase;
  /** The form that a noun has after a number. */
  formAfter(n: bigint): Form;
  /** Between a number and its noun: `um milhão de reais`. */
  beforeNoun(n: bigint): Phrase;
  /** Between whole units and hundredths. */
  readonly betweenUnits: Phrase;
  readonly forms: readonly Form[];
  readonly currencies: Readonly<Record<Currency, { readonly unit: Noun; readonly hundredth: Noun }>>;
  /** Gender of the word "account", which is counted in front of a list. */
  readonly accountGender: Gender;
  /** The forms that it has after two and more. */
  readonly accountForms: readonly Form[];
  /** Units of a waiting time. */
  readonly minute: Noun;
  readonly second: Noun;
  /** Between minutes and seconds. */
  readonly betweenTimes: Phrase;
  /** What is counted behind "more than"; `null`: the sentence ends with the number. */
  readonly waitingCall: Noun | null;
  /** Every word of numbers that the functions above can produce. */
  readonly words: readonly string[];
}

/** Digits of the greatest number with a name in every language, just below a thousand quadrillions. */
export const CARDINAL_DIGITS_MAX = 18;
/** Places in line up to here are told as ordinal numbers, from there on as "number 100". */
export const ORDINAL_MAX = 99;

/** Powers of a thousand, by index; 0 is the last three digits. */
export const SCALES = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'] as const;

/** Three digits of a number, with the power of a thousand that they count. */
export interface ThreeDigits {
  /** 1 to 999. */
  readonly value: number;
  /** Index in {@link SCALES}. */
  readonly power: number;
}

/** The groups of three digits of a number above zero that are not 000, greatest first. */
export function threeDigitsOf(n: bigint): ThreeDigits[] {
  const groups: ThreeDigits[] = [];
  let rest = n;
  for (let power = 0; rest > 0n; power += 1) {
    const value = Number(rest % 1000n);
    if (value > 0) groups.unshift({ value, power });
    rest /= 1000n;
  }
  return groups;
}

/** Parts of 1 to 99 that have a word of their own: 21 is 20 and 1, 13 is itself. */
export function tensAndUnits(n: number): readonly number[] {
  if (n < 20 || n % 10 === 0) return [n];
  return [n - (n % 10), n % 10];
}

/** `numbers/5` for 5: the words that are the same in every gender. */
export const numberWord = (n: number | string) => `numbers/${n}`;

/** Digit by digit. */
export const digitByDigit = (digits: string): Phrase => [...digits].map(numberWord);

/** 0 to 20 and the tens: the numbers below 100 with a word of their own. */
export const SIMPLE_NUMBERS: readonly number[] = [
  ...Array.from({ length: 21 }, (_, n) => n),
  ...[3, 4, 5, 6, 7, 8, 9].map((ten) => ten * 10),
];
