import { shown } from '../../config/findings.ts';
import { durationText } from '../../config/values.ts';
import type { Written } from '../draft.ts';

/**
 * What becomes of an option's value: a setting (with a note when it means something else now); nothing that has to be written,
 * because things are so; or nothing at all, and why.
 */
export type Converted =
  | { readonly value: Written; readonly note?: string }
  | { readonly isSo: string }
  | { readonly left: string };

/** One option of Asterisk. */
export interface OptionRule {
  /** Its names, small letters; the first one is that of Asterisk's sample file. */
  readonly names: readonly [string, ...string[]];
  /** The setting that takes its place, from the group of the queue or class on; `null`: none does. */
  readonly setting: string | null;
  convert(value: string): Converted;
}

/** A rule by its option's name or an older one; letters' case does not count in Asterisk. */
export function ruleNamed<Rule extends OptionRule>(rules: readonly Rule[], name: string): Rule | undefined {
  return rules.find(({ names }) => names.includes(name.toLowerCase()));
}

const TRUE = ['yes', 'true', 'y', 't', '1', 'on'];
const FALSE = ['no', 'false', 'n', 'f', '0', 'off'];

/** Asterisk's words for true; every other word is false to it. */
export const isTrue = (value: string) => TRUE.includes(value.toLowerCase());

export function yesNo(value: string): Converted {
  if (isTrue(value) || FALSE.includes(value.toLowerCase())) return { value: isTrue(value) };
  return { value: false, note: `${shown(value)} is no yes and no no: Asterisk takes it for no` };
}

/** What a number may be here, and what Asterisk makes of one that it does not want. */
interface Range {
  readonly min?: number;
  readonly max: number;
  /** What Asterisk itself takes instead of a number below `min`; without it that number is none that is possible here. */
  readonly below?: number;
}

/** A whole number, as Asterisk reads it: what does not begin with one is 0. */
function ranged(value: string, { min = 0, max, below }: Range): { number: number; note?: string } {
  const digits = /^\s*[+-]?\d+/.exec(value)?.[0];
  const read = Number(digits ?? 0);
  const isWhole = digits !== undefined && digits.length === value.length;
  const readNote = `${shown(value)} is no whole number: Asterisk reads ${read}`;
  if (read < min && below !== undefined) return { number: below, note: `Asterisk makes ${below} of ${shown(value)}` };
  if (read < min) return { number: min, note: `less than the least that is possible here, ${min}` };
  if (read > max) return { number: max, note: `more than the greatest that is possible here, ${max}` };
  return isWhole ? { number: read } : { number: read, note: readNote };
}

export const whole =
  (range: Range) =>
  (value: string): Converted => {
    const { number, note } = ranged(value, range);
    return note === undefined ? { value: number } : { value: number, note };
  };

/** Seconds become a duration. */
export const seconds =
  (range: Range) =>
  (value: string): Converted => {
    const { number, note } = ranged(value, range);
    const written = number === 0 ? 0 : durationText(number * 1000);
    return note === undefined ? { value: written } : { value: written, note };
  };

/** One of these words; for another one Asterisk takes `otherwise`. */
export const word =
  (words: readonly string[], otherwise: string) =>
  (value: string): Converted => {
    const found = words.find((each) => each === value.toLowerCase());
    if (found !== undefined) return { value: found };
    return { value: otherwise, note: `there is no ${shown(value)}: Asterisk takes ${otherwise}` };
  };

/** `yes`, `no` and further words. */
export const yesNoOr =
  (words: readonly string[]) =>
  (value: string): Converted => {
    const found = words.find((each) => each === value.toLowerCase());
    if (found !== undefined) return { value: found };
    const { value: read, note } = yesNo(value) as { value: boolean; note?: string };
    const written = read ? 'yes' : 'no';
    return note === undefined ? { value: written } : { value: written, note };
  };

export const text = (value: string): Converted =>
  value === '' ? { left: 'is empty, which is as good as not there' } : { value };

/** Recordings, one after another. */
export const prompts =
  (separator: string, max: number) =>
  (value: string): Converted => {
    const names = value
      .split(separator)
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (names.length === 0) return { left: 'is empty: nothing is said' };
    if (names.length <= max) return { value: names };
    return { value: names.slice(0, max), note: `of ${names.length} recordings the first ${max} are said` };
  };

export const left = (why: string) => (): Converted => ({ left: why });
