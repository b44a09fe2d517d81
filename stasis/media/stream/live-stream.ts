import type { LiveSound, WireFormat } from '../../../src/core/programme/sound.ts';
import { backoffMs } from '../../../src/lib/backoff.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { Outage } from '../../../src/lib/outage.ts';
import type { Logger } from '../../../src/log.ts';
import { shownAddress, streamAddress } from './address.ts';
import { SilenceWatch } from './loudness.ts';
import { Pace } from './pace.ts';
import { Reception } from './reception.ts';
import { AHEAD_MS_MAX, BASE_RATE, createMemory, DecodedCount, liveSound } from './rings.ts';
import { type StreamThread, startStreamThread } from './stream-thread.ts';
import type { StreamReport } from './stream-worker.ts';
import { cleanTitle } from './title.ts';
import { type Tuned, tune } from './tune.ts';

/** How often the stream is looked after. */
const TICK_MS = 50;
/** Quieter than −60 dBFS for so long: the station is off, and its listeners get the class's own files. */
export const SILENCE_MS = 10_000;
/** Waits between connections; for ever. The longest is also how late a stream is heard again after a long loss. */
const RETRY = { firstMs: 500, maxMs: 30_000 } as const;
/** A connection that was good for so long begins the waits anew when it is lost. */
const PROVEN_MS = 30_000;
const PER_MS = BASE_RATE / 1000;

export interface StreamOptions {
  /** Icecast or Shoutcast stream, or a playlist that names one; http or https, with user and password if need be. */
  readonly url: string;
  /** The music class. */
  readonly name: string;
  readonly formats: readonly WireFormat[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Told when the title changes; `null` when there is none any more. Cleaned: one line, no control characters. */
  readonly onTitle?: (title: string | null) => void;
}

export interface StreamStatus {
  readonly isPlaying: boolean;
  readonly title: string | null;
  /** Since when it plays, or does not: Unix time in milliseconds. */
  readonly since: number;
  /** Received since the start, titles included. */
  readonly bytes: number;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Why the last connection ended or could not be made; `null` when none has. */
  readonly lastError: string | null;
}

export interface LiveStream {
  /** The stream in a wire format, always the same object; throws for one that was not among the formats. */
  sound(format: WireFormat): LiveSound;
  /** Connects, and from then on whenever the connection is lost. */
  start(): void;
  close(): Promise<void>;
  status(): StreamStatus;
}

/** Makes a stream that is received and decoded once for all its listeners. Throws when the address is none of the web. */
export function createStream(options: StreamOptions): LiveStream {
  return new Stream(options);
}

class Stream implements LiveStream {
  readonly #options: StreamOptions;
  readonly #url: URL;
  readonly #log: Logger;
  readonly #memory;
  readonly #decoded: DecodedCount;
  readonly #sounds: ReadonlyMap<WireFormat, LiveSound>;
  readonly #pace = new Pace();
  readonly #outage: Outage;
  readonly #silence = new SilenceWatch(SILENCE_MS * PER_MS);
  #thread: StreamThread | null = null;
  #reception: Reception | null = null;
  /** Aborted by close. */
  readonly #life = new AbortController();
  #isStarted = false;
  #cancelTick = () => {};
  #cancelRetry = () => {};
  #connections = 0;
  #failures = 0;
  #openedMs = 0;
  #bytesBefore = 0;
  #isPlaying = false;
  #sinceMs: number;
  #title: string | null = null;
  #lastError: string | null = null;

