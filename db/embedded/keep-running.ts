import { backoffMs } from '../../src/lib/backoff.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Outage, type OutageWords } from '../../src/lib/outage.ts';
import type { Logger } from '../../src/log.ts';
import { runningPostmaster } from './server-process.ts';

/** How often it is looked whether the server is there. */
const LOOK_MS = 1_000;
/** Between tries to start it: a full disk is not cured by the next second. */
const RESTART_PAUSE_MS_MAX = 15_000;
const BACKOFF = { firstMs: 1_000, maxMs: RESTART_PAUSE_MS_MAX };

const WORDS: OutageWords = {
  lost: 'The embedded PostgreSQL has ended: it is started again',
  still: 'The embedded PostgreSQL can still not be started',
  back: 'The embedded PostgreSQL runs again',
};

export interface KeepRunningOptions {
  /** The server's folder. */
  readonly cluster: string;
  /** Starts it at the same address. @throws AppError DATABASE_START */
  start(): Promise<unknown>;
  readonly log: Logger;
}

/**
 * Starts the application's own server again when it ends by itself (killed for want of memory, a panic on a full disk), as a supervisor does for
 * others. Answers how to stop looking, which waits for a start that is under way.
 */
export function keepRunning({ cluster, start, log }: KeepRunningOptions): () => Promise<void> {
  const clock = systemClock;
  const outage = new Outage({ power: 'embedded PostgreSQL', words: WORDS, clock, log });
  let isClosed = false;
  let failures = 0;
  let cancel: () => void = () => undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    try {
      if ((await runningPostmaster(cluster)) === null && !isClosed) {
        outage.lost('server', 'its process is gone');
        await start();
      }
      failures = 0;
      outage.back('server');
    } catch (error) {
      failures++;
      log.debug({ err: error, failures }, 'The embedded PostgreSQL does not start');
    }
    const waitMs = failures === 0 ? LOOK_MS : backoffMs(failures - 1, BACKOFF, Math.random);
    if (!isClosed) cancel = clock.after(waitMs, again);
  };
  const again = () => {
    looking = look();
  };
  cancel = clock.after(LOOK_MS, again);
  return async () => {
    isClosed = true;
    cancel();
    await looking;
    cancel();
    outage.close();
  };
}
