import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { ConfFiles } from './conf.ts';
import { expandBraces, isPattern, nameMatcher } from './glob.ts';

/** Bytes of one file that are read at most. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Files and folders that one pattern may name on its way. */
export const MATCHES_MAX = 1000;

/**
 * Asterisk's configuration on the disk. As in Asterisk, a relative name lies in its configuration folder (here: where the
 * file lies that was given), wherever the including file lies.
 */
export function confOnDisk(mainFile: string): ConfFiles {
  const folder = dirname(mainFile);
  return {
    find: (pattern) => expandBraces(pattern).flatMap((each) => findFiles(each, folder)),
    read: readText,
  };
}

function findFiles(pattern: string, folder: string): string[] {
  const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
  if (!isPattern(pattern)) return isFile(path) ? [path] : [];
  const parts = path.split('/');
  let found = [parts[0] === '' ? '/' : '.'];
  for (const part of parts.filter((each) => each !== '')) {
    found = found.flatMap((parent) => (isPattern(part) ? matching(parent, part) : [join(parent, part)]));
    found.length = Math.min(found.length, MATCHES_MAX);
  }
  return found.filter(isFile);
}

function matching(folder: string, part: string): string[] {
  const isMeant = nameMatcher(part);
  try {
    return readdirSync(folder)
      .filter(isMeant)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    // No folder, or a closed one: no file of it is found, and the include says so.
    return [];
  }
}

/** Devices and pipes are none: reading one could last for ever. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read by this user',
  ENOTDIR: 'there is no such file',
  ELOOP: 'is a link that leads to itself',
  ENAMETOOLONG: 'has too long a name',
};

function readText(file: string): ReturnType<ConfFiles['read']> {
  let bytes: Buffer;
  try {
    const stat = statSync(resolve(file));
    if (stat.isDirectory()) return { reason: 'is a folder; name a file' };
    if (!stat.isFile()) return { reason: 'is no ordinary file' };
    if (stat.size > FILE_BYTES_MAX) return { reason: `is larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB` };
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { reason: WORDS[code] ?? `can't be read (${code})` };
  }
  return decoded(bytes);
}

/** Text is UTF-8, as in the file that an import writes; what is not is told with its line. */
export function decoded(bytes: Uint8Array): ReturnType<ConfFiles['read']> {
  const strange = bytes.findIndex((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13);
  if (strange >= 0) {
    const line = lineOf(bytes, strange);
    return { line, reason: `holds the control character ${bytes[strange]}: this is no text, or it is damaged` };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const line = firstBadLine(bytes);
    return { line, reason: 'is no UTF-8 text; convert it, for example: iconv -f latin1 -t utf-8' };
  }
}

const lineOf = (bytes: Uint8Array, index: number) => bytes.subarray(0, index).filter((byte) => byte === 10).length + 1;

/** No character of several bytes reaches over the end of a line, so lines can be tried one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let from = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, from);
    try {
      decoder.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    from = end + 1;
  }
}
