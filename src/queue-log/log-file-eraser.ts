import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { LogCopies, LogErasure } from '../ports/log-copies.ts';

/** Read at once; a longer line is no line of ours and is passed over. */
const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
/** Places in `epoch|callid|queue|agent|EVENT|p1|p2|p3|p4`. */
const CALLID = 1;
const EVENT = 4;
const FIRST = 5;
const NUMBER = 6;
const NAME = 8;

/**
 * Erases in the file of queue_log and in those that were put aside (FILE.1, FILE-20261129): number and name are written over in their
 * place by as many characters, so that the file stays as long as it was and whoever follows it, the application too, notices nothing.
 */
export class LogFileEraser implements LogCopies {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async erase(erasure: LogErasure): Promise<number> {
    let changed = 0;
    for (const path of await this.#files()) {
      const file = await open(path, 'r+').catch(ignoreMissing);
      if (file === undefined) continue;
      try {
        changed += await eraseIn(file, erasure);
      } finally {
        await file.close();
      }
    }
    return changed;
  }

  /** The newest first: a file that is put aside meanwhile is met again under its next name. */
  async #files(): Promise<readonly string[]> {
    const folder = dirname(this.#path);
    const name = basename(this.#path);
    const all = (await readdir(folder).catch(ignoreMissing)) ?? [];
    const aside = all.filter((each) => each.startsWith(name) && /^[.-]\d+$/.test(each.slice(name.length)));
    const byNumber = (each: string) => Number(each.slice(name.length + 1));
    return [name, ...aside.sort((a, b) => byNumber(a) - byNumber(b))].map((each) => join(folder, each));
  }
}

/** Tells how many lines were changed. */
async function eraseIn(file: FileHandle, erasure: LogErasure): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let changed = 0;
  for (let from = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, from);
    const end = chunk.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
    if (end === 0 && bytesRead < CHUNK_BYTES) break;
    // One byte is one character: the places of characters are those of bytes.
    for (const { at, text } of replacements(chunk.subarray(0, end).toString('latin1'), erasure)) {
      await file.write(Buffer.from(text, 'latin1'), 0, text.length, from + at);
      changed++;
    }
    from += end === 0 ? bytesRead : end;
  }
  if (changed > 0) await file.datasync();
  return changed;
}

interface Replacement {
  readonly at: number;
  /** The whole line anew, as long as before. */
  readonly text: string;
}

function replacements(text: string, erasure: LogErasure): Replacement[] {
  const found: Replacement[] = [];
  const wanted = erasure.number === null ? null : asBytes(erasure.number);
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end);
    const erased = erasedLine(line, { ...erasure, number: wanted });
    if (erased !== line) found.push({ at, text: erased });
    at = end + 1;
  }
  return found;
}

function erasedLine(line: string, { number: wanted, uniqueIds, openIds, beforeMs, key }: LogErasure): string {
  const parts = line.split('|');
  const { [CALLID]: callid = '', [EVENT]: event, [FIRST]: first, [NUMBER]: number = '', [NAME]: name = '' } = parts;
  const isOfCaller = event === 'ENTERQUEUE' || (event === 'INFO' && first === 'IVRSTART');
  if (!isOfCaller || openIds.has(callid) || Number(parts[0]) * 1000 > beforeMs) return line;
  if (!uniqueIds.has(callid) && (wanted === null || number.trim() !== wanted)) return line;
  parts[NUMBER] = token(number, key);
  if (event === 'ENTERQUEUE' && name !== '') parts[NAME] = token(name, key);
  return parts.join('|');
}

/** An x and digits, as long as the text; what is one already stays. */
function token(text: string, key: Uint8Array): string {
  if (text === '' || /^x[0-9a-f]*$/.test(text)) return text;
  const digest = createHash('sha256').update(key).update(text, 'latin1').digest('hex');
  return `x${digest.repeat(Math.ceil(text.length / digest.length))}`.slice(0, text.length);
}

const asBytes = (text: string) => Buffer.from(text).toString('latin1');

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
