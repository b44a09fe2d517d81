import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Haystack, type Match } from './correlate.ts';
import { type Pcm, readWav, slice } from './pcm.ts';

/** Prompts by name, as sound. */
export type Prompts = ReadonlyMap<string, Pcm>;

/** A prompt that was heard: its name, when it began, and how sure that is (0 to 1). */
export interface Heard extends Match {
  readonly name: string;
}

/** From this score on a prompt counts as heard; prompts of sounds/en stay below 0.5 against each other. */
export const RECOGNISED = 0.8;

const SOUNDS = join(import.meta.dirname, '../../../sounds');

/** Loads every prompt of a language, at 8 kHz or at 16 kHz; `folder` is that language's folder, by default of sounds/. */
export function loadPrompts({
  language = 'en',
  sampleRate = 8000,
  folder = join(SOUNDS, language),
}: {
  language?: string;
  sampleRate?: number;
  folder?: string;
} = {}): Prompts {
  const ending = sampleRate === 16_000 ? '.wav16' : '.wav';
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return new Map(files.map((file) => [file.slice(0, -ending.length), readWav(join(folder, file))]));
}

/**
 * Lists the prompts that occur in a recording, in the order in which they begin.
 * With `headMs` only the beginning of each prompt has to be there: for prompts that a key cut short.
 */
export function recognise(
  heard: Pcm,
  prompts: Prompts = loadPrompts(heard),
  options: { threshold?: number; headMs?: number } = {},
): Heard[] {
  const { threshold = RECOGNISED, headMs = Number.POSITIVE_INFINITY } = options;
  const haystack = new Haystack(heard);
  const found: Heard[] = [];
  for (const [name, prompt] of prompts) {
    const wanted = Number.isFinite(headMs) ? slice(prompt, 0, headMs) : prompt;
    for (const match of haystack.find(wanted, { threshold })) found.push({ name, ...match });
  }
  return found.sort((a, b) => a.offsetMs - b.offsetMs);
}

/** Tells how well each prompt fits anywhere into a recording, best first: what to print when an expected one is missing. */
export function closest(heard: Pcm, prompts: Prompts = loadPrompts(heard)): Heard[] {
  const haystack = new Haystack(heard);
  const best = [...prompts].map(
    ([name, prompt]): Heard => ({
      name,
      offsetMs: 0,
      score: 0,
      ...haystack.find(prompt, { threshold: 0, atMost: 1 })[0],
    }),
  );
  return best.sort((a, b) => b.score - a.score);
}
