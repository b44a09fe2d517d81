import { attemptId, callId, channelId, entryId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import type { Chance } from '../chance.ts';
import { type OneRing, PLAIN_ENTRANCE, plainEntry, reserveOne } from '../store-requests.ts';

/** Few, so that workers meet often. */
export const ENTRIES = 20;
export const MEMBERS = 12;
const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
export const QUEUE = queueName('support');

/**
 * Who holds what, by all workers' word: taken when the store has said "reserved", given back before the store is told. So two who hold the
 * same thing at one time have been given it twice.
 */
export interface Referee {
  /** Answers what somebody else holds already. */
  take(what: readonly string[]): Promise<readonly string[]> | readonly string[];
  give(what: readonly string[]): Promise<void> | void;
  /** A slot of the line has another entry now. */
  moved(slot: number, entry: string): void;
}

/** What became of reservations. */
export interface ChaosCounts {
  reserved: number;
  'entry-taken': number;
  'member-taken': number;
  talked: number;
  left: number;
}

/** Workers of one process that reserve at random, and use what they get. */
export class Chaos {
  readonly violations: string[] = [];
  readonly counts: ChaosCounts = { reserved: 0, 'entry-taken': 0, 'member-taken': 0, talked: 0, left: 0 };
  /** The entries that wait, of all processes. */
  readonly slots: string[] = [];
  readonly #store: QueueStore;
  readonly #referee: Referee;
  readonly #name: string;
  #serial = 0;

  /** `name` keeps ids of several processes apart. */
  constructor(store: QueueStore, referee: Referee, name: string) {
    this.#store = store;
    this.#referee = referee;
    this.#name = name;
  }

  /** Somebody new enters in this slot. */
  async enter(slot: number): Promise<void> {
    const id = `entry-${this.#name}-${++this.#serial}`;
    const call = { callId: callId(id), channelId: channelId(id), uniqueId: `${this.#name}.${this.#serial}` };
    const joinedAtMs = START_MS + this.#serial;
    const rest = { caller: { number: null, name: null }, customer: null, joinedAtMs };
    const entry = plainEntry({ entryId: entryId(id), queue: QUEUE, ...call, ...rest, priority: this.#serial % 3 });
    await this.#store.enter(entry, PLAIN_ENTRANCE);
    this.slots[slot] = id;
    this.#referee.moved(slot, id);
  }

  /** So many reservations, one after the other. */
  async work(reservations: number, chance: Chance, worker: number): Promise<void> {
    for (let round = 0; round < reservations; round++) {
      const slot = chance(ENTRIES);
      const request: OneRing = {
        attemptId: attemptId(`attempt-${this.#name}-${worker}-${round}`),
        entryId: entryId(this.slots[slot] ?? ''),
        queue: QUEUE,
        extension: extensionNumber(String(1001 + chance(MEMBERS))),
        atMs: START_MS + 100_000 + round,
      };
      const answer = await reserveOne(this.#store, request);
      this.counts[answer]++;
      if (answer === 'reserved') await this.#use(request, { slot, next: chance(4) });
    }
  }

  async #use(request: OneRing, { slot, next }: { slot: number; next: number }): Promise<void> {
    const held = [request.extension, request.entryId];
    for (const twice of await this.#referee.take(held)) this.violations.push(`${twice} was given twice`);
    if (next === 0)
      this.#check((await reserveOne(this.#store, request)) === 'reserved', 'A repeated request was refused');
    await this.#referee.give(held);
    if (next === 2) await this.#leave(request);
    else if (next === 3) await this.#talk(request);
    else await this.#store.miss({ ...request, outcome: 'busy', ringMs: 10 });
    if (next >= 2) await this.enter(slot);
  }

  async #leave({ entryId: entry, atMs }: OneRing): Promise<void> {
    this.counts.left++;
    const answer = await this.#store.leave({ entryId: entry, outcome: 'ABANDON', atMs });
    this.#check(answer === 'done', `${entry} could not leave`);
  }

  async #talk({ attemptId: attempt, atMs }: OneRing): Promise<void> {
    this.counts.talked++;
    const member = { memberChannelId: channelId(attempt), memberUniqueId: '2.1' };
    const talk = await this.#store.connect({ attemptId: attempt, ...member, ringMs: 10, atMs });
    const end = await this.#store.complete({ attemptId: attempt, endedBy: 'caller', atMs: atMs + 10 });
    this.#check(talk === 'done' && end === 'done', `${attempt} was ${talk}, ${end}`);
  }

  #check(isRight: boolean, violation: string): void {
    if (!isRight) this.violations.push(violation);
  }
}

/** Makes the members, logged in, and the queue. */
export async function prepareChaos(
  store: QueueStore,
  sql: (text: string, values: unknown[]) => Promise<unknown>,
): Promise<void> {
  await sql('insert into extension (number) select (1000 + i)::text from generate_series(1, $1::int) i', [MEMBERS]);
  await store.defineQueues([{ name: QUEUE, title: 'Support', serviceLevelMs: 0 }]);
  for (const extension of await store.extensions())
    await store.login({ queue: QUEUE, extension, uniqueId: 'CLI', atMs: START_MS });
}

/** One list of who holds what. */
export class HeldThings {
  readonly #held = new Set<string>();

  take(what: readonly string[]): string[] {
    const twice = what.filter((each) => this.#held.has(each));
    for (const each of what) this.#held.add(each);
    return twice;
  }

  give(what: readonly string[]): void {
    for (const each of what) this.#held.delete(each);
  }
}
