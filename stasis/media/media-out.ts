import { randomUUID } from 'node:crypto';
import { type ChannelId, mediaChannelId } from '../../src/core/ids.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/log.ts';
import type { MediaLine, MediaOut, MediaRequest } from '../../src/ports/media-out.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { BlockBuffer } from './block-buffer.ts';
import { type Carry, unlessAborted } from './carrier.ts';
import { freshCounters, type MediaCounters } from './counters.ts';
import { joinCaller } from './join.ts';
import { LaidLine } from './laid-line.ts';
import { Pump } from './pump.ts';
import { asUnavailable, unavailable } from './refusals.ts';
import { MEDIA_LIMITS, type MediaSettings, type MediaTimes } from './settings.ts';
import { carryByWebSocket } from './websocket-carrier.ts';
import type { LineRoom } from './websocket-line.ts';

export interface AriMediaOutOptions {
  readonly settings: MediaSettings;
  readonly times?: Partial<MediaTimes>;
  readonly pbx: Pbx;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Personal audio for callers of one Asterisk: a media channel and a connection for each line, one pump for all. */
export class AriMediaOut implements MediaOut {
  readonly #linesMax: number;
  readonly #pbx: Pbx;
  readonly #log: Logger;
  readonly #room: LineRoom;
  readonly #byWebSocket: Carry;
  readonly #lines = new Map<ChannelId, LaidLine>();

  constructor({ settings, times, pbx, clock, log }: AriMediaOutOptions) {
    this.#linesMax = settings.linesMax;
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
    this.#byWebSocket = carryByWebSocket(pbx, url, this.#room);
  }

  get counters(): Readonly<MediaCounters> {
    return this.#room.counters;
  }

  /** Lines that are open, being laid or being taken up. */
  get size(): number {
    return this.#lines.size;
  }

  holds(channelId: ChannelId): boolean {
    return this.#lines.has(channelId);
  }

  async open(request: MediaRequest): Promise<MediaLine> {
    if (this.#lines.size >= this.#linesMax) throw unavailable(`${this.#lines.size} lines are open already`);
    const line = this.#newLine(request);
    const { clock, times, counters } = this.#room;
    const cancelLimit = clock.after(times.openMs, () =>
      line.giveUp(unavailable(`Asterisk did not take it within ${times.openMs} ms`)),
    );
    try {
      await this.#lay(request, line);
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
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
    this.#room.pump.close();
  }

  #newLine({ from, onLost }: MediaRequest): LaidLine {
    const channelId = mediaChannelId(randomUUID());
    const line: LaidLine = new LaidLine({
      channelId,
      from,
      hangUp: () => this.#hangUp(channelId),
      onLost: (reason) => {
        this.#room.counters.lost++;
        onLost(reason);
      },
    });
    this.#lines.set(channelId, line);
    return line;
  }

  /** Channel and connection, bridge, first block: each as soon as what it needs is there. */
  async #lay(request: MediaRequest, line: LaidLine): Promise<void> {
    const { channelId, laying } = line;
    const { programme, from } = request;
    if (!(await unlessAborted(laying, this.#pbx.hasMediaWebSocket())))
      throw unavailable('this Asterisk has no chan_websocket');
    line.carriedBy(
      await this.#byWebSocket({ channelId, programme, from, onLost: (reason) => line.lost(reason) }, laying),
    );
    await unlessAborted(laying, joinCaller(this.#pbx, request, channelId));
    line.begin();
  }

  /**
   * The channel may never have been, or be gone: then nothing is to be done. Asterisk hangs it up by itself when the connection ends, so an
   * Asterisk that does not answer is not waited for.
   */
  async #hangUp(channelId: ChannelId): Promise<void> {
    const { clock, times } = this.#room;
    const hungUp = this.#pbx
      .hangup(channelId)
      .catch((error: unknown) => this.#log.debug({ err: error, channelId }, 'A media channel could not be hung up'))
      .finally(() => this.#lines.delete(channelId));
    const waiting = new AbortController();
    await Promise.race([hungUp, delay(clock, times.removeMs, waiting.signal).catch(() => undefined)]);
    waiting.abort();
  }
}
