// Where an Asterisk installation keeps its parts, whether it is the machine's own or lies in a root of ours, and how its
// binary is started.
import { accessSync, constants, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StackError } from './stack-error.ts';

/** An Asterisk that can be run. */
export interface AsteriskInstallation {
  /** The command line that runs the binary, before its own arguments. */
  readonly command: readonly [string, ...string[]];
  readonly moduleFolder: string;
  /** Folder with documentation and rest-api. */
  readonly dataFolder: string;
  /** Folder with the core prompts of each language, symbolic links resolved. */
  readonly soundFolders: Readonly<Record<string, string>>;
  /** Folder with music files, if there are any. */
  readonly musicFolder: string | undefined;
}

const TRIPLES: Partial<Record<NodeJS.Architecture, { triple: string; loader: string }>> = {
  x64: { triple: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { triple: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
};

/** Finds the parts of the Asterisk below `prefix` (`/` or the folder of a root). Throws StackError naming what is missing. */
export const findAsterisk = (prefix: string): AsteriskInstallation => {
  const machine = TRIPLES[process.arch];
  if (!machine) throw new StackError(`This processor (${process.arch}) has no private Asterisk`, 'use amd64 or arm64');
  const { triple, loader } = machine;
  const find = (what: string, candidates: readonly string[]): string => {
    const found = candidates.map((candidate) => insideRoot(prefix, candidate)).find((path) => existsSync(path));
    if (found) return found;
    throw new StackError(
      `Asterisk's ${what} is missing below ${prefix} (looked for ${candidates.join(', ')})`,
      advice(prefix),
    );
  };
  const binary = find('binary', ['/usr/sbin/asterisk', '/usr/local/sbin/asterisk']);
  const sounds = find('folder of prompts', ['/usr/share/asterisk/sounds', '/var/lib/asterisk/sounds']);
  const music = ['/usr/share/asterisk/moh', '/var/lib/asterisk/moh']
    .map((path) => insideRoot(prefix, path))
    .find(hasFiles);
  return {
    command: prefix === '/' ? [binary] : throughLoader(prefix, binary, { triple, loader }),
    moduleFolder: find('modules', [
      `/usr/lib/${triple}/asterisk/modules`,
      '/usr/lib/asterisk/modules',
      '/usr/lib64/asterisk/modules',
    ]),
    dataFolder: dirname(find('rest-api', ['/usr/share/asterisk/rest-api', '/var/lib/asterisk/rest-api'])),
    soundFolders: Object.fromEntries(
      readdirSync(sounds)
        .filter((entry) => /^[a-z]{2}(_[A-Z]{2})?$/.test(entry))
        .map(
          (entry) =>
            [entry, insideRoot(prefix, join('/', sounds.slice(prefix === '/' ? 0 : prefix.length), entry))] as const,
        )
        .filter(([, folder]) => existsSync(folder)),
    ),
    musicFolder: music,
  };
};

// The binary of a root runs on this machine's kernel with the root's own loader and libraries: no chroot, so no root
// rights, and every file of the checkout is where it is.
const throughLoader = (
  prefix: string,
  binary: string,
  machine: { triple: string; loader: string },
): [string, ...string[]] => {
  const loader = insideRoot(prefix, `/${machine.loader}`);
  try {
    accessSync(loader, constants.X_OK);
  } catch (cause) {
    throw new StackError(`${prefix} is no complete root: ${loader} cannot be run`, advice(prefix), { cause });
  }
  // Debian 11 keeps Asterisk's own SIP library in /usr/lib.
  return [loader, '--library-path', `${prefix}/usr/lib/${machine.triple}:${prefix}/usr/lib`, binary];
};

const advice = (prefix: string): string =>
  prefix === '/'
    ? 'install asterisk-modules, asterisk-core-sounds-en, asterisk-core-sounds-en-wav and asterisk-moh-opsound-wav'
    : `remove ${prefix} (as root) and run install/asterisk-root.sh again`;

const hasFiles = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0;

/** Follows the symbolic links of a path as a process inside the root would, and gives the path as seen from outside. */
export const insideRoot = (root: string, path: string): string => {
  const base = root === '/' ? '' : root;
  let pending = path.split('/').filter(Boolean);
  let done: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const [part = '', ...rest] = pending;
    pending = rest;
    if (part === '.') continue;
    if (part === '..') {
      done = done.slice(0, -1);
      continue;
    }
    const here = `${base}/${[...done, part].join('/')}`;
    const target = linkTarget(here);
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > 40)
      throw new StackError(`${base}${path} is a ring of symbolic links`, `remove ${base} and make it again`);
    pending = [...target.split('/').filter(Boolean), ...pending];
    if (target.startsWith('/')) done = [];
  }
  return `${base}/${done.join('/')}`;
};

const linkTarget = (path: string): string | undefined =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
