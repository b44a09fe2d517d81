import type { FastifyInstance } from 'fastify';
import { described } from './described.ts';
import { flag, group, oneOf, text, timeOrNull, whole } from './schemas.ts';

/** To whom calls go: to another process that takes the switch over, or to the dialplan. */
export type DrainWay = 'process' | 'dialplan';

/** Calls by what they do. */
export interface CallCounts {
  readonly ivr: number;
  readonly waiting: number;
  readonly ringing: number;
  readonly talking: number;
  readonly leaving: number;
}

/** How far a drain is, or what it would do. */
export interface DrainView {
  /** Host and pid of the process that answers. */
  readonly process: string;
  readonly isDraining: boolean;
  readonly way: DrainWay;
  readonly sinceMs: number | null;
  /** Longest time: for rings before a handover, for conversations without another process. */
  readonly limitMs: number;
  /** Processes that would take over; `null`: the database is away. */
  readonly standbys: number | null;
  readonly calls: CallCounts;
}

/** The end of the process on request. */
export interface DrainFace {
  view(): Promise<DrainView>;
  begin(): Promise<DrainView>;
  cancel(): Promise<DrainView>;
}

export const callCountsSchema = group({
  ivr: whole('Callers in the menus'),
  waiting: whole('Callers who wait in a queue'),
  ringing: whole('Callers for whom a phone rings'),
  talking: whole('Callers who talk'),
  leaving: whole('Callers on their way back to the dialplan'),
});

const drainSchema = group({
  process: text('Host and pid of the process that answers'),
  draining: flag('Whether it is being drained'),
  to: oneOf(
    ['process', 'dialplan'],
    'Where calls go, or would go: to another process that takes over, or to the dialplan',
  ),
  since: timeOrNull('Since when; null: it is not drained'),
  limitSeconds: whole('Longest time: for rings before a handover, for conversations without another process'),
  standbys: { type: ['integer', 'null'], minimum: 0, description: 'Processes that would take over; null: not known' },
  calls: callCountsSchema,
});

export function drainJson({ process, isDraining, way, sinceMs, limitMs, standbys, calls }: DrainView) {
  const since = sinceMs === null ? null : new Date(sinceMs).toISOString();
  return { process, draining: isDraining, to: way, since, limitSeconds: Math.round(limitMs / 1000), standbys, calls };
}

export type DrainJson = ReturnType<typeof drainJson>;

/** What a drain would do, how far it is, its beginning and its taking back. */
export function drainRoutes(server: FastifyInstance, face: DrainFace): void {
  const about = 'What `queueapp drain` would do, or how far it is';
  server.get('/drain', described('drainState', about, drainSchema), async () => drainJson(await face.view()));
  const begin = 'Takes no new calls, hands over those that are here, then ends the process';
  server.post('/drain', described('drain', begin, drainSchema), async () => drainJson(await face.begin()));
  const cancel = 'Takes a drain back: calls are taken again';
  server.post('/drain/cancel', described('cancelDrain', cancel, drainSchema), async () =>
    drainJson(await face.cancel()),
  );
}
