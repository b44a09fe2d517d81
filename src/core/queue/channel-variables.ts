/** Greatest number that is kept, above or below zero: beyond it counts as it, and no column overflows. */
export const WHOLE_NUMBER_MAX = 1_000_000_000;

/** A whole number as the dialplan writes it; `null`: none, and anything that is none ("high"). */
export function wholeNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\s*-?\d{1,20}\s*$/.test(text)) return null;
  return Math.max(-WHOLE_NUMBER_MAX, Math.min(WHOLE_NUMBER_MAX, Number(text)));
}

/** A number from 1 on; `null`: none. */
export function positiveNumber(text: string | undefined): number | null {
  const number = wholeNumber(text);
  return number !== null && number > 0 ? number : null;
}
