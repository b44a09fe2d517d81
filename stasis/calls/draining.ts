import { setMaxListeners } from 'node:events';

/**
 * What becomes of the calls before the process ends on request. All calls look at it.
 *
 *   open ──begin──> draining ──(last call gone, or the time is over)──> the process ends
 *    ^                │  │
 *    └────cancel──────┘  └──handOver──> handing over: another process takes everything as it is
 *
 * draining: nobody new is taken, callers in the IVR finish their step, who waits goes back to the dialplan (QUEUESTATUS=UNAVAILABLE), a ring is
 * finished, who talks talks on. handing over: nobody is sent anywhere, who arrives is left to the other process.
 */
export class Draining {
  #dialplan = newController();
  readonly #handover = newController();

  /** Aborted while callers are sent back to the dialplan; another signal after `cancel`. */
  get signal(): AbortSignal {
    return this.#dialplan.signal;
  }

  /** Aborted when another process takes everything over. */
  get handover(): AbortSignal {
    return this.#handover.signal;
  }

  begin(): void {
    this.#dialplan.abort();
  }

  cancel(): void {
    if (this.signal.aborted) this.#dialplan = newController();
  }

  handOver(): void {
    this.#handover.abort();
  }
}

/** Every call listens to it. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
