import type { ChannelId } from '../../src/core/ids.ts';
import type { ChannelEnd, Pbx } from '../../src/ports/pbx.ts';

/** What Asterisk has kept of ends that nobody heard of: of the last absence. */
export class KnownEnds {
  readonly #ends = new Map<ChannelId, ChannelEnd>();

  /** A new absence is over: what was known of an earlier one has been made use of. */
  forget(): void {
    this.#ends.clear();
  }

  /** Asks for the ends of channels that are gone. */
  async learn(pbx: Pick<Pbx, 'endOf'>, channelIds: Iterable<ChannelId>): Promise<void> {
    const learnOne = async (channelId: ChannelId) => {
      const end = await pbx.endOf(channelId);
      if (end !== null) this.#ends.set(channelId, end);
    };
    await Promise.all([...new Set(channelIds)].map(learnOne));
  }

  of(channelId: ChannelId): ChannelEnd | undefined {
    return this.#ends.get(channelId);
  }

  /** When a channel ended; now, when nobody knows better. */
  atMs(channelId: ChannelId, nowMs: number): number {
    return Math.min(nowMs, this.#ends.get(channelId)?.atMs ?? nowMs);
  }

  channels(): readonly ChannelId[] {
    return [...this.#ends.keys()];
  }
}
