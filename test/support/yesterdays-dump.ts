import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/**
 * A database as it was, kept aside, and put back in its place: what an administrator does with a dump. A copy by the server itself, because the
 * machine's pg_dump may be older than the server; it holds the same tables, rows and sequences.
 */
export class YesterdaysDump {
  readonly #adminUrl: string;
  readonly #name: string;
  readonly #owner: string;
  readonly #copyName: string;
  readonly #copy: string;
  readonly #literal: string;

  private constructor(adminUrl: string, databaseUrl: string) {
    const { pathname, username } = new URL(databaseUrl);
    this.#adminUrl = adminUrl;
    this.#name = escapeIdentifier(pathname.slice(1));
    this.#literal = escapeLiteral(pathname.slice(1));
    this.#owner = escapeIdentifier(username);
    this.#copyName = `${pathname.slice(1)}_yesterday`;
    this.#copy = escapeIdentifier(this.#copyName);
  }

  /** Keeps the database as it is now. Whoever is connected to it is sent away for the moment that it takes. */
  static async take(adminUrl: string, databaseUrl: string): Promise<YesterdaysDump> {
    const dump = new YesterdaysDump(adminUrl, databaseUrl);
    await dump.#asAdmin(async (run) => {
      await run(`drop database if exists ${dump.#copy} with (force)`);
      await dump.#closed(run, () => run(`create database ${dump.#copy} template ${dump.#name} owner ${dump.#owner}`));
    });
    return dump;
  }

  /** The database is gone; an empty one stands in its place until `restore`. */
  async drop(): Promise<void> {
    await this.#asAdmin(async (run) => {
      await run(`drop database if exists ${this.#name} with (force)`);
      await run(`create database ${this.#name} owner ${this.#owner}`);
    });
  }

  /** Something is otherwise in what is kept. */
  async change(text: string): Promise<void> {
    const url = new URL(this.#adminUrl);
    url.pathname = `/${this.#copyName}`;
    const admin = new Client({ connectionString: url.href });
    await admin.connect();
    try {
      await admin.query(text);
    } finally {
      await admin.end();
    }
  }

  /** What was kept takes the place of what is there. */
  async restore(): Promise<void> {
    await this.#asAdmin(async (run) => {
      await run(`drop database if exists ${this.#name} with (force)`);
      await run(`alter database ${this.#copy} rename to ${this.#name}`);
    });
  }

  async #closed(run: (text: string) => Promise<unknown>, work: () => Promise<unknown>): Promise<void> {
    await run(`alter database ${this.#name} allow_connections false`);
    try {
      await run(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${this.#literal}`);
      await work();
    } finally {
      await run(`alter database ${this.#name} allow_connections true`);
    }
  }

  async #asAdmin(work: (run: (text: string) => Promise<unknown>) => Promise<void>): Promise<void> {
    const admin = new Client({ connectionString: this.#adminUrl });
    admin.on('error', () => undefined);
    await admin.connect();
    try {
      await work((text) => admin.query(text));
    } finally {
      await admin.end();
    }
  }
}
