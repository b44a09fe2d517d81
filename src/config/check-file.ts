import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { validateIvr } from '../core/ivr/validate.ts';
import { type ConfigDocument, FILE_BYTES_MAX, readDocument } from './document.ts';
import { configInvalid, type Finding, type FindingPath } from './findings.ts';
import { oddities } from './queue-oddities.ts';
import { type CheckedFile, configSchema, knownNames } from './schema.ts';
import { wording } from './wording.ts';

/** `value` is `null` when there are findings. */
export interface FileCheck {
  readonly value: CheckedFile | null;
  /** The file's plain values, before anything was checked. */
  readonly written: unknown;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Checks a file's text alone, without the environment. */
export function checkFile(text: string, file: string): FileCheck {
  const document = readDocument(text, file);
  if (document.findings.length > 0 && document.value === undefined) return refused(document.findings);
  const checked = checkValues(document.value);
  const findings = checked.success ? [] : checked.error.issues.flatMap((issue) => findingsOf(issue, document, file));
  const all = [...document.findings, ...findings];
  if (!checked.success || all.length > 0) return refused(all);
  const warnings = warningsOf(checked.data, document, file);
  return { value: checked.data, written: document.value ?? {}, findings: [], warnings };
}

/** Checks a file's plain values. */
export function checkValues(written: unknown) {
  return configSchema(knownNames(written)).safeParse(written ?? {}, { error: wording });
}

const refused = (findings: readonly Finding[]): FileCheck => ({ value: null, written: null, findings, warnings: [] });

function warningsOf(checked: CheckedFile, document: ConfigDocument, file: string): Finding[] {
  return oddIn(checked).map((odd) => ({ file, ...document.positionOf(odd.path), ...odd }));
}

/** What can be used and is hardly meant: the schema has found all errors. */
export function oddIn(checked: CheckedFile): Reason[] {
  const { ivr, calendars, queues, lookups } = checked;
  const entrances = queues.flatMap(({ exitKeys }) => Object.values(exitKeys));
  const known = { queues: queues.map((queue) => queue.name), lookups: Object.keys(lookups), entrances };
  const odd = [...validateIvr({ ...ivr, calendars }, known), ...queues.flatMap((queue) => oddities(queue, checked))];
  return odd.map(({ path, message }) => ({ path, reason: message }));
}

function findingsOf(issue: z.core.$ZodIssue, document: ConfigDocument, file: string): Finding[] {
  return reasonsOf(issue).map(({ path: whole, reason }) => {
    const path = document.hasItem(whole) ? whole : whole.slice(0, -1);
    return { file, ...document.positionOf(path), path, reason };
  });
}

export interface Reason {
  readonly path: FindingPath;
  readonly reason: string;
  /** Of a circle: the steps that it leads through. */
  readonly steps?: readonly string[];
}

/** What is wrong, with the path of each setting. */
export function reasonsOf(issue: z.core.$ZodIssue): Reason[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'custom' && issue.params?.['steps'] !== undefined)
    return [{ path, reason: issue.message, steps: issue.params['steps'] as readonly string[] }];
  if (issue.code !== 'unrecognized_keys') return [{ path, reason: issue.message }];
  // One message line for each key (wording.ts, unknownKeys).
  const reasons = issue.message.split('\n');
  return issue.keys.map((key, index) => ({ path: [...path, key], reason: reasons[index] ?? 'is no setting here' }));
}

/**
 * Reads a configuration file, up to its limit of size.
 * @throws AppError CONFIG_INVALID; `origin` says in it why this file was taken
 */
export function readConfigFile(file: string, origin = ''): string {
  const refuse = (reason: string) =>
    configInvalid([{ file, line: 1, column: 1, path: [], reason: `${reason}${origin}` }]);
  let size: number;
  try {
    size = statSync(file).size;
    if (size <= FILE_BYTES_MAX) return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const words: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      EACCES: 'may not be read by this user',
      EISDIR: 'is a folder',
    };
    throw refuse(words[code] ?? `can't be read (${code})`);
  }
  throw refuse(`is larger than ${FILE_BYTES_MAX / 1024} KiB`);
}
