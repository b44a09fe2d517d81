/** A whole number as the dialplan writes it; `null`: none, and anything that is none. */
export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*-?\d{1,9}\s*$/.test(text) ? Number(text) : null;
}

/** A number from 1 on; `null`: none. */
export function positiveNumber(text: string | undefined): number | null {
  const number = wholeNumber(text);
  return number !== null && number > 0 ? number : null;
}
