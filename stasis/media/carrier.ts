import type { ChannelId } from '../../src/core/ids.ts';
import type { MediaRequest } from '../../src/ports/media-out.ts';

/** One way by which a caller's audio gets into its media channel. */
export interface Carrier {
  /** Sends the first block; from then on it is served. The channel is where it will be heard by then. */
  start(): void;
  /** See MediaLine. */
  heardNow(): number;
  refresh(): void;
  /** Asterisk was out of reach and is back: what is below may have died without a word. It is lost when there is no sign of life soon. */
  doubt(): void;
  /** Sends nothing more, silently. Answers with the first sample that was not heard. Idempotent. */
  stop(): number;
  /** Ends the connection below, silently. Idempotent. */
  end(): void;
}

/** What a way of transport is asked for. */
export interface CarrierRequest extends Pick<MediaRequest, 'programme' | 'from'> {
  readonly channelId: ChannelId;
  /** Told once, after `stop`, when what is below ends by itself. */
  readonly onLost: (reason: string) => void;
}

/** Makes the media channel and connects to it; settles when the channel is in the application. Aborted, it leaves no connection behind. */
export type Carry = (request: CarrierRequest, signal: AbortSignal) => Promise<Carrier>;

/** The promise's result, unless the signal comes first; then its reason is thrown. */
export function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => undefined);
      reject(signal.reason);
      return;
    }
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
