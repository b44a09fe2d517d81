import type { SwitchName } from '../core/ids.ts';
import type { SwitchStanding } from '../ports/switches.ts';
import { callCountsSchema } from './drain-routes.ts';
import { flag, group, listOf, oneOf, type Schema, text, textOrNull, timeOrNull, whole } from './schemas.ts';

/** What a process is for the switch: it has the calls, it has them and is to end, or it waits to take them over. */
export const ROLES = ['active', 'draining', 'standby'] as const;
export type Role = (typeof ROLES)[number];

/** What can wait to be written or done, because somebody is away or slow. */
export const PENDING = [
  'database-writes',
  'xmpp-nodes',
  'xmpp-messages',
  'queue-log-file',
  'recordings-to-remove',
] as const;
export type PendingName = (typeof PENDING)[number];

export interface PendingView {
  readonly what: PendingName;
  /** `null`: not known now. */
  readonly waiting: number | null;
  /** Most that may wait; `null`: no limit but the disk's. */
  readonly limit: number | null;
  /** A file; `null`: in memory alone, or in the database. */
  readonly where: string | null;
  /** Since when it waits for something that is away; `null`: it does not. */
  readonly sinceMs: number | null;
  readonly reason: string | null;
  /** Lost at the limit since the start. */
  readonly lost: number;
}

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

export function pendingJson({ sinceMs, ...pending }: PendingView) {
  return { ...pending, since: timeOf(sinceMs) };
}

/** How much waits, by what: for whoever may not know where. */
export function waitingJson(pending: readonly PendingView[]): Readonly<Record<string, number | null>> {
  return Object.fromEntries(pending.map(({ what, waiting }) => [what, waiting]));
}

/** One switch, and who acts on it. */
export function switchJson(standing: SwitchStanding, ownSwitch: SwitchName | null) {
  const { switchName, holder, epoch, isHolderThere, isDraining, standbys, callers, httpUrl } = standing;
  return {
    switch: switchName,
    own: switchName === ownSwitch,
    holder,
    holderThere: isHolderThere,
    since: timeOf(standing.takenAtMs),
    seen: timeOf(standing.seenAtMs),
    epoch,
    draining: isDraining,
    asteriskLost: timeOf(standing.asteriskLostAtMs),
    standbys,
    callers,
    url: httpUrl,
  };
}

/** The same for whoever may not know where. */
export function switchSummaryJson(standing: SwitchStanding, ownSwitch: SwitchName | null) {
  const { since, seen, url, ...summary } = switchJson(standing, ownSwitch);
  return summary;
}

const numberOrNull = (description: string): Schema => ({ type: ['integer', 'null'], minimum: 0, description });

const pendingSchema = listOf(
  group({
    what: oneOf(PENDING, 'What waits'),
    waiting: numberOrNull('How much; null: not known now'),
    limit: numberOrNull('Most that may wait; null: no limit of its own'),
    where: textOrNull('The file in which it waits'),
    since: timeOrNull('Since when it waits for something that is away; null: it does not'),
    reason: textOrNull('Why'),
    lost: whole('Lost at the limit since the start'),
  }),
);

const switchProperties = {
  switch: text('Name of the switch (Asterisk)'),
  own: flag('Whether the process that answers acts on it'),
  holder: textOrNull('Host and pid of the process that acts; null: nobody does'),
  holderThere: flag('Whether its session with the database is there'),
  epoch: whole('How often the switch was taken over'),
  draining: flag('Whether it takes no new calls, because the holder is to end'),
  asteriskLost: timeOrNull('Since when the holder does not reach its Asterisk; null: it does'),
  standbys: whole('Processes that would take it over'),
  callers: whole('Callers in queues whose channels are there'),
};
export const switchSummarySchema = listOf(group(switchProperties));
const switchSchema = listOf(
  group({
    ...switchProperties,
    since: timeOrNull('Since when the holder acts'),
    seen: timeOrNull("The holder's last sign of life"),
    url: textOrNull("Where the holder's API listens"),
  }),
);

export const waitingSchema: Schema = {
  type: 'object',
  description: 'What waits to be written or done; null: not known now',
  additionalProperties: numberOrNull('How much'),
};

/** What the status has besides parts and music. */
export const standingProperties: Readonly<Record<string, Schema>> = {
  process: text('Host and pid of the process'),
  role: oneOf(ROLES, 'What the process does for its switch'),
  draining: flag('Whether it takes no new calls, because it is to end'),
  callsBy: callCountsSchema,
  pending: pendingSchema,
  switch: textOrNull('The switch that the process acts on; null: a standby'),
  switches: switchSchema,
  switchesAsOf: timeOrNull('When the database said so about the switches; null: never yet'),
};
