import { Socket } from 'node:net';
import type { Client } from 'pg';
import type { Clock } from '../src/lib/clock.ts';
import { ownTablesError } from './database-error.ts';
import { PatientClient } from './patient-client.ts';
import type { Statement } from './statements/statement.ts';

/** The server ends a long statement itself; only when it does not say so by then is the connection counted as dead. */
const SILENCE_GRACE_MS = 500;

export interface LeaseSessionOptions {
  readonly databaseUrl: string;
  /** As pg_stat_activity shows the session. */
  readonly applicationName: string;
  /** Longest wait for each answer: of signing in, and of one statement. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** One database session, whose end tells others of the process's: made by the first statement, and anew by the next after a loss. */
export class LeaseSession {
  readonly #databaseUrl: string;
  readonly #limitMs: number;
  readonly #clock: Clock;
  #applicationName: string;
  #client: Client | null = null;
  #count = 0;
  #isClosed = false;
  #onLost: () => void = () => undefined;

  constructor({ databaseUrl, applicationName, limitMs, clock }: LeaseSessionOptions) {
    this.#databaseUrl = databaseUrl;
    this.#applicationName = applicationName;
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  /** Sessions made so far: another number is another session. */
  get count(): number {
    return this.#count;
  }

  /** Called when the session ends although nothing was asked. */
  whenLost(onLost: () => void): void {
    this.#onLost = onLost;
  }

  /** Runs one statement; statements of one session are asked for one after another. @throws AppError DATABASE_UNAVAILABLE */
  async run<Row extends object>({ text, values }: Statement<Row>): Promise<Row[]> {
    try {
      this.#client ??= await this.#connect();
      return (await this.#client.query<Row>({ text, values: values as unknown[] })).rows;
    } catch (error) {
      this.#giveUp();
      throw ownTablesError(error);
    }
  }

  /** Is called otherwise from now on. */
  async rename(applicationName: string): Promise<void> {
    this.#applicationName = applicationName;
    await this.run({
      name: 'rename-session',
      text: "select set_config('application_name', $1, false)",
      values: [applicationName],
    });
  }

  /** Ends the session for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<Client> {
    if (this.#isClosed) throw new Error('The session was closed');
    const config = {
      connectionString: this.#databaseUrl,
      statement_timeout: this.#limitMs,
      query_timeout: this.#limitMs + SILENCE_GRACE_MS,
      keepAlive: true,
      application_name: this.#applicationName,
      stream: () => new Socket(),
    };
    const client = new PatientClient(config, { silenceMs: this.#limitMs, clock: this.#clock });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    this.#count++;
    return client;
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#onLost();
  }

  /** After any failure nothing is known of the session: the next statement has a new one. */
  #giveUp(): void {
    const client = this.#client;
    this.#client = null;
    client?.end().catch(() => undefined);
  }
}
