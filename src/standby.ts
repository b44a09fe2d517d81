import { openSwitches } from '../db/switches.ts';
import type { Config, Secrets } from './config/config.ts';
import { processName } from './drain.ts';
import type { ApplicationFace, PartStatus } from './http/application-face.ts';
import { PatientPort } from './http/patient-port.ts';
import { createHttpServer } from './http/server.ts';
import { standbyFace } from './http/standby-face.ts';
import { systemClock } from './lib/clock.ts';
import type { Logger } from './log.ts';
import { PartWatch } from './part-watch.ts';
import { StandingWatch } from './standing-watch.ts';

export interface StandbyOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly databaseUrl: string;
  readonly version: string;
  readonly log: Logger;
}

/**
 * What a standby shows of itself while it waits: `/healthz`, `/readyz`, `/metrics` and the status; on the port of its own, or, with the same
 * configuration on one machine, as soon as the process that acts has left it.
 * @throws AppError HTTP_ADDRESS when it is no address of this machine: found out now, and not when the calls are there
 */
export async function openStandby({ config, secrets, databaseUrl, version, log }: StandbyOptions): Promise<Standby> {
  const clock = systemClock;
  const switches = openSwitches({ databaseUrl, settings: config.database, clock, log });
  const database = new PartWatch(() => switches.list().then(() => ({ isUp: true, reason: null })), clock);
  const standing = new StandingWatch({ switches, removals: null, clock });
  const startedAtMs = clock.now();
  const unused: PartStatus = { state: 'off', sinceMs: startedAtMs, reason: 'a standby does not connect to it' };
  const status: ApplicationFace['status'] = () => ({
    version,
    startedAtMs,
    isStopping: false,
    process: processName(),
    role: 'standby',
    calls: 0,
    callsBy: { ivr: 0, waiting: 0, ringing: 0, talking: 0, leaving: 0 },
    pending: [],
    ownSwitch: null,
    switches: standing.switches?.list ?? [],
    switchesAsOfMs: standing.switches?.asOfMs ?? null,
    parts: { asterisk: unused, database: database.status, xmpp: unused },
    music: [],
    refusedRows: [],
  });
  const server = await createHttpServer({ face: standbyFace(status), apiToken: secrets.apiToken, version, log });
  const port = new PatientPort({ server, address: config.http.listen, clock, log, onOpen: () => undefined });
  const close = async () => {
    database.stop();
    standing.stop();
    await port.close();
    // Not waited for: a database that is slow now must not hold up the takeover.
    switches.close().catch((error: unknown) => log.debug({ err: error }, 'The standby could not end its connection'));
  };
  try {
    await Promise.all([database.start(), standing.start()]);
    await port.open();
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface Standby {
  /** Gives the port free. */
  close(): Promise<void>;
}
