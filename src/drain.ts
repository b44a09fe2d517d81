import { hostname } from 'node:os';
import type { CallCounts, DrainFace, DrainView, DrainWay } from './http/drain-routes.ts';
import type { Clock } from './lib/clock.ts';
import { deferred } from './lib/deferred.ts';
import type { Logger } from './log.ts';

/** How often it is looked at how far it is. */
const LOOK_MS = 250;
/** A standby that is not seen for so long is gone; one that only lost its connection with the database is back by then. */
const GONE_AFTER_MS = 5_000;
/** Between two lines of the log about calls that are still there. */
const TELL_MS = 60_000;

/** Why the process may end now. */
export type DrainEnd = 'handed-over' | 'empty' | 'time-over';

export interface DrainDeps {
  readonly calls: {
    counts(): CallCounts;
    drain(request: { readonly to: DrainWay }): void;
    cancelDrain(): void;
    handOver(): void;
  };
  /** Processes that would take the switch over at once. @throws AppError DATABASE_UNAVAILABLE */
  standbys(): Promise<number>;
  /** Tells other processes. */
  tell(isDraining: boolean): void;
  /** Longest time for rings before a handover, and for conversations without another process. */
  limits(): { readonly ringsMs: number; readonly talksMs: number };
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The end of the process on request, without a call that suffers by it (`queueapp drain`). With a standby of the same switch everything is handed
 * over as soon as nothing rings: to it talks and places are the same. Without one the callers who wait go to the dialplan, and the process ends
 * when the last conversation has; a standby that comes meanwhile takes over at once.
 */
export class Drain implements DrainFace {
  readonly #deps: DrainDeps;
  readonly #end = deferred<DrainEnd>();
  #way: DrainWay = 'dialplan';
  /** `null`: not draining. */
  #sinceMs: number | null = null;
  #standbys: number | null = null;
  /** When a standby was seen last, or not known to be gone. */
  #standbySeenAtMs = 0;
  #toldAtMs = 0;
  #isOver = false;
  #cancel: () => void = () => undefined;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return this.#sinceMs !== null;
  }

  /** Settles when the process may end. */
  get ended(): Promise<DrainEnd> {
    return this.#end.promise;
  }

  async view(): Promise<DrainView> {
    await this.#count();
    return this.#seen();
  }

  /** Idempotent. */
  async begin(): Promise<DrainView> {
    await this.#count();
    if (this.isOn) return this.#seen();
    const { clock, tell, log } = this.#deps;
    this.#sinceMs = clock.now();
    this.#toldAtMs = this.#sinceMs;
    this.#standbySeenAtMs = this.#sinceMs;
    tell(true);
    this.#go(this.#wayNow());
    log.info({ to: this.#way, standbys: this.#standbys, ...this.#deps.calls.counts() }, 'Draining');
    this.#lookLater();
    return this.#seen();
  }

  /** Too late once everything was handed over. */
  async cancel(): Promise<DrainView> {
    if (this.isOn && !this.#isOver) {
      this.#sinceMs = null;
      this.#cancel();
      this.#deps.calls.cancelDrain();
      this.#deps.tell(false);
      this.#deps.log.info('The drain was taken back: calls are taken again');
    }
    return await this.view();
  }

  close(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #seen(): DrainView {
    const { calls, limits } = this.#deps;
    const way = this.isOn ? this.#way : this.#wayNow();
    const { ringsMs, talksMs } = limits();
    const limitMs = way === 'process' ? ringsMs : talksMs;
    return {
      process: processName(),
      isDraining: this.isOn,
      way,
      sinceMs: this.#sinceMs,
      limitMs,
      standbys: this.#standbys,
      calls: calls.counts(),
    };
  }

  /** While the database is away nobody can take over. */
  async #count(): Promise<void> {
    this.#standbys = await this.#deps.standbys().catch(() => null);
  }

  #wayNow(): DrainWay {
    return (this.#standbys ?? 0) > 0 ? 'process' : 'dialplan';
  }

  #go(way: DrainWay): void {
    this.#way = way;
    this.#deps.calls.drain({ to: way });
  }

  #lookLater(): void {
    if (!this.#isOver) this.#cancel = this.#deps.clock.after(LOOK_MS, () => this.#lookSafely());
  }

  #lookSafely(): void {
    this.#look().catch((error: unknown) => this.#deps.log.error({ err: error }, 'The drain failed'));
  }

  async #look(): Promise<void> {
    await this.#count();
    if (this.#sinceMs === null || this.#isOver) return;
    const { clock, calls, limits } = this.#deps;
    this.#chooseWay();
    const counts = calls.counts();
    const forMs = clock.now() - this.#sinceMs;
    const { ringsMs, talksMs } = limits();
    const canHandOver = this.#way === 'process' && this.#wayNow() === 'process';
    if (canHandOver && (counts.ringing === 0 || forMs >= ringsMs)) return this.#handOver(counts);
    if (this.#way === 'dialplan' && sum(counts) === 0) return this.#finish('empty', counts);
    if (forMs >= talksMs) return this.#finish('time-over', counts);
    this.#tellSometimes(counts);
    this.#lookLater();
  }

  /** Nobody is sent away because the database, or the standby's connection with it, was away for a moment. */
  #chooseWay(): void {
    const { clock, log } = this.#deps;
    const isGone = this.#standbys === 0 && clock.now() - this.#standbySeenAtMs >= GONE_AFTER_MS;
    if (this.#standbys !== 0) this.#standbySeenAtMs = clock.now();
    const way = this.#way === 'process' && !isGone ? 'process' : this.#wayNow();
    if (way === this.#way) return;
    log.info({ to: way, standbys: this.#standbys }, 'Draining: another way now');
    this.#go(way);
  }

  #handOver(counts: CallCounts): void {
    this.#deps.calls.handOver();
    this.#finish('handed-over', counts);
  }

  #finish(end: DrainEnd, counts: CallCounts): void {
    this.#isOver = true;
    this.#deps.log.info({ end, ...counts }, 'Drained: the process ends');
    this.#end.resolve(end);
  }

  #tellSometimes(counts: CallCounts): void {
    const { clock, log } = this.#deps;
    if (clock.now() - this.#toldAtMs < TELL_MS) return;
    this.#toldAtMs = clock.now();
    log.info({ ...counts }, 'Still draining');
  }
}

/** As the lease names its holder. */
export const processName = () => `${hostname()} ${process.pid}`;

const sum = (counts: CallCounts) => Object.values(counts).reduce((total, count) => total + count, 0);
