// Where the private stack lies: one cache folder outside the checkout, one run folder in it per checkout and name.
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { StackError } from './stack-error.ts';

/** The checkout that this file belongs to. */
export const CHECKOUT = resolve(import.meta.dirname, '../..');

// The kernel allows 107 bytes for a Unix socket's path; Asterisk's console socket is the longest of ours.
const MAX_RUN_FOLDER_BYTES = 80;
const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,19}$/;
// The folder's path is written into configuration files of four syntaxes, none of which may see a character of its own.
const PLAIN_PATH = /^\/[A-Za-z0-9._/@+-]+$/;

/** The one folder outside the checkout: QUEUEAPP_CACHE, else /var/cache/queueapp as root, else the user's cache folder. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.() ?? 0): string => {
  if (env['QUEUEAPP_CACHE']) return resolve(env['QUEUEAPP_CACHE']);
  if (uid === 0) return '/var/cache/queueapp';
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'queueapp');
};

/** Folder of all run folders of this user. */
export const runRoot = (): string => join(cacheFolder(), 'run');

/** The run folder of the stack of this name in this checkout. Throws StackError when name or path cannot be used. */
export const runFolder = (name: string, checkout = CHECKOUT, root = runRoot()): string => {
  if (!NAME_PATTERN.test(name)) {
    throw new StackError(`The name ${JSON.stringify(name)} cannot be used`, 'take 1 to 20 of a-z, 0-9 and -');
  }
  const id = createHash('sha256').update(checkout).digest('hex').slice(0, 8);
  const folder = join(root, `${id}-${name}`);
  if (Buffer.byteLength(folder) > MAX_RUN_FOLDER_BYTES || !PLAIN_PATH.test(folder)) {
    throw new StackError(
      `The run folder ${folder} cannot be used`,
      `set QUEUEAPP_CACHE to a folder with a short path (the whole at most ${MAX_RUN_FOLDER_BYTES} bytes) of plain letters and digits`,
    );
  }
  return folder;
};
