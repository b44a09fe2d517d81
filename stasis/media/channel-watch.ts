import type { ChannelId } from '../../src/core/ids.ts';
import type { Pbx, PbxEvent } from '../../src/ports/pbx.ts';

/** Tells of channels of ours that ended by themselves: those without a connection that would. One subscription for all. */
export class ChannelWatch {
  readonly #pbx: Pbx;
  readonly #watched = new Map<ChannelId, () => void>();
  #unsubscribe: (() => void) | null = null;

  constructor(pbx: Pbx) {
    this.#pbx = pbx;
  }

  /** Calls `onEnd` once when the channel has left the application; the answer is the way to stop. */
  watch(channelId: ChannelId, onEnd: () => void): () => void {
    this.#watched.set(channelId, onEnd);
    this.#unsubscribe ??= this.#pbx.subscribe((event) => this.#observe(event));
    return () => this.#forget(channelId);
  }

  #observe(event: PbxEvent): void {
    if (event.type === 'stasis-end' || event.type === 'channel-destroyed') this.#ended(event.channelId);
    else if (event.type === 'connected') this.#lookAround([...this.#watched.keys()]).catch(() => undefined);
  }

  /** What ended while Asterisk was out of reach. When that can't be read, the connection is lost again, and is looked after at the next one. */
  async #lookAround(channelIds: readonly ChannelId[]): Promise<void> {
    if (channelIds.length === 0) return;
    const here = new Set((await this.#pbx.snapshot()).channels.map(({ channelId }) => channelId));
    for (const channelId of channelIds) if (!here.has(channelId)) this.#ended(channelId);
  }

  #ended(channelId: ChannelId): void {
    const onEnd = this.#watched.get(channelId);
    this.#forget(channelId);
    onEnd?.();
  }

  #forget(channelId: ChannelId): void {
    this.#watched.delete(channelId);
    if (this.#watched.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }
}
