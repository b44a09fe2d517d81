/** With the flag u only a surrogate that has no partner matches. */
const LONE_SURROGATE = /\p{Cs}/gu;
/** What XML 1.0 (section 2.2, Char) can't carry, after lone surrogates were replaced. */
const NOT_XML = /(?![\t\n\r\u007f-\u009f])[\p{Cc}\ufffe\uffff]/gu;
/** Everything that would start a new line or a new column in a chat window. */
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu;
/** Direction marks and overrides: a name must not turn round the text that follows it. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Replaces every code unit that XML can't carry by U+FFFD; the rest stays as it is. */
export function xmlSafe(text: string): string {
  return text.replace(LONE_SURROGATE, '\ufffd').replace(NOT_XML, '\ufffd');
}

/** One line without control characters or direction overrides, at most `lengthMax` characters (the last is `…` when cut). */
export function oneLine(text: string, lengthMax: number): string {
  // Cutting first bounds the work for a text of any length; direction marks may make the result shorter, never longer.
  const head = cut(text, lengthMax * 4).replace(LONE_SURROGATE, '\ufffd');
  const line = head
    .replace(DIRECTION, '')
    .replace(BREAKS, ' ')
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .trim();
  return cut(line, lengthMax);
}

/** At most `lengthMax` code units, never half a surrogate pair, with `…` in place of what was cut. */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const head = text.slice(0, Math.max(0, lengthMax - 1));
  const last = head.charCodeAt(head.length - 1);
  const whole = last >= 0xd800 && last <= 0xdbff ? head.slice(0, -1) : head;
  return `${whole}…`;
}
