import { expect } from '@jest/globals';
import type { CallEvent } from '../../src/core/events.ts';
import { attemptId, callId, channelId, entryId, extensionNumber, queueName } from '../../src/core/ids.ts';
import type { Extension } from '../../src/core/people.ts';
import { type QueueLogRow, queueLogRow } from '../../src/core/queue/queue-log.ts';
import type { EnterOptions, NewEntry, QueueStore } from '../../src/ports/queue-store.ts';
import { extension as extensionRow } from '../support/queue-people.ts';
import { PLAIN_ENTRANCE, plainEntry, reserveOne } from '../support/store-requests.ts';

/** A store under test, with what the suite needs to prepare and to look at, by whatever way the store has. */
export interface QueueStoreUnderTest {
  readonly store: QueueStore;
  addExtension(extension: Extension): Promise<void>;
  nameExtension(extension: Extension, name: string): Promise<void>;
  /** By SQL, as the next two; `reason` is told with a pause. */
  setPaused(queue: string, extension: string, isPaused: boolean, reason?: string): Promise<void>;
  logIn(queue: string, extension: Extension, pausedReason?: string): Promise<void>;
  logOut(queue: string, extension: Extension): Promise<void>;
  /** All lines of one queue in the order of writing; columns without anything at the end are left out. */
  logOf(queue: string): Promise<readonly QueueLogRow[]>;
  /** Somebody takes the lease of a switch. */
  holdSwitch(name: string): Promise<Holder>;
  close(): Promise<void>;
}

/** Who holds a lease. */
export interface Holder {
  says(facts: { readonly isDraining: boolean; readonly isAsteriskLost: boolean }): Promise<void>;
  /** The holder's process is killed. */
  ends(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
let counter = 0;
export const next = () => String(++counter).padStart(4, '0');

/** One test's own queue and people, so that no test sees another's. */
export async function scene(target: Pick<QueueStoreUnderTest, 'store' | 'addExtension' | 'logOf'>, members = 1) {
  const { store } = target;
  const queue = queueName(`queue${next()}`);
  await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
  const extensions: Extension[] = [];
  for (let index = 0; index < members; index++) {
    const number = extensionNumber(`9${next()}`);
    const extension = extensionRow(number, { jid: `user${number}@example.org` });
    await target.addExtension(extension);
    await store.login({ queue, extension, uniqueId: `1.${number}`, atMs: START_MS });
    extensions.push(extension);
  }
  const entry = (over: Partial<NewEntry> = {}): NewEntry => {
    const serial = next();
    const made = {
      entryId: entryId(`entry-${serial}`),
      callId: callId(`call-${serial}`),
      queue,
      channelId: channelId(`channel-${serial}`),
      uniqueId: `1763640000.${serial}`,
      caller: { number: '2000', name: 'Alice' },
      customer: { id: '1', name: 'Company 1', code: '1111', fields: { city: 'Riga' } },
      priority: 0,
      joinedAtMs: START_MS + Number(serial),
      ...over,
    };
    return { ...plainEntry(made), ...over };
  };
  const enter = async (over: Partial<NewEntry> = {}, options: Partial<EnterOptions> = {}) => {
    const made = entry(over);
    return { ...made, answer: await store.enter(made, { ...PLAIN_ENTRANCE, ...options }) };
  };
  const reserve = async (held: NewEntry, member = 0, atMs = START_MS + 20_000) => {
    const attempt = attemptId(`attempt-${next()}`);
    const extension = extensionOf(extensions, member).number;
    const answer = await reserveOne(store, { attemptId: attempt, entryId: held.entryId, queue, extension, atMs });
    return { attemptId: attempt, extension, answer };
  };
  const connect = (attempt: { attemptId: ReturnType<typeof attemptId> }, atMs = START_MS + 25_500) =>
    store.connect({
      attemptId: attempt.attemptId,
      memberChannelId: channelId('member-channel'),
      memberUniqueId: '1763640020.7',
      ringMs: 5500,
      atMs,
    });
  const entries = async () => (await store.openEntries()).filter((each) => each.queue === queue);
  const log = async () => (await target.logOf(queue)).filter(({ event }) => event !== 'ADDMEMBER');
  const expectLog = async (events: readonly CallEvent[]) => expect(await log()).toEqual(events.map(trimmedRow));
  return { store, next, queue, extensions, entry, enter, reserve, connect, entries, log, expectLog };
}

export function extensionOf(extensions: readonly Extension[], index: number): Extension {
  const extension = extensions[index];
  if (extension === undefined) throw new Error(`No member ${index} in this scene`);
  return extension;
}

/** Without the empty columns at its end, as `logOf` tells them. */
export function trimmedRow(event: CallEvent): QueueLogRow {
  const row = queueLogRow(event);
  const data = [...row.data];
  while (data.at(-1) === '') data.pop();
  return { ...row, data };
}
