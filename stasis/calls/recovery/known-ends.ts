import type { ChannelId } from '../../../src/core/ids.ts';
import { sideBySide } from '../../../src/lib/side-by-side.ts';
import type { ChannelEnd, Pbx } from '../../../src/ports/pbx.ts';

/** Ends that are asked for side by side; the request table holds ten times as many. */
const ASKED_AT_ONCE = 200;

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
    await sideBySide([...new Set(channelIds)], ASKED_AT_ONCE, learnOne);
  }

  of(channelId: ChannelId): ChannelEnd | undefined {
    return this.#ends.get(channelId);
  }

  /** When a channel ended; now, when nobody knows better. The switch counts whole seconds: not before what is known to have gone before. */
  atMs(channelId: ChannelId, nowMs: number, notBeforeMs = 0): number {
    return Math.min(nowMs, Math.max(notBeforeMs, this.#ends.get(channelId)?.atMs ?? nowMs));
  }

  channels(): readonly ChannelId[] {
    return [...this.#ends.keys()];
  }
}
