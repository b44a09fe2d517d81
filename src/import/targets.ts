import { linkSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';

/** A file to be written. */
export interface Target {
  readonly file: string;
  readonly text: string;
  /** Rights of the file. */
  readonly mode: number;
}

/**
 * Writes all files or none. What is there already stays, unless `force` says otherwise; what was read is never written over.
 * @throws AppError IMPORT_TARGET
 */
export function writeAll(
  targets: readonly Target[],
  { force, read }: { force: boolean; read: readonly string[] },
): void {
  const sources = new Set(read.map(realPath));
  for (const { file } of targets) refuse(file, { force, isSource: sources.has(realPath(file)) });
  const staged: { file: string; draft: string }[] = [];
  const placed: string[] = [];
  try {
    for (const { file, text, mode } of targets) {
      const draft = `${file}.${process.pid}.tmp`;
      writeFileSync(draft, text, { flag: 'wx', mode });
      staged.push({ file, draft });
    }
    for (const { file, draft } of staged) {
      place(draft, file, force);
      placed.push(file);
    }
  } catch (error) {
    if (!force) for (const file of placed) rmSync(file, { force: true });
    throw targetError(
      error,
      staged.length < targets.length ? (targets[staged.length]?.file ?? '') : (targets[placed.length]?.file ?? ''),
    );
  } finally {
    for (const { draft } of staged) rmSync(draft, { force: true });
  }
}

/** A link is made only where nothing is: two imports at once can't write over each other. */
function place(draft: string, file: string, force: boolean): void {
  if (force) renameSync(draft, file);
  else linkSync(draft, file);
}

function refuse(file: string, { force, isSource }: { force: boolean; isSource: boolean }): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (isSource) throw new AppError('IMPORT_TARGET', `${file} was read for this import and is not written over`);
  if (stat?.isDirectory()) throw new AppError('IMPORT_TARGET', `${file} is a folder; name a file`);
  if (stat !== undefined && !force)
    throw new AppError('IMPORT_TARGET', `${file} is there already; name another file, or write it anew with --force`);
}

function targetError(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code !== 'string') return error;
  return new AppError('IMPORT_TARGET', `${file} can't be written (${code})`, { cause: error });
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}
