/** Where an entry of sipp's error file begins; the one before may have no line break at its end. */
const ENTRY = /(?=\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\.\d+\t\d+\.\d+: )/;
/**
 * What came once more for a call that has ended well. Whoever stands still for half a second answers a BYE late; Asterisk has sent it again by then, and sipp
 * takes that for a message to a dead call.
 */
const CAME_AGAIN = /^\S+\t\S+\t\S+: Dead call \S+ \(successful\), received '/;

/** What sipp's error file says of calls that failed; empty when it says nothing of any. */
export function failuresIn(text: string): string {
  const [heading = '', ...entries] = text.split(ENTRY);
  const failures = entries.filter((entry) => !CAME_AGAIN.test(entry));
  return failures.length === 0 && entries.length > 0 ? '' : [heading, ...failures].join('');
}
