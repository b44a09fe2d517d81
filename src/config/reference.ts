import { z } from 'zod';
import { accountFields } from './account-section.ts';
import { announcementFields } from './announcement-section.ts';
import { calendarFields } from './calendar-section.ts';
import { ENVIRONMENT } from './environment.ts';
import { lookupFields } from './lookup-section.ts';
import { programmeFields } from './programme-section.ts';
import { queueFields } from './queue-section.ts';
import { penaltyRowFields, skillRowFields } from './rule-sections.ts';
import { configSchema } from './schema.ts';
import { musicClassFields } from './sound-section.ts';
import { KINDS, stepFields } from './step-fields.ts';
import { switchFields } from './switches-section.ts';
import { wording } from './wording.ts';

const NO_NAMES = {
  steps: [],
  queues: [],
  lookups: [],
  calendars: [],
  accounts: [],
  strategies: [],
  penaltyRules: {},
  skillRules: {},
};

/** What a JSON schema says of one setting; `kind` comes from this project's own descriptions. */
interface Described {
  readonly description?: string;
  readonly default?: unknown;
  readonly kind?: string;
  /** The default of a setting that may be left out because something below it says it. */
  readonly fallback?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly items?: Described;
  readonly properties?: Readonly<Record<string, Described>>;
}

/**
 * The tables of docs/configuration.md, by the name that stands in the page's comments (`<!-- settings: limits -->`). They are
 * made from the very schemas that check the file, so that the page can't say anything else.
 */
export function referenceTables(): ReadonlyMap<string, string> {
  const whole = configSchema(NO_NAMES);
  const tables = new Map<string, string>();
  const alone: string[][] = [];
  for (const [name, schema] of Object.entries(whole.shape)) {
    const described = describe(schema);
    if (described.properties !== undefined) tables.set(name, settingsTable(schema));
    else alone.push(...rowsOf({ properties: { [name]: described } }, new Set(), ''));
  }
  tables.set('top', markdownTable(SETTING_HEADINGS, alone));
  tables.set('switch', settingsTable(switchFields));
  tables.set('lookup', settingsTable(lookupFields));
  tables.set('calendar', settingsTable(calendarFields));
  tables.set('queue', settingsTable(queueFields(NO_NAMES)));
  tables.set('announcements', settingsTable(announcementFields));
  tables.set('penalty-rule', settingsTable(penaltyRowFields));
  tables.set('skill-rule', settingsTable(skillRowFields));
  tables.set('music-class', settingsTable(musicClassFields));
  tables.set('programme', settingsTable(programmeFields));
  tables.set('account-source', settingsTable(accountFields));
  const steps = stepFields(NO_NAMES);
  for (const kind of ['play', ...KINDS] as const) tables.set(`step ${kind}`, settingsTable(steps[kind]));
  tables.set('environment', environmentTable());
  return tables;
}

/** A page with each of its tables as it has to be; what stands between the comments is replaced. */
export function fillReference(page: string): string {
  const tables = referenceTables();
  return page.replace(
    /(<!-- settings: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`The page asks for the settings of ${name}, which do not exist`);
      return `${begin}${table}${end}`;
    },
  );
}

const SETTING_HEADINGS = ['setting', 'meaning', 'value', 'default'];

function settingsTable(schema: z.ZodType): string {
  const rows = rowsOf(describe(schema), requiredSettings(schema), '');
  return markdownTable(SETTING_HEADINGS, rows);
}

/** Groups within a section are written as `caller-id.name`; those of named things have tables apart, and no description. */
function rowsOf({ properties = {} }: Described, required: ReadonlySet<string>, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, setting]) => {
    const path = `${prefix}${name}`;
    if (setting.properties !== undefined && setting.kind === undefined) return rowsOf(setting, required, `${path}.`);
    if (setting.description === undefined) return [];
    const fallback = required.has(path) ? 'must be given' : defaultOf(setting);
    return [[`\`${path}\``, setting.description, valueText(setting), fallback]];
  });
}

function defaultOf({ default: written, fallback = written }: Described): string {
  if (fallback === undefined || (typeof fallback === 'object' && Object.keys(fallback ?? {}).length === 0)) return '–';
  if (Array.isArray(fallback)) return `\`[${fallback.join(', ')}]\``;
  return `\`${String(fallback)}\``;
}

function valueText(setting: Described): string {
  const choices = setting.enum ?? setting.items?.enum;
  if (setting.kind !== undefined) return setting.kind;
  if (choices !== undefined)
    return `${setting.items === undefined ? '' : 'list of '}${choices.map((choice) => `\`${choice}\``).join(', ')}`;
  if (setting.items?.kind !== undefined) return `list of ${setting.items.kind}`;
  return setting.items === undefined ? 'text' : 'list';
}

function environmentTable(): string {
  const rows = Object.entries(ENVIRONMENT).map(([name, schema]) => [`\`${name}\``, describe(schema).description ?? '']);
  return markdownTable(['variable', 'meaning'], [...rows, ...OTHER_VARIABLES]);
}

/** Read by the command line, not by the application's configuration. */
const OTHER_VARIABLES = [
  [
    '`QUEUEAPP_CONFIG`',
    'The configuration file; by default `queueapp.yaml` in the working folder, else the one that is shipped.',
  ],
  ['`HTTP_URL`', 'Where the command line asks the running application; by default where `http.listen` says.'],
];

function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    headings,
    headings.map(() => '---'),
    ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|'))),
  ];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function describe(schema: z.ZodType): Described {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
}

/** A setting is required if a group without it is told that it is missing. */
function requiredSettings(schema: z.ZodType): ReadonlySet<string> {
  const { error } = schema.safeParse({}, { error: wording });
  return new Set(
    error?.issues.filter(({ message }) => message === 'is missing').map(({ path }) => path.join('.')) ?? [],
  );
}
