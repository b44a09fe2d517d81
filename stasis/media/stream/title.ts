/** Longest title that is shown, characters. */
export const TITLE_LENGTH_MAX = 200;

/** Of the text that is looked at. */
const TEXT_LENGTH_MAX = 4096;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('windows-1252');

/** Text of unknown encoding: UTF-8 when it is that, else what old source clients send. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

/** A title that can be shown and logged: without control characters, in one line, not too long; `null` when nothing is left. */
export function cleanTitle(written: string): string | null {
  const text = written.slice(0, TEXT_LENGTH_MAX).replace(/&#(\d{1,7});/g, character);
  const line = text
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const cut = [...line].slice(0, TITLE_LENGTH_MAX).join('');
  return cut === '' ? null : cut;
}

/** Icecast writes what its mount's character set (Latin-1 unless configured) lacks as a reference: `&#8211;` for a dash. */
function character(reference: string, digits: string): string {
  const code = Number(digits);
  return code > 0x10_ffff || (code >= 0xd800 && code < 0xe000) ? reference : String.fromCodePoint(code);
}
