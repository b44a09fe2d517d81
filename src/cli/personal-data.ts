import type { Command } from 'commander';
import type { ErasureJson, TracesJson } from '../http/personal-data-routes.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { printable, type Streams, table } from './output.ts';

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
}

interface SubjectOptions extends CommonOptions {
  readonly customer?: string;
}

interface EraseOptions extends SubjectOptions {
  readonly yes?: boolean;
}

/** `personal-data list` and `personal-data erase`. */
export function addPersonalDataCommands(root: Command, parts: Parts): void {
  const group = root.command('personal-data').description('List or erase what calls have left of a caller.');
  subjectCommand(group, 'list', 'List what calls have left of a caller, or of a customer.').action(
    async (number: string | undefined, options: SubjectOptions, self: Command) => {
      const subject = subjectOf(number, options, self);
      const answer = (await client(parts, options).post('/personal-data/list', subject)) as TracesJson;
      parts.streams.out(options.json ? asJson(answer) : tracesText(answer));
    },
  );
  subjectCommand(group, 'erase', 'Erase it; reports go on adding up. It can not be undone.')
    .option('--yes', 'erase, and do not only ask for this option')
    .action(async (number: string | undefined, options: EraseOptions, self: Command) => {
      const subject = subjectOf(number, options, self);
      if (options.yes !== true)
        self.error('error: this can not be undone: say --yes (personal-data list shows what there is)');
      const answer = (await client(parts, options).post('/personal-data/erase', subject)) as ErasureJson;
      parts.streams.out(options.json ? asJson(answer) : erasureText(answer));
    });
}

function subjectCommand(group: Command, name: string, description: string): Command {
  return command(group, `${name} [number]`, description).option(
    '--customer <id>',
    "a customer's calls instead of a number's",
  );
}

function subjectOf(number: string | undefined, { customer }: SubjectOptions, self: Command) {
  if ((number === undefined) === (customer === undefined)) self.error('error: name a number, or --customer and an id');
  return number === undefined ? { customer } : { number };
}

function tracesText({ places, calls, tunes, recordings, more, elsewhere }: TracesJson): string {
  const parts: string[] = [];
  if (places.length > 0) {
    const rows = places.map(({ joined, queue, number, name, customer, open }) => [
      joined,
      queue,
      number ?? '-',
      name ?? '-',
      customer === null ? '-' : customerText(customer),
      open ? 'goes on' : 'over',
    ]);
    parts.push(`Places in line\n${table(['joined', 'queue', 'number', 'name', 'customer', 'call'], rows)}`);
  }
  if (calls.length > 0) {
    const rows = calls.map(({ entered, queue, uniqueId, number, name }) => [
      entered,
      queue,
      uniqueId,
      number || '-',
      name || '-',
    ]);
    parts.push(`Calls in queue_log\n${table(['entered', 'queue', 'callid', 'number', 'name'], rows)}`);
  }
  if (recordings.length > 0) {
    const rows = recordings.map(({ started, queue, callId, file }) => [started, queue, callId, file]);
    parts.push(`Recordings\n${table(['started', 'queue', 'call', 'file'], rows)}`);
  }
  if (tunes.length > 0) {
    const rows = tunes.map(({ chosen, musicClass, track }) => [chosen, musicClass, track]);
    parts.push(`Tunes\n${table(['chosen', 'music class', 'track'], rows)}`);
  }
  if (parts.length === 0) parts.push('Nothing\n');
  if (more) parts.push('There is more than this list holds.\n');
  return `${parts.join('\n')}\n${elsewhereText(elsewhere)}`;
}

function customerText({ id, name, code, fields }: NonNullable<TracesJson['places'][number]['customer']>): string {
  const further = Object.entries(fields).map(([field, value]) => `${field} ${value}`);
  return [`${name} (id ${id}${code === null ? '' : `, code ${code}`})`, ...further].join(', ');
}

function erasureText({ erased, open, elsewhere }: ErasureJson): string {
  const { places, lines, fileLines, tunes, recordings } = erased;
  const done = `Erased: ${places} places in line, ${lines} lines of queue_log, ${fileLines} of its file, ${tunes} tunes, ${recordings} recordings.\n`;
  const later =
    open === 0 ? '' : `Calls that go on: ${open}. Their traces are erased within ten minutes of their end.\n`;
  return `${done}${later}\n${elsewhereText(elsewhere)}`;
}

const elsewhereText = (elsewhere: readonly string[]) =>
  `Out of reach, if there is any:\n${elsewhere.map((place) => `- ${printable(place)}\n`).join('')}`;
