import type { Caller } from '../../src/core/people.ts';

/** Characters of a name that reach a phone; displays hold 20 to 40. */
const NAME_LENGTH_MAX = 80;
/** E.164 has 15 digits; internal numbers and SIP user parts may be longer. */
const NUMBER_LENGTH_MAX = 40;
/** Shown when a caller withholds the number: without any, Asterisk would show its own name. */
const NUMBER_WITHHELD = 'anonymous';

/**
 * The variables that make a leg's phone show a caller. Of all ways tried with create + dial on 22.10 only the leg's connected
 * line reaches the INVITE's From (and P-Asserted-Identity); CALLERID() does not, and `dial?caller=` would put the caller's own
 * in its place. `i` keeps Asterisk from sending an update for each.
 */
export function connectedLine(shown: Caller): Readonly<Record<string, string>> {
  return {
    'CONNECTEDLINE(name,i)': displayName(shown.name ?? ''),
    'CONNECTEDLINE(num,i)': displayNumber(shown.number ?? '') || NUMBER_WITHHELD,
  };
}

/**
 * Makes a name harmless in a SIP header and on a display: letters, marks, digits, common punctuation and single spaces stay.
 * Asterisk 22.10 copies a line break from here into the header as it is, so that a name could bring its own header line.
 */
export function displayName(name: string): string {
  const safe = name
    .slice(0, NAME_LENGTH_MAX * 8)
    .replace(/["<>\\`]|[^\p{L}\p{M}\p{N}\p{P}\p{Sc}\p{Sm}\p{Zs}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return [...safe].slice(0, NAME_LENGTH_MAX).join('').trim();
}

/** Keeps what a SIP user part and a dialling phone understand: letters, digits, `+ * # . _ -`. */
export function displayNumber(number: string): string {
  return number.replace(/[^0-9A-Za-z+*#._-]/g, '').slice(0, NUMBER_LENGTH_MAX);
}
