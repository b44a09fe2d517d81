import type { Shelf, Sound, WireFormat } from '../core/programme/sound.ts';
import type { Phrase } from '../core/speech/phrase.ts';

/** Everything that can be heard, decoded once and shared by all callers. Nothing here waits: files are read beforehand. */
export interface SoundLibrary {
  /** A class's music and advice; `null` when configuration has no such class. */
  shelf(musicClass: string, format: WireFormat): Shelf | null;
  /**
   * At the start: settles when `isEnough` says so after a further recording has been read, and at the latest when all are that lay there;
   * `null` when they are. `isEnough` must not throw.
   */
  untilRead(isEnough: () => boolean): Promise<void> | null;
  /** At the start: this tune of a class is read before others, as soon as the folder that is being read is done with. Of no effect later. */
  prefer(musicClass: string, tune: string): void;
  /** The recordings of a phrase in a language, else in the default one; what is missing is left out, named once in the log. */
  prompts(phrase: Phrase, language: string, format: WireFormat): readonly Sound[];
}
