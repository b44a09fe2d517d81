import { randomUUID } from 'node:crypto';
import { type BridgeId, bridgeId, type ChannelId, mediaChannelId } from '../../src/core/ids.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { unlessAborted } from './carrier.ts';
import type { ChannelWatch } from './channel-watch.ts';
import type { Place } from './join.ts';
import { unavailable } from './refusals.ts';

interface WhisperOptions {
  readonly pbx: Pbx;
  readonly watch: ChannelWatch;
  readonly callerChannelId: ChannelId;
  readonly mediaChannelId: ChannelId;
  /** Whether Asterisk has to send the caller silence, because nobody else does. */
  readonly intoSilence: boolean;
  /** Told when the whispering channel has ended by itself: the caller is gone. */
  readonly onLost: (reason: string) => void;
}

/**
 * The way from a media channel to a caller who stays in a bridge of their own: a channel that whispers to them (snoop), and a bridge that
 * joins it with the media channel.
 *
 *    caller's bridge            whisper's bridge
 *    other ── caller ◁┄┄┄┄┄┄┄┄ snoop ── media
 */
export class Whisper implements Place {
  readonly #snoopId: ChannelId = mediaChannelId(randomUUID());
  readonly #bridgeId: BridgeId = bridgeId(randomUUID());
  readonly #options: WhisperOptions;
  #unwatch: () => void = () => undefined;
  #leaving: Promise<void> | null = null;
  /** Requests that make something, and may do so long after nobody waits for it. */
  readonly #underWay = new Set<Promise<unknown>>();
  #isSilent = false;

  constructor(options: WhisperOptions) {
    this.#options = options;
  }

  get ids(): readonly (ChannelId | BridgeId)[] {
    return [this.#snoopId, this.#bridgeId];
  }

  async join(signal: AbortSignal): Promise<void> {
    const { pbx, watch, callerChannelId, mediaChannelId: media, intoSilence, onLost } = this.#options;
    this.#unwatch = watch.watch(this.#snoopId, () => onLost('the whispering channel has ended'));
    const snooping = this.#make(pbx.createWhisper({ channelId: this.#snoopId, toChannelId: callerChannelId }));
    const bridging = this.#make(pbx.createBridge(this.#bridgeId, 'whisper'));
    const muting = pbx.muteMedia(media);
    const [snoop, , muted] = await unlessAborted(signal, Promise.all([snooping, bridging, muting]));
    if (snoop === 'refused') throw unavailable('Asterisk refused to make a whispering channel');
    if (snoop === 'gone' || muted === 'gone') throw unavailable('the caller or the media channel has gone');
    const added = await unlessAborted(signal, this.#make(pbx.addToBridge(this.#bridgeId, [this.#snoopId, media])));
    if (added === 'gone') throw unavailable("the media channel or the whisper's bridge has gone");
    if (!intoSilence) return;
    this.#isSilent = true;
    if ((await unlessAborted(signal, pbx.startSilence(callerChannelId))) === 'gone')
      throw unavailable('the caller has gone');
  }

  /** Takes everything away, whatever there is of it. Never rejects. Idempotent. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#unwatch();
    const late = [...this.#underWay];
    await this.#takeAway();
    if (late.length > 0) void Promise.allSettled(late).then(() => this.#takeAway());
  }

  async #takeAway(): Promise<void> {
    const { pbx, callerChannelId } = this.#options;
    const requests: Promise<unknown>[] = [pbx.hangup(this.#snoopId), pbx.destroyBridge(this.#bridgeId)];
    if (this.#isSilent) requests.push(pbx.stopSilence(callerChannelId));
    await Promise.allSettled(requests);
  }

  #make<T>(making: Promise<T>): Promise<T> {
    this.#underWay.add(making);
    const over = () => this.#underWay.delete(making);
    making.then(over, over);
    return making;
  }
}
