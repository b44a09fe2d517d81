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
};
