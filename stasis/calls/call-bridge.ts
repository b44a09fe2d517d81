import { randomUUID } from 'node:crypto';
import { type BridgeId, bridgeId, type ChannelId } from '../../src/core/ids.ts';
import type { Presence } from '../../src/ports/pbx.ts';
import type { Call } from './call.ts';
import { type CallRoom, quietly } from './call-room.ts';

/** What a process that is gone has left of a call's bridge. */
export interface BridgeRemains {
  readonly bridgeId: BridgeId;
  readonly channelIds: readonly ChannelId[];
}

/**
 * The one mixing bridge of a call in a queue: the caller hears the programme there, and later the member. Nobody is moved
 * between bridges, so the answer costs one request. Made when it is first needed.
 */
export class CallBridge {
  readonly bridgeId: BridgeId;
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #inside: Set<ChannelId>;
  #made: Promise<void> | null;

  constructor(room: CallRoom, call: Call, remains: BridgeRemains | null = null) {
    this.#room = room;
    this.#call = call;
    this.bridgeId = remains?.bridgeId ?? bridgeId(randomUUID());
    this.#inside = new Set(remains?.channelIds);
    this.#made = remains === null ? null : Promise.resolve();
    room.bridges.add(this.bridgeId);
  }

  /** Has Asterisk make the bridge, so that it is there when it is needed. Rejects as `createBridge` does; may be tried again then. */
  make(): Promise<void> {
    if (this.#made === null) {
      this.#made = this.#room.pbx.createBridge(this.bridgeId, `queueapp ${this.#call.callId}`);
      this.#made.catch(() => {
        this.#made = null;
      });
    }
    return this.#made;
  }

  /** Whether somebody was brought in, or was there when the call was taken over. */
  holds(channelId: ChannelId): boolean {
    return this.#inside.has(channelId);
  }

  /** Brings in those who are not there yet. `gone`: one of them has vanished. */
  async join(channelIds: readonly ChannelId[]): Promise<Presence> {
    const missing = channelIds.filter((channelId) => !this.#inside.has(channelId));
    if (missing.length === 0) return 'done';
    await this.make();
    const answer = await this.#room.pbx.addToBridge(this.bridgeId, missing);
    if (answer === 'done') for (const channelId of missing) this.#inside.add(channelId);
    return answer;
  }

  /** Whoever is inside leaves it. Idempotent. */
  async remove(): Promise<void> {
    const made = this.#made;
    this.#made = null;
    this.#inside.clear();
    if (made !== null) {
      await made.catch(() => undefined);
      await quietly(this.#call, 'destroy-bridge', () => this.#room.pbx.destroyBridge(this.bridgeId));
    }
    this.#room.bridges.delete(this.bridgeId);
  }
}
