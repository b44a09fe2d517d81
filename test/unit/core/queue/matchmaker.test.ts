import { describe, expect, test } from '@jest/globals';
import { DEVICE_STATES } from '../../../../src/core/device-state.ts';
import { type ExtensionNumber, entryId, extensionNumber, queueName } from '../../../../src/core/ids.ts';
import { availability, type Member } from '../../../../src/core/queue/availability.ts';
import { inOrder, type WaitingEntry } from '../../../../src/core/queue/line.ts';
import type { Look, Matchmaker, Proposal } from '../../../../src/core/queue/matchmaker.ts';
import { type PenaltyLimits, UNLIMITED } from '../../../../src/core/queue/penalty-rules.ts';
import type { QueueSettings } from '../../../../src/core/queue/settings.ts';
import { matchmaker, matchOne } from '../../../support/matching.ts';
import { naiveLook, type PlainQueue } from '../../../support/naive-matching.ts';
import { fc } from '../../../support/property.ts';
import { extension, member, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

// A fixed seed makes every run the same.
const SEED = 20_261_129;

const QUEUES = ['support', 'sales'].map(queueName);
const NUMBERS = ['1000', '1001', '1002', '1003'];
const aTime = fc.integer({ min: NOW_MS - 30_000, max: NOW_MS });
const small = fc.nat(2);
const limit = fc.option(fc.nat(3));
const level = fc.constantFrom(0, 20, 50);

const limits: fc.Arbitrary<PenaltyLimits> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(UNLIMITED) },
  { weight: 2, arbitrary: fc.record({ min: limit, max: limit, raise: limit, raiseKeepsMin: fc.boolean() }) },
);
const change = fc.option(
  fc.record({ type: fc.constantFrom('set' as const, 'add' as const), value: fc.integer({ min: -2, max: 2 }) }),
);
const settings = fc.record({
  strategy: fc.constantFrom('leastrecent', 'fewestcalls', 'ringall', 'rrmemory', 'rrordered', 'linear'),
  autofill: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  weight: fc.nat(1),
  ringInUse: fc.boolean(),
  retryMs: fc.constantFrom(0, 5_000),
  wrapUpMs: fc.constantFrom(0, 10_000),
  penaltyMembersLimit: fc.constantFrom(0, 3),
  knownMember: fc.constantFrom(null, { by: 'last-call' as const, exclusiveMs: 10_000 }),
});
const aMember = fc.record({
  isPaused: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  deviceState: fc.oneof(
    { weight: 2, arbitrary: fc.constant('NOT_INUSE' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...DEVICE_STATES) },
  ),
  lastHangupAtMs: fc.option(fc.constantFrom(NOW_MS - 30_000, NOW_MS - 9_000)),
  asideUntilMs: fc.constantFrom(null, null, null, NOW_MS + 7_000),
  calls: small,
  penalty: small,
  position: small,
  loggedInAtMs: small,
  english: level,
});
const aCaller = fc.record({
  priority: fc.nat(1),
  joinedAtMs: aTime,
  limits,
  penaltyRule: fc.array(fc.record({ afterMs: fc.constant(10_000), min: change, max: change, raise: change }), {
    maxLength: 1,
  }),
  needs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: level }),
  relaxes: fc.boolean(),
  knownExtension: fc.option(fc.constantFrom(...NUMBERS).map(extensionNumber)),
});

const numbered = fc.constantFrom(...NUMBERS);
const queue = fc.constantFrom(...QUEUES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('member' as const), queue, number: numbered, is: aMember }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), queue, is: aCaller }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.nat(9_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('miss' as const), index: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), index: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('priority' as const), index: fc.nat(9), priority: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('logout' as const), queue, number: numbered }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settings' as const), queue, is: settings }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The matchmaker and the plain lists, told the same. */
class Twins {
  readonly made: Matchmaker = matchmaker();
  readonly plain = new Map<(typeof QUEUES)[number], PlainQueue>();
  readonly missed = new Map<string, Map<ExtensionNumber, number>>();
  /** Who is rung for whom. */
  readonly #rung = new Map<string, readonly ExtensionNumber[]>();
  nowMs = NOW_MS;
  #serial = 0;

