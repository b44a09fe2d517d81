import { oggPageAt } from '../../ogg-page.ts';
import type { AudioFile } from './audio-file.ts';

const LAST_PAGE_FLAG = 4;
/** The granule position of a page on which no packet ends. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

export interface OggPage {
  readonly bytes: Uint8Array;
  /** Samples since the beginning, where the codec counts so; `null` when no packet ends on the page. */
  readonly granulePosition: number | null;
  readonly isLast: boolean;
}

/**
 * The undamaged pages of an Ogg file: each has a checksum, and what does not fit is passed over, so that a damage is a gap instead of
 * noise. Returns how many bytes belonged to no page.
 */
export function* oggPages(file: AudioFile, from: number): Generator<OggPage, number> {
  let held: Uint8Array = new Uint8Array(0);
  let lost = 0;
  for (const chunk of file.chunks(from)) {
    const bytes = new Uint8Array(held.length + chunk.length);
    bytes.set(held);
    bytes.set(chunk, held.length);
    const rest = yield* wholePages(bytes, { isEnd: false });
    lost += rest.lost;
    held = bytes.subarray(rest.position);
  }
  // What was cut off may have been damage that looks like a longer page.
  return lost + (yield* wholePages(held, { isEnd: true })).lost;
}

/** Pages in these bytes; before the end of the file, up to the first one that may go on in the next chunk. */
function* wholePages(
  bytes: Uint8Array,
  { isEnd }: { readonly isEnd: boolean },
): Generator<OggPage, { position: number; lost: number }> {
  let position = 0;
  let lost = 0;
  while (position < bytes.length) {
    const page = oggPageAt(bytes, position);
    if (page === 'unfinished' && !isEnd) break;
    if (typeof page === 'string') {
      lost += 1;
      position += 1;
    } else {
      yield readPage(page);
      position += page.length;
    }
  }
  return { position, lost };
}

function readPage(bytes: Uint8Array): OggPage {
  const granule = new DataView(bytes.buffer).getBigUint64(6, true);
  return {
    bytes,
    granulePosition: granule === NO_POSITION ? null : Number(granule),
    isLast: ((bytes[5] as number) & LAST_PAGE_FLAG) !== 0,
  };
}
