import { Socket } from 'node:net';
import { Pool, type PoolConfig } from 'pg';
import { type AppError, isAppError } from '../src/errors.ts';
import { type Clock, monotonicClock } from '../src/lib/clock.ts';
import type { Outage } from '../src/lib/outage.ts';
import type { Logger } from '../src/log.ts';
import { databaseError, isConnectionLost, isSilence, isWithoutRoom, ownTablesError } from './database-error.ts';
import { patientClients, SIGN_IN_ANSWERS } from './patient-client.ts';
import type { Statement } from './statements/statement.ts';

/** What a session sets so that the change triggers leave its changes to the store (0005-change-notices.sql). */
const QUIET = '-c queueapp.quiet=on';
const READ_ONLY = '-c default_transaction_read_only=on';
/** The server ends a long statement itself; only when it does not say so by then is the connection counted as dead. */
const SILENCE_GRACE_MS = 500;
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface DatabaseOptions {
  readonly databaseUrl: string;
  /** Most connections. */
  readonly pool: number;
  /** Longest silence of the server while a connection is made; four times as long is waited for one, be it new or one of the pool. */
  readonly connectTimeoutMs: number;
  /** Longest time of one statement. */
  readonly statementTimeoutMs: number;
  /** Whether sessions may only read. @default false */
  readonly isReadOnly?: boolean;
  /** Whether the statements are an administrator's own: a table that they miss was never there. @default false */
  readonly isForeign?: boolean;
  /** What sessions set besides, by name; values without blanks. */
  readonly sessionSettings?: Readonly<Record<string, string>>;
  /** Told when statements find no database, and when one does again. @default nobody */
  readonly outage?: Outage;
  /** Called when the database refuses this process's epoch. */
  onLeaseLost?(reason: string): void;
  readonly clock: Clock;
  readonly log: Logger;
}

function sessionOptions(settings: DatabaseOptions['sessionSettings'] = {}): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
}

/** Needs some pages more for a moment. Who may not make temporary tables can't ask: then nothing speaks against there being room. */
const ASK_FOR_ROOM = {
  name: 'ask-for-room',
  text: `do $$ begin
      create temporary table queueapp_room on commit drop as select generate_series(1, 2000) as number;
    exception when insufficient_privilege then null;
    end $$`,
  values: [],
};

/**
 * The pool behind the store. A call ends within 5 × connectTimeoutMs + statementTimeoutMs + 0.5 s; so long only when each answer of signing in is late.
 * A server that falls silent (half-open connections) is noticed after statementTimeoutMs + 0.5 s; then every connection is given up at once,
 * so that the next calls don't find out one by one.
 */
export class Database {
  readonly #pool: Pool;
  readonly #sockets = new Set<Socket>();
  readonly #clock: Clock;
  readonly #connectTimeoutMs: number;
  readonly #told: (error: unknown) => unknown;
  readonly #outage: Outage | undefined;
  readonly #onLeaseLost: (reason: string) => void;
  #ending: Promise<void> | undefined;
  /** A statement has found no room on the server's disk, and since then there was none. */
  #isWithoutRoom = false;

  constructor(options: DatabaseOptions) {
    this.#clock = options.clock;
    this.#connectTimeoutMs = options.connectTimeoutMs;
    this.#told = options.isForeign === true ? databaseError : ownTablesError;
    this.#outage = options.outage;
    this.#onLeaseLost = (reason) => options.onLeaseLost?.(reason);
    const config: PoolConfig = {
      connectionString: options.databaseUrl,
      max: options.pool,
      idleTimeoutMillis: 0,
      Client: patientClients({ silenceMs: options.connectTimeoutMs, clock: monotonicClock }),
      connectionTimeoutMillis: SIGN_IN_ANSWERS * options.connectTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      query_timeout: options.statementTimeoutMs + SILENCE_GRACE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      application_name: 'queueapp',
      options: [options.isReadOnly ? READ_ONLY : QUIET, ...sessionOptions(options.sessionSettings)].join(' '),
      stream: () => this.#newSocket(),
    };
    this.#pool = new Pool(config);
    // An idle connection that is lost removes itself from the pool; the next call makes a new one.
    this.#pool.on('error', (error) => options.log.debug({ err: error }, 'Idle database connection lost'));
  }

  /**
   * Runs one prepared statement; once more on a new connection when the first was lost (all our statements may be repeated).
   * @throws AppError DATABASE_UNAVAILABLE, LEASE_LOST
   */
  async run<Row extends object>(statement: Statement<Row>): Promise<Row[]> {
    try {
      const rows = await this.#tryTwice(statement);
      this.#outage?.back('statements');
      return rows;
    } catch (error) {
      if (isAppError(error, 'DATABASE_UNAVAILABLE')) this.#tellLoss(error);
      if (isAppError(error, 'LEASE_LOST')) this.#onLeaseLost('the database refused what it wrote');
      throw error;
    }
  }

  async #tryTwice<Row extends object>({ name, text, values, types }: Statement<Row>): Promise<Row[]> {
    const query = { name, text, values: values as unknown[], ...(types ? { types } : {}) };
    const startMs = this.#clock.now();
    try {
      return (await this.#pool.query<Row>(query)).rows;
    } catch (error) {
      if (isSilence(error)) this.#giveUpConnections();
      const isWorthRepeating = isConnectionLost(error) && this.#clock.now() - startMs <= this.#connectTimeoutMs;
      if (!isWorthRepeating || this.#ending !== undefined) throw this.#told(error);
    }
    try {
      return (await this.#pool.query<Row>(query)).rows;
    } catch (error) {
      if (isSilence(error)) this.#giveUpConnections();
      throw this.#told(error);
    }
  }

  /**
   * After a statement has found no room: whether there is some again. Until then the database counts as away, although it answers what needs none.
   * @throws AppError DATABASE_UNAVAILABLE
   */
  async askForRoom(): Promise<void> {
    if (!this.#isWithoutRoom) return;
    await this.run(ASK_FOR_ROOM);
    this.#isWithoutRoom = false;
    this.#outage?.back('room');
  }

  #tellLoss(error: AppError): void {
    this.#outage?.lost('statements', error.message);
    if (!isWithoutRoom(error.cause)) return;
    this.#isWithoutRoom = true;
    this.#outage?.lost('room', error.message);
  }

  /** Ends all connections; statements that run are finished first, within the statement's time limit. */
  close(): Promise<void> {
    this.#ending ??= this.#pool.end();
    return this.#ending;
  }

  #newSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #giveUpConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
