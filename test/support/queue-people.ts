import { entryId, extensionNumber, queueName } from '../../src/core/ids.ts';
import type { Extension, Membership } from '../../src/core/people.ts';
import { ANNOUNCEMENT_DEFAULTS } from '../../src/core/programme/announcement-settings.ts';
import type { Member } from '../../src/core/queue/availability.ts';
import type { WaitingEntry } from '../../src/core/queue/line.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { PLAIN_WISHES } from './store-requests.ts';

/** The instant at which the rules are asked. */
export const NOW_MS = 1_000_000;

export function queueSettings(changes: Partial<QueueSettings> = {}): QueueSettings {
  return {
    name: queueName('support'),
    title: 'Support',
    strategy: 'leastrecent',
    ringTimeoutMs: 15_000,
    timeoutPriority: 'app',
    timeoutRestart: false,
    retryMs: 5_000,
    onePass: false,
    maxWaitMs: 0,
    maxLength: 0,
    weight: 0,
    autofill: true,
    ringInUse: false,
    wrapUpMs: 0,
    penaltyMembersLimit: 0,
    penaltyRule: [],
    skillRule: [],
    ageWeightMs: 0,
    resumeWithinMs: 60_000,
    knownMember: null,
    whenNobody: 'wait',
    joinEmpty: [],
    leaveWhenEmpty: [],
    autopause: 'no',
    autopauseDelayMs: 0,
    autopauseAfter: { noAnswer: 1, busy: 0, rejected: 0, unavailable: 0 },
    notPresentPenaltyMs: 0,
    memberDelayMs: 0,
    memberAnnounce: [],
    reportHoldTime: false,
    acceptByKey: null,
    recording: null,
    serviceLevelMs: 0,
    setVariables: [],
    nobodyPrompt: [],
    musicClass: 'default',
    programme: {},
    announcements: ANNOUNCEMENT_DEFAULTS,
    accounts: null,
    exitKeys: {},
    exitContext: null,
    afterConversation: 'hangup',
    ...changes,
  };
}

/** A telephone as its row is when only the number was given. */
export function extension(number: string, changes: Partial<Extension> = {}): Extension {
  return {
    number: extensionNumber(number),
    interface: `PJSIP/${number}`,
    name: null,
    stateInterface: null,
    jid: null,
    subscribers: [],
    skills: {},
    ...changes,
  };
}

/** A membership as the database has it right after the login. */
export function newMembership(known: Pick<Membership, 'queue' | 'extension' | 'loggedInAtMs'>): Membership {
  return {
    ...known,
    penalty: 0,
    position: 0,
    isPaused: false,
    pausedReason: null,
    pausedAtMs: null,
    ringInUse: null,
    wrapUpMs: null,
    asideUntilMs: null,
    calls: 0,
    lastCallAtMs: null,
    lastHangupAtMs: null,
    lastQueue: null,
    wrapUpEndedAtMs: null,
  };
}

/** A free member, logged in long ago, who never had a call. */
export function member(number: string, changes: Partial<Member> = {}): Member {
  return {
    ...newMembership({ queue: queueName('support'), extension: extension(number), loggedInAtMs: 0 }),
    deviceState: 'NOT_INUSE',
    offers: 0,
    lastQueueWrapUpMs: null,
    ...changes,
  };
}

/** A caller who asks for nothing in particular. */
export function waiting(id: string, changes: Partial<WaitingEntry> = {}): WaitingEntry {
  const { priority = 0, joinedAtMs = NOW_MS - 1_000 } = changes;
  const placed = { placedPriority: priority, placedAtMs: joinedAtMs, ...PLAIN_WISHES };
  const rules = { penaltyRule: [], skillRule: [] };
  return { entryId: entryId(id), priority, joinedAtMs, ...placed, ...rules, missed: new Map(), ...changes };
}

/** Members who did not answer, with the times at which their ring ended. */
export function missedBy(...missed: (readonly [string, number])[]): WaitingEntry['missed'] {
  return new Map(missed.map(([number, atMs]) => [extensionNumber(number), atMs]));
}
