import type { DatabaseSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Switches, SwitchStanding } from '../src/ports/switches.ts';
import { Database } from './database.ts';
import { selectSwitches } from './statements/switches.ts';

export interface OpenSwitchesOptions {
  readonly databaseUrl: string;
  readonly settings: Pick<DatabaseSettings, 'connectTimeoutMs' | 'statementTimeoutMs'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The switches alone, for a process that does nothing yet: one connection, which may only read. */
export function openSwitches(options: OpenSwitchesOptions): Switches & { close(): Promise<void> } {
  const { databaseUrl, settings, clock, log } = options;
  const database = new Database({ databaseUrl, ...settings, pool: 1, isReadOnly: true, clock, log });
  const switches = new PostgresSwitches(database);
  return { list: () => switches.list(), close: () => database.close() };
}

/** What the leases say of who acts where. */
export class PostgresSwitches implements Switches {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(): Promise<readonly SwitchStanding[]> {
    return this.#database.run(selectSwitches());
  }
}
