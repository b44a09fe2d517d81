/** Entries of a playlist that are looked at. */
const PLAYLIST_LINES_MAX = 200;

/** An absolute address that a stream may have, else `null`. */
export function streamAddress(text: string, base?: URL): URL | null {
  if (!URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}

/** The address as it may be shown: without user, password and query, which may hold a key. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The first stream that a playlist names (M3U or PLS), relative to its own address; `null` when there is none. */
export function firstOfPlaylist(text: string, base: URL): URL | null {
  const lines = text
    .split(/[\r\n]+/)
    .slice(0, PLAYLIST_LINES_MAX)
    .map((line) => line.trim());
  const isPls = lines.some((line) => /^\[playlist\]$/i.test(line));
  for (const line of lines) {
    const entry = isPls ? /^File\d+\s*=\s*(.+)$/i.exec(line)?.[1] : /^[^#]/.test(line) ? line : undefined;
    const url = entry === undefined ? null : streamAddress(entry, base);
    if (url !== null) return url;
  }
  return null;
}

/** HLS comes as an M3U of pieces: no stream that could be read on. */
export function isHls(text: string): boolean {
  return /^#EXT-X-/m.test(text);
}
