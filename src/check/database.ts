import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { schemaVersion } from '../../db/migrate.ts';
import type { CheckedPart, CheckFinding } from '../cli/check-report.ts';
import type { Config, Secrets } from '../config/config.ts';
import { isAppError } from '../errors.ts';
import { silentLog } from '../log.ts';

interface Contents {
  readonly findings: readonly CheckFinding[];
  /** What is worth knowing of it. */
  readonly notes: readonly string[];
}

/** What else is tried on a database that is ready. */
type OnReady = (databaseUrl: string) => Promise<Contents>;

const NOTHING: Contents = { findings: [], notes: [] };

/** Connects to the database and compares its schema with this program's. */
export async function checkDatabase(
  { database }: Config,
  { databaseUrl }: Secrets,
  onReady: OnReady,
): Promise<CheckedPart> {
  return databaseUrl === null ? checkEmbedded(database.dataFolder, onReady) : checkServer(databaseUrl, onReady);
}

const part = (summary: string, ...findings: CheckFinding[]): CheckedPart => ({ part: 'database', summary, findings });

async function checkServer(databaseUrl: string, onReady: OnReady): Promise<CheckedPart> {
  const place = placeOf(databaseUrl);
  try {
    const version = await schemaVersion({ databaseUrl });
    const contents = version.verdict === 'ready' ? await onReady(databaseUrl) : NOTHING;
    return compared(version, place, contents);
  } catch (error) {
    return part('', findingOf(error, place));
  }
}

/** Without DATABASE_URL the application runs a server of its own, which is only set up by its first start. */
async function checkEmbedded(folder: string, onReady: OnReady): Promise<CheckedPart> {
  const place = `its own PostgreSQL in ${folder}`;
  if (!existsSync(join(folder, 'postgres'))) return part(`${place}, set up at the first start (no DATABASE_URL)`);
  try {
    const server = await startEmbeddedPostgres({ dataDir: folder, log: silentLog() });
    try {
      const version = await schemaVersion({ databaseUrl: server.databaseUrl });
      const contents = version.verdict === 'ready' ? await onReady(server.databaseUrl) : NOTHING;
      return compared(version, place, contents);
    } finally {
      await server.stop();
    }
  } catch (error) {
    if (isAppError(error, 'DATABASE_FOLDER_IN_USE')) return part(`${place}, in use by the running application`);
    const mend = `Look into the folder's log, or set DATABASE_URL to another PostgreSQL`;
    return part('', { what: `${place} does not start: ${messageOf(error)}`, mend });
  }
}

function compared(
  { current, wanted, verdict }: Awaited<ReturnType<typeof schemaVersion>>,
  place: string,
  { findings, notes }: Contents,
): CheckedPart {
  const summary = [`${place}, schema ${current}`, ...notes].join('\n  ');
  if (verdict === 'ready') return part(findings.length === 0 ? summary : '', ...findings);
  if (verdict === 'too-new') {
    const what = `The schema of ${place} is of a newer program (${current}, this one knows ${wanted})`;
    return part('', { what, mend: 'Install the newer queueapp, or name another database in DATABASE_URL' });
  }
  const what =
    current === 0
      ? `${place} has no tables yet`
      : `The schema of ${place} is too old (${current} instead of ${wanted})`;
  return part('', { what, mend: 'Run queueapp start: it applies the missing migrations before it takes calls' });
}

/** `host:port/database`, without user and password. */
function placeOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}

interface Remedy {
  readonly codes: readonly string[];
  readonly what: (place: string) => string;
  readonly mend: string;
}

/** By Node's error codes and PostgreSQL's SQLSTATEs. */
const REMEDIES: readonly Remedy[] = [
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    what: (place) => `The host name of ${place} does not resolve`,
    mend: 'Correct DATABASE_URL, or the name service of this machine',
  },
  {
    codes: ['ECONNREFUSED'],
    what: (place) => `Nothing listens at ${place}`,
    mend: 'Start PostgreSQL, or correct host and port in DATABASE_URL',
  },
  {
    codes: ['28P01', '28000'],
    what: (place) => `PostgreSQL refuses user or password at ${place}`,
    mend: 'Correct user and password in DATABASE_URL, or make the user (createuser --pwprompt queueapp)',
  },
  {
    codes: ['3D000'],
    what: (place) => `There is no such database: ${place}`,
    mend: 'Make it (createdb --owner queueapp queueapp), or correct DATABASE_URL',
  },
  {
    codes: ['42501'],
    what: (place) => `The user may not read the tables of ${place}`,
    mend: 'Make the user the owner of the database and its tables',
  },
];

function findingOf(error: unknown, place: string): CheckFinding {
  const codes = codesOf(error);
  const remedy = REMEDIES.find((each) => each.codes.some((code) => codes.includes(code)));
  if (remedy !== undefined) return { what: remedy.what(place), mend: remedy.mend };
  return {
    what: `${place} can't be used: ${messageOf(error)}`,
    mend: 'Look at DATABASE_URL and at the log of PostgreSQL',
  };
}

/** Codes of an error, of its causes, and of what an AggregateError holds (one refusal per address of a host name). */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, cause } = error as NodeJS.ErrnoException;
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...(code === undefined ? [] : [code]), ...codesOf(cause), ...inner];
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
