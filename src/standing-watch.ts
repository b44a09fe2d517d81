import type { SwitchName } from './core/ids.ts';
import type { Clock } from './lib/clock.ts';
import type { RecordingRemovals } from './ports/recording-removals.ts';
import type { Switches, SwitchStanding } from './ports/switches.ts';

/** How often the database is asked; what it says is so old at most while it is there. */
const LOOK_MS = 2_000;

export interface StandingWatchDeps {
  readonly switches: Switches;
  /** `null`: a standby, which removes nothing. */
  readonly removals: Pick<RecordingRemovals, 'count'> | null;
  readonly clock: Clock;
}

/** The switches as they were when the database was asked last. */
export interface SwitchesSeen {
  readonly asOfMs: number;
  readonly list: readonly SwitchStanding[];
}

/** What the database knows of the whole, read regularly, so that who asks for the state never waits for it. */
export class StandingWatch {
  readonly #deps: StandingWatchDeps;
  #unwantedRecordings: number | null = null;
  #switches: SwitchesSeen | null = null;
  #isStopped = false;
  #cancel: () => void = () => undefined;

  constructor(deps: StandingWatchDeps) {
    this.#deps = deps;
  }

  /** Recordings to be removed; `null`: not known now. */
  get unwantedRecordings(): number | null {
    return this.#unwantedRecordings;
  }

  /** As last seen; `null`: never. */
  get switches(): SwitchesSeen | null {
    return this.#switches;
  }

  /** Processes that would take a switch over, as last seen. */
  standbysOf(switchName: SwitchName): number {
    return this.#switches?.list.find((each) => each.switchName === switchName)?.standbys ?? 0;
  }

  /** Looks now, and from then on regularly. */
  async start(): Promise<void> {
    const { switches, removals, clock } = this.#deps;
    const [unwanted, list] = await Promise.all([
      removals?.count().catch(() => null) ?? null,
      switches.list().catch(() => null),
    ]);
    this.#unwantedRecordings = unwanted;
    if (list !== null) this.#switches = { asOfMs: clock.now(), list };
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
