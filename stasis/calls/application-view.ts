import type { ExtensionNumber, QueueName } from '../../src/core/ids.ts';
import type { Customer } from '../../src/core/people.ts';
import { availability, type Member, wrapUpEndsMs } from '../../src/core/queue/availability.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { StoredEntry } from '../../src/ports/queue-store.ts';
import type { Application } from './application.ts';
import type { CallRoom } from './call-room.ts';
import type { LiveCall } from './live-call.ts';
import { deviceOf } from './members/member-board.ts';

/** One queue at this instant. */
export function queueViews({ room, calls }: Application) {
  const nowMs = room.clock.now();
  const elsewhere = room.otherSwitches?.entries() ?? [];
  const inUse = new Set([...calls.list().map((call) => call.phase.queue), ...elsewhere.map(({ queue }) => queue)]);
  const queues = [...room.queues.values()].filter(
    ({ name }) => room.queues.open(name) !== undefined || inUse.has(name),
  );
  return queues.map((settings) => {
    const phases = calls.list().filter((call) => call.phase.queue === settings.name);
    const members = room.board.membersOf(settings.name);
    const waiting = room.distributor.waitingIn(settings.name);
    const count = (name: StoredEntry['state']) =>
      phases.filter((call) => call.phase.name === name).length +
      elsewhere.filter(({ queue, state }) => queue === settings.name && state === name).length;
    return {
      queue: settings.name,
      title: settings.title,
      strategy: settings.strategy,
      waiting: count('waiting'),
      ringing: count('ringing'),
      talking: count('talking'),
      members: members.length,
      available: members.filter((member) => availability(member, settings, nowMs).type === 'available').length,
      oldestJoinedAtMs: waiting.length === 0 ? null : Math.min(...waiting.map((entry) => entry.joinedAtMs)),
    };
  });
}

/** Every extension that is known, with the queues it is logged in to. */
export function memberViews({ room, calls, memberships }: Application) {
  const { board, clock, queues } = room;
  const mineBy = new Map<ExtensionNumber, Member[]>();
  for (const member of [...queues.keys()].flatMap((queue) => board.membersOf(queue))) {
    const { number } = member.extension;
    mineBy.set(number, [...(mineBy.get(number) ?? []), member]);
  }
  const all = callViews({ room, calls });
  const talking = new Set(byExtension(all, 'talking'));
  const ringing = new Set(byExtension(all, 'ringing'));
  return memberships.extensions().map((extension) => {
    const { number } = extension;
    const mine = mineBy.get(number) ?? [];
    const wrapUpUntilMs = wrapUpOf(mine, queues, clock.now());
    return {
      extension: number,
      interface: extension.interface,
      jid: extension.jid,
      queues: mine.map(memberQueueView),
      deviceState: board.deviceState(deviceOf(extension)),
      activity: activityOf({
        isTalking: talking.has(number),
        isRinging: ringing.has(number),
        isInWrapUp: wrapUpUntilMs !== null,
      }),
      wrapUpUntilMs,
      lastHangupAtMs: mine[0]?.lastHangupAtMs ?? null,
    };
  });
}

function memberQueueView(member: Member) {
  const { queue, penalty, isPaused, pausedReason, pausedAtMs, asideUntilMs, ringInUse, calls, loggedInAtMs } = member;
  return { queue, penalty, isPaused, pausedReason, pausedAtMs, asideUntilMs, ringInUse, calls, loggedInAtMs };
}

/** Every call that is with us, and every one that other processes have in a queue. */
export function callViews({ calls, room }: Pick<Application, 'calls' | 'room'>) {
  const elsewhere = room.otherSwitches?.entries() ?? [];
  return [...ownCallViews({ calls, room }), ...elsewhere.map((entry) => elsewhereView(room, entry))];
}

function ownCallViews({ calls, room }: Pick<Application, 'calls' | 'room'>) {
  return calls.list().map((call) => {
    const { name, queue, entryId, extensions, sinceMs } = call.phase;
    return {
      callId: call.callId,
      switch: room.switchName,
      phase: name,
      caller: call.caller,
      customer: customerView(call.customer),
      queue,
      position: entryId === null ? null : room.distributor.position(entryId),
      extension: extensions[0] ?? null,
      extensions,
      hears: name === 'waiting' || name === 'ringing' ? (call.hears?.() ?? null) : null,
      startedAtMs: call.startedAtMs,
      sinceMs,
    };
  });
}

/** Calls by what they do. */
export function callCounts({ calls }: Application) {
  const counts = { ivr: 0, waiting: 0, ringing: 0, talking: 0, leaving: 0 };
  for (const call of calls.list()) counts[call.phase.name]++;
  return counts;
}

/** What the database tells of a call of another process. */
function elsewhereView({ distributor }: CallRoom, entry: StoredEntry) {
  const { attempts, state, joinedAtMs } = entry;
  const extensions = attempts.map(({ extension }) => extension);
  const [first] = attempts;
  return {
    callId: entry.callId,
    switch: entry.switchName,
    phase: state,
    caller: entry.caller,
    customer: customerView(entry.customer),
    queue: entry.queue,
    position: distributor.position(entry.entryId),
    extension: extensions[0] ?? null,
    extensions,
    hears: null,
    startedAtMs: joinedAtMs,
    sinceMs: first?.connectedAtMs ?? first?.startedAtMs ?? joinedAtMs,
  };
}

function customerView(customer: Customer | null) {
  return customer === null ? null : { id: customer.id, name: customer.name, code: customer.code };
}

function byExtension(calls: ReturnType<typeof callViews>, wanted: LiveCall['phase']['name']): ExtensionNumber[] {
  return calls.flatMap(({ phase, extensions }) => (phase === wanted ? extensions : []));
}

interface Activity {
  readonly isTalking: boolean;
  readonly isRinging: boolean;
  readonly isInWrapUp: boolean;
}

function activityOf(does: Activity): 'idle' | 'ringing' | 'talking' | 'wrap-up' {
  if (does.isTalking) return 'talking';
  if (does.isRinging) return 'ringing';
  return does.isInWrapUp ? 'wrap-up' : 'idle';
}

/** When the wrap-up of a member is over in every queue; `null`: the member is in none. */
export function wrapUpOf(
  memberships: readonly Member[],
  queues: ReadonlyMap<QueueName, QueueSettings>,
  nowMs: number,
): number | null {
  const ends = memberships.flatMap((member) => {
    const settings = queues.get(member.queue);
    return settings === undefined ? [] : [wrapUpEndsMs(member, settings)].filter((untilMs) => untilMs > nowMs);
  });
  return ends.length === 0 ? null : Math.max(...ends);
}
