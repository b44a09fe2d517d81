import { type Command, InvalidArgumentError } from 'commander';
import type { LogLineJson } from '../http/figures-json.ts';
import type { ApiClient } from './api-client.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { csv } from './csv.ts';
import type { LiveTerminal } from './live-terminal.ts';
import { wholeNumber } from './member-commands.ts';
import { clockTime, moment } from './moment.ts';
import { printable, type Streams } from './output.ts';

export interface FiguresParts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
  now(): number;
  live(): LiveTerminal;
}

interface LogOptions extends CommonOptions {
  readonly queue?: string;
  readonly event?: string;
  readonly member?: string;
  readonly call?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly csv?: boolean;
  readonly follow?: boolean;
}

const FOLLOW_EVERY_MS = 1_000;
/** Lines asked for at once while following. */
const FOLLOW_LINES_MAX = 1_000;
const CSV_HEADINGS = ['time', 'callid', 'queue', 'agent', 'event', 'data1', 'data2', 'data3', 'data4', 'data5'];

/** log and reset-counters. */
export function addFiguresCommands(root: Command, parts: FiguresParts): void {
  const atTime = (text: string) => moment(text, parts.now());
  command(root, 'log', 'Lines of queue_log, the newest last.')
    .option('--queue <name>', 'of one queue')
    .option('--event <name>', 'of one kind: ENTERQUEUE and so on', (name: string) => name.toUpperCase())
    .option('--member <who>', 'of one member: name, interface or extension')
    .option('--call <id>', "of one call: callid, or the call's id in the application's log")
    .option('--since <time>', 'from then on: 2h, today, 2026-11-20, 2026-11-20 12:00', atTime)
    .option('--until <time>', 'before then', atTime)
    .option('--limit <number>', 'so many at most (default: 100)', positive)
    .option('--csv', 'print CSV, for spreadsheets')
    .option('--follow', 'go on with lines that are written from now on, until Ctrl-C')
    .action((options: LogOptions) => showLog(parts, options));
  command(root, 'reset-counters <queue>', 'Begin the figures of a queue and of its members anew.').action(
    async (queue: string, options: CommonOptions) => {
      const path = `/queues/${encodeURIComponent(queue)}/reset-counters`;
      const answer = await client(parts, options).post(path, {});
      parts.streams.out(options.json ? asJson(answer) : printable(`The figures of ${queue} begin anew`).concat('\n'));
    },
  );
}

async function showLog(parts: FiguresParts, options: LogOptions): Promise<void> {
  const api = client(parts, options);
  const { streams } = parts;
  const lines = await ask(api, options);
  if (options.json && !options.follow) return streams.out(asJson(lines));
  if (options.csv) streams.out(csv([CSV_HEADINGS]));
  const write = writerOf(options);
  streams.out(lines.map(write).join(''));
  if (options.follow) await follow(parts, { api, options, write, last: lines.at(-1)?.id ?? '0' });
}

interface Following {
  readonly api: ApiClient;
  readonly options: LogOptions;
  readonly write: (line: LogLineJson) => string;
  /** Number of the last line that was shown. */
  readonly last: string;
}

async function follow(parts: FiguresParts, { api, options, write, last }: Following): Promise<void> {
  const terminal = parts.live();
  // Without a line to go on from, those count that are written from now on.
  const begin = last === '0' ? { since: parts.now() } : {};
  let after = last;
  try {
    while (await terminal.pause(FOLLOW_EVERY_MS)) {
      const { since: _, limit: __, ...filter } = options;
      const lines = await ask(api, { ...filter, ...begin, limit: FOLLOW_LINES_MAX }, after);
      parts.streams.out(lines.map(write).join(''));
      after = lines.at(-1)?.id ?? after;
    }
  } finally {
    terminal.release();
  }
}

async function ask(api: ApiClient, options: LogOptions, after?: string): Promise<readonly LogLineJson[]> {
  const { queue, event, member, call, since, until, limit } = options;
  const asked = {
    ...{ queue, event, member, call, after },
    since: since === undefined ? undefined : new Date(since).toISOString(),
    until: until === undefined ? undefined : new Date(until).toISOString(),
    limit: limit === undefined ? undefined : String(limit),
  };
  const given = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  return (await api.get(`/queue-log${query === '' ? '' : `?${query}`}`)) as readonly LogLineJson[];
}

function writerOf({ csv: isCsv, json }: LogOptions): (line: LogLineJson) => string {
  if (json) return (line) => `${JSON.stringify(line)}\n`;
  if (isCsv)
    return ({ time, callid, queue, agent, event, data }) => csv([[time, callid, queue, agent, event, ...data]]);
  return lineText;
}

/** Columns as wide as most need, so that lines that come one by one stand below one another. */
function lineText({ time, callid, queue, agent, event, data }: LogLineJson): string {
  const used = data.slice(0, data.findLastIndex((text) => text !== '') + 1).join('|');
  const columns = [queue.padEnd(12), event.padEnd(16), agent.padEnd(16), callid.padEnd(20), used];
  return `${clockTime(time)}  ${printable(columns.join('  ').trimEnd())}\n`;
}

function positive(text: string): number {
  const number = wholeNumber(text);
  if (number < 1 || number > 10_000) throw new InvalidArgumentError('expected a number from 1 to 10000.');
  return number;
}
