import { cleanTitle, decodeText } from './title.ts';

/**
 * Takes the titles out of a Shoutcast or Icecast stream: after every `interval` bytes of sound stands a length byte and 16 times as many
 * bytes of text, `StreamTitle='…';`, filled up with zeros. Interval 0: there are none.
 */
export class IcyDemuxer {
  readonly #interval: number;
  readonly #onTitle: (title: string | null) => void;
  #soundLeft: number;
  #text: Uint8Array | null = null;
  #textLength = 0;

  constructor(interval: number, onTitle: (title: string | null) => void) {
    this.#interval = interval;
    this.#soundLeft = interval;
    this.#onTitle = onTitle;
  }

  /** The sound in these bytes. */
  *sound(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.#interval === 0) {
      yield bytes;
      return;
    }
    let place = 0;
    while (place < bytes.length) {
      if (this.#text !== null) {
        place += this.#addText(bytes.subarray(place), this.#text);
      } else if (this.#soundLeft === 0) {
        this.#begin((bytes[place] as number) * 16);
        place += 1;
      } else {
        const piece = bytes.subarray(place, place + this.#soundLeft);
        this.#soundLeft -= piece.length;
        place += piece.length;
        yield piece;
      }
    }
  }

  #begin(length: number): void {
    if (length === 0) {
      this.#soundLeft = this.#interval;
      return;
    }
    this.#text = new Uint8Array(length);
    this.#textLength = 0;
  }

  #addText(bytes: Uint8Array, text: Uint8Array): number {
    const taken = bytes.subarray(0, text.length - this.#textLength);
    text.set(taken, this.#textLength);
    this.#textLength += taken.length;
    if (this.#textLength === text.length) {
      this.#text = null;
      this.#soundLeft = this.#interval;
      const title = streamTitle(text);
      if (title !== undefined) this.#onTitle(title);
    }
    return taken.length;
  }
}

/** The title of a block of text; `undefined` when it names none. A quote in a title is not escaped by anybody: the end is `';`. */
function streamTitle(text: Uint8Array): string | null | undefined {
  const found = /StreamTitle='(.*?)';/s.exec(decodeText(text).replaceAll('\0', ''));
  return found === null ? undefined : cleanTitle(found[1] ?? '');
}
