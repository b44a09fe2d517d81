import type { SwitchName } from '../src/core/ids.ts';
import { AppError } from '../src/errors.ts';
import { type Clock, delay } from '../src/lib/clock.ts';
import { within } from '../src/lib/within.ts';
import type { Logger } from '../src/log.ts';
import type { HolderFacts, Lease, SwitchWord } from '../src/ports/lease.ts';
import type { LeaseSession } from './lease-session.ts';
import { type BeatRow, beatLease, reclaimLease, releaseLease, type TakenLease } from './statements/leases.ts';

/** Beats in one lease time: so many may fail in a row, but one. */
const BEATS = 6;
/** Share of the lease time for which an answer counts, from when it was asked for; the rest is for what is on its way. */
const FRESH = 2 / 3;
/** The same for what takes something from another holder: nobody can have the lease before it is over, and connecting begins at once. */
const SURE = 5 / 6;
/** Longest wait for the database before the switch is asked, too. */
const PATIENCE_MS = 300;

export interface PostgresLeaseOptions {
  readonly switchName: SwitchName;
  readonly taken: TakenLease;
  /** The session that has taken the lease. */
  readonly session: LeaseSession;
  /** When that was asked for. */
  readonly takenAt: Moment;
  readonly leaseMs: number;
  readonly clocks: LeaseClocks;
  onLost(reason: string): void;
  readonly log: Logger;
}

/** `even` runs evenly and measures the lease time. `wall` only tells that the machine has slept: then more is asked for, never less. */
export interface LeaseClocks {
  readonly even: Clock;
  readonly wall: Clock;
}

export interface Moment {
  readonly evenMs: number;
  readonly wallMs: number;
}

export const momentNow = ({ even, wall }: LeaseClocks): Moment => ({ evenMs: even.now(), wallMs: wall.now() });

/** A lease that this process holds: heartbeats on a session of its own, and the answer to whether it is still held (ports/lease.ts has the picture). */
export class PostgresLease implements Lease {
  readonly switchName: SwitchName;
  readonly epoch: number;
  /** The database's own mark of this taking. */
  readonly taken: string;
  readonly #options: PostgresLeaseOptions;
  readonly #session: LeaseSession;
  #state: 'held' | 'released' | 'lost' = 'held';
  #facts: HolderFacts = { httpUrl: null, isSwitchLost: null, isDraining: false };
  #witness: () => Promise<SwitchWord> = async () => 'away';
  /** When the last word was asked for that the lease is held: the database's or, while it is away, the switch's. */
  #heldAt: Moment;
  /** The same of the database alone. */
  #saidAt: Moment;
  /** When the database was asked last without an answer; `null`: it has answered since. */
  #awayAt: Moment | null = null;
  #sessionCount: number;
  /** Signs of life that the row had at the last one. */
  #beats: number;
  #beating: Promise<'held' | 'away'> | null = null;
  #asking: Promise<void> | null = null;
  #cancelBeat: () => void = () => undefined;

  constructor(options: PostgresLeaseOptions) {
    this.#options = options;
    this.switchName = options.switchName;
    this.epoch = options.taken.epoch;
    this.taken = options.taken.taken;
    this.#beats = options.taken.beat;
    this.#session = options.session;
    this.#sessionCount = options.session.count;
    this.#heldAt = options.takenAt;
    this.#saidAt = options.takenAt;
    // Standbys may have seen already that the session is gone, and look again soon.
    this.#session.whenLost(() => this.#beatNow());
    this.#beatLater();
  }

