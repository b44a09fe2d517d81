import { ANNOUNCER_PROMPTS } from './announcer-prompts.ts';
import type { Grammar } from './grammar.ts';
import type { Phrase } from './phrase.ts';
import { type SpokenTime, spokenTime } from './spoken-time.ts';

/** Recordings in the place of the language's own words, by app_queue's names (`queue-youarenext` …). `null`: the language's own; empty: nothing is said. */
export interface AnnouncementPrompts {
  readonly youAreNext: Phrase | null;
  /** In front of the place, which is a cardinal number then. */
  readonly thereAre: Phrase | null;
  /** Behind the place. */
  readonly callsWaiting: Phrase | null;
  /** Around the number of calls above which the place is not told. */
  readonly quantity1: Phrase | null;
  readonly quantity2: Phrase | null;
  readonly holdTime: Phrase | null;
  readonly minute: Phrase | null;
  readonly minutes: Phrase | null;
  readonly seconds: Phrase | null;
  readonly thankYou: Phrase | null;
  readonly reportHold: Phrase | null;
}

export const OWN_WORDS: AnnouncementPrompts = {
  youAreNext: null,
  thereAre: null,
  callsWaiting: null,
  quantity1: null,
  quantity2: null,
  holdTime: null,
  minute: null,
  minutes: null,
  seconds: null,
  thankYou: null,
  reportHold: null,
};

/** What a queue says to its callers and members, in one language. */
export interface Announcer {
  /** The sentence of a caller's place in line, from 1. */
  position(place: number): Phrase;
  /** That more calls wait than this. */
  moreThan(count: number): Phrase;
  holdTime(time: SpokenTime): Phrase;
  thanks(): Phrase;
  /** For the member: how long the caller has waited; empty below a second. */
  callerWaited(ms: number): Phrase;
}

/** Puts a queue's sentences together: by the grammar of the language, with the queue's own recordings where it names some. */
export function announcer(grammar: Grammar, prompts: AnnouncementPrompts = OWN_WORDS): Announcer {
  const { youAreNext, thereAre, callsWaiting, quantity1, quantity2 } = prompts;
  const number = (n: number): Phrase => grammar.cardinal(BigInt(n));
  return {
    position(place) {
      if (place === 1 && youAreNext !== null) return youAreNext;
      if (place === 1 || (thereAre === null && callsWaiting === null)) return grammar.position(place);
      // Their sentence is made for a cardinal number, as app_queue says it.
      return [...(thereAre ?? grammar.positionNumber()), ...number(place), ...(callsWaiting ?? [])];
    },
    moreThan(count) {
      if (quantity1 === null && quantity2 === null) return grammar.moreThan(count);
      return [...(quantity1 ?? grammar.moreThan(count).slice(0, 1)), ...number(count), ...(quantity2 ?? [])];
    },
    holdTime(time) {
      const told = grammar.time(time, prompts);
      return told.length === 0 ? [] : [...(prompts.holdTime ?? [ANNOUNCER_PROMPTS.holdTime]), ...told];
    },
    thanks: () => prompts.thankYou ?? [ANNOUNCER_PROMPTS.thanks],
    callerWaited(ms) {
      const told = grammar.time(spokenTime(ms), prompts);
      return told.length === 0 ? [] : [...(prompts.reportHold ?? [ANNOUNCER_PROMPTS.callerWaited]), ...told];
    },
  };
}
