import { type BridgeId, type ChannelId, mediaChannelId } from '../../../src/core/ids.ts';
import { WIRE } from '../../../src/core/programme/sound.ts';
import { AppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { MediaLine, MediaOut, MediaRequest } from '../../../src/ports/media-out.ts';

const FRAME_MS = 20;

/** What a caller hears over one line; tests hold it. */
export interface FakeLine {
  readonly request: MediaRequest;
  readonly channelId: ChannelId;
  /** `open`, until the story closes it or it is lost. */
  readonly state: 'open' | 'closed' | 'lost';
  readonly openedAtMs: number;
  /** The sample that the caller hears now. */
  heardNow(): number;
  readonly refreshes: number;
  /** What the caller has heard of the last milliseconds, in the wire's format; rendered from the programme as it is now. */
  heard(lastMs: number): Uint8Array;
  /** The line is lost, as when Asterisk hangs the media channel up. */
  isLost(reason?: string): void;
}

/** Personal audio in memory: programmes are played by the clock that tests step, and nothing is sent. */
export class FakeMediaOut implements MediaOut {
  /** Every line that was laid, in order. */
  readonly lines: FakeLine[] = [];
  /** Requests, the refused ones included. */
  readonly requests: MediaRequest[] = [];
  readonly #clock: Clock;
  readonly #isBridge: (bridgeId: BridgeId) => boolean;
  readonly #open = new Map<ChannelId, OpenLine>();
  #refusals = 0;
  #delayMs = 0;
  #count = 0;

  /** `isBridge` tells whether there is such a bridge: into no other a line can be laid. */
  constructor(clock: Clock, isBridge: (bridgeId: BridgeId) => boolean = () => true) {
    this.#clock = clock;
    this.#isBridge = isBridge;
  }

  /** The next lines can't be laid (MEDIA_UNAVAILABLE). */
  refuses(times = 1): void {
    this.#refusals = times;
  }

  /** From now on a line takes so long to be laid. */
  isSlow(ms: number): void {
    this.#delayMs = ms;
  }

  /** The line that a caller hears now; `undefined` when there is none. */
  lineOf(callerChannelId: string): FakeLine | undefined {
    return [...this.#open.values()].find((line) => line.request.callerChannelId === callerChannelId);
  }

  /** Zero when every call has been cleaned up. */
  get openLines(): number {
    return this.#open.size;
  }

  holds(channelId: ChannelId): boolean {
    return this.#open.has(channelId);
  }

  async open(request: MediaRequest): Promise<MediaLine> {
    this.requests.push(request);
    if (this.#delayMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.#delayMs, resolve));
    if (this.#refusals > 0) {
      this.#refusals--;
      throw new AppError('MEDIA_UNAVAILABLE', 'The fake takes no personal audio');
    }
    if (request.by.type === 'bridge' && !this.#isBridge(request.by.bridgeId))
      throw new AppError('MEDIA_UNAVAILABLE', "The caller's bridge has gone");
    const channelId = mediaChannelId(String(++this.#count).padStart(36, '0'));
    const line = new OpenLine(request, channelId, this.#clock, () => this.#open.delete(channelId));
    this.#open.set(channelId, line);
    this.lines.push(line);
    return line;
  }
}

class OpenLine implements MediaLine, FakeLine {
  readonly request: MediaRequest;
  readonly channelId: ChannelId;
  readonly openedAtMs: number;
  readonly #clock: Clock;
  readonly #remove: () => void;
  readonly #rate: number;
  #end: number | null = null;
  state: FakeLine['state'] = 'open';
  refreshes = 0;

  constructor(request: MediaRequest, channelId: ChannelId, clock: Clock, remove: () => void) {
    this.request = request;
    this.channelId = channelId;
    this.openedAtMs = clock.now();
    this.#clock = clock;
    this.#remove = remove;
    this.#rate = WIRE[request.programme.format].rate;
    request.programme.takeChangedFrom();
  }

  heardNow(): number {
    return this.#heard();
  }

  refresh(): void {
    this.request.programme.takeChangedFrom();
    this.refreshes++;
  }

  async close(): Promise<number> {
    const end = this.#heard();
    this.#finish('closed');
    return end;
  }

  isLost(reason = 'the fake lost it'): void {
    if (this.state !== 'open') return;
    this.#finish('lost');
    this.request.onLost(reason);
  }

  heard(lastMs: number): Uint8Array {
    const { programme, from } = this.request;
    const to = this.#heard();
    const start = Math.max(from, to - (lastMs * this.#rate) / 1000);
    const bytes = new Uint8Array((to - start) * WIRE[programme.format].bytesPerSample);
    programme.render(start, to - start, bytes, 0);
    return bytes;
  }

  #finish(state: 'closed' | 'lost'): void {
    if (this.state !== 'open') return;
    this.#end = this.#heard();
    this.state = state;
    this.#remove();
  }

  /** Whole frames, as on the wire. */
  #heard(): number {
    if (this.#end !== null) return this.#end;
    const frames = Math.floor((this.#clock.now() - this.openedAtMs) / FRAME_MS);
    return this.request.from + (frames * FRAME_MS * this.#rate) / 1000;
  }
}