  confirm(): Promise<void> | undefined {
    if (this.#state !== 'held') return Promise.reject(this.#refusal());
    if (this.#isFresh(this.#heldAt)) return undefined;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async confirmByDatabase(signal: AbortSignal): Promise<void> {
    const isSure = () => this.#isFresh(this.#saidAt, SURE);
    while (this.#state === 'held' && !isSure()) {
      await this.#beat();
      if (this.#state === 'held' && !isSure())
        await delay(this.#options.clocks.even, this.#options.leaseMs / BEATS, signal);
    }
    signal.throwIfAborted();
    if (this.#state !== 'held') throw this.#refusal();
  }

  alsoAsk(witness: () => Promise<SwitchWord>): void {
    this.#witness = witness;
  }

  tell(facts: Partial<HolderFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  refused(reason: string): void {
    this.#lose(reason);
  }

  async release(): Promise<void> {
    if (this.#state !== 'held') return;
    this.#state = 'released';
    this.#cancelBeat();
    await this.#beating;
    await this.#session.run(releaseLease(this)).catch((error: unknown) => {
      this.#options.log.debug(
        { err: error },
        'The lease could not be given back: it is taken over when its session ends',
      );
    });
    await this.#session.close();
  }

  /** Asks until an answer is young enough to be acted on: a process that was frozen meanwhile asks again. */
  async #ask(): Promise<void> {
    for (;;) {
      const askedAt = this.#now();
      const isHeld = (await this.#askDatabase()) && this.#isFresh(this.#saidAt);
      if (this.#state !== 'held') throw this.#refusal();
      if (isHeld) return;
      const word = await this.#witness();
      if (word === 'replaced') this.#lose('the switch says that another process has the application');
      if (this.#state !== 'held') throw this.#refusal();
      if (!this.#isFresh(askedAt)) continue;
      this.#heldAt = askedAt;
      return;
    }
  }

  /** Whether the database says in time that the lease is held; it is not waited for again when it did not answer just now. */
  async #askDatabase(): Promise<boolean> {
    if (this.#awayAt !== null && this.#isFresh(this.#awayAt)) return false;
    // A beat that is on its way may have been sent long before the process stood still.
    const answer = this.#beating === null ? this.#beat() : this.#beating.then(() => this.#beat());
    return (await within(this.#options.clocks.even, answer, PATIENCE_MS)) === 'held';
  }

  #beatLater(): void {
    this.#cancelBeat = this.#options.clocks.even.after(this.#options.leaseMs / BEATS, () => this.#beatNow());
  }

  #beatNow(): void {
    if (this.#state !== 'held') return;
    this.#cancelBeat();
    this.#beat().then(
      () => {
        if (this.#state === 'held') this.#beatLater();
      },
      (error: unknown) => this.#options.log.fatal({ err: error }, 'The heartbeat failed'),
    );
  }

  #beat(): Promise<'held' | 'away'> {
    this.#beating ??= this.#sendBeat().finally(() => {
      this.#beating = null;
    });
    return this.#beating;
  }

  async #sendBeat(): Promise<'held' | 'away'> {
    const sentAt = this.#now();
    try {
      let rows = await this.#session.run(beatLease(this, this.#facts));
      if (this.#session.count !== this.#sessionCount) {
        rows = await this.#session.run(reclaimLease(this));
        this.#sessionCount = this.#session.count;
      }
      this.#see(rows[0]);
      this.#heldAt = sentAt;
      this.#saidAt = sentAt;
      this.#awayAt = null;
      return 'held';
    } catch (error) {
      this.#options.log.debug({ err: error }, 'A heartbeat did not reach the database');
      this.#awayAt = sentAt;
      return 'away';
    }
  }

  /**
   * Whether the row is as this process has left it. Signs of life are counted by the holder alone: where there are fewer than it knows of, or the
   * epoch is an older one, the database itself has been set back, and what this process holds in memory is not what stands there.
   */
  #see(row: BeatRow | undefined): void {
    if (row === undefined) throw new Error('The database has no leases: it is being restored, or was emptied');
    const { epoch, beat } = row;
    if (epoch < this.epoch || (beat !== null && beat <= this.#beats))
      this.#lose(
        `the database was set back: from epoch ${this.epoch} and beat ${this.#beats} to ${epoch} and ${beat ?? 'none'}`,
      );
    else if (beat === null) this.#lose('another process has taken it over');
    else this.#beats = beat;
  }

  #lose(reason: string): void {
    if (this.#state !== 'held') return;
    this.#state = 'lost';
    this.#cancelBeat();
    this.#options.onLost(reason);
    this.#session.close().catch(() => undefined);
  }

  #refusal(): AppError {
    const how = this.#state === 'released' ? 'was given back' : 'is lost';
    return new AppError('LEASE_LOST', `The lease of switch ${this.switchName} ${how}`, {
      details: { switchName: this.switchName, epoch: this.epoch },
    });
  }

  #now(): Moment {
    return momentNow(this.#options.clocks);
  }

  #isFresh(moment: Moment, share = FRESH): boolean {
    const { evenMs, wallMs } = this.#now();
    return Math.max(evenMs - moment.evenMs, wallMs - moment.wallMs) < this.#options.leaseMs * share;
  }
}
