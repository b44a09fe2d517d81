import type { AccountSourceSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Accounts, AccountsAnswer, AccountsRequest } from '../src/ports/accounts.ts';
import { type ReadAccounts, unavailable } from './accounts/account-record.ts';
import { AnswerCache } from './accounts/answer-cache.ts';
import { askByHttp } from './accounts/http-accounts.ts';
import { SharedRequests } from './accounts/shared-requests.ts';
import { askBySql } from './accounts/sql-accounts.ts';
import { personNumber } from './caller-number.ts';
import type { Database } from './database.ts';
import { askSource } from './sources/ask.ts';
import { openSourceDatabase } from './sources/sql-rows.ts';
import { Turnstile } from './sources/turnstile.ts';

/** HTTP requests to one source at one time; 400 callers who press the key in the same second are no attack on the billing. */
const REQUESTS_AT_ONCE_MAX = 32;

export interface AccountsOptions {
  readonly accounts: Readonly<Record<string, AccountSourceSettings>>;
  /** HTTP headers with secrets, by source and header. */
  readonly secretHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Source {
  readonly settings: AccountSourceSettings;
  readonly cache: AnswerCache;
  readonly requests: SharedRequests;
}

type Attempt = (number: string, signal: AbortSignal) => Promise<ReadAccounts>;

/**
 * The account sources named in configuration. An answer belongs to the number that was asked and is kept under it; who can't be told from
 * others (personNumber) has no accounts and is not asked for.
 */
export class ConfiguredAccounts implements Accounts {
  readonly #options: AccountsOptions;
  readonly #sources = new Map<string, Source>();
  readonly #databases: Database[] = [];

  constructor(options: AccountsOptions) {
    this.#options = options;
    for (const [name, settings] of Object.entries(options.accounts)) {
      const cache = new AnswerCache({ clock: options.clock, keepMs: settings.cacheMs });
      const attempt = settings.type === 'sql' ? this.#sql(settings) : this.#http(settings);
      const ask = async (number: string, signal: AbortSignal) => {
        const answer = await this.#ask({ settings, attempt }, number, signal);
        cache.put(number, answer);
        return answer;
      };
      this.#sources.set(name, { settings, cache, requests: new SharedRequests(ask) });
    }
  }

  async ask({ source: name, number: written, signal }: AccountsRequest): Promise<AccountsAnswer> {
    const source = this.#sources.get(name);
    if (source === undefined) return unavailable('there is no such account source');
    const number = personNumber(written);
    if (number === null) return { type: 'none' };
    const kept = source.cache.get(number);
    if (kept !== null) return kept;
    try {
      return await source.requests.ask(number, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return unavailable('the caller is gone');
    }
  }

  /** Ends the connections of SQL sources. */
  async close(): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.close()));
  }

  async #ask(
    { settings, attempt }: { settings: AccountSourceSettings; attempt: Attempt },
    number: string,
    signal: AbortSignal,
  ): Promise<AccountsAnswer> {
    const { clock, log } = this.#options;
    const { answer, oddities } = await askSource<ReadAccounts>({
      limits: settings,
      clock,
      signal,
      attempt: (limit) => attempt(number, limit),
      unavailable: (reason) => ({ answer: unavailable(reason), oddities: [] }),
    });
    if (oddities.length > 0) {
      log.warn({ source: settings.name, oddities, pii: { number } }, 'The answer of an account source is odd');
    }
    return answer;
  }

  #sql(settings: AccountSourceSettings & { type: 'sql' }): Attempt {
    const database = openSourceDatabase({ ...this.#options, limits: settings });
    this.#databases.push(database);
    return (number) => askBySql(database, settings, number);
  }

  #http(settings: AccountSourceSettings & { type: 'http' }): Attempt {
    const secretHeaders = this.#options.secretHeaders[settings.name] ?? {};
    const turnstile = new Turnstile(REQUESTS_AT_ONCE_MAX);
    return (number, signal) => turnstile.pass(signal, () => askByHttp({ ...settings, secretHeaders }, number, signal));
  }
}
