import type { ProgrammeSettings } from './settings.ts';
import { WIRE, type WireFormat } from './sound.ts';

/** A fade of no length would click: shorter ones take so long. */
const FADE_MS_MIN = 5;
/** What is said begins and ends within so long, so that a recording that was cut hard does not click. */
const EDGE_MS = 5;
/** Speech that is cut off. */
const CUT_MS = 60;
/** Between two things said one after the other; the music stays down. */
const GAP_MS = 300;
/** How far back what was rendered can be rendered anew. */
const KEEP_MS = 2000;
/** A shorter sound is no tune: with it the programme would do nothing but cross-fade. */
const TUNE_MS_MIN = 100;
/** What comes again by itself, comes no sooner: also when it has nothing to say, and only looks whether it has. */
export const REPEAT_MS_MIN = 1000;
/** How often an empty shelf is looked at. */
const EMPTY_LOOK_MS = 1000;

/** All times of a programme in samples of its format. */
export interface Timing {
  readonly rate: number;
  readonly down: number;
  readonly up: number;
  readonly out: number;
  readonly inDelay: number;
  readonly in: number;
  readonly edge: number;
  readonly cut: number;
  readonly gap: number;
  readonly keep: number;
  readonly tuneMin: number;
  readonly emptyLook: number;
  readonly nextTunePause: number;
  readonly accountsPause: number;
  readonly positionPause: number;
  /** Infinity: the position is not said by the clock. */
  readonly positionEvery: number;
  readonly firstAdvice: number;
  readonly advicePause: number;
}

export function timingOf(settings: ProgrammeSettings, format: WireFormat): Timing {
  const { rate } = WIRE[format];
  const samples = (ms: number): number => Math.max(0, Math.round((ms * rate) / 1000));
  const fade = (ms: number): number => samples(Math.max(FADE_MS_MIN, ms));
  const { fades, keyPauses, position, advice } = settings;
  return {
    rate,
    down: fade(fades.downMs),
    up: fade(fades.upMs),
    out: fade(fades.outMs),
    inDelay: samples(fades.inDelayMs),
    in: fade(fades.inMs),
    edge: samples(EDGE_MS),
    cut: samples(CUT_MS),
    gap: samples(GAP_MS),
    keep: samples(KEEP_MS),
    tuneMin: samples(TUNE_MS_MIN),
    emptyLook: samples(EMPTY_LOOK_MS),
    nextTunePause: samples(keyPauses.nextTuneMs),
    accountsPause: samples(keyPauses.accountsMs),
    positionPause: samples(keyPauses.positionMs),
    positionEvery: position.everyMs > 0 ? samples(Math.max(REPEAT_MS_MIN, position.everyMs)) : Number.POSITIVE_INFINITY,
    firstAdvice: samples(advice.firstAfterMs),
    advicePause: samples(Math.max(REPEAT_MS_MIN, advice.pauseMs)),
  };
}
