import type { Shelf, Sound, WireFormat } from '../core/programme/sound.ts';
import type { Phrase } from '../core/speech/phrase.ts';

/** Everything that can be heard, decoded once and shared by all callers. Nothing here waits: files are read beforehand. */
export interface SoundLibrary {
  /** A class's music and advice; `null` when configuration has no such class. */
  shelf(musicClass: string, format: WireFormat): Shelf | null;
  /** Settles when what lay in the folders at the start has been read; `null` when it has been. */
  untilRead(): Promise<void> | null;
  /** The recordings of a phrase in a language, else in the default one; what is missing is left out, named once in the log. */
  prompts(phrase: Phrase, language: string, format: WireFormat): readonly Sound[];
}
