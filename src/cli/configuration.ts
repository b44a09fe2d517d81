import type { Command } from 'commander';
import { readSettingValue } from '../config/setting-value.ts';
import type { QueueSettingsJson, ReloadJson, StepJson } from '../http/configuration-routes.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { printable, type Streams } from './output.ts';

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
}

interface SetOptions extends CommonOptions {
  readonly new?: boolean;
}

interface UnsetOptions extends CommonOptions {
  readonly all?: boolean;
}

/** `reload`, `set` and `unset`: changing the configuration while the application runs. */
export function addConfigurationCommands(root: Command, parts: Parts): void {
  command(root, 'reload', 'Read the configuration file anew; calls go on.').action(async (options: CommonOptions) => {
    const answer = (await client(parts, options).post('/reload', {})) as ReloadJson;
    parts.streams.out(options.json ? asJson(answer) : reloadText(answer));
  });
  command(root, 'set <queue> [setting=value...]', 'Set settings of a queue in the database, or show them.')
    .option('--new', 'make the queue if there is none of that name')
    .action(async (queue: string, assignments: string[], options: SetOptions, self: Command) => {
      const api = client(parts, options);
      const path = settingsPath(queue);
      const body = { set: assigned(assignments, self), ...(options.new ? { create: true } : {}) };
      const isQuestion = assignments.length === 0 && options.new !== true;
      const answer = (isQuestion ? await api.get(path) : await api.post(path, body)) as QueueSettingsJson;
      parts.streams.out(options.json ? asJson(answer) : settingsText(answer));
    });
  command(root, 'unset <queue> [setting...]', "Take settings of a queue out of the database: the file's count again.")
    .option('--all', 'all of them')
    .action(async (queue: string, settings: string[], options: UnsetOptions, self: Command) => {
      if ((settings.length === 0) === (options.all !== true)) self.error('error: name settings, or --all');
      const body = options.all ? { unsetAll: true } : { unset: settings };
      const answer = (await client(parts, options).post(settingsPath(queue), body)) as QueueSettingsJson;
      parts.streams.out(options.json ? asJson(answer) : settingsText(answer));
    });
  addStepCommands(root, parts);
}

interface SetStepOptions extends SetOptions {
  readonly whole?: boolean;
}

/** `set-step` and `unset-step`: the same for steps of the IVR. */
function addStepCommands(root: Command, parts: Parts): void {
  const print = (answer: StepJson, { json }: CommonOptions) =>
    parts.streams.out(json ? asJson(answer) : stepText(answer));
  command(
    root,
    'set-step <step> [setting=value...]',
    'Set settings of a step of the IVR in the database, or show them.',
  )
    .option('--new', 'make the step if there is none of that name')
    .option('--whole', 'these settings are the whole step, whatever it was')
    .action(async (step: string, assignments: string[], options: SetStepOptions, self: Command) => {
      const api = client(parts, options);
      const set = assigned(assignments, self);
      if (assignments.length === 0 && (options.new || options.whole)) self.error('error: name settings of the step');
      const body = { set, ...(options.new ? { create: true } : {}), ...(options.whole ? { unsetAll: true } : {}) };
      const isQuestion = assignments.length === 0;
      print((await (isQuestion ? api.get(stepPath(step)) : api.post(stepPath(step), body))) as StepJson, options);
    });
  command(root, 'unset-step <step> [setting...]', 'Leave settings of a step out, or remove its row from the database.')
    .option('--all', "remove the row: the file's step counts again")
    .action(async (step: string, settings: string[], options: UnsetOptions, self: Command) => {
      if ((settings.length === 0) === (options.all !== true)) self.error('error: name settings, or --all');
      const body = options.all ? { unsetAll: true } : { unset: settings };
      print((await client(parts, options).post(stepPath(step), body)) as StepJson, options);
    });
}

const stepPath = (step: string) => `/steps/${encodeURIComponent(step)}`;

const settingsPath = (queue: string) => `/queues/${encodeURIComponent(queue)}/settings`;

/** `programme.order=random` is a setting within a group. */
function assigned(assignments: readonly string[], self: Command): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const path = assignment.slice(0, at).split('.');
    if (at < 1 || path.includes('')) self.error(`error: expected SETTING=VALUE, got ${printable(assignment)}`);
    let group = result;
    for (const name of path.slice(0, -1)) {
      const inner = Object.hasOwn(group, name) ? (group[name] as Record<string, unknown>) : {};
      group[name] = inner;
      group = inner;
    }
    group[path.at(-1) ?? ''] = readSettingValue(assignment.slice(at + 1));
  }
  return result;
}

const WORDS = { new: ' (new)', removed: ' (removed)', changed: '' } as const;

function reloadText({ changes, waiting, warnings, refused }: ReloadJson): string {
  const later = new Set(waiting.map(({ setting }) => setting));
  const now = changes.filter(({ setting }) => !later.has(setting));
  const lines = [
    ...(changes.length === 0 ? ['Nothing has changed in the file.'] : []),
    ...section('Taken up:', now.map(changeText)),
    ...section('Only after a restart:', waiting.map(changeText)),
    ...section('Odd:', warnings),
    ...section('Wrong in the database, and not used:', refused),
  ];
  return `${lines.join('\n')}\n`;
}

const changeText = ({ setting, change }: ReloadJson['changes'][number]) => `${setting}${WORDS[change]}`;

function section(heading: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [heading, ...items.map((item) => `- ${printable(item)}`)];
}

function settingsText({ queue, ofFile, settings }: QueueSettingsJson): string {
  const lines = settingLines(settings);
  if (lines.length === 0) return `${queue} has no settings in the database${ofFile ? ": the file's count" : ''}\n`;
  return `${lines.map(printable).join('\n')}\n`;
}

function stepText({ step, ofFile, inDatabase, definition }: StepJson): string {
  const lines = settingLines(definition).map(printable);
  if (inDatabase) return `${lines.join('\n')}\n`;
  if (!ofFile) return `${step} is no step any more\n`;
  return `${[`${step} has no row in the database: the file's counts`, ...lines].join('\n')}\n`;
}

function settingLines(settings: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isGroup) return settingLines(value as Readonly<Record<string, unknown>>, `${prefix}${name}.`);
    return [`${prefix}${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
}
