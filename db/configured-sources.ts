import { isDeepStrictEqual } from 'node:util';
import type { AccountSourceSettings, LookupSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Accounts } from '../src/ports/accounts.ts';
import type { Directory } from '../src/ports/directory.ts';
import { ConfiguredAccounts } from './accounts.ts';
import { ConfiguredDirectory } from './directory.ts';

/** Lookups and account sources as configured, by name. */
export interface SourceSettings {
  readonly lookups: Readonly<Record<string, LookupSettings>>;
  /** HTTP headers with secrets, by lookup and header. */
  readonly lookupHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sources of personal information. */
  readonly accounts: Readonly<Record<string, AccountSourceSettings>>;
  /** The same of the account sources' headers. */
  readonly accountHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface SourceDeps {
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Sources that were replaced are ended so much later: longer than any question to them lasts. */
const RETIRE_AFTER_MS = 60_000;

/** The lookups and account sources, which may be configured anew while they are being asked. */
export class ConfiguredSources {
  readonly #deps: SourceDeps;
  #settings: SourceSettings;
  #directory: ConfiguredDirectory;
  #accounts: ConfiguredAccounts;
  readonly #retired = new Map<{ close(): Promise<void> }, () => void>();

  constructor(settings: SourceSettings, deps: SourceDeps) {
    this.#deps = deps;
    this.#settings = settings;
    this.#directory = this.#newDirectory();
    this.#accounts = this.#newAccounts();
  }

  readonly directory: Directory = { lookup: (request) => this.#directory.lookup(request) };
  readonly accounts: Accounts = { ask: (request) => this.#accounts.ask(request) };

  /** From the next question on. What is being asked is finished; answers that were kept are forgotten with their source. */
  configure(settings: SourceSettings): void {
    const { lookups, lookupHeaders, accounts, accountHeaders } = this.#settings;
    this.#settings = settings;
    if (!isDeepStrictEqual([lookups, lookupHeaders], [settings.lookups, settings.lookupHeaders])) {
      this.#retire(this.#directory);
      this.#directory = this.#newDirectory();
    }
    if (!isDeepStrictEqual([accounts, accountHeaders], [settings.accounts, settings.accountHeaders])) {
      this.#retire(this.#accounts);
      this.#accounts = this.#newAccounts();
    }
  }

  async close(): Promise<void> {
    for (const cancel of this.#retired.values()) cancel();
    await Promise.all([this.#directory, this.#accounts, ...this.#retired.keys()].map((source) => source.close()));
    this.#retired.clear();
  }

  #newDirectory(): ConfiguredDirectory {
    const { lookups, lookupHeaders } = this.#settings;
    return new ConfiguredDirectory({ ...this.#deps, lookups, secretHeaders: lookupHeaders });
  }

  #newAccounts(): ConfiguredAccounts {
    const { accounts, accountHeaders } = this.#settings;
    return new ConfiguredAccounts({ ...this.#deps, accounts, secretHeaders: accountHeaders });
  }

  #retire(source: { close(): Promise<void> }): void {
    const cancel = this.#deps.clock.after(RETIRE_AFTER_MS, () => {
      this.#retired.delete(source);
      source.close().catch((error: unknown) => this.#deps.log.warn({ err: error }, 'An old source could not be ended'));
    });
    this.#retired.set(source, cancel);
  }
}
