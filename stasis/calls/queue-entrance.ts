import { randomUUID } from 'node:crypto';
import { type EntryId, entryId } from '../../src/core/ids.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { isAppError } from '../../src/errors.ts';
import { delay } from '../../src/lib/clock.ts';
import type { NewEntry } from '../../src/ports/queue-store.ts';
import type { Call } from './call.ts';
import { type CallRoom, quietly } from './call-room.ts';

/** app_queue's QUEUESTATUS; UNKNOWN is an unknown queue, UNAVAILABLE (ours) a database that stayed away. */
export type QueueStatus = 'TIMEOUT' | 'FULL' | 'JOINEMPTY' | 'LEAVEEMPTY' | 'CONTINUE' | 'UNKNOWN' | 'UNAVAILABLE';

/** A place in line. */
export interface Place {
  readonly entryId: EntryId;
  readonly priority: number;
  readonly joinedAtMs: number;
  /** Place in line when it was taken, from 1. */
  readonly position: number;
}

/** Between two tries to enter while the database is away. */
const ENTER_RETRY_MS = 1_000;
/** QUEUE_PRIO beyond these is cut; the database's column holds no more. */
const PRIORITY_MAX = 1_000_000;

/**
 * Takes a place in line, or says why there is none. While the database is away the caller hears the music and is entered when
 * it is back, for at most `databaseWaitMs`; the wait counts from the first try. Rejects with the HangupError.
 */
export async function takePlace(room: CallRoom, call: Call, settings: QueueSettings): Promise<Place | QueueStatus> {
  const joinedAtMs = room.clock.now();
  if (settings.whenNobody === 'leave' && room.board.isNobodyIn(settings.name)) {
    await refuse(room, call, settings, 'JOINEMPTY');
    return 'JOINEMPTY';
  }
  const entry: NewEntry = {
    entryId: entryId(randomUUID()),
    callId: call.callId,
    queue: settings.name,
    channelId: call.channelId,
    uniqueId: call.uniqueId,
    caller: call.caller,
    customer: call.customer,
    priority: await readPriority(room, call),
    joinedAtMs,
    maxLength: settings.maxLength,
  };
  const answer = await enterWhenPossible(room, call, entry);
  if (answer === 'away') return 'UNAVAILABLE';
  if (answer === 'unknown-queue') return 'UNKNOWN';
  if (answer === 'full') {
    await refuse(room, call, settings, 'FULL');
    return 'FULL';
  }
  return { entryId: entry.entryId, priority: entry.priority, joinedAtMs, position: answer.position };
}

async function enterWhenPossible(room: CallRoom, call: Call, entry: NewEntry) {
  const giveUpAtMs = entry.joinedAtMs + room.settings.databaseWaitMs;
  for (;;) {
    call.signal.throwIfAborted();
    try {
      return await room.store.enter(entry);
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      if (room.clock.now() >= giveUpAtMs) {
        call.log.warn({ queue: entry.queue }, 'No place in line: the database is away');
        await closeIfEntered(room, call, entry, 'WITHDRAW');
        return 'away' as const;
      }
    }
    try {
      await delay(room.clock, ENTER_RETRY_MS, call.signal);
    } catch (hangup) {
      await closeIfEntered(room, call, entry, 'ABANDON');
      throw hangup;
    }
  }
}

/** The entry may stand in the database though its reply was lost; without a call it must not stay open. */
async function closeIfEntered(room: CallRoom, call: Call, { entryId }: NewEntry, outcome: 'ABANDON' | 'WITHDRAW') {
  const leave = { entryId, outcome, info: 'database away', atMs: room.clock.now() };
  await quietly(call, 'leave-queue', () => room.store.leave(leave));
}

/** QUEUE_PRIO as app_queue reads it: a whole number, anything else counts as 0. */
async function readPriority(room: CallRoom, call: Call): Promise<number> {
  const text = await room.pbx.getVariable(call.channelId, 'QUEUE_PRIO');
  const priority = text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : 0;
  return Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, priority));
}

/** queue_log's line for a refusal, as Wazo writes it. */
async function refuse(room: CallRoom, call: Call, settings: QueueSettings, event: 'FULL' | 'JOINEMPTY'): Promise<void> {
  const { callId, uniqueId } = call;
  const line = { event, callId, uniqueId, queue: settings.name, atMs: room.clock.now() };
  await quietly(call, 'record-refusal', () => room.store.record(line));
}
