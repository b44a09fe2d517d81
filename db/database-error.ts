import { types } from 'node:util';
import { AppError } from '../src/errors.ts';

/** SQLSTATE classes that tell of the server or the connection, not of the statement. */
const AWAY_CLASSES = new Set(['08', '53', '57', '58', 'XX']);
/**
 * SQLSTATEs that a repetition may cure: serialization failure, deadlock, lock not available, read-only (a standby); the database takes no
 * connections, is not there or lets nobody in (while an administrator exchanges it).
 */
const AWAY_STATES = new Set(['40001', '40P01', '55P03', '25006', '28000', '28P01', '3D000', '55000']);
/** No such table, column, function, schema. They were there at the start: a dump is being restored, and they will be again. */
const MISSING_STATES = new Set(['42P01', '42703', '42883', '3F000']);
/** What pg says without any code when a connection is lost or a time limit is over. */
const AWAY_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|timeout expired|Client has encountered a connection error|client was closed|not queryable/i;

/** Raised by trigger check_switch_lease (0022-switch-lease.sql). */
const LEASE_LOST = 'QA001';

/** Turns what `pg` threw into AppError LEASE_LOST when the database refused this process's epoch, DATABASE_UNAVAILABLE when the server or the connection is at fault; anything else is returned as it is. */
export function databaseError(error: unknown): unknown {
  if (error instanceof AppError || !types.isNativeError(error)) return error;
  if (codeOf(error) === LEASE_LOST) return new AppError('LEASE_LOST', error.message, { cause: error });
  if (!isDatabaseAway(error)) return error;
  return new AppError('DATABASE_UNAVAILABLE', `The database does not answer: ${describe(error)}`, { cause: error });
}

/** The same for statements of the application on its own tables: where these are missing, the database is as good as away. */
export function ownTablesError(error: unknown): unknown {
  if (!types.isNativeError(error) || !MISSING_STATES.has(codeOf(error) ?? '')) return databaseError(error);
  const message = `The database lacks what the application has made there, as while a dump is restored: ${error.message}`;
  return new AppError('DATABASE_UNAVAILABLE', message, { cause: error });
}

/** Whether the connection was lost (so that one immediate repetition on a new one is worth while), not slow. */
export function isConnectionLost(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = codeOf(error);
  if (code === undefined)
    return /Connection terminated unexpectedly|connection error|not queryable/i.test(error.message);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === '57P01' || code === '57P02' || code === '40P01';
}

/** Whether the server has no room on its disk: it answers, and takes nothing. */
export function isWithoutRoom(error: unknown): boolean {
  return types.isNativeError(error) && codeOf(error) === '53100';
}

/** Whether the server did not answer within the client's own limit, which is longer than the one it keeps itself. */
export function isSilence(error: unknown): boolean {
  return types.isNativeError(error) && error.message === 'Query read timeout';
}

function isDatabaseAway(error: Error): boolean {
  const code = codeOf(error);
  if (code === undefined) return AWAY_MESSAGES.test(error.message);
  // Five characters are a SQLSTATE; anything else is Node's (ECONNREFUSED, ENOTFOUND, ERR_TLS_…).
  return code.length === 5 && !code.startsWith('E') ? isAwayState(code) : true;
}

function isAwayState(state: string): boolean {
  return AWAY_STATES.has(state) || AWAY_CLASSES.has(state.slice(0, 2));
}

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}

/** What is wrong, in words. An AggregateError (one refusal per address of a host name) has no message of its own. */
export function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { errors } = error as { readonly errors?: unknown };
  if (error.message !== '' || !Array.isArray(errors)) return error.message;
  return errors.map((each) => (types.isNativeError(each) ? each.message : String(each))).join('; ');
}
