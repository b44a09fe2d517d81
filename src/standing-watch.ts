import type { Clock } from './lib/clock.ts';
import type { RecordingRemovals } from './ports/recording-removals.ts';

/** How often the database is asked; what it says is so old at most. */
const LOOK_MS = 2_000;

export interface StandingWatchDeps {
  readonly removals: Pick<RecordingRemovals, 'count'>;
  readonly clock: Clock;
}

/** What the database knows of the whole, read regularly, so that who asks for the state never waits for it. */
export class StandingWatch {
  readonly #deps: StandingWatchDeps;
  #unwantedRecordings: number | null = null;
  #isStopped = false;
  #cancel: () => void = () => undefined;

  constructor(deps: StandingWatchDeps) {
    this.#deps = deps;
  }

  /** Recordings to be removed; `null`: not known now. */
  get unwantedRecordings(): number | null {
    return this.#unwantedRecordings;
  }

  /** Looks now, and from then on regularly. */
  async start(): Promise<void> {
    const { removals, clock } = this.#deps;
    this.#unwantedRecordings = await removals.count().catch(() => null);
    if (this.#isStopped) return;
    this.#cancel = clock.after(LOOK_MS, () => {
      this.start().catch(() => undefined);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }
}
