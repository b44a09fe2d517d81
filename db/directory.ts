import type { HttpLookupSettings, LookupSettings, SqlLookupSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Directory, LookupRequest, LookupResult } from '../src/ports/directory.ts';
import type { Database } from './database.ts';
import { unavailable } from './directory/customer-record.ts';
import { lookUpByHttp } from './directory/http-lookup.ts';
import { lookUpBySql } from './directory/sql-lookup.ts';
import { askSource } from './sources/ask.ts';
import { openSourceDatabase } from './sources/sql-rows.ts';

export interface DirectoryOptions {
  readonly lookups: Readonly<Record<string, LookupSettings>>;
  /** HTTP headers with secrets, by lookup and header. */
  readonly secretHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

type Attempt = (request: LookupRequest, signal: AbortSignal) => Promise<LookupResult>;

/** The lookups named in configuration, each within its time limit and tries. */
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
    const { settings, attempt } = known;
    const { signal } = request;
    const asking = { limits: settings, clock: this.#options.clock, signal, unavailable };
    return this.#logged(
      request,
      await askSource<LookupResult>({ ...asking, attempt: (limit) => attempt(request, limit) }),
    );
  }

  /** Ends the connections of SQL lookups. */
  async close(): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.close()));
  }

  #sql(settings: SqlLookupSettings): Attempt {
    const database = openSourceDatabase({ ...this.#options, limits: settings });
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
