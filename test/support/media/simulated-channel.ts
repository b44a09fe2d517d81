import type { MediaListener } from '../../../stasis/media/connection.ts';
import { parseMediaEvent } from '../../../stasis/media/control-messages.ts';
import type { AudioSocket } from '../../../stasis/media/websocket-line.ts';
import type { FakeClock } from '../fake-clock.ts';

const FRAME_MS = 20;

interface Queued {
  readonly mark?: string;
  readonly frame?: Buffer;
}

/** chan_websocket in memory, on a clock that tests step: a queue of frames, one of which is heard at each beat. What it does was read off 22.10. */
export class SimulatedChannel implements AudioSocket {
  /** What the caller heard, a beat each; `null` is silence because the queue was empty. */
  readonly heard: (Buffer | null)[] = [];
  readonly commands: string[] = [];
  endedWith: string | null = null;
  /** What the kernel has not taken. */
  waitingBytes = 0;
  /** Bytes of the messages of audio, in order. */
  readonly blocks: number[] = [];
  readonly #clock: FakeClock;
  readonly #frameBytes: number;
  readonly #delayMs: number;
  #queue: Queued[] = [];
  #listener: MediaListener | null = null;
  #isFrozen = false;
  #isOver = false;
  /** Commands and blocks that were sent while it was frozen. */
  readonly #unread: (() => void)[] = [];

  constructor(clock: FakeClock, options: { frameBytes: number; firstBeatMs: number; delayMs?: number }) {
    this.#clock = clock;
    this.#frameBytes = options.frameBytes;
    this.#delayMs = options.delayMs ?? 0;
    clock.after(options.firstBeatMs, () => this.#beat());
  }

  get queued(): number {
    return this.#queue.filter(({ frame }) => frame).length;
  }

  /** Asterisk stands still: its timer, too. */
  freezes(): void {
    this.#isFrozen = true;
  }

  thaws(): void {
    this.#isFrozen = false;
    for (const read of this.#unread.splice(0)) read();
  }

  says(event: Record<string, unknown>): void {
    const read = parseMediaEvent(JSON.stringify(event));
    if (read !== undefined && read !== 'absurd') this.#listener?.event(read);
  }

  /** The connection ends from the other side. */
  breaks(reason: string): void {
    this.#isOver = true;
    this.#listener?.ended(reason);
  }

  listen(listener: MediaListener): void {
    this.#listener = listener;
  }

  gather(): void {}

  release(): void {}

  sendAudio(block: Buffer): void {
    const copy = Buffer.from(block);
    this.blocks.push(copy.length);
    this.#arrives(() => {
      for (let at = 0; at + this.#frameBytes <= copy.length; at += this.#frameBytes)
        this.#queue.push({ frame: copy.subarray(at, at + this.#frameBytes) });
    });
  }

  sendCommand(command: Buffer | string): void {
    const { command: name, correlation_id: mark } = JSON.parse(String(command)) as Record<string, string>;
    this.commands.push(name ?? '');
    this.#arrives(() => {
      if (name === 'FLUSH_MEDIA') this.#queue = [];
      else if (name === 'GET_STATUS') this.#answer({ event: 'STATUS', queue_length: this.queued });
      else if (name === 'MARK_MEDIA' && mark !== undefined) this.#queue.push({ mark });
    });
  }

  ping(onSign: () => void): void {
    this.#arrives(() => this.#clock.after(this.#delayMs, onSign));
  }

  end(reason = ''): void {
    this.endedWith ??= reason;
    this.#isOver = true;
  }

  #arrives(action: () => void): void {
    this.#clock.after(this.#delayMs, () => {
      if (this.#isFrozen) this.#unread.push(action);
      else action();
    });
  }

  #answer(event: Record<string, unknown>): void {
    this.#clock.after(this.#delayMs, () => {
      if (!this.#isOver) this.says(event);
    });
  }

  #beat(): void {
    if (this.#isOver) return;
    this.#clock.after(FRAME_MS, () => this.#beat());
    if (this.#isFrozen) return;
    let next = this.#queue.shift();
    for (; next?.mark !== undefined; next = this.#queue.shift())
      this.#answer({ event: 'MEDIA_MARK_PROCESSED', correlation_id: next.mark });
    this.heard.push(next?.frame ?? null);
  }
}
