// A private stack that exists: its servers are started, stopped and cleared away.
import { rmSync } from 'node:fs';
import { asteriskLogs, prepareAsterisk, startAsterisk, stopAsterisk } from './asterisk.ts';
import { environmentOf, type StackEnv } from './env.ts';
import { withLock } from './lock.ts';
import { runFolder } from './paths.ts';
import { postgresLogs, preparePostgres, startPostgres, stopPostgres } from './postgres.ts';
import { isRunning, type ProcessRecord, signalProcess, waitUntil } from './processes.ts';
import { prepareSchema } from './schema.ts';
import { StackError } from './stack-error.ts';
import { readState, SERVERS, type Server, type StackState, writeState } from './state.ts';
import { type Say, type Step, stepsOn } from './steps.ts';
import { prepareXmpp, startXmpp, stopXmpp, xmppLogs } from './xmpp.ts';

const KILL_LIMIT_MS = 5_000;

interface Handlers {
  readonly title: (state: StackState) => string;
  readonly prepare: (state: StackState) => Promise<void>;
  /** Tells of the process as soon as it exists, so that it can be ended even when it never gets ready. */
  readonly start: (state: StackState, started: (process: ProcessRecord) => void) => Promise<void>;
  readonly stop: (process: ProcessRecord) => Promise<void>;
  readonly logs: (state: StackState) => string[];
}

const HANDLERS: Readonly<Record<Server, Handlers>> = {
  postgres: {
    title: (state) => `PostgreSQL on port ${state.ports.postgres}`,
    prepare: preparePostgres,
    start: startPostgres,
    stop: stopPostgres,
    logs: postgresLogs,
  },
  xmpp: {
    title: (state) => `${state.xmpp} on port ${state.ports.xmpp}`,
    prepare: prepareXmpp,
    start: startXmpp,
    stop: stopXmpp,
    logs: xmppLogs,
  },
  asterisk: {
    title: (state) =>
      `Asterisk ${state.asteriskVersion} on ports ${state.ports.sip} (SIP) and ${state.ports.ari} (ARI)`,
    prepare: async (state) => prepareAsterisk(state),
    start: startAsterisk,
    stop: stopAsterisk,
    logs: asteriskLogs,
  },
};

/**
 * A private stack that is up, or whose servers can be started. What is known of it is read from its run folder each time,
 * so that several processes may work with one stack; the changing methods wait for one another.
 */
export class Stack {
  readonly name: string;
  readonly #folder: string;
  readonly #step: Step;

  constructor(state: StackState, say: Say) {
    this.name = state.name;
    this.#folder = state.folder;
    this.#step = stepsOn(say);
  }

  /** What is known of it. Throws StackError when it has been cleared away. */
  get state(): StackState {
    const state = readState(this.#folder);
    if (state) return state;
    throw new StackError(
      `There is no stack named ${this.name} any more`,
      `install/stack up --name ${this.name} makes one`,
    );
  }

  /** What the application, phones, clients and tests need (contracts.md, "The private stack"). */
  get env(): StackEnv {
    return environmentOf(this.state);
  }

  /** The servers that are ours: without PostgreSQL when one was given. */
  get servers(): readonly Server[] {
    const { foreignDatabaseUrl } = this.state;
    return SERVERS.filter((server) => server !== 'postgres' || foreignDatabaseUrl === undefined);
  }

  /** Is this server's process running? */
  isRunning(server: Server): boolean {
    return isRunning(this.state.processes[server]);
  }

  /** The log files of a server. */
  logs(server: Server): string[] {
    return HANDLERS[server].logs(this.state);
  }

  /** Starts a server on its own port with its own data. Does nothing when it runs. */
  start(server: Server): Promise<void> {
    return this.#alone(() => this.#start(server));
  }

  /** Ends a server properly and waits until it is gone. */
  stop(server: Server): Promise<void> {
    return this.#alone(() => this.#stop(server));
  }

  /** Ends a server and starts it again: same ports, same data. */
  restart(server: Server): Promise<void> {
    return this.#alone(async () => {
      await this.#stop(server);
      await this.#start(server);
    });
  }

  /** Ends a server by SIGKILL, as a crash would, and waits until it is gone. */
  kill(server: Server): Promise<void> {
    return this.#alone(async () => {
      this.#mustBeOurs(server);
      const record = this.state.processes[server];
      if (!record) return;
      signalProcess(record, 'SIGKILL');
      const gone = await waitUntil(() => !isRunning(record), KILL_LIMIT_MS);
      if (!gone) throw new StackError(`Process ${record.pid} does not end`, `look at it with: ps -fp ${record.pid}`);
      this.#record(server, undefined);
    });
  }

  /** Ends all servers and removes the run folder; `keep` leaves the folder for a later `up` with the same data. */
  down(options: { readonly keep?: boolean } = {}): Promise<void> {
    return this.#alone(() => this.takeDown(options));
  }

  /** As `down`, for a caller that holds the stack's lock. */
  async takeDown({ keep = false }: { readonly keep?: boolean }): Promise<void> {
    await allOrFirstError(this.servers.map((server) => this.#stop(server)));
    if (!keep) rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Writes what is missing of configuration, data and accounts, then starts every server that does not run. For a caller
   * that holds the stack's lock.
   */
  async bringUp(): Promise<void> {
    const missing = this.servers.filter((server) => !this.isRunning(server));
    if (missing.length > 0) {
      await this.#step('writing configuration, certificate, accounts and database cluster', () =>
        allOrFirstError(missing.map((server) => HANDLERS[server].prepare(this.state))),
      );
    }
    const start = async (server: Server) => {
      if (missing.includes(server)) await this.#start(server);
    };
    // Asterisk looks for the tables that it reads when it starts.
    const databaseThenAsterisk = async () => {
      await start('postgres');
      await this.#step('bringing the database to its newest schema, with the demonstration data', () =>
        prepareSchema(this.env.DATABASE_URL, this.state.domain),
      );
      await start('asterisk');
    };
    await allOrFirstError([start('xmpp'), databaseThenAsterisk()]);
    writeState({ ...this.state, complete: true });
  }

  async #start(server: Server): Promise<void> {
    this.#mustBeOurs(server);
    if (this.isRunning(server)) return;
    const { title, start } = HANDLERS[server];
    await this.#step(`starting ${title(this.state)}`, () =>
      start(this.state, (process) => this.#record(server, process)),
    );
  }

  async #stop(server: Server): Promise<void> {
    this.#mustBeOurs(server);
    const record = this.state.processes[server];
    if (!record || !isRunning(record)) return;
    await this.#step(`stopping ${HANDLERS[server].title(this.state)}`, () => HANDLERS[server].stop(record));
    this.#record(server, undefined);
  }

  #alone(work: () => Promise<void>): Promise<void> {
    return withStackLock(this.name, work);
  }

  #mustBeOurs(server: Server): void {
    if (this.servers.includes(server)) return;
    throw new StackError('This stack uses a PostgreSQL of yours', 'start and stop it yourself');
  }

  // Nothing is awaited between reading and writing, and other processes are kept out by the lock.
  #record(server: Server, process: ProcessRecord | undefined): void {
    const { state } = this;
    const { [server]: _gone, ...others } = state.processes;
    writeState({ ...state, processes: process ? { ...others, [server]: process } : others });
  }
}

/** Runs `work` as the only command on the stack of this name. */
export const withStackLock = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  withLock(`${runFolder(name)}.lock`, work);

// All are waited for before the first failure is passed on: none may still be starting when the others are cleared away.
const allOrFirstError = async (work: readonly Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};
