import { randomUUID } from 'node:crypto';
import { type ExtensionNumber, entryId, extensionNumber } from '../../../src/core/ids.ts';
import { positiveNumber, wholeNumber } from '../../../src/core/queue/channel-variables.ts';
import { placeOf, type WaitingEntry } from '../../../src/core/queue/line.ts';
import { readPenaltyLimits } from '../../../src/core/queue/penalty-rules.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { readSkillNeeds } from '../../../src/core/queue/skills.ts';
import { type AppError, isAppError } from '../../../src/errors.ts';
import type { EnterOptions, NewEntry } from '../../../src/ports/queue-store.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { quietly } from '../quietly.ts';
import type { LateCaller } from './late-entrances.ts';

/** app_queue's QUEUESTATUS; UNKNOWN is an unknown queue, UNAVAILABLE (ours) a database that stayed away, or a process that is drained. */
export type QueueStatus =
  | 'TIMEOUT'
  | 'FULL'
  | 'JOINEMPTY'
  | 'LEAVEEMPTY'
  | 'WITHDRAW'
  | 'CONTINUE'
  | 'UNKNOWN'
  | 'UNAVAILABLE';

/** A place in line. */
export interface Place extends Omit<WaitingEntry, 'missed' | 'penaltyRule' | 'skillRule'> {
  /** Place in line when it was taken, from 1. */
  readonly position: number;
}

/** QUEUE_PRIO beyond these is cut; the database's column holds no more. */
const PRIORITY_MAX = 1_000_000;

/**
 * Takes a place in line, or says why there is none. While the database is away the caller hears the music and is entered when
 * it is back, for at most `databaseWaitMs`; the wait counts from the first try. Rejects with the HangupError.
 */
export async function takePlace(room: CallRoom, call: Call, settings: QueueSettings): Promise<Place | QueueStatus> {
  const joinedAtMs = room.clock.now();
  const arrival = room.lateEntrances.of(settings.name).arrival();
  const { priority, wantedPosition, limits, needs } = await readWishes(room, call);
  if (room.emptyWatch.isEmptyForWhoComes(settings, limits)) {
    await refuse(room, call, settings, 'JOINEMPTY');
    return 'JOINEMPTY';
  }
  const known = settings.knownMember;
  const entry: NewEntry = {
    entryId: entryId(randomUUID()),
    callId: call.callId,
    queue: settings.name,
    channelId: call.channelId,
    uniqueId: call.uniqueId,
    caller: call.caller,
    customer: call.customer,
    priority,
    ...placeOf(priority, joinedAtMs, settings.ageWeightMs),
    joinedAtMs,
    limits,
    needs,
    knownExtension: known === null || known.by === 'last-call' ? null : knownByField(call, known.by.field),
  };
  const answer = await enterWhenPossible(room, call, entry, {
    arrival,
    maxLength: settings.maxLength,
    resumeSinceMs: settings.resumeWithinMs === 0 ? null : joinedAtMs - settings.resumeWithinMs,
    isLast: settings.ageWeightMs === 0,
    wantedPosition,
    isKnownByLastCall: known?.by === 'last-call' && call.customer !== null,
    ...(await loggedCaller(room, call)),
  });
  if (answer === 'away') return 'UNAVAILABLE';
  if (answer === 'unknown-queue') return 'UNKNOWN';
  if (answer === 'full') {
    await refuse(room, call, settings, 'FULL');
    return 'FULL';
  }
  return { ...entry, ...answer };
}

/** The customer's record names the extension of the member who knows them. */
function knownByField({ customer }: Call, field: string): ExtensionNumber | null {
  const number = customer?.fields[field] ?? '';
  return number === '' ? null : extensionNumber(number);
}

type Entering = EnterOptions & { readonly arrival: number };

async function enterWhenPossible(room: CallRoom, call: Call, entry: NewEntry, { arrival, ...options }: Entering) {
  const line = room.lateEntrances.of(entry.queue);
  const giveUpAtMs = entry.joinedAtMs + room.settings.databaseWaitMs;
  let late: LateCaller | null = line.isEmpty ? null : line.join(arrival);
  let hasTried = false;
  try {
    for (;;) {
      call.signal.throwIfAborted();
      await late?.turn(giveUpAtMs, call.signal);
      hasTried = true;
      const answer = await room.store.enter(entry, options).catch(databaseAway);
      if (!isAppError(answer)) {
        late?.entered();
        return answer;
      }
      if (room.clock.now() >= giveUpAtMs) {
        call.log.warn({ err: answer, queue: entry.queue }, 'No place in line: the database is away');
        await closeIfEntered(room, call, entry, 'WITHDRAW');
        return 'away' as const;
      }
      if (late === null) late = line.join(arrival);
      else late.failed();
    }
  } catch (error) {
    if (hasTried && call.signal.aborted) await closeIfEntered(room, call, entry, 'ABANDON');
    throw error;
  } finally {
    late?.leave();
  }
}

function databaseAway(error: unknown): AppError {
  if (isAppError(error, 'DATABASE_UNAVAILABLE')) return error;
  throw error;
}

/** The entry may stand in the database though its reply was lost; without a call it must not stay open. */
async function closeIfEntered(room: CallRoom, call: Call, { entryId }: NewEntry, outcome: 'ABANDON' | 'WITHDRAW') {
  const leave = { entryId, outcome, info: 'database away', atMs: room.clock.now() };
  await quietly(call, 'leave-queue', () => room.store.leave(leave));
}

/** What the dialplan may say of a call before `Stasis()`; contracts.md has the names. */
const WISHES = [
  'QUEUE_PRIO',
  'QUEUE_MIN_PENALTY',
  'QUEUE_MAX_PENALTY',
  'QUEUE_RAISE_PENALTY',
  'QUEUE_POSITION',
  'QUEUE_SKILLS',
] as const;

async function readWishes(room: CallRoom, call: Call) {
  const [priority, min, max, raise, position, skills = ''] = await room.pbx.getVariables(call.channelId, WISHES);
  return {
    priority: Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, wholeNumber(priority) ?? 0)),
    limits: readPenaltyLimits({ min, max, raise }),
    wantedPosition: positiveNumber(position),
    needs: readSkillNeeds(skills),
  };
}

/** What queue_log may have of the caller; the channel is asked only when that matters. */
async function loggedCaller(room: CallRoom, call: Call): Promise<Pick<EnterOptions, 'loggedName' | 'isNumberHidden'>> {
  const { hasCallerName, hasRestrictedCallerId } = room.settings.queueLog;
  const presentation = hasRestrictedCallerId ? 'allowed' : await room.pbx.getVariable(call.channelId, 'CALLERID(pres)');
  if (!presentation?.startsWith('allowed')) return { loggedName: null, isNumberHidden: true };
  return { loggedName: hasCallerName ? (call.caller.name ?? '') : null };
}

/** queue_log's line for a refusal, as Wazo writes it. */
async function refuse(room: CallRoom, call: Call, settings: QueueSettings, event: 'FULL' | 'JOINEMPTY'): Promise<void> {
  const { callId, uniqueId } = call;
  const line = { event, callId, uniqueId, queue: settings.name, atMs: room.clock.now() };
  await quietly(call, 'record-refusal', () => room.store.record(line));
}
