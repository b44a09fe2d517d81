import { entryId, extensionNumber, queueName } from '../../src/core/ids.ts';
import type { Member } from '../../src/core/queue/availability.ts';
import type { WaitingEntry } from '../../src/core/queue/line.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';

/** The instant at which the rules are asked. */
export const NOW_MS = 1_000_000;

export function queueSettings(changes: Partial<QueueSettings> = {}): QueueSettings {
  return {
    name: queueName('support'),
    title: 'Support',
    strategy: 'leastrecent',
    ringTimeoutMs: 15_000,
    retryMs: 5_000,
    maxWaitMs: 0,
    maxLength: 0,
    wrapUpMs: 0,
    whenNobody: 'wait',
    nobodyPrompt: [],
    musicClass: 'default',
    programme: {},
    accounts: null,
    exitKeys: {},
    afterConversation: 'hangup',
    ...changes,
  };
}

/** A free member, logged in long ago, who never had a call. */
export function member(number: string, changes: Partial<Member> = {}): Member {
  return {
    queue: queueName('support'),
    extension: { number: extensionNumber(number), interface: `PJSIP/${number}`, jid: null, subscribers: [] },
    penalty: 0,
    position: 0,
    loggedInAtMs: 0,
    isPaused: false,
    lastHangupAtMs: null,
    deviceState: 'NOT_INUSE',
    isReserved: false,
    ...changes,
  };
}

export function waiting(id: string, changes: Partial<WaitingEntry> = {}): WaitingEntry {
  return { entryId: entryId(id), priority: 0, joinedAtMs: NOW_MS - 1_000, missed: new Map(), ...changes };
}

/** Members who did not answer, with the times at which their ring ended. */
export function missedBy(...missed: (readonly [string, number])[]): WaitingEntry['missed'] {
  return new Map(missed.map(([number, atMs]) => [extensionNumber(number), atMs]));
}
