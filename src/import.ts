import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readOlderTables } from '../db/older-tables.ts';
import type { Finding } from './config/findings.ts';
import { findingLine } from './config/findings.ts';
import { AppError } from './errors.ts';
import type { Conf } from './import/asterisk/conf.ts';
import { confOnDisk } from './import/asterisk/disk.ts';
import { parseConf } from './import/asterisk/parse-conf.ts';
import { configurationOf } from './import/configuration.ts';
import { Draft } from './import/draft.ts';
import { importMusic } from './import/music.ts';
import { importOlderTables } from './import/older-tables.ts';
import { importRules, resolveRules } from './import/penalty-rules.ts';
import { importQueues, keepQuiet } from './import/queues.ts';
import { type ImportOptions, type Report, rowsOf } from './import/report.ts';
import { sqlOf } from './import/sql.ts';
import { type Target, writeAll } from './import/targets.ts';

/** Kinds of files, in the order in which they are taken over. */
const KINDS = ['queues', 'queuerules', 'musiconhold'] as const;
type Kind = (typeof KINDS)[number];

/** Where Asterisk keeps its data, as it is built and as Debian has it; folders of music are relative to it. */
const DATA_FOLDERS = ['/var/lib/asterisk', '/usr/share/asterisk'];

/** Who may read what is written: the configuration has no secrets, the rows have names and numbers of people. */
const CONFIGURATION_MODE = 0o644;
const SQL_MODE = 0o600;

/**
 * Reads Asterisk's files and the older program's tables, and writes a configuration and statements for the rows. Without the
 * running application, and all or nothing: a file that is damaged leaves everything as it was.
 * @throws AppError IMPORT_SOURCE (`details.findings` say where), IMPORT_TARGET, DATABASE_UNAVAILABLE
 */
export async function runImport(options: ImportOptions): Promise<Report> {
  const confs = readConfs(filesByKind(options));
  const tables = options.database === undefined ? null : await readOlderTables(options.database);
  const draft = new Draft();
  const queues = confs.get('queues');
  const rules = confs.get('queuerules');
  const music = confs.get('musiconhold');
  if (queues !== undefined) importQueues(queues, draft);
  resolveRules(draft, rules === undefined ? null : importRules(rules, draft));
  if (music !== undefined) importMusic(music, draft, options.dataFolder ?? dataFolder());
  if (queues !== undefined) keepQuiet(draft);
  if (tables !== null) importOlderTables(tables, draft, placeOf(options.database ?? ''));
  addQueueWhereNone(draft, options);
  const { text, warnings } = configurationOf(draft, options.output);
  const sql = sqlOf(draft);
  const targets: Target[] = [
    { file: options.output, text, mode: CONFIGURATION_MODE },
    ...(sql === '' ? [] : [{ file: options.sql, text: sql, mode: SQL_MODE }]),
  ];
  const read = [...confs.values()].flatMap(({ files }) => files);
  if (!options.isDryRun) writeAll(targets, { force: options.force, read });
  return {
    read: tables === null ? read : [...read, placeOf(options.database ?? '')],
    entries: draft.entries,
    remarks: [...confs.values()].flatMap(({ remarks }) => remarks),
    warnings,
    rows: rowsOf(draft),
    written: options.isDryRun ? [] : targets.map(({ file }) => file),
  };
}

/** Which file is which is told by its name, or by the option that names it. */
function filesByKind({ files, named }: ImportOptions): Map<Kind, string> {
  const found = new Map<Kind, string>();
  const given = [
    ...files.map((file) => ({ file, kind: kindOf(file) })),
    ...KINDS.flatMap((kind) => (named[kind] === undefined ? [] : [{ file: named[kind], kind }])),
  ];
  for (const { file, kind } of given) {
    const known = KINDS.map((each) => `${each}.conf`).join(', ');
    const options = '--queues, --rules or --music';
    if (kind === null)
      throw refusal(
        file,
        isFolder(file)
          ? 'is a folder; name its files'
          : `is none of ${known} by its name; say with ${options} what it is`,
      );
    const first = found.get(kind);
    if (first !== undefined)
      throw refusal(
        file,
        `is a second ${kind}.conf beside ${first}; import them one by one, or let one include the other`,
      );
    found.set(kind, file);
  }
  return found;
}

const kindOf = (file: string): Kind | null => {
  if (isFolder(file)) return null;
  const name = basename(file).toLowerCase();
  return KINDS.find((kind) => new RegExp(`^${kind}\\b`).test(name)) ?? null;
};
const isFolder = (file: string) => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

function refusal(file: string, reason: string): AppError {
  return sourceError([{ file, line: 1, column: 1, path: [], reason }]);
}

/** All files are read before one says what is wrong, so that everything is told at once. */
function readConfs(files: ReadonlyMap<Kind, string>): Map<Kind, Conf> {
  const confs = new Map<Kind, Conf>();
  const findings: Finding[] = [];
  for (const kind of KINDS) {
    const file = files.get(kind);
    if (file === undefined) continue;
    const parsed = parseConf(file, confOnDisk(file));
    if ('conf' in parsed) confs.set(kind, parsed.conf);
    else findings.push(...parsed.findings);
  }
  if (findings.length > 0) throw sourceError(findings);
  return confs;
}

function sourceError(findings: readonly Finding[]): AppError {
  return new AppError('IMPORT_SOURCE', findings.map(findingLine).join('\n'), { details: { findings } });
}

/** A configuration has at least one queue: files that have none, Asterisk's samples for example, get one with defaults. */
function addQueueWhereNone(draft: Draft, { files, named, database }: ImportOptions): void {
  if (draft.queues.length > 0) return;
  const path = ['queues', 'support', 'title'];
  draft.set(path, 'Support');
  draft.entries.push({
    ...{ file: files[0] ?? named.queues ?? placeOf(database ?? ''), line: 1, section: '[support]' },
    ...{ option: 'queue', value: 'support', verdict: 'default', path },
    note: 'there is no queue in what was read, and a configuration needs one',
  });
}

const dataFolder = () =>
  DATA_FOLDERS.find((folder) => existsSync(join(folder, 'moh'))) ?? DATA_FOLDERS[0] ?? '/var/lib/asterisk';

/** `host:port/database`, without user and password. */
function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'the database';
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}
