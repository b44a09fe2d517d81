import type { AriPbx } from '../stasis/ari/pbx.ts';
import type { Clock } from './lib/clock.ts';

/** What is kept of the connection. */
type Seat = Pick<AriPbx, 'isConnected' | 'expectSuccessor' | 'subscribe' | typeof Symbol.asyncDispose>;

/** Longest wait for the process that takes over; beyond it new calls take the dialplan's fallback until it has connected. */
const REPLACED_WAIT_MS = 5_000;

/**
 * This process's connection to Asterisk at its end. While the application's name is connected Asterisk lets new calls in; a moment without would send
 * them into the dialplan's fallback. So the connection is kept, without acting, until the next process has taken the name.
 */
export class AsteriskSeat {
  /** Whether another process takes over as soon as the lease is given back. */
  isAwaited: () => boolean = () => false;
  readonly #clock: Clock;
  #pbx: Seat | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(pbx: Seat): void {
    this.#pbx = pbx;
  }

  /** After the lease was given back. */
  async leave(): Promise<void> {
    const pbx = this.#pbx;
    if (pbx === null) return;
    if (this.isAwaited() && pbx.isConnected()) await this.#untilReplaced(pbx);
    await pbx[Symbol.asyncDispose]();
  }

  #untilReplaced(pbx: Seat): Promise<void> {
    pbx.expectSuccessor();
    return new Promise((resolve) => {
      const over = () => {
        cancel();
        unsubscribe();
        resolve();
      };
      const cancel = this.#clock.after(REPLACED_WAIT_MS, over);
      const unsubscribe = pbx.subscribe(({ type }) => {
        if (type === 'replaced' || type === 'disconnected') over();
      });
    });
  }
}
