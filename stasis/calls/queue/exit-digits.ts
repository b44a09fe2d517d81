import type { DialplanTarget } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { quietly } from '../quietly.ts';

/** Longest number that a waiting caller may type. */
export const EXIT_DIGITS_MAX = 20;
/** What was typed is forgotten when nothing follows for so long. */
const EXIT_DIGITS_PAUSE_MS = 3_000;

interface ExitDigitsOptions {
  readonly room: Pick<CallRoom, 'pbx' | 'clock'>;
  readonly call: Call;
  /** The queue's `exit-context`. */
  readonly context: string;
  /** Told once: an extension of the context was typed. */
  readonly leave: (target: DialplanTarget) => void;
}

/**
 * Digits that a waiting caller types, until they are an extension of the queue's context (app_queue `context`; queue-semantics K1). Asterisk
 * is asked after each digit, for its patterns count, too; it can't be asked whether more digits could match, so that a number
 * that leads nowhere is forgotten after a pause, and not at its first wrong digit.
 */
export class ExitDigits {
  readonly #options: ExitDigitsOptions;
  #typed = '';
  #hasLeft = false;
  /** Digits are asked about one after another, in the order in which they were pressed. */
  #asked: Promise<unknown> = Promise.resolve();
  #cancelPause: () => void = () => undefined;

  constructor(options: ExitDigitsOptions) {
    this.#options = options;
  }

  /** `unused` is told when the digit has not led out: it may be a key of the programme. */
  pressed(digit: string, unused: () => void): void {
    const { call } = this.#options;
    this.#asked = this.#asked.then(() => quietly(call, 'exit-context', () => this.#take(digit, unused)));
  }

  /** The caller waits no more: nothing typed counts. */
  close(): void {
    this.#hasLeft = true;
    this.#cancelPause();
  }

  async #take(digit: string, unused: () => void): Promise<void> {
    const { room, call, context, leave } = this.#options;
    if (this.#hasLeft) return;
    this.#cancelPause();
    this.#typed = this.#typed.length < EXIT_DIGITS_MAX ? this.#typed + digit : digit;
    const extension = this.#typed;
    const answer = await room.pbx.getVariable(call.channelId, `DIALPLAN_EXISTS(${context},${extension},1)`);
    if (this.#hasLeft) return;
    if (answer === '1') {
      this.close();
      leave({ context, extension, priority: 1 });
      return;
    }
    this.#cancelPause = room.clock.after(EXIT_DIGITS_PAUSE_MS, () => {
      this.#typed = '';
    });
    unused();
  }
}
