import { join } from 'node:path';
import { vocabulary } from '../../../src/core/speech/grammar.ts';
import type { Phrase, SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { durationMs, type Pcm, readWav } from './pcm.ts';
import { RECOGNISED, recognise } from './recognise.ts';

const SOUNDS = join(import.meta.dirname, '../../../sounds');
/** Words stand so close that one may begin in the silence that ends the other. */
const OVERLAP_MS = 70;

/** The recording of a name in a phrase: `numbers/21`, `queueapp/position`. */
export function wordSound(name: string, language: SpokenLanguage, sampleRate: 8000 | 16_000 = 8000): Pcm {
  const file = name.replace(/^queueapp\//, '');
  return readWav(join(SOUNDS, language, `${file}.${sampleRate === 8000 ? 'wav' : 'wav16'}`));
}

/**
 * The names of the words that are heard, in order, out of everything that the language's grammar can say; pauses are no
 * words. Of two that overlap the longer one counts: the shorter is a part of it.
 */
export function heardWords(heard: Pcm, language: SpokenLanguage, { threshold = RECOGNISED } = {}): Phrase {
  const rate = heard.sampleRate === 16_000 ? 16_000 : 8000;
  const names = vocabulary(language).filter((name) => name !== 'numbers/pause');
  const words = new Map(names.map((name) => [name, wordSound(name, language, rate)]));
  const found = recognise(heard, words, { threshold }).map(({ name, offsetMs, score }) => {
    const ms = durationMs(words.get(name) ?? heard);
    return { name, fromMs: offsetMs, toMs: offsetMs + ms, weight: ms * score };
  });
  const taken: (typeof found)[number][] = [];
  for (const word of found.sort((a, b) => b.weight - a.weight)) {
    const isFree = taken.every(
      (other) => word.fromMs >= other.toMs - OVERLAP_MS || word.toMs <= other.fromMs + OVERLAP_MS,
    );
    if (isFree) taken.push(word);
  }
  return taken.sort((a, b) => a.fromMs - b.fromMs).map(({ name }) => name);
}
