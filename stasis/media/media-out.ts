import { randomUUID } from 'node:crypto';
import { type BridgeId, type ChannelId, mediaChannelId } from '../../src/core/ids.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import { Turnstile } from '../../src/lib/turnstile.ts';
import type { Logger } from '../../src/log.ts';
import type { MediaLine, MediaOut, MediaRequest } from '../../src/ports/media-out.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { BlockBuffer } from './block-buffer.ts';
import { type Carry, unlessAborted } from './carrier.ts';
import { ChannelWatch } from './channel-watch.ts';
import { freshCounters, type MediaCounters } from './counters.ts';
import { inBridge, type Place } from './join.ts';
import { LaidLine } from './laid-line.ts';
import { Pump } from './pump.ts';
import { asUnavailable, unavailable } from './refusals.ts';
import { carryByRtp } from './rtp-carrier.ts';
import { MEDIA_LIMITS, type MediaSettings, type MediaTimes } from './settings.ts';
import { carryByWebSocket } from './websocket-carrier.ts';
import type { LineRoom } from './websocket-line.ts';
import { Whisper } from './whisper.ts';

/** Lines that are laid side by side; Asterisk takes about 3 ms for each. */
const LAID_AT_ONCE = 40;

export interface AriMediaOutOptions {
  readonly settings: MediaSettings;
  readonly times?: Partial<MediaTimes>;
  readonly pbx: Pbx;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Personal audio for callers of one Asterisk: a media channel and a connection for each line, one pump for all. */
export class AriMediaOut implements MediaOut {
  readonly #settings: MediaSettings;
  readonly #pbx: Pbx;
  readonly #log: Logger;
  readonly #room: LineRoom;
  readonly #byWebSocket: Carry;
  readonly #byRtp: Carry;
  readonly #watch: ChannelWatch;
  readonly #lines = new Map<ChannelId, LaidLine>();
  /** After a restart hundreds are to be laid in one moment: one after the other they are heard sooner, and none runs out of time. */
  readonly #laying = new Turnstile(LAID_AT_ONCE);
  /** Channels and bridges of ours: those of the lines, and what else was made for them. */
  readonly #held = new Set<ChannelId | BridgeId>();
  readonly #unsubscribe: () => void;

  constructor({ settings, times, pbx, clock, log }: AriMediaOutOptions) {
    this.#settings = settings;
    this.#pbx = pbx;
    this.#log = log;
    this.#room = {
      clock,
      pump: new Pump(clock),
      block: new BlockBuffer(),
      times: { ...MEDIA_LIMITS, ...times },
      counters: freshCounters(),
    };
    const url = settings.url.replace(/\/+$/, '').replace(/\/ari$/, '');
    this.#watch = new ChannelWatch(pbx);
    this.#byWebSocket = carryByWebSocket(pbx, url, this.#room);
    this.#byRtp = carryByRtp({ pbx, url, address: settings.rtpAddress, watch: this.#watch, room: this.#room });
    // What fell silent with Asterisk's own connection would be found out by its marks, ten seconds later.
    this.#unsubscribe = pbx.subscribe(({ type }) => {
      if (type === 'connected') for (const line of this.#lines.values()) line.doubt();
    });
  }

  get counters(): Readonly<MediaCounters> {
    return this.#room.counters;
  }

  /** Lines that are open, being laid or being taken up. */
  get size(): number {
    return this.#lines.size;
  }

  holds(channelOrBridge: ChannelId | BridgeId): boolean {
    return this.#held.has(channelOrBridge);
  }

  open(request: MediaRequest): Promise<MediaLine> {
    return this.#laying.pass(() => this.#open(request));
  }

  async #open(request: MediaRequest): Promise<MediaLine> {
    if (this.#lines.size >= this.#settings.linesMax) throw unavailable(`${this.#lines.size} lines are open already`);
    const { line, place } = this.#newLine(request);
    const { clock, times, counters } = this.#room;
    const cancelLimit = clock.after(times.openMs, () =>
      line.giveUp(unavailable(`Asterisk did not take it within ${times.openMs} ms`)),
    );
    try {
      await this.#lay(request, line, place);
      counters.opened++;
      return line;
    } catch (error) {
      counters.failed++;
      await line.close();
      throw asUnavailable(error);
    } finally {
      cancelLimit();
    }
  }

  /** The end of the process: silence for all, and Asterisk hangs their channels up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
    this.#room.pump.close();
  }

  #newLine(request: MediaRequest): { readonly line: LaidLine; readonly place: Place } {
    const channelId = mediaChannelId(randomUUID());
    const place = this.#placeFor(request, channelId, (reason) => line.lost(reason));
    const line: LaidLine = new LaidLine({
      channelId,
      from: request.from,
      hangUp: () => this.#hangUp(channelId, place),
      onLost: (reason) => {
        this.#room.counters.lost++;
        request.onLost(reason);
      },
    });
    this.#lines.set(channelId, line);
    for (const id of [channelId, ...place.ids]) this.#held.add(id);
    return { line, place };
  }

  #placeFor({ by, callerChannelId }: MediaRequest, channelId: ChannelId, onLost: (reason: string) => void): Place {
    if (by.type === 'bridge') return inBridge({ ...by, channelId, pbx: this.#pbx });
    const intoSilence = by.into === 'silence';
    const channels = { callerChannelId, mediaChannelId: channelId };
    return new Whisper({ ...channels, intoSilence, onLost, pbx: this.#pbx, watch: this.#watch });
  }

  /** Channel and connection, the caller's ear, first block: each as soon as what it needs is there. */
  async #lay(request: MediaRequest, line: LaidLine, place: Place): Promise<void> {
    const { channelId, laying } = line;
    const { programme, from } = request;
    const carry = (await unlessAborted(laying, this.#pbx.hasMediaWebSocket())) ? this.#byWebSocket : this.#byRtp;
    line.carriedBy(await carry({ channelId, programme, from, onLost: (reason) => line.lost(reason) }, laying));
    await place.join(laying);
    line.begin();
  }

  /**
   * The channel may never have been, or be gone: then nothing is to be done. An Asterisk that does not answer is not waited for: with the
   * WebSocket the channel ends by itself, and what is left of others is a remnant when Asterisk is back.
   */
  async #hangUp(channelId: ChannelId, place: Place): Promise<void> {
    const { clock, times } = this.#room;
    const hungUp = Promise.all([place.leave(), this.#pbx.hangup(channelId)])
      .catch((error: unknown) => this.#log.debug({ err: error, channelId }, 'A media channel could not be hung up'))
      .finally(() => {
        this.#lines.delete(channelId);
        for (const id of [channelId, ...place.ids]) this.#held.delete(id);
      });
    const waiting = new AbortController();
    await Promise.race([hungUp, delay(clock, times.removeMs, waiting.signal).catch(() => undefined)]);
    waiting.abort();
  }
}
