import { ConfiguredAccounts } from '../../db/accounts.ts';
import { openSourceDatabase, sourceRows } from '../../db/sources/sql-rows.ts';
import type { CheckedPart, CheckFinding } from '../cli/check-report.ts';
import type { AccountSourceSettings, Config, Secrets, SqlAccountSettings } from '../config/config.ts';
import { isAppError } from '../errors.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../log.ts';

/** A number that nobody has: what a source says of it is of no interest, that it answers is. */
const NOBODY = '0';

/** What is wrong with the SQL sources of a database that is ready. Each statement is prepared and planned, and gives no row. */
export async function tryAccountStatements({ accounts }: Config, databaseUrl: string): Promise<CheckFinding[]> {
  const sources = Object.values(accounts).filter((source) => source.type === 'sql');
  const findings = await Promise.all(sources.map((source) => tryStatement(source, databaseUrl)));
  return findings.filter((finding) => finding !== null);
}

async function tryStatement(source: SqlAccountSettings, databaseUrl: string): Promise<CheckFinding | null> {
  const database = openSourceDatabase({ limits: source, databaseUrl, clock: systemClock, log: silentLog() });
  // The column's name in another select: PostgreSQL says so when the statement does not give it.
  const sql = `select number from (${source.sql.replace(/[\s;]+$/, '')}\n) as accounts`;
  try {
    await sourceRows(database, { name: `check ${source.name}`, sql, values: [NOBODY], rowsMax: 0 });
    return null;
  } catch (error) {
    const mend = isAppError(error)
      ? 'Look at what is said of database, and at the timeout of the source'
      : 'Correct the statement; it must give a column "number", and the database must have what it names';
    return { what: `accounts.${source.name}.sql: ${error instanceof Error ? error.message : String(error)}`, mend };
  } finally {
    await database.close();
  }
}

/** Asks each HTTP source for a number that nobody has; `statements` is what {@link tryAccountStatements} found, `null` without a database. */
export async function checkAccounts(
  { accounts }: Config,
  secrets: Secrets,
  statements: Promise<readonly CheckFinding[] | null>,
): Promise<CheckedPart | null> {
  const sources = Object.values(accounts);
  if (sources.length === 0) return null;
  const byHttp = await tryHttpSources(sources, secrets);
  const bySql = await statements;
  const findings = [...byHttp, ...(bySql ?? [])];
  const tried = sources.filter(({ type }) => type === 'http' || bySql !== null).map(({ name }) => name);
  const untried = sources.filter(({ name }) => !tried.includes(name)).map(({ name }) => name);
  const notes = untried
    .map((name) => `\n  ! The statement of ${name} is not tried: no database that is ready`)
    .join('');
  return { part: 'accounts', summary: findings.length === 0 ? `${summaryOf(tried)}${notes}` : '', findings };
}

const summaryOf = (tried: readonly string[]) =>
  tried.length === 0 ? 'nothing was tried' : `${tried.join(', ')} ${tried.length === 1 ? 'answers' : 'answer'}`;

async function tryHttpSources(all: readonly AccountSourceSettings[], secrets: Secrets): Promise<CheckFinding[]> {
  const sources = all.filter(({ type }) => type === 'http');
  const accounts = new ConfiguredAccounts({
    accounts: Object.fromEntries(sources.map((source) => [source.name, source])),
    secretHeaders: secrets.accountHeaders,
    databaseUrl: '',
    clock: systemClock,
    log: silentLog(),
  });
  const signal = new AbortController().signal;
  const findings = await Promise.all(
    sources.map(async ({ name }): Promise<CheckFinding | null> => {
      const answer = await accounts.ask({ source: name, number: NOBODY, signal });
      if (answer.type !== 'unavailable') return null;
      const mend =
        'Correct address and headers of the source, or mend the service; docs/configuration.md says what it must answer';
      return { what: `accounts.${name}.http: ${answer.reason}`, mend };
    }),
  );
  await accounts.close();
  return findings.filter((finding) => finding !== null);
}
