import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { errorCode } from './decode/audio-file.ts';

/** One file of names for Asterisk's recordings. */
const FILE_BYTES_MAX = 256 * 1024;
/** Names in it. */
const NAMES_MAX = 5000;
/** A path below the language's folder: no step leads out of it. */
const PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,4}$/;

export type AsteriskWords =
  | { readonly type: 'words'; readonly words: ReadonlyMap<string, string>; readonly refused: readonly string[] }
  | { readonly type: 'none' }
  | { readonly type: 'wrong'; readonly reason: string };

/** Reads `asterisk.yaml` of a language: a name of ours → the recording below Asterisk's folder of that language, without ending. */
export async function readAsteriskWords(path: string): Promise<AsteriskWords> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX)
      return { type: 'wrong', reason: `has ${size} bytes; at most ${FILE_BYTES_MAX} are read` };
    return words(parse(await readFile(path, 'utf8'), { maxAliasCount: 0 }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { type: 'none' };
    return { type: 'wrong', reason: error instanceof Error ? error.message : String(error) };
  }
}

function words(content: unknown): AsteriskWords {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    return { type: 'wrong', reason: 'is no list of names with a path each' };
  }
  const entries = Object.entries(content);
  if (entries.length > NAMES_MAX)
    return { type: 'wrong', reason: `has ${entries.length} names; at most ${NAMES_MAX} are read` };
  const good = entries.filter((entry): entry is [string, string] => isRecordingPath(entry[1]));
  const refused = entries.filter(([, path]) => !isRecordingPath(path)).map(([name]) => name);
  return { type: 'words', words: new Map(good), refused };
}

/** Whether the text is a path below a folder of recordings, without ending. */
export function isRecordingPath(path: unknown): path is string {
  return typeof path === 'string' && path.length <= 200 && PATH.test(path);
}