  constructor(options: StreamOptions) {
    const url = streamAddress(options.url);
    if (url === null) throw new Error(`The stream of ${options.name} has no web address`);
    this.#options = options;
    this.#url = url;
    this.#log = options.log.child({ stream: options.name, address: shownAddress(url) });
    const words = {
      lost: 'The stream is not heard: its class plays its files until it is',
      still: 'The stream is still not heard',
      back: 'The stream is heard again',
    };
    this.#outage = new Outage({ power: `stream ${options.name}`, words, clock: options.clock, log: this.#log });
    this.#memory = createMemory(options.formats);
    this.#decoded = new DecodedCount(this.#memory);
    const view = { released: () => this.#released(), isPlaying: () => this.#isPlaying };
    this.#sounds = new Map(this.#memory.rings.map((ring) => [ring.format, liveSound(options.name, ring, view)]));
    this.#sinceMs = options.clock.now();
  }

  sound(format: WireFormat): LiveSound {
    const sound = this.#sounds.get(format);
    if (sound === undefined) throw new Error(`The stream ${this.#options.name} was not made for ${format}`);
    return sound;
  }

  start(): void {
    if (this.#isStarted || this.#life.signal.aborted) return;
    this.#isStarted = true;
    this.#connect();
    this.#tick();
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#cancelTick();
    this.#cancelRetry();
    this.#reception?.close();
    this.#reception = null;
    this.#outage.close();
    this.#isPlaying = false;
    const thread = this.#thread;
    this.#thread = null;
    await thread?.close();
  }

  status(): StreamStatus {
    return {
      isPlaying: this.#isPlaying,
      title: this.#title,
      since: this.#sinceMs,
      bytes: this.#bytesBefore + (this.#reception?.bytes ?? 0),
      reconnects: Math.max(0, this.#connections - 1),
      lastError: this.#lastError,
    };
  }

  #released(): number {
    return this.#pace.released(this.#options.clock.now(), this.#decoded.read());
  }

  #tick(): void {
    const { clock } = this.#options;
    const decoded = this.#decoded.read();
    this.#pace.advance(clock.now(), decoded);
    const released = this.#pace.released(clock.now(), decoded);
    this.#decoded.release(released);
    this.#reception?.tick(this.#hasRoom());
    this.#play(this.#pace.isRunning && !this.#silence.isSilent(released));
    if (!this.#life.signal.aborted) this.#cancelTick = clock.after(TICK_MS, () => this.#tick());
  }

  #hasRoom(): boolean {
    return this.#decoded.read() - this.#released() < AHEAD_MS_MAX * PER_MS;
  }

  #play(isPlaying: boolean): void {
    if (isPlaying === this.#isPlaying) return;
    this.#isPlaying = isPlaying;
    this.#sinceMs = this.#options.clock.now();
    if (!isPlaying) this.#outage.lost('sound', this.#lastError ?? 'silence');
    else if (this.#outage.isLost('sound')) this.#outage.back('sound', { title: this.#title });
    else this.#log.info({ title: this.#title }, 'The stream is heard');
  }

  #connect(): void {
    const { clock } = this.#options;
    this.#connections += 1;
    tune(this.#url, { clock, signal: this.#life.signal }).then(
      (tuned) => this.#receive(tuned),
      (error: unknown) => this.#lost(error instanceof Error ? error.message : String(error)),
    );
  }

  #receive(tuned: Tuned): void {
    if (this.#life.signal.aborted) {
      tuned.socket.close();
      return;
    }
    this.#openedMs = this.#options.clock.now();
    this.#thread ??= this.#startThread();
    this.#reception = new Reception({
      connection: this.#connections,
      tuned,
      clock: this.#options.clock,
      thread: this.#thread,
      onTitle: (title) => this.#retitle(title),
      onLost: (reason) => this.#lost(reason),
    });
    this.#reception.start();
  }

  #startThread(): StreamThread {
    return startStreamThread(this.#memory, this.#decoded.read(), {
      report: (report) => this.#hear(report),
      ended: (reason) => {
        this.#thread = null;
        this.#reception?.close();
        this.#lost(reason);
      },
    });
  }

  #hear(report: StreamReport): void {
    if (report.type === 'sound') this.#silence.add(report.changes);
    if (report.type === 'title' && report.connection === this.#connections) this.#retitle(cleanTitle(report.text));
    this.#reception?.report(report);
    // A burst is decoded as fast as the thread can, not a piece each tick.
    if (report.type === 'taken') this.#reception?.tick(this.#hasRoom());
  }

  #retitle(title: string | null): void {
    if (title === this.#title || this.#life.signal.aborted) return;
    this.#title = title;
    this.#log.info({ title }, 'The stream has another title');
    this.#options.onTitle?.(title);
  }

  #lost(reason: string): void {
    if (this.#life.signal.aborted) return;
    const { clock, random } = this.#options;
    const wasProven = this.#reception !== null && clock.now() - this.#openedMs >= PROVEN_MS;
    this.#bytesBefore += this.#reception?.bytes ?? 0;
    this.#reception = null;
    this.#failures = wasProven ? 0 : this.#failures;
    const waitMs = backoffMs(this.#failures, RETRY, random);
    this.#failures += 1;
    this.#lastError = reason;
    this.#log.debug({ reason, retryMs: Math.round(waitMs) }, 'The stream was lost');
    // What was received is heard to its end: only who hears nothing has lost it.
    if (!this.#isPlaying) this.#outage.lost('sound', reason);
    this.#cancelRetry();
    this.#cancelRetry = clock.after(waitMs, () => this.#connect());
  }
}