  constructor(both: readonly Partial<QueueSettings>[]) {
    for (const [index, name] of QUEUES.entries()) {
      const made = queueSettings({ name, ...both[index] });
      this.made.setQueue(made);
      this.plain.set(name, { settings: made, members: new Map(), line: new Map(), lastRung: null });
    }
  }

  queue(name: (typeof QUEUES)[number]): PlainQueue {
    const found = this.plain.get(name);
    if (found === undefined) throw new Error(`No queue ${name}`);
    return found;
  }

  do(one: Step): void {
    if (one.do === 'time') this.nowMs += one.ms;
    else if (one.do === 'member') this.#setMember(one);
    else if (one.do === 'join') this.#join(one);
    else if (one.do === 'logout') {
      this.queue(one.queue).members.delete(extensionNumber(one.number));
      this.made.removeMember(one.queue, extensionNumber(one.number));
    } else if (one.do === 'settings') {
      const changed = queueSettings({ name: one.queue, ...one.is });
      this.queue(one.queue).settings = changed;
      this.made.setQueue(changed);
    } else this.#changeEntry(one);
  }

  /** Looks with both: nobody answers, so the same caller may be missed later. */
  look(proposalsMax = Number.POSITIVE_INFINITY) {
    const expected = naiveLook(this.plain, this.nowMs);
    const { proposals, lookAgainAtMs } = this.#lookBy(proposalsMax);
    for (const { entryId: id, extensions } of proposals) this.#rung.set(id, extensions);
    return { expected, proposals, lookAgainAtMs };
  }

  /** Looks that find so many at most, until one finds fewer. */
  #lookBy(proposalsMax: number): Look {
    const proposals: Proposal[] = [];
    for (;;) {
      const look = this.made.look(this.nowMs, { proposalsMax });
      proposals.push(...look.proposals);
      if (look.lookAgainAtMs !== this.nowMs) return { ...look, proposals };
      expect(look.proposals).toHaveLength(proposalsMax);
    }
  }

  #setMember({ queue: name, number, is: { english, ...changes } }: Extract<Step, { do: 'member' }>): void {
    const offers = [...this.plain.values()].flatMap(
      ({ members }) => members.get(extensionNumber(number))?.offers ?? [],
    );
    const skills = { english };
    const made: Member = member(number, {
      ...changes,
      queue: name,
      offers: offers[0] ?? 0,
      extension: extension(number, { skills }),
    });
    this.queue(name).members.set(made.extension.number, made);
    this.made.setMember(made);
  }

  #join({ queue: name, is: { needs, relaxes, ...changes } }: Extract<Step, { do: 'join' }>): void {
    const id = `e${this.#serial++}`;
    const missed = new Map<ExtensionNumber, number>();
    this.missed.set(id, missed);
    const skillRule = relaxes
      ? [
          { afterMs: 0, needs: { english: needs } },
          { afterMs: 12_000, needs: {} },
        ]
      : [];
    const placed = { placedPriority: changes.priority, placedAtMs: changes.joinedAtMs };
    const entry = waiting(id, {
      ...changes,
      ...placed,
      skillRule,
      needs: relaxes ? {} : { english: needs },
      missed,
    });
    this.queue(name).line.set(id, { entry, isWaiting: true });
    this.made.join(name, entry);
  }

  #changeEntry(one: Extract<Step, { index: number }>): void {
    for (const { line } of this.plain.values()) {
      const [id, place] = [...line][one.index] ?? [];
      if (id === undefined || place === undefined) continue;
      if (one.do === 'leave') {
        line.delete(id);
        this.made.leave(entryId(id));
      } else if (one.do === 'priority') {
        place.entry = { ...place.entry, placedPriority: one.priority };
        this.made.replace(place.entry);
        continue;
      } else if (!place.isWaiting) {
        for (const number of this.#rung.get(id) ?? []) {
          this.missed.get(id)?.delete(number);
          this.missed.get(id)?.set(number, this.nowMs);
        }
        place.isWaiting = true;
        this.made.waitAgain(entryId(id));
      }
      this.#free(id);
    }
  }

  /** The ring is over for all who were rung. */
  #free(id: string): void {
    for (const number of this.#rung.get(id) ?? [])
      for (const { members } of this.plain.values()) {
        const held = members.get(number);
        if (held === undefined) continue;
        const freed = { ...held, offers: Math.max(0, held.offers - 1) };
        members.set(number, freed);
        this.made.setMember(freed);
      }
    this.#rung.delete(id);
  }
}

