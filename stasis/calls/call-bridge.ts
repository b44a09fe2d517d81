import { randomUUID } from 'node:crypto';
import { type BridgeId, bridgeId, type ChannelId } from '../../src/core/ids.ts';
import type { Presence } from '../../src/ports/pbx.ts';
import type { Call } from './call.ts';
import type { CallRoom, KnownBridge } from './call-room.ts';
import { quietly } from './quietly.ts';

/** What a process that is gone has left of a call's bridge. */
export interface BridgeRemains {
  readonly bridgeId: BridgeId;
  readonly channelIds: readonly ChannelId[];
}

/**
 * The one mixing bridge of a call in a queue: the caller hears the programme there, and later the member. Nobody is moved
 * between bridges, so the answer costs one request. Made when it is first needed.
 */
export class CallBridge implements KnownBridge {
  readonly bridgeId: BridgeId;
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #inside: Set<ChannelId>;
  /** Those inside who are not heard; of those who were taken over it is not known, and they count as such. */
  readonly #muted: Set<ChannelId>;
  #made: Promise<void> | null;
  /** It was asked for: when the answer is lost it may be there all the same. */
  #mayBeThere: boolean;

  constructor(room: CallRoom, call: Call, remains: BridgeRemains | null = null) {
    this.#room = room;
    this.#call = call;
    this.bridgeId = remains?.bridgeId ?? bridgeId(randomUUID());
    this.#inside = new Set(remains?.channelIds);
    this.#muted = new Set(remains?.channelIds);
    this.#made = remains === null ? null : Promise.resolve();
    this.#mayBeThere = remains !== null;
    room.bridges.set(this.bridgeId, this);
  }

  /** Has Asterisk make the bridge, so that it is there when it is needed. Rejects as `createBridge` does; may be tried again then. */
  make(): Promise<void> {
    if (this.#made === null) {
      this.#mayBeThere = true;
      this.#made = this.#room.pbx.createBridge(this.bridgeId, `call ${this.#call.callId}`);
      this.#made.catch(() => {
        this.#made = null;
      });
    }
    return this.#made;
  }

  holds(channelId: ChannelId): boolean {
    return this.#inside.has(channelId);
  }

  /**
   * Brings in the caller to listen: nobody is there to hear them, and Asterisk need not carry their voice to us, fifty times a second. Who
   * is there already stays as they are. `gone`: the caller has vanished.
   */
  async listen(channelId: ChannelId): Promise<Presence> {
    if (this.#inside.has(channelId)) return 'done';
    return await this.#bringIn([channelId], { isMuted: true });
  }

  /** Whether the caller can only listen. */
  isMuted(channelId: ChannelId): boolean {
    return this.#muted.has(channelId);
  }

  /** Brings in those who are not there yet, to talk; who could only listen comes in anew. `gone`: one of them has vanished. */
  async join(channelIds: readonly ChannelId[]): Promise<Presence> {
    const missing = channelIds.filter((channelId) => !this.#inside.has(channelId) || this.#muted.has(channelId));
    return missing.length === 0 ? 'done' : await this.#bringIn(missing, { isMuted: false });
  }

  /** Takes somebody out. When that fails they count as inside; whether they are is not known. Idempotent. */
  async leave(channelId: ChannelId): Promise<void> {
    if (!this.#inside.has(channelId)) return;
    await this.#room.pbx.removeFromBridge(this.bridgeId, channelId);
    this.#inside.delete(channelId);
    this.#muted.delete(channelId);
  }

  /** Brings somebody in, anew if they are inside. `gone`: they have vanished. */
  async enterAnew(channelId: ChannelId, how: { readonly isMuted: boolean }): Promise<Presence> {
    return await this.#bringIn([channelId], how);
  }

  async #bringIn(channelIds: readonly ChannelId[], how: { readonly isMuted: boolean }): Promise<Presence> {
    await this.make();
    const answer = await this.#room.pbx.addToBridge(this.bridgeId, channelIds, how);
    if (answer === 'gone') return answer;
    for (const channelId of channelIds) {
      this.#inside.add(channelId);
      if (how.isMuted) this.#muted.add(channelId);
      else this.#muted.delete(channelId);
    }
    return answer;
  }

  /** Whoever is inside leaves it. Idempotent. */
  async remove(): Promise<void> {
    const made = this.#made;
    this.#made = null;
    this.#inside.clear();
    this.#muted.clear();
    if (this.#mayBeThere) {
      this.#mayBeThere = false;
      await made?.catch(() => undefined);
      await quietly(this.#call, 'destroy-bridge', () => this.#room.pbx.destroyBridge(this.bridgeId));
    }
    this.#room.bridges.delete(this.bridgeId);
  }
}
