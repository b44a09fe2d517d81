import { join } from 'node:path';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import { concat, type Pcm, readWav } from '../audio/pcm.ts';
import type { Heard } from '../audio/recognise.ts';
import type { Caller } from '../phones/caller.ts';
import { eventually } from './eventually.ts';

const SOUNDS = join(import.meta.dirname, '../../../sounds');

/** A phrase as the application says it from its own recordings: word after word, 8 kHz. */
export function phraseSound(phrase: Phrase, language = 'en'): Pcm {
  return concat(...phrase.map((name) => readWav(join(SOUNDS, language, `${name.replace(/^queueapp\//, '')}.wav`))));
}

export const grammar = (language = 'en') => grammarOf(language);

/** Waits until a phrase has been heard after `afterMs` of the recording, word for word; music under it does not matter. Tells where it began. */
export async function hearsPhrase(
  caller: Caller,
  phrase: Phrase,
  { language = 'en', limitMs = 30_000, afterMs = 0 }: { language?: string; limitMs?: number; afterMs?: number } = {},
): Promise<Heard> {
  const wanted = new Map([[phrase.join(' '), phraseSound(phrase, language)]]);
  return await eventually(`“${phrase.join(' ')}” is heard`, () => caller.heardOf(wanted, afterMs), limitMs);
}
