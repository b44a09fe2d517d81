import { PostgresLeases } from '../db/leases.ts';
import { loadAriClient } from '../stasis/ari/ari-client.ts';
import { AsteriskSeat } from './asterisk-seat.ts';
import type { LoadedConfig } from './config/load.ts';
import { isAppError } from './errors.ts';
import type { HolderOptions, RunningHolder } from './holder.ts';
import { systemClock } from './lib/clock.ts';
import { ReleaserStack } from './lib/releasers.ts';
import type { Logger } from './log.ts';
import { buildMusic } from './music.ts';
import { bringUpToDate, prepareDatabase } from './prepare-database.ts';
import type { Standby } from './standby.ts';

export interface AppOptions {
  readonly loaded: LoadedConfig;
  /**
   * Reads the same file anew and checks it.
   * @throws AppError CONFIG_INVALID
   */
  load(): LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly version: string;
  /** Ends a start that is not over, and the waiting of a standby. */
  readonly signal: AbortSignal;
  /** Another process acts now, or the database was set back: this one has to end at once, without doing anything more. */
  onLeaseLost(reason: string): void;
}

export interface RunningApp extends RunningHolder {
  /** Ends everything in the reverse order of its beginning; calls in Asterisk stay as they are. */
  stop(): Promise<void>;
}

/** Builds every room in order. A start that fails undoes what it has built. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const releasers = new ReleaserStack();
  const stop = () => releasers.releaseAll((err, what) => options.log.error({ err, what }, 'Could not be stopped'));
  try {
    return { ...(await build(options, releasers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: AppOptions, releasers: ReleaserStack): Promise<RunningHolder> {
  const { log } = options;
  const { config, secrets } = options.loaded;
  // First of all: it takes longest, callers wait for it, and a standby is to have it ready.
  const music = buildMusic(config, { clock: systemClock, random: Math.random, log });
  releasers.add('music', () => music.close());
  music.start();
  // Most of the program is loaded while the database answers: callers whom a killed process has left wait for both.
  const [databaseUrl, { buildHolder }] = await Promise.all([
    prepareDatabase({ config, secrets, log }, releasers),
    loadHolder(),
  ]);
  const seat = new AsteriskSeat(systemClock);
  releasers.add('asterisk', () => seat.leave());
  const taken = await takeLease(options, databaseUrl, releasers);
  // While it waited a dump may have been restored that is older than the last upgrade.
  if (taken.wasStandby) await bringUpToDate({ databaseUrl, log });
  const loaded = taken.wasStandby ? readAgain(options) : options.loaded;
  return await buildHolder({ ...options, ...taken, loaded, music, databaseUrl, seat }, releasers);
}

async function loadHolder(): Promise<typeof import('./holder.ts')> {
  const holder = await import('./holder.ts');
  loadAriClient();
  return holder;
}

/** The file may have been changed, and the process that acted told of it, while this one waited. */
function readAgain({ load, loaded, log }: AppOptions): LoadedConfig {
  try {
    return load();
  } catch (error) {
    if (!isAppError(error, 'CONFIG_INVALID')) throw error;
    log.error({ err: error }, 'The configuration is wrong now: the one of the start of this process counts');
    return loaded;
  }
}

/** The right to act on a switch. A standby waits here, and says over HTTP that it does. */
async function takeLease(
  options: AppOptions,
  databaseUrl: string,
  releasers: ReleaserStack,
): Promise<Pick<HolderOptions, 'lease' | 'wasStandby'>> {
  const { loaded, log, version, signal, onLeaseLost } = options;
  const { config, secrets } = loaded;
  const { leaseMs } = config.database;
  const leases = new PostgresLeases({ databaseUrl, leaseMs, log: log.child({ room: 'lease' }) });
  const switches = config.ownSwitch === null ? config.switches.map(({ name }) => name) : [config.ownSwitch];
  // Ends the waiting when the port is taken, or when the process is told to stop.
  const waiting = new AbortController();
  const onStop = () => waiting.abort(signal.reason);
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  let wasStandby = false;
  let opening: Promise<Standby | null> = Promise.resolve(null);
  const onStandby = () => {
    wasStandby = true;
    opening = import('./standby.ts').then(({ openStandby }) =>
      openStandby({ config, secrets, databaseUrl, version, log }),
    );
    opening.catch((error: unknown) => waiting.abort(error));
  };
  try {
    const lease = await leases.take(switches, { signal: waiting.signal, onStandby, onLost: onLeaseLost });
    // Given back late: nothing of this process may act any more then.
    releasers.add('lease', () => lease.release());
    return { lease, wasStandby };
  } finally {
    signal.removeEventListener('abort', onStop);
    await opening.then((standby) => standby?.close()).catch(() => undefined);
  }
}
