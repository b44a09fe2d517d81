import type { PartStatus } from './http/application-face.ts';
import type { Clock } from './lib/clock.ts';

/** Whether a foreign power is there, and if not, or not as fast as it should be, why; since when, if whoever is asked knows better than who asks each second. */
export type PartProbe = () => Promise<{
  readonly isUp: boolean;
  /** There, but late with its answers. @default false */
  readonly isSlow?: boolean;
  readonly reason: string | null;
  readonly sinceMs?: number;
}>;

/** How often each is looked at. */
const LOOK_MS = 1_000;

/** Keeps how it stands with one foreign power, and since when. */
export class PartWatch {
  readonly #probe: PartProbe | null;
  readonly #clock: Clock;
  #status: PartStatus;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  /** Without a probe the part is off. */
  constructor(probe: PartProbe | null, clock: Clock) {
    this.#probe = probe;
    this.#clock = clock;
    const state = probe === null ? 'off' : 'down';
    this.#status = { state, sinceMs: clock.now(), reason: probe === null ? null : 'not reached yet' };
  }

  get status(): PartStatus {
    return this.#status;
  }

  /** Looks now, and from then on regularly. */
  async start(): Promise<void> {
    if (this.#probe === null || this.#isStopped) return;
    const seen: Seen = await this.#probe().catch((error: unknown) => ({ isUp: false, reason: reasonOf(error) }));
    const state = stateOf(seen);
    const seenSinceMs = state === this.#status.state ? this.#status.sinceMs : this.#clock.now();
    this.#status = { state, sinceMs: seen.sinceMs ?? seenSinceMs, reason: state === 'up' ? null : seen.reason };
    if (this.#isStopped) return;
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.start().catch(() => undefined);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }
}

type Seen = Awaited<ReturnType<PartProbe>>;

function stateOf({ isUp, isSlow = false }: Seen): PartStatus['state'] {
  if (!isUp) return 'down';
  return isSlow ? 'slow' : 'up';
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
