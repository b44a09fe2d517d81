import { eventually } from '../e2e/eventually.ts';
import { violationsIn } from '../invariants/check.ts';
import type { Observation, Violation } from '../invariants/observation.ts';
import { ANSWERING, Crowd, isOfRollCall } from './crowd.ts';
import { type Mark, markNow, observe } from './observe.ts';
import type { SoakStage } from './stage.ts';

export interface RoundOptions {
  /** Counts from 1; part of the callers' numbers. */
  readonly round: number;
  readonly seed: number;
  /** What happens while people call; when it settles nobody else calls. */
  readonly during: () => Promise<void>;
}

/** What a round has shown. */
export interface RoundResult {
  readonly violations: readonly Violation[];
  readonly calls: number;
  /** Callers who talked with a member. */
  readonly served: number;
  /** Callers who hung up before. */
  readonly gaveUp: number;
  /** INVITEs that phones got. */
  readonly rings: number;
}

/** Waiting callers are served in this time, though phones miss calls. */
const DRAIN_LIMIT_MS = 90_000;
const ROLL_CALL_LIMIT_MS = 30_000;
/** What ends by itself (a hang-up that is on its way, a channel that reads a variable) has ended by then; notes of ends go five seconds later. */
const REST_LIMIT_MS = 15_000;

/**
 * People call, something happens, everybody goes home, and each member's phone is called once more: then it is looked from outside
 * whether everything is as it must be.
 */
export async function runRound(stage: SoakStage, { round, seed, during }: RoundOptions): Promise<RoundResult> {
  const mark = await markNow(stage);
  const crowd = await Crowd.plugIn(stage, round);
  try {
    await crowd.call(seed);
    await during();
    const left = await crowd.finish(DRAIN_LIMIT_MS);
    const roll = await rollCall(stage, crowd);
    await restOf(stage);
    const seen = await lookAround(stage, crowd, mark);
    const missing = left.map(
      (what) => ({ invariant: 'caller-lost', what: `still there at the end: ${what}` }) as const,
    );
    return { ...counted(seen), violations: [...missing, ...roll, ...violationsIn(seen), ...ends(stage)] };
  } finally {
    await crowd.close();
  }
}

/** As many callers as phones that answer: each of these is free, and rings. */
async function rollCall(stage: SoakStage, crowd: Crowd): Promise<Violation[]> {
  for (const extension of stage.members.slice(ANSWERING)) await stage.member(extension, 'logout');
  for (const extension of stage.members.slice(0, ANSWERING)) {
    await stage.member(extension, 'login');
    await stage.member(extension, 'unpause');
  }
  const areFree = await eventually(
    'members are free',
    async () => (await stage.memberViews()).every(({ activity }) => activity === 'idle'),
    REST_LIMIT_MS,
  ).catch(() => false);
  const areServed = areFree && (await crowd.rollCall(ANSWERING, ROLL_CALL_LIMIT_MS));
  const { phones } = await crowd.dialogs();
  const rung = new Set(phones.filter(({ caller }) => isOfRollCall(caller)).map(({ extension }) => extension));
  for (const extension of stage.members.slice(ANSWERING)) await stage.member(extension, 'login');
  const silent = stage.members.slice(0, ANSWERING).filter((extension) => !rung.has(extension));
  const faults = silent.map((extension) => `${extension} was not rung when as many called as members were free`);
  if (!areServed && faults.length === 0)
    faults.push('not everybody was served when as many called as members were free');
  return faults.map((what) => ({ invariant: 'member-stuck', what }));
}

async function restOf(stage: SoakStage): Promise<void> {
  const left = () => Promise.all([stage.channels(), stage.bridges(), stage.notes()]);
  const isQuiet = async () => (await left()).every((each) => each.length === 0);
  // What is still there then is found by the invariants.
  await eventually('Asterisk has no call', isQuiet, REST_LIMIT_MS).catch(() => undefined);
}

async function lookAround(stage: SoakStage, crowd: Crowd, mark: Mark): Promise<Observation> {
  return { ...(await crowd.dialogs()), ...(await observe(stage, mark)) };
}

function counted({ callers, phones, log }: Observation): Omit<RoundResult, 'violations'> {
  const served = log.filter(({ event }) => event.startsWith('COMPLETE')).length;
  return { calls: callers.length, served, gaveUp: callers.length - served, rings: phones.length };
}

/** A process that ended though nobody had killed it. */
function ends({ supervisor }: SoakStage): Violation[] {
  return supervisor.ownEnds.splice(0).map((what) => ({ invariant: 'caller-lost', what }));
}
