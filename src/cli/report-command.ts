import { type Command, InvalidArgumentError } from 'commander';
import type { ReportJson } from '../http/report-routes.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { csv } from './csv.ts';
import type { FiguresParts } from './figures-commands.ts';
import { wholeNumber } from './member-commands.ts';
import { moment } from './moment.ts';
import { table } from './output.ts';

interface ReportOptions extends CommonOptions {
  readonly from?: number;
  readonly to?: number;
  readonly queue?: string;
  readonly timeZone?: string;
  readonly limit?: number;
  readonly csv?: boolean;
}

/** Longest time of a report; the database ends one sooner. */
const REPORT_LIMIT_MS = 70_000;

/** report, and the list of them. `reports` are their names with what each tells. */
export function addReportCommand(root: Command, parts: FiguresParts, reports: Readonly<Record<string, string>>): void {
  const atTime = (text: string) => moment(text, parts.now());
  const known = (name: string) => {
    if (Object.hasOwn(reports, name)) return name;
    throw new InvalidArgumentError(`expected one of ${Object.keys(reports).join(', ')}.`);
  };
  command(root, 'report', 'What queue_log adds up to; without a name, what there is.')
    .argument('[name]', 'which report', known)
    .option('--from <time>', 'from then on (default: today): 7d, yesterday, 2026-11-20, 2026-11-20 12:00', atTime)
    .option('--to <time>', 'before then (default: now)', atTime)
    .option('--queue <name>', 'of one queue')
    .option('--time-zone <zone>', "whose hours and days (default: this machine's)")
    .option('--limit <number>', 'so many rows at most (default: 1000)', wholeNumber)
    .option('--csv', 'print CSV, for spreadsheets')
    .action(async (name: string | undefined, options: ReportOptions) => {
      if (name === undefined) return parts.streams.out(table(['report', 'tells'], Object.entries(reports)));
      const answer = await ask(parts, name, options);
      parts.streams.out(written(answer, options));
      if (answer.cut && !options.json) parts.streams.error(`There is more: --limit ${answer.rows.length} is reached\n`);
    });
}

async function ask(parts: FiguresParts, name: string, options: ReportOptions): Promise<ReportJson> {
  const nowMs = parts.now();
  const { from = moment('today', nowMs), to = nowMs, queue, limit } = options;
  const query = new URLSearchParams({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(queue === undefined ? {} : { queue }),
    ...(limit === undefined ? {} : { limit: String(limit) }),
  });
  return (await client(parts, options).get(`/reports/${name}?${query}`, REPORT_LIMIT_MS)) as ReportJson;
}

function written(answer: ReportJson, { json, csv: isCsv }: ReportOptions): string {
  if (json) return asJson(answer);
  if (isCsv) return csv([answer.columns, ...answer.rows]);
  if (answer.rows.length === 0) return 'Nothing\n';
  return table(
    answer.columns,
    answer.rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell)))),
  );
}
