import { hostname } from 'node:os';
import type { SwitchName } from '../src/core/ids.ts';
import { type LeaseWatch, type TakeoverReason, watchLease } from '../src/core/lease/takeover.ts';
import { isAppError } from '../src/errors.ts';
import { delay, monotonicClock, systemClock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Lease, Leases, TakeOptions } from '../src/ports/lease.ts';
import { type LeaseClocks, momentNow, PostgresLease } from './lease.ts';
import { LeaseSession } from './lease-session.ts';
import { defineSwitches, type LookRow, lookAtLeases, takeLease } from './statements/leases.ts';

/** Looks of a standby in one lease time. */
const LOOKS = 12;

export interface LeasesOptions {
  readonly databaseUrl: string;
  /** A holder that gives no sign of life for so long is replaced. */
  readonly leaseMs: number;
  /** @default the machine's */
  readonly clocks?: LeaseClocks;
  readonly log: Logger;
}

/** A lease that can be had, and why. */
interface Chance {
  readonly switchName: SwitchName;
  readonly epoch: number;
  readonly beat: number;
  readonly holder: string | null;
  readonly why: TakeoverReason;
}

/** The leases in table `switch_lease`. A standby looks a dozen times in a lease time, on a session of its own that becomes the holder's. */
export class PostgresLeases implements Leases {
  readonly #options: LeasesOptions;
  readonly #clocks: LeaseClocks;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#clocks = options.clocks ?? { even: monotonicClock, wall: systemClock };
  }

  async take(switches: readonly SwitchName[], options: TakeOptions): Promise<Lease> {
    const { databaseUrl, leaseMs } = this.#options;
    const applicationName = `queueapp standby ${switches.length === 1 ? switches[0] : '*'}`;
    const session = new LeaseSession({ databaseUrl, applicationName, limitMs: leaseMs, clock: this.#clocks.even });
    const lookout = new Lookout(session, switches, { leaseMs, clocks: this.#clocks });
    try {
      return await this.#wait(lookout, session, options);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #wait(lookout: Lookout, session: LeaseSession, options: TakeOptions): Promise<Lease> {
    const { leaseMs, log } = this.#options;
    const teller = new Teller(log, options);
    for (;;) {
      options.signal.throwIfAborted();
      try {
        const { chance, holder } = await lookout.look();
        const lease = chance && (await this.#take(chance, session, options));
        if (lease) return lease;
        teller.looked(holder);
      } catch (error) {
        if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
        teller.failed(error);
      }
      await delay(this.#clocks.even, leaseMs / LOOKS, options.signal);
    }
  }

  async #take(chance: Chance, session: LeaseSession, { onLost }: TakeOptions): Promise<Lease | null> {
    const { leaseMs, log } = this.#options;
    const { switchName, why } = chance;
    const takenAt = momentNow(this.#clocks);
    const [taken] = await session.run(takeLease({ ...chance, holder: `${hostname()} ${process.pid}` }));
    if (taken === undefined) return null;
    const { epoch } = taken;
    await session.rename(`queueapp lease ${switchName}`);
    log.info({ switch: switchName, epoch, why, before: chance.holder }, 'Took the lease of the switch');
    return new PostgresLease({ switchName, taken, session, takenAt, leaseMs, clocks: this.#clocks, onLost, log });
  }
}

/** Says each thing once, when it begins and when it is over. */
class Teller {
  readonly #log: Logger;
  readonly #options: TakeOptions;
  #isStandby = false;
  #isAway = false;

  constructor(log: Logger, options: TakeOptions) {
    this.#log = log;
    this.#options = options;
  }

  looked(holder: string | null): void {
    if (this.#isAway) this.#log.info('The database answers again: who acts on the switch is known');
    this.#isAway = false;
    if (this.#isStandby || holder === null) return;
    this.#isStandby = true;
    this.#log.info({ holder }, 'Standby: another process acts');
    this.#options.onStandby?.(holder);
  }

  failed(error: unknown): void {
    if (!this.#isAway)
      this.#log.warn({ err: error }, 'Waiting for the database: it does not say who acts on the switch');
    this.#isAway = true;
  }
}

/** Watches the leases of some switches over one session. */
class Lookout {
  readonly #session: LeaseSession;
  readonly #switches: readonly SwitchName[];
  readonly #leaseMs: number;
  readonly #clocks: LeaseClocks;
  readonly #watches = new Map<string, LeaseWatch>();
  #sessionCount = 0;
  /**
   * Until then an ended session proves nothing: ours was lost, too, and so was perhaps everybody's. Nor does a lease that is free: it may be that of a dump,
   * whose holder of today is about to find out.
   */
  #doubtUntilMs = 0;

  constructor(
    session: LeaseSession,
    switches: readonly SwitchName[],
    { leaseMs, clocks }: { readonly leaseMs: number; readonly clocks: LeaseClocks },
  ) {
    this.#session = session;
    this.#switches = switches;
    this.#leaseMs = leaseMs;
    this.#clocks = clocks;
  }

  /** The first lease that can be had, or who holds them; neither as long as a session that is gone may come back. */
  async look(): Promise<{ readonly chance: Chance | null; readonly holder: string | null }> {
    const askedAtMs = this.#clocks.even.now();
    const rows = await this.#session.run(lookAtLeases(this.#switches));
    const answeredAtMs = this.#clocks.even.now();
    this.#noteSession(answeredAtMs);
    if (rows.length < this.#switches.length) {
      await this.#session.run(defineSwitches(this.#switches));
      return this.look();
    }
    const chances = rows.map((row) => this.#judge(row, { askedAtMs, answeredAtMs }));
    const isWaiting = rows.some(
      (row) => row.holder === null || (row.isSessionGone && answeredAtMs >= this.#doubtUntilMs),
    );
    const holders = rows.map(({ switchName, holder }) => `${switchName}: ${holder}`).join(', ');
    return { chance: chances.find((chance) => chance !== null) ?? null, holder: isWaiting ? null : holders };
  }

  #judge(row: LookRow, times: { readonly askedAtMs: number; readonly answeredAtMs: number }): Chance | null {
    const { switchName, epoch, beat, holder } = row;
    const isSure = times.answeredAtMs >= this.#doubtUntilMs;
    const look = {
      epoch,
      beat,
      isFree: isSure && holder === null,
      isSessionGone: isSure && row.isSessionGone,
      ...times,
    };
    const { watch, reason } = watchLease(this.#watches.get(switchName) ?? null, look, { leaseMs: this.#leaseMs });
    this.#watches.set(switchName, watch);
    return reason && { switchName: switchName as SwitchName, epoch, beat, holder, why: reason };
  }

  /** A new session begins to watch anew: nobody could give a sign of life while the database was away. */
  #noteSession(nowMs: number): void {
    if (this.#session.count === this.#sessionCount) return;
    if (this.#sessionCount > 0) this.#doubtUntilMs = nowMs + this.#leaseMs;
    this.#sessionCount = this.#session.count;
    this.#watches.clear();
  }
}
