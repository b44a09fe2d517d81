import type { ChannelId } from '../../src/core/ids.ts';
import { AppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { PbxEvent, Presence } from '../../src/ports/pbx.ts';

interface ArrivalsOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** What tells that the awaited has come. @default the channel's `stasis-start` */
  readonly sign?: (event: PbxEvent) => ChannelId | undefined;
}

/**
 * Created legs that are on their way into the application. Asterisk answers `channels/create` before the leg's own thread is in
 * Stasis, and refuses a `dial` that comes in between (409; 110 of 400 on 22.10): so the leg is waited for.
 */
export class Arrivals {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #sign: (event: PbxEvent) => ChannelId | undefined;
  readonly #awaited = new Map<ChannelId, (result: Presence | AppError) => void>();

  constructor({ clock, limitMs, sign = entered }: ArrivalsOptions) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#sign = sign;
  }

  get size(): number {
    return this.#awaited.size;
  }

  /**
   * Runs `create` and waits for the leg that it makes.
   * @throws AppError ARI_UNAVAILABLE when it does not come in time, or the connection is lost
   */
  async await<T>(channelId: ChannelId, create: () => Promise<Presence | T>): Promise<Presence | T> {
    const arrival = this.expect(channelId);
    try {
      const answer = await create();
      return answer === 'done' ? await arrival : answer;
    } finally {
      this.forget(channelId);
    }
  }

  /** Settles when the channel has come or is gone; rejects as `await` does. To be called before the channel is made. */
  expect(channelId: ChannelId): Promise<Presence> {
    const arrival = new Promise<Presence>((resolve, reject) => {
      const cancel = this.#clock.after(this.#limitMs, () =>
        this.#settle(channelId, notThere(channelId, this.#limitMs)),
      );
      this.#awaited.set(channelId, (result) => {
        cancel();
        if (result instanceof AppError) reject(result);
        else resolve(result);
      });
    });
    // Whoever waits hears of it; nobody waits when the channel could not be made.
    arrival.catch(() => undefined);
    return arrival;
  }

  /** The channel will not come. */
  forget(channelId: ChannelId): void {
    this.#settle(channelId, 'gone');
  }

  /** Takes notice of an event. */
  observe(event: PbxEvent): void {
    if (this.#awaited.size === 0) return;
    const come = this.#sign(event);
    if (come !== undefined) this.#settle(come, 'done');
    else if (event.type === 'channel-destroyed') this.#settle(event.channelId, 'gone');
  }

  /** Nothing will tell of those that are on their way. */
  connectionLost(): void {
    for (const channelId of [...this.#awaited.keys()]) {
      this.#settle(
        channelId,
        new AppError('ARI_UNAVAILABLE', `The connection was lost before channel ${channelId} was there`),
      );
    }
  }

  #settle(channelId: ChannelId, result: Presence | AppError): void {
    const tell = this.#awaited.get(channelId);
    this.#awaited.delete(channelId);
    tell?.(result);
  }
}

function entered(event: PbxEvent): ChannelId | undefined {
  return event.type === 'stasis-start' ? event.channel.channelId : undefined;
}

function notThere(channelId: ChannelId, limitMs: number): AppError {
  const words = `Asterisk did not tell within ${limitMs} ms that channel ${channelId} has come or begun`;
  return new AppError('ARI_UNAVAILABLE', words, { details: { channelId } });
}
