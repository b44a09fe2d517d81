import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import { REPORTS, type Report, type ReportName, type ReportRequest } from '../ports/reports.ts';
import { described } from './described.ts';
import type { FiguresFace } from './figures-face.ts';
import { flag, group, listOf, oneOf, text, time } from './schemas.ts';

/** Rows of one answer, and how many when nothing is said. */
const ROWS_MAX = 10_000;
const ROWS_DEFAULT = 1_000;

const NAMES = Object.keys(REPORTS) as readonly ReportName[];

const reportSchema = group({
  report: text('Its name'),
  from: time('From this moment on'),
  to: time('Before this moment'),
  timeZone: text('Whose clocks the times are those of'),
  columns: listOf(text('Heading of a column')),
  rows: listOf({
    type: 'array',
    items: { type: ['string', 'number', 'null'] },
    description: 'Cells in the order of the columns',
  }),
  cut: flag('Whether there is more than so many rows'),
});

const moment = (description: string) => ({ type: 'string', format: 'date-time', description });
const querySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to'],
  properties: {
    from: moment('From this moment on'),
    to: moment('Before this moment'),
    queue: { type: 'string', minLength: 1, maxLength: 256, description: 'Name of a queue; all when left out' },
    timeZone: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'For example Europe/Berlin; UTC when left out',
    },
    limit: {
      type: 'string',
      pattern: '^[1-9]\\d{0,4}$',
      description: `Rows: ${ROWS_DEFAULT} when left out, ${ROWS_MAX} at most`,
    },
  },
} as const;

interface ReportRoute {
  Params: { report: ReportName };
  Querystring: { from: string; to: string; queue?: string; timeZone?: string; limit?: string };
}

/** What queue_log adds up to. */
export function reportRoutes(server: FastifyInstance, face: FiguresFace): void {
  const { schema } = described('report', 'What queue_log adds up to', reportSchema);
  const params = group({ report: oneOf(NAMES, 'Name of the report') });
  server.get<ReportRoute>(
    '/reports/:report',
    { schema: { ...schema, params, querystring: querySchema } },
    async ({ params: { report }, query }) => {
      const request = requestOf(report, query);
      return reportJson(request, await face.report(request));
    },
  );
}

function requestOf(report: ReportName, query: ReportRoute['Querystring']): ReportRequest {
  const { from, to, queue = null, timeZone = 'UTC', limit } = query;
  try {
    // Whoever knows no such zone says so.
    new Intl.DateTimeFormat('en', { timeZone }).format(0);
  } catch (cause) {
    throw new AppError('REQUEST_INVALID', `There is no time zone ${timeZone}`, { cause });
  }
  const rows = Math.min(Number(limit ?? ROWS_DEFAULT), ROWS_MAX);
  return { report, fromMs: Date.parse(from), toMs: Date.parse(to), queue, timeZone, limit: rows };
}

function reportJson({ report, fromMs, toMs, timeZone }: ReportRequest, { columns, rows, isCut }: Report) {
  const iso = (ms: number) => new Date(ms).toISOString();
  return { report, from: iso(fromMs), to: iso(toMs), timeZone, columns, rows, cut: isCut };
}

export type ReportJson = ReturnType<typeof reportJson>;
