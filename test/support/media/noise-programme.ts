import { WIRE, type WireFormat } from '../../../src/core/programme/sound.ts';
import type { AudioProgramme } from '../../../src/ports/media-out.ts';

/** Bytes that compare found; both in samples. */
export interface Place {
  /** Which frame of the programme (20 ms) was heard. */
  readonly frame: number;
  /** How often the programme had been changed by then. */
  readonly version: number;
}

/**
 * A programme of which every frame sounds different, and different after each change: what was heard tells exactly which sample of which
 * version it was. Bytes are the same each time they are rendered.
 */
export class NoiseProgramme implements AudioProgramme {
  readonly format: WireFormat;
  readonly #bytesPerSample: number;
  readonly #changes: number[] = [0];
  #changedFrom = Number.POSITIVE_INFINITY;
  renderedTo = 0;
  renders = 0;

  constructor(format: WireFormat) {
    this.format = format;
    this.#bytesPerSample = WIRE[format].bytesPerSample;
  }

  /** It sounds otherwise from that sample on. */
  change(at: number): void {
    this.#changes.push(at);
    this.#changedFrom = Math.min(this.#changedFrom, at);
  }

  render(from: number, length: number, out: Uint8Array, offset: number): void {
    this.renders++;
    this.renderedTo = from + length;
    for (let index = 0; index < length; index++) {
      const sample = from + index;
      const version = this.#versionAt(sample);
      for (let byte = 0; byte < this.#bytesPerSample; byte++) {
        out[offset + index * this.#bytesPerSample + byte] = noise(sample * this.#bytesPerSample + byte, version);
      }
    }
  }

  takeChangedFrom(): number {
    const changedFrom = this.#changedFrom;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return changedFrom;
  }

  /** Where the payload of one packet (20 ms, as it was rendered) belongs, looked for near a frame; `undefined` when it is none of this. */
  find(payload: Uint8Array, nearFrame: number, { reach = 200 } = {}): Place | undefined {
    const frameBytes = payload.length;
    for (let distance = 0; distance <= reach; distance++) {
      for (const frame of distance === 0 ? [nearFrame] : [nearFrame + distance, nearFrame - distance]) {
        for (let version = this.#changes.length - 1; version >= 0 && frame >= 0; version--) {
          if (isNoise(payload, frame * frameBytes, version)) return { frame, version };
        }
      }
    }
    return undefined;
  }

  #versionAt(sample: number): number {
    let version = this.#changes.length - 1;
    while (version > 0 && (this.#changes[version] ?? 0) > sample) version--;
    return version;
  }
}

/** A byte that nobody would guess from its neighbours. */
function noise(index: number, version: number): number {
  let mixed = Math.imul(index ^ Math.imul(version + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) & 0xff;
}

function isNoise(payload: Uint8Array, firstByte: number, version: number): boolean {
  return payload.every((byte, index) => byte === noise(firstByte + index, version));
}
