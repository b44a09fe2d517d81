import { isAppError } from './errors.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './log.ts';
import type { Pbx } from './ports/pbx.ts';
import type { RecordingRemovals, UnwantedRecording } from './ports/recording-removals.ts';

const EVERY_MS = 10 * 60_000;
/** Files of one round; the rest follow in the next. */
const BATCH = 100;

export interface RecordingRemoverDeps {
  readonly removals: Pick<RecordingRemovals, 'unwanted' | 'removed'>;
  readonly pbx: Pick<Pbx, 'deleteRecording'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Removes the files of recordings that are not to be kept any more. While Asterisk or the database is away they wait. */
export class RecordingRemover {
  readonly #deps: RecordingRemoverDeps;
  /** Files that Asterisk did not remove; they are tried again in a later round. */
  #failed = new Set<string>();
  #isClosed = false;
  #cancel: () => void = () => undefined;
  /** One round after another; never rejects. */
  #working: Promise<unknown> = Promise.resolve();

  constructor(deps: RecordingRemoverDeps) {
    this.#deps = deps;
  }

  /** From now on every ten minutes. */
  start(): void {
    if (this.#isClosed) return;
    const { clock, log } = this.#deps;
    this.#cancel = clock.after(EVERY_MS, () => {
      this.#failed = new Set();
      this.run()
        .then(() => this.start())
        .catch((error: unknown) => log.error({ err: error }, 'Recordings are not removed any more'));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#working;
  }

  /** Removes what there is to remove; tells how many files are gone. Never rejects. */
  run(): Promise<number> {
    const done = this.#working.then(() => this.#removeAll());
    this.#working = done;
    return done;
  }

  async #removeAll(): Promise<number> {
    const { removals, log } = this.#deps;
    let removed = 0;
    try {
      for (;;) {
        const unwanted = await removals.unwanted(BATCH + this.#failed.size);
        const left = unwanted.filter(({ recordingId }) => !this.#failed.has(recordingId));
        if (left.length === 0 || this.#isClosed) return removed;
        for (const recording of left) if (await this.#remove(recording)) removed++;
      }
    } catch (error) {
      if (!isAppError(error)) log.error({ err: error }, 'Recordings could not be removed');
      else
        log.warn(
          { err: error, removed },
          'Recordings that are to be removed stay until Asterisk and the database are there',
        );
      return removed;
    }
  }

  /** False when Asterisk refuses; that it is away is for the next round. */
  async #remove({ recordingId, file }: UnwantedRecording): Promise<boolean> {
    const { removals, pbx, clock, log } = this.#deps;
    try {
      // Asterisk's name of a recording is without the ending.
      await pbx.deleteRecording(file.replace(/\.[^./]*$/, ''));
    } catch (error) {
      if (!isAppError(error, 'ARI_REFUSED')) throw error;
      this.#failed.add(recordingId);
      log.error({ err: error, recordingId }, 'Asterisk does not remove a recording');
      return false;
    }
    await removals.removed(recordingId, clock.now());
    return true;
  }
}
