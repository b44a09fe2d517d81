import type { Switches, SwitchStanding } from '../src/ports/switches.ts';
import type { Database } from './database.ts';
import { selectSwitches } from './statements/switches.ts';

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
