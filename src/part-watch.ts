import type { PartStatus } from './http/application-face.ts';
import type { Clock } from './lib/clock.ts';

/** Whether a foreign power is there, and if not, why; since when, if whoever is asked knows better than who asks each second. */
export type PartProbe = () => Promise<{
  readonly isUp: boolean;
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
    const seen = await this.#probe().catch((error: unknown) => ({ isUp: false, reason: reasonOf(error) }));
    const state = seen.isUp ? 'up' : 'down';
    const seenSinceMs = state === this.#status.state ? this.#status.sinceMs : this.#clock.now();
    const sinceMs = 'sinceMs' in seen && seen.sinceMs !== undefined ? seen.sinceMs : seenSinceMs;
    this.#status = { state, sinceMs, reason: seen.isUp ? null : seen.reason };
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

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
