import type { CallJson, MemberJson, QueueJson } from '../http/views.ts';
import { table } from './output.ts';

/** What `queueapp queues` prints. */
export function queuesText(queues: readonly QueueJson[], nowMs: number): string {
  const headings = [
    'queue',
    'title',
    'strategy',
    'waiting',
    'longest',
    'ringing',
    'talking',
    'members',
    'available',
    ...FIGURES_HEADINGS,
  ];
  const rows = queues.map((queue) => [
    queue.queue,
    queue.title,
    queue.strategy,
    String(queue.waiting),
    queue.oldestJoined === null ? '-' : ago(queue.oldestJoined, nowMs),
    String(queue.ringing),
    String(queue.talking),
    String(queue.members),
    String(queue.available),
    ...figuresCells(queue.figures),
  ]);
  return rows.length === 0 ? 'No queues\n' : table(headings, rows);
}

const FIGURES_HEADINGS = ['completed', 'abandoned', 'in level', 'hold', 'talk'];

/** What has been counted; nothing while the database is away. */
function figuresCells(figures: QueueJson['figures']): readonly string[] {
  if (figures === null) return FIGURES_HEADINGS.map(() => '?');
  const { completed, abandoned, inLevelPercent, serviceLevelSeconds, holdSeconds, talkSeconds } = figures;
  const seconds = (value: number | null) => (value === null ? '-' : `${Math.round(value)}s`);
  const level = inLevelPercent === null ? '-' : `${inLevelPercent}% in ${serviceLevelSeconds}s`;
  return [String(completed), String(abandoned), level, seconds(holdSeconds), seconds(talkSeconds)];
}

/** What `queueapp members` prints. */
export function membersText(members: readonly MemberJson[], nowMs: number): string {
  const headings = ['extension', 'queues', 'phone', 'does', 'last call', 'interface', 'jid'];
  const rows = members.map(({ extension, queues, deviceState, activity, wrapUpUntil, lastHangup, jid, ...member }) => [
    extension,
    queues.map((each) => membershipText(each, nowMs)).join(', ') || '-',
    deviceState,
    activity === 'wrap-up' && wrapUpUntil !== null ? `wrap-up (${left(wrapUpUntil, nowMs)} left)` : activity,
    lastHangup === null ? '-' : `${ago(lastHangup, nowMs)} ago`,
    member.interface,
    jid ?? '-',
  ]);
  return rows.length === 0 ? 'No extensions\n' : table(headings, rows);
}

/** `support (in 3h, 2 calls, last 4m ago)`: since the login, and what is not as usual, `penalty 2, paused 5m: lunch`. */
function membershipText(membership: MemberJson['queues'][number], nowMs: number): string {
  const { queue, penalty, calls, paused, pausedReason, pausedSince, asideUntil, ringInUse } = membership;
  const { loggedIn, lastCall, lastPaused } = membership;
  const since = pausedSince === null ? '' : ` ${ago(pausedSince, nowMs)}`;
  const isAside = asideUntil !== null && Date.parse(asideUntil) > nowMs;
  const parts = [
    `in ${ago(loggedIn, nowMs)}`,
    ...(penalty === 0 ? [] : [`penalty ${penalty}`]),
    ...(calls === 0 ? [] : [callsOfMember(calls, lastCall, nowMs)]),
    ...(ringInUse === null ? [] : [`ring-in-use ${ringInUse ? 'yes' : 'no'}`]),
    ...(paused ? [`paused${since}${pausedReason === null ? '' : `: ${pausedReason}`}`] : []),
    ...(paused || lastPaused === null ? [] : [`last pause ${ago(lastPaused, nowMs)} ago`]),
    ...(isAside ? [`aside for ${left(asideUntil, nowMs)}`] : []),
  ];
  return `${queue} (${parts.join(', ')})`;
}

/** `3 calls, last 4m ago`. */
function callsOfMember(calls: number, lastCall: string | null, nowMs: number): string {
  const last = lastCall === null ? '' : `, last ${ago(lastCall, nowMs)} ago`;
  return `${calls} ${calls === 1 ? 'call' : 'calls'}${last}`;
}

const left = (until: string, nowMs: number) => ago(new Date(nowMs).toISOString(), Date.parse(until));

/** What `queueapp calls` prints. */
export function callsText(calls: readonly CallJson[], nowMs: number): string {
  const headings = ['call', 'switch', 'is', 'for', 'queue', 'position', 'member', 'caller', 'customer', 'hears'];
  const rows = calls.map(
    ({ callId, switch: on, phase, since, queue, position, extension, caller, customer, hears }) => [
      callId,
      on,
      phase,
      ago(since, nowMs),
      queue ?? '-',
      position === null ? '-' : String(position),
      extension ?? '-',
      caller.number ?? '(withheld)',
      customer === null ? '-' : `${customer.name} (id ${customer.id})`,
      hears ?? '-',
    ],
  );
  return rows.length === 0 ? 'No calls\n' : table(headings, rows);
}

/** `3d 2h`, `1h 5m`, `2m 10s`, `9s`. */
export function ago(time: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? '' : `${amount}${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
