import type { CallEvent } from '../../../src/core/events.ts';
import type { WayMark } from '../../../src/core/ivr/way.ts';
import type { CallRoom } from '../call-room.ts';
import type { LiveCall } from '../live-call.ts';
import { quietly } from '../quietly.ts';

/** Writes a caller's way through the menus into queue_log, for those who evaluate it. The caller never waits for that. */
export class WayLog {
  readonly #room: CallRoom;
  readonly #call: LiveCall;
  /** Lines are written one after the other, so that they stand in their order. */
  #last: Promise<void> = Promise.resolve();
  #isInIvr = false;

  constructor(room: CallRoom, call: LiveCall) {
    this.#room = room;
    this.#call = call;
  }

  /** The number that was dialled. */
  arrived(): void {
    this.#write({ event: 'DID', ...this.#line(), dialled: this.#call.dialled });
  }

  /** The caller is in the IVR; only the first time of a call is a beginning. */
  enteredIvr(): void {
    if (this.#isInIvr) return;
    this.#isInIvr = true;
    this.passed({ topic: 'IVRSTART', details: [this.#call.caller.number ?? '', this.#call.dialled] });
  }

  passed(mark: WayMark): void {
    this.#write({ event: 'INFO', ...this.#line(), ...mark });
  }

  #line() {
    const { callId, uniqueId } = this.#call;
    return { callId, uniqueId, atMs: this.#room.clock.now() };
  }

  #write(event: CallEvent): void {
    if (!this.#room.settings.queueLog.hasIvr) return;
    this.#last = this.#last.then(() => quietly(this.#call, 'record-way', () => this.#room.store.record(event)));
  }
}
