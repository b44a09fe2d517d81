import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type PromptText, sha256, sourceHash } from './manifest.ts';
import { FORMATS, type Format, RECIPE } from './speech.ts';

const Locked = z.strictObject({ source: z.string(), wav: z.string(), wav16: z.string() });
const Lock = z.record(z.string(), Locked);

/** What was rendered, by `language/name`: the fingerprint of the text and of each file that came out of it. */
export type Lock = z.infer<typeof Lock>;

/**
 * How a prompt's files stand. `replaced`: a file has a content that was not rendered here, so somebody's own recording;
 * `partly replaced`: of only one of the two sample rates.
 */
export type PromptState = 'up to date' | 'missing' | 'outdated' | 'replaced' | 'partly replaced';

/** Reads the lock file; none is an empty one. */
export function readLock(path: string): Lock {
  return existsSync(path) ? Lock.parse(JSON.parse(readFileSync(path, 'utf8'))) : {};
}

/** Writes the lock file in a stable order, whole or not at all. */
export function writeLock(path: string, lock: Lock): void {
  const sorted = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(`${path}.new`, `${JSON.stringify(sorted, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Path of a prompt's file below the sounds folder, the way Asterisk finds it: language/name.format. */
export function promptFile(folder: string, prompt: Pick<PromptText, 'language' | 'name'>, format: Format): string {
  return join(folder, prompt.language, `${prompt.name}.${format}`);
}

/** Compares a prompt's files and text with what the lock says was rendered. */
export function promptState(folder: string, prompt: PromptText, lock: Lock): PromptState {
  const locked = lock[`${prompt.language}/${prompt.name}`];
  const files = FORMATS.map((format) => {
    const path = promptFile(folder, prompt, format);
    if (!existsSync(path)) return 'missing';
    return locked && sha256(readFileSync(path)) === locked[format] ? 'ours' : 'foreign';
  });
  if (files.every((file) => file === 'foreign')) return 'replaced';
  if (files.includes('foreign')) return 'partly replaced';
  if (files.includes('missing')) return 'missing';
  return locked?.source === sourceHash(prompt, RECIPE) ? 'up to date' : 'outdated';
}

/** Lists recordings in a language's folder that the manifest does not name. */
export function strayFiles(folder: string, language: string, names: readonly string[]): string[] {
  const path = join(folder, language);
  if (!existsSync(path)) return [];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return files.filter((file) =>
    FORMATS.some((format) => file.endsWith(`.${format}`) && !names.includes(file.slice(0, -format.length - 1))),
  );
}
