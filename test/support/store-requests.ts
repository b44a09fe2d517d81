import {
  type AttemptId,
  callId,
  channelId,
  type EntryId,
  type ExtensionNumber,
  entryId,
  type QueueName,
} from '../../src/core/ids.ts';
import { UNLIMITED } from '../../src/core/queue/penalty-rules.ts';
import type { EnterOptions, NewEntry, QueueStore } from '../../src/ports/queue-store.ts';

/** Nothing is asked for beside a place. */
export const PLAIN_ENTRANCE: EnterOptions = {
  maxLength: 0,
  resumeSinceMs: null,
  isLast: true,
  wantedPosition: null,
  isKnownByLastCall: false,
  loggedName: null,
};

/** What a call says that says nothing of members and places. */
export const PLAIN_WISHES = { limits: UNLIMITED, needs: {}, knownExtension: null } as const;

/** An entry placed by its priority and arrival alone. */
export function plainEntry(
  entry: Omit<NewEntry, 'limits' | 'needs' | 'knownExtension' | 'placedPriority' | 'placedAtMs'>,
): NewEntry {
  return { ...entry, ...PLAIN_WISHES, placedPriority: entry.priority, placedAtMs: entry.joinedAtMs };
}

/** The place of one of several callers who are told apart by a number. */
export function numberedEntry(serial: number, { queue, joinedAtMs }: Pick<NewEntry, 'queue' | 'joinedAtMs'>): NewEntry {
  return plainEntry({
    entryId: entryId(`entry-${serial}`),
    callId: callId(`call-${serial}`),
    queue,
    channelId: channelId(`channel-${serial}`),
    uniqueId: `1.${serial}`,
    caller: { number: '2000', name: null },
    customer: null,
    priority: 0,
    joinedAtMs,
  });
}

export interface OneRing {
  readonly attemptId: AttemptId;
  readonly entryId: EntryId;
  readonly queue: QueueName;
  readonly extension: ExtensionNumber;
  readonly atMs: number;
}

/** Reserves one member for themselves, as every strategy but ringall does. */
export async function reserveOne(
  store: Pick<QueueStore, 'reserve'>,
  { attemptId, extension, ...request }: OneRing,
): Promise<'reserved' | 'entry-taken' | 'member-taken'> {
  const offers = [{ attemptId, extension }];
  const answer = await store.reserve({ ...request, offers, isExclusive: true, isRemembered: false });
  if (answer === 'entry-taken') return answer;
  return answer.includes(attemptId) ? 'reserved' : 'member-taken';
}
