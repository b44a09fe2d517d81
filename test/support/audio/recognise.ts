import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Haystack, type Match } from './correlate.ts';
import { silences } from './levels.ts';
import { durationMs, type Pcm, readWav, slice } from './pcm.ts';
import { SLIP_MS, scoreWithSlips } from './slips.ts';

/** Prompts by name, as sound. */
export type Prompts = ReadonlyMap<string, Pcm>;

/** A prompt that was heard: its name, when it began, and how sure that is (0 to 1). */
export interface Heard extends Match {
  readonly name: string;
}

/** From this score on a prompt counts as heard; prompts of sounds/en stay below 0.5 against each other. */
export const RECOGNISED = 0.8;

/**
 * A prompt that scores at least this is looked at phrase by phrase. On a busy machine a frame more or less is played in a pause or in the middle of a
 * word, and the whole no longer lies exactly over the recording though every word was heard.
 */
const SUSPICION = 0.4;
/** Shorter phrases are part of the one before: alone they could be anything. */
const PHRASE_MS_MIN = 400;
/** Pauses that part phrases. */
const PAUSE = { thresholdDbfs: -45, minimumMs: 80 };

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
    for (const match of haystack.find(wanted, { threshold: Math.min(threshold, SUSPICION) })) {
      const sure = match.score >= threshold ? match : byPhrases(haystack, wanted, { match, threshold });
      if (sure !== null) found.push({ name, ...sure });
    }
  }
  return found.sort((a, b) => a.offsetMs - b.offsetMs);
}

/** Looks for every phrase at its place: the worst of them counts, so that a wrong or missing one is never hidden by the others. */
function byPhrases(
  haystack: Haystack,
  wanted: Pcm,
  { match, threshold }: { match: Match; threshold: number },
): Match | null {
  const heard: Match[] = [];
  for (const { sound, fromMs } of phrasesOf(wanted)) {
    const place = haystack
      .find(sound, { threshold: Math.min(threshold, SUSPICION) })
      .find(({ offsetMs }) => Math.abs(offsetMs - match.offsetMs - fromMs) <= SLIP_MS);
    if (place === undefined) return null;
    const score = place.score >= threshold ? place.score : scoreWithSlips(haystack, sound, place.offsetMs);
    if (score < threshold) return null;
    heard.push({ offsetMs: place.offsetMs - fromMs, score });
  }
  const [first] = heard;
  return first === undefined ? null : { offsetMs: first.offsetMs, score: Math.min(...heard.map(({ score }) => score)) };
}

function phrasesOf(prompt: Pcm): { readonly sound: Pcm; readonly fromMs: number }[] {
  const ends = [...silences(prompt, PAUSE).map(({ fromMs, toMs }) => (fromMs + toMs) / 2), durationMs(prompt)];
  const phrases: { sound: Pcm; fromMs: number }[] = [];
  let fromMs = 0;
  for (const toMs of ends) {
    if (toMs - fromMs < PHRASE_MS_MIN) continue;
    phrases.push({ sound: slice(prompt, fromMs, toMs), fromMs });
    fromMs = toMs;
  }
  return phrases;
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
