import { WIRE } from '../../../src/core/programme/sound.ts';
import type { AudioProgramme } from '../../../src/ports/media-out.ts';

/** A tone at a quarter of full scale, of linear formats: its phase follows the sample's number, so that a jump would be a step. */
export class SineProgramme implements AudioProgramme {
  readonly format: 'slin' | 'slin16';
  readonly #hertz: number;

  constructor(format: 'slin' | 'slin16', hertz: number) {
    this.format = format;
    this.#hertz = hertz;
  }

  render(from: number, length: number, out: Uint8Array, offset: number): void {
    const view = new DataView(out.buffer, out.byteOffset + offset, length * 2);
    const step = (2 * Math.PI * this.#hertz) / WIRE[this.format].rate;
    for (let index = 0; index < length; index++)
      view.setInt16(index * 2, Math.round(8192 * Math.sin((from + index) * step)), true);
  }

  takeChangedFrom(): number {
    return Number.POSITIVE_INFINITY;
  }
}
