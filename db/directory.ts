import { types } from 'node:util';
import type { HttpLookupSettings, LookupSettings, SqlLookupSettings } from '../src/config/config.ts';
import { isAppError } from '../src/errors.ts';
import { type Clock, delay } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Directory, LookupRequest, LookupResult } from '../src/ports/directory.ts';
import { Database } from './database.ts';
import { unavailable } from './directory/customer-record.ts';
import { lookUpByHttp, SourceFault } from './directory/http-lookup.ts';
import { lookUpBySql } from './directory/sql-lookup.ts';

/** Connections of one SQL lookup; a lookup takes milliseconds. */
const POOL = 3;
/** Between two tries, so that a source that restarts gets a chance. */
const RETRY_PAUSE_MS = 100;

export interface DirectoryOptions {
  readonly lookups: Readonly<Record<string, LookupSettings>>;
  /** HTTP headers with secrets, by lookup and header. */
  readonly secretHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

type Attempt = (request: LookupRequest, signal: AbortSignal) => Promise<LookupResult>;

/**
 * The lookups named in configuration. Each try has the lookup's time limit; what may be temporary is tried again, then the
 * source counts as unavailable. The longest a lookup takes is (retries + 1) × timeoutMs and 0.1 s between tries.
 */
export class ConfiguredDirectory implements Directory {
  readonly #options: DirectoryOptions;
  readonly #attempts = new Map<string, { settings: LookupSettings; attempt: Attempt }>();
  readonly #databases: Database[] = [];

  constructor(options: DirectoryOptions) {
    this.#options = options;
    for (const [name, settings] of Object.entries(options.lookups)) {
      const attempt = settings.type === 'sql' ? this.#sql(settings) : this.#http(settings);
      this.#attempts.set(name, { settings, attempt });
    }
  }

  async lookup(request: LookupRequest): Promise<LookupResult> {
    const known = this.#attempts.get(request.lookup);
    if (known === undefined) return this.#logged(request, unavailable('there is no such lookup'));
    for (let tries = 0; ; tries++) {
      if (request.signal.aborted) return unavailable('the caller is gone');
      const { result, mayPass } = await this.#try(known, request);
      if (!mayPass || tries >= known.settings.retries) return this.#logged(request, result);
      await delay(this.#options.clock, RETRY_PAUSE_MS, request.signal).catch(() => undefined);
    }
  }

  /** Ends the connections of SQL lookups. */
  async close(): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.close()));
  }

  async #try(
    { settings, attempt }: { settings: LookupSettings; attempt: Attempt },
    request: LookupRequest,
  ): Promise<{ result: LookupResult; mayPass: boolean }> {
    const limit = new AbortController();
    const onGone = () => limit.abort(request.signal.reason);
    request.signal.addEventListener('abort', onGone, { once: true });
    const reason = `no answer within ${settings.timeoutMs} ms`;
    const cancel = this.#options.clock.after(settings.timeoutMs, () => limit.abort(new SourceFault(reason)));
    try {
      return { result: await orAborted(attempt(request, limit.signal), limit.signal), mayPass: false };
    } catch (error) {
      const mayPass = error instanceof SourceFault || isFetchFailure(error) || isAppError(error);
      return { result: unavailable(describe(error)), mayPass };
    } finally {
      cancel();
      request.signal.removeEventListener('abort', onGone);
    }
  }

  #sql(settings: SqlLookupSettings): Attempt {
    const { databaseUrl, clock, log } = this.#options;
    const limits = { connectTimeoutMs: settings.timeoutMs, statementTimeoutMs: settings.timeoutMs };
    const database = new Database({ databaseUrl, pool: POOL, ...limits, isReadOnly: true, clock, log });
    this.#databases.push(database);
    return (request) => lookUpBySql(database, settings, request);
  }

  #http(settings: HttpLookupSettings): Attempt {
    const secretHeaders = this.#options.secretHeaders[settings.name] ?? {};
    return (request, signal) => lookUpByHttp({ ...settings, secretHeaders }, request, signal);
  }

  #logged(request: LookupRequest, result: LookupResult): LookupResult {
    if (result.type === 'unavailable') {
      const pii = { code: request.code, caller: request.caller };
      this.#options.log.warn({ lookup: request.lookup, reason: result.reason, pii }, 'The lookup is unavailable');
    }
    return result;
  }
}

/** The result, or the abort, whichever is first; a statement that is too late ends by its own limit. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** fetch rejects with a TypeError for whatever is wrong with the connection. */
function isFetchFailure(error: unknown): boolean {
  return types.isNativeError(error) && error.name === 'TypeError';
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return types.isNativeError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
}
