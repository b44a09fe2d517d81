import type { Clock } from '../../../src/lib/clock.ts';
import type { StreamCodec } from './content.ts';
import { Feed } from './feed.ts';
import { IcyDemuxer } from './icy.ts';
import type { StreamThread } from './stream-thread.ts';
import type { StreamReport } from './stream-worker.ts';
import type { Tuned } from './tune.ts';

/** A server that sends nothing for so long is gone, whatever TCP says. */
export const NO_DATA_LIMIT_MS = 5000;
/** Bytes that come and make no sound for so long are none. */
export const NO_SOUND_LIMIT_MS = 10_000;

export interface ReceptionOptions {
  readonly connection: number;
  readonly tuned: Tuned;
  readonly clock: Clock;
  readonly thread: StreamThread;
  readonly onTitle: (title: string | null) => void;
  readonly onLost: (reason: string) => void;
}

/** One connection to the server, from its first byte to its loss: sound goes to the decoding thread piece by piece. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #feed = new Feed();
  readonly #icy: IcyDemuxer;
  #codec: StreamCodec | null = null;
  #isDecoding = false;
  #isPaused = false;
  #isOver = false;
  #lastDataMs: number;
  #lastSoundMs: number;
  bytes = 0;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#icy = new IcyDemuxer(options.tuned.icyInterval, options.onTitle);
    this.#lastDataMs = options.clock.now();
    this.#lastSoundMs = this.#lastDataMs;
  }

  start(): void {
    this.#options.tuned.socket.listen({
      onBytes: (bytes) => this.#receive(bytes),
      onEnd: (reason) => this.#lose(reason),
    });
  }

  /** What the thread says of this connection. */
  report(report: StreamReport): void {
    if (this.#isOver || report.connection !== this.#options.connection) return;
    if (report.type === 'taken') this.#isDecoding = false;
    if (report.type === 'sound') this.#lastSoundMs = this.#options.clock.now();
    if (report.type === 'failed') this.#lose(report.reason);
  }

  /** Several times a second: sends on, holds back, notices a server that is gone. `hasRoom`: more may be decoded. */
  tick(hasRoom: boolean): void {
    if (this.#isOver) return;
    const nowMs = this.#options.clock.now();
    // Who is held back cannot be silent: its times begin anew.
    if (!hasRoom) this.#lastSoundMs = nowMs;
    if (this.#isPaused) this.#lastDataMs = nowMs;
    if (hasRoom) this.#send();
    this.#holdBack();
    if (nowMs - this.#lastDataMs >= NO_DATA_LIMIT_MS) this.#lose(`no data for ${NO_DATA_LIMIT_MS} ms`);
    else if (nowMs - this.#lastSoundMs >= NO_SOUND_LIMIT_MS) this.#lose('what it sends can not be decoded');
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.tuned.socket.close();
    this.#options.thread.send({ type: 'end', connection: this.#options.connection });
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.bytes += bytes.length;
    this.#lastDataMs = this.#options.clock.now();
    for (const sound of this.#icy.sound(bytes)) this.#feed.add(sound);
    this.#holdBack();
  }

  #send(): void {
    if (this.#isDecoding || !this.#hasBegun()) return;
    const bytes = this.#feed.take();
    if (bytes === null) return;
    this.#isDecoding = true;
    this.#options.thread.send({ type: 'piece', connection: this.#options.connection, bytes });
  }

  /** The bytes decide where they can: servers call AAC MPEG, and some say nothing. */
  #hasBegun(): boolean {
    if (this.#codec !== null || this.#isOver) return !this.#isOver;
    const byBytes = this.#feed.codec();
    if (byBytes === undefined) return false;
    this.#codec = byBytes ?? this.#options.tuned.codec;
    if (this.#codec === null) this.#lose('what it sends is no sound that is known');
    else this.#options.thread.send({ type: 'begin', connection: this.#options.connection, codec: this.#codec });
    return !this.#isOver;
  }

  #holdBack(): void {
    if (this.#isOver || this.#feed.isFull === this.#isPaused) return;
    this.#isPaused = this.#feed.isFull;
    if (this.#isPaused) this.#options.tuned.socket.pause();
    else this.#options.tuned.socket.resume();
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onLost(reason);
  }
}
