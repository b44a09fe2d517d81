import { encodeG711 } from '../../../src/core/programme/g711.ts';
import { type AdviceFolder, type Shelf, type Sound, WIRE, type WireFormat } from '../../../src/core/programme/sound.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import type { SoundLibrary } from '../../../src/ports/sound-library.ts';

/** A sound of so many seconds; its name is all that a scenario looks at. */
export function fakeSound(name: string, seconds: number, format: WireFormat): Sound {
  const samples = new Int16Array(Math.round(seconds * WIRE[format].rate)).fill(1000);
  const wire = new Uint8Array(samples.length * WIRE[format].bytesPerSample);
  if (format === 'ulaw' || format === 'alaw') encodeG711(format, samples, 0, samples.length, wire, 0);
  else wire.set(new Uint8Array(samples.buffer));
  return { kind: 'file', name, samples, wire };
}

/** Sounds never change: made once for all libraries of a test file. */
const MADE = new Map<string, Sound>();

/** Classes with tracks of a minute, and every prompt there is, a second long. */
export class FakeSoundLibrary implements SoundLibrary {
  /** Names of tracks by class. */
  readonly tracks = new Map<string, readonly string[]>();
  readonly advice = new Map<AdviceFolder, readonly string[]>();
  /** What was asked for to be said, in order. */
  readonly said: { readonly phrase: Phrase; readonly language: string }[] = [];

  addClass(musicClass: string, tracks: readonly string[]): this {
    this.tracks.set(musicClass, tracks);
    return this;
  }

  /** Set: the folders are still being read. */
  reading: Promise<void> | null = null;
  #waiting: { readonly isEnough: () => boolean; readonly resolve: () => void }[] = [];

  untilRead(isEnough: () => boolean): Promise<void> | null {
    if (this.reading === null) return null;
    const enough = new Promise<void>((resolve) => this.#waiting.push({ isEnough, resolve }));
    return Promise.race([this.reading, enough]);
  }

  /** A tune of a class has been read, and others have not. */
  noteTrack(musicClass: string, track: string): void {
    this.tracks.set(musicClass, [...(this.tracks.get(musicClass) ?? []), track]);
    for (const { isEnough, resolve } of this.#waiting) if (isEnough()) resolve();
  }

  /** What was wanted before others. */
  readonly preferred: string[] = [];

  prefer(musicClass: string, tune: string): void {
    this.preferred.push(`${musicClass}/${tune}`);
  }

  shelf(musicClass: string, format: WireFormat): Shelf | null {
    const tracks = this.tracks.get(musicClass);
    if (tracks === undefined) return null;
    return {
      tracks: () => (this.tracks.get(musicClass) ?? []).map((name) => this.#sound(name, 60, format)),
      live: () => null,
      advice: (folder) => (this.advice.get(folder) ?? []).map((name) => this.#sound(name, 2, format)),
    };
  }

  prompts(phrase: Phrase, language: string, format: WireFormat): readonly Sound[] {
    this.said.push({ phrase, language });
    return phrase.map((name) => this.#sound(name, 1, format));
  }

  #sound(name: string, seconds: number, format: WireFormat): Sound {
    const key = `${format} ${seconds} ${name}`;
    const sound = MADE.get(key) ?? fakeSound(name, seconds, format);
    MADE.set(key, sound);
    return sound;
  }
}
