import type { FastifyInstance } from 'fastify';
import { queueName } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import type { LogFilter } from '../ports/queue-log.ts';
import { described } from './described.ts';
import type { FiguresFace } from './figures-face.ts';
import { logJson } from './figures-json.ts';
import { group, logSchema, oneOf, text } from './schemas.ts';

/** Lines of one answer, and how many when nothing is said. */
const LINES_MAX = 10_000;
const LINES_DEFAULT = 100;

const name = (description: string) => ({ type: 'string', minLength: 1, maxLength: 256, description });
const moment = (description: string) => ({ type: 'string', format: 'date-time', description });

/** Everything is text in an address. */
const logQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    queue: name('Name of a queue'),
    event: name('ENTERQUEUE and so on'),
    member: name('Name, interface or extension of a member'),
    call: name("callid, or the call's id in the application's log"),
    since: moment('From this moment on'),
    until: moment('Before this moment'),
    after: {
      type: 'string',
      pattern: '^\\d{1,18}$',
      description: 'Only lines behind the one of this number, oldest first',
    },
    limit: {
      type: 'string',
      pattern: '^[1-9]\\d{0,4}$',
      description: `How many lines, ${LINES_DEFAULT} when left out and ${LINES_MAX} at most: the newest`,
    },
  },
} as const;

interface LogRoute {
  Querystring: Readonly<Partial<Record<keyof (typeof logQuerySchema)['properties'], string>>>;
}

interface ResetRoute {
  Params: { queue: string };
}

/** Lines of queue_log, and the beginning of figures anew. */
export function figuresRoutes(server: FastifyInstance, face: FiguresFace): void {
  const log = described('queueLog', 'Lines of queue_log', logSchema);
  server.get<LogRoute>('/queue-log', { schema: { ...log.schema, querystring: logQuerySchema } }, async ({ query }) =>
    (await face.log(filterOf(query))).map(logJson),
  );
  const reset = described(
    'resetCounters',
    'Begins the figures of a queue and of its members anew',
    group({ queue: text('Name of the queue'), outcome: oneOf(['done'], 'What became of it') }),
  );
  const params = group({ queue: name('Name of a queue') });
  server.post<ResetRoute>(
    '/queues/:queue/reset-counters',
    { schema: { ...reset.schema, params } },
    async ({ params: { queue } }) => {
      const outcome = await face.reset(queueName(queue));
      if (outcome === 'unknown-queue') throw new AppError('QUEUE_UNKNOWN', `There is no queue ${queue}`);
      return { queue, outcome };
    },
  );
}

function filterOf({ since, until, after, limit, ...names }: LogRoute['Querystring']): LogFilter {
  return {
    ...names,
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
    ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
    ...(after === undefined ? {} : { afterLineId: after }),
    limit: Math.min(Number(limit ?? LINES_DEFAULT), LINES_MAX),
    take: after === undefined ? 'last' : 'first',
  };
}
