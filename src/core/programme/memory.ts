import type { Continuation, ProgrammeMemory } from './continuation.ts';
import type { Periodic } from './periodic.ts';
import type { Position } from './position.ts';
import type { State } from './state.ts';
import type { Timing } from './timing.ts';

/** Of more a call is not told (ADVICE_SAID_MAX): such a list is none of ours. */
const ADVICE_MAX = 500;

/** What is to be remembered of a state, at a sample that is heard. */
export function memoryOf(
  { bed, timeline, advice, periodic, position }: State,
  at: number,
  rate: number,
): ProgrammeMemory {
  const ms = (samples: number): number => Math.round((samples * 1000) / rate);
  const { tune } = bed;
  const clip = tune?.kind === 'file' ? timeline.music.findLast(({ sound }) => sound === tune) : undefined;
  return {
    tune: clip === undefined ? null : clip.sound.name,
    tuneMs: clip === undefined ? 0 : ms(clip.offset + Math.max(0, at - clip.start)),
    isChosen: !bed.prefersLive,
    advice: advice.said,
    adviceInMs: ms(Math.max(0, advice.dueAt - at)),
    periodic: periodic.said,
    periodicInMs: Number.isFinite(periodic.dueAt) ? ms(Math.max(0, periodic.dueAt - at)) : null,
    told: position.told === null ? null : { place: position.told.place, agoMs: ms(at - position.told.at) },
  };
}

/** Whether one memory says what the other one says by now: nothing but time has passed. A second more or less is nothing. */
export function isSameLater(before: ProgrammeMemory, now: ProgrammeMemory, laterMs: number): boolean {
  return (
    before.tune === now.tune &&
    before.isChosen === now.isChosen &&
    before.advice.length === now.advice.length &&
    before.periodic === now.periodic &&
    before.told?.place === now.told?.place &&
    isNear((before.told?.agoMs ?? 0) + laterMs, now.told?.agoMs ?? laterMs) &&
    (now.tune === null || isNear(before.tuneMs + laterMs, now.tuneMs))
  );
}

function isNear(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= 1000;
}

/** Advice, periodic announcements and the place that was told, as they are in a programme that begins with a memory at sample 0. */
export function remembered(
  { memory, awayMs }: Continuation,
  timing: Timing,
): Pick<State, 'advice' | 'periodic' | 'position'> {
  const samples = (ms: number): number => Math.round((ms * timing.rate) / 1000);
  const dueAt = (inMs: number): number => Math.max(timing.in, samples(inMs - awayMs));
  const periodic: Periodic = {
    said: memory.periodic,
    dueAt: memory.periodicInMs === null ? Number.POSITIVE_INFINITY : dueAt(memory.periodicInMs),
  };
  const told = memory.told && { place: memory.told.place, at: -samples(memory.told.agoMs + awayMs) };
  const position: Position = { place: null, knownSince: 0, told, isAsked: false };
  return { advice: { said: memory.advice, dueAt: dueAt(memory.adviceInMs) }, periodic, position };
}

/** Reads what was kept, perhaps by another version; `null` when it is something else. */
export function readMemory(value: unknown): ProgrammeMemory | null {
  if (typeof value !== 'object' || value === null) return null;
  const { tune, tuneMs, isChosen, advice, adviceInMs, periodic, periodicInMs, told } = value as Record<string, unknown>;
  if (tune !== null && typeof tune !== 'string') return null;
  if (!isCount(tuneMs) || !isCount(adviceInMs) || !isCount(periodic) || typeof isChosen !== 'boolean') return null;
  if (periodicInMs !== null && !isCount(periodicInMs)) return null;
  if (!Array.isArray(advice) || advice.length > ADVICE_MAX || !advice.every((each) => typeof each === 'string'))
    return null;
  const place = readTold(told);
  return place === undefined
    ? null
    : { tune, tuneMs, isChosen, advice, adviceInMs, periodic, periodicInMs, told: place };
}

/** `undefined`: it is something else. */
function readTold(value: unknown): ProgrammeMemory['told'] | undefined {
  if (value === null) return null;
  if (typeof value !== 'object' || value === undefined) return undefined;
  const { place, agoMs } = value as Record<string, unknown>;
  return isCount(place) && isCount(agoMs) ? { place, agoMs } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
