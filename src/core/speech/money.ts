import type { Currency, Money } from './account.ts';

/** Digits before the point, leading zeros apart: beyond it is no balance but a fault of the source. */
export const AMOUNT_DIGITS_MAX = 18;
/** Characters of an amount, blanks apart. */
export const AMOUNT_LENGTH_MAX = 64;

/** What an amount written in decimal means. `not-decimal`: exponents, commas, currency signs, NaN, other scripts' digits. */
export type ParsedAmount =
  | { readonly type: 'money'; readonly money: Money }
  | { readonly type: 'refused'; readonly reason: 'empty' | 'not-decimal' | 'too-long' };

/**
 * Reads `-12.30`, `+5`, `.5`, `7.` and ` 12 ` exactly, without floating point. Databases keep amounts with four decimals and
 * more: what comes after the second is cut, towards zero (`1.239` is 1.23, `-0.009` is 0), so nobody is told more than there
 * is, nor a debt that is smaller than a cent. A comma is refused: it means thousands in one country and decimals in the next.
 */
export function parseAmount(text: string, currency: Currency): ParsedAmount {
  const written = text.trim();
  if (written === '') return { type: 'refused', reason: 'empty' };
  if (written.length > AMOUNT_LENGTH_MAX) return { type: 'refused', reason: 'too-long' };
  const [, sign, units = '', decimals = ''] = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/.exec(written) ?? [];
  if (units === '' && decimals === '') return { type: 'refused', reason: 'not-decimal' };
  const significant = units.replace(/^0+/, '');
  if (significant.length > AMOUNT_DIGITS_MAX) return { type: 'refused', reason: 'too-long' };
  const hundredths = BigInt(significant + decimals.slice(0, 2).padEnd(2, '0'));
  return { type: 'money', money: { hundredths: sign === '-' ? -hundredths : hundredths, currency } };
}