describe('Whatever happens', () => {
  test('the matchmaker, which keeps everything in order, finds what looking at everybody would find', () => {
    fc.assert(
      fc.property(fc.tuple(settings, settings), fc.array(step, { minLength: 30, maxLength: 60 }), (both, steps) => {
        const twins = new Twins(both);
        for (const each of steps) {
          twins.do(each);
          const { expected, proposals } = twins.look();
          expect(proposals).toEqual(expected);
        }
      }),
      { seed: SEED, numRuns: 600 },
    );
  });

  test('looks that may find little each find together what one would', () => {
    const most = fc.integer({ min: 1, max: 2 });
    const inPieces = (both: readonly Partial<QueueSettings>[], steps: readonly Step[], proposalsMax: number) => {
      const twins = new Twins(both);
      for (const each of steps) twins.do(each);
      const { expected, proposals } = twins.look(proposalsMax);
      expect(proposals).toEqual(expected);
    };
    const days = fc.array(step, { minLength: 20, maxLength: 40 });
    fc.assert(fc.property(fc.tuple(settings, settings), days, most, inPieces), { seed: SEED, numRuns: 600 });
  });

  test('time alone changes nothing before the time at which to look again', () => {
    fc.assert(
      fc.property(
        fc.tuple(settings, settings),
        fc.array(step, { maxLength: 25 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (both, steps, part) => {
          const twins = new Twins(both);
          for (const each of steps) twins.do(each);
          const { lookAgainAtMs } = twins.look();
          if (lookAgainAtMs !== null) expect(lookAgainAtMs).toBeGreaterThan(twins.nowMs);
          const endMs = lookAgainAtMs ?? twins.nowMs + 1_000_000;
          twins.nowMs += Math.floor((endMs - 1 - twins.nowMs) * part);
          expect(twins.look()).toMatchObject({ expected: [], proposals: [] });
        },
      ),
      { seed: SEED, numRuns: 600 },
    );
  });

  test('places in the line are told right', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const twins = new Twins([{}, {}]);
        const told = new Map<string, number>();
        for (const each of steps) {
          twins.do(each);
          for (const { entryId: id, position } of twins.made.takeMoves()) told.set(id, position);
          for (const { line } of twins.plain.values()) {
            const order = inOrder([...line.values()].map(({ entry }) => entry));
            expect(order.map((entry) => told.get(entry.entryId))).toEqual(order.map((_, index) => index + 1));
            expect(order.map((entry) => twins.made.position(entry.entryId))).toEqual(
              order.map((_, index) => index + 1),
            );
          }
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('A thousand members and a thousand callers', () => {
  const members = Array.from({ length: 1_000 }, (_, index) => member(`${5_000 + index}`, { loggedInAtMs: index }));
  const callers: WaitingEntry[] = Array.from({ length: 1_000 }, (_, index) =>
    waiting(`c${index}`, { joinedAtMs: index }),
  );

  test('are matched in one look, each once', () => {
    const { proposals } = matchOne(callers, members);
    expect(proposals).toHaveLength(1_000);
    expect(new Set(proposals.flatMap(({ extensions }) => extensions)).size).toBe(1_000);
    expect(proposals.map(({ entryId: id }) => id)).toEqual(callers.map(({ entryId: id }) => id));
    const unused = members.filter((each) => availability(each, queueSettings(), NOW_MS).type !== 'available');
    expect(unused).toEqual([]);
  });
});
