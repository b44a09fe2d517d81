import type { ChannelId, PlaybackId } from '../../src/core/ids.ts';
import type { Logger } from '../../src/log.ts';
import type { Pbx, PbxEvent } from '../../src/ports/pbx.ts';

type Listener = (event: PbxEvent) => void;

/** Hands each event to those who wait for its channel or playback. Listeners are attached before the request is sent (stage, subscribe, execute). */
export class EventRouter {
  readonly #byChannel = new Map<ChannelId, Set<Listener>>();
  readonly #byPlayback = new Map<PlaybackId, Listener>();
  readonly #onConnected = new Set<Listener>();
  readonly #log: Logger;
  readonly #unsubscribe: () => void;

  constructor({ pbx, log }: { pbx: Pbx; log: Logger }) {
    this.#log = log;
    this.#unsubscribe = pbx.subscribe((event) => this.#route(event));
  }

  onChannel(channelId: ChannelId, listener: Listener): () => void {
    const listeners = this.#byChannel.get(channelId) ?? new Set();
    listeners.add(listener);
    this.#byChannel.set(channelId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byChannel.get(channelId) === listeners) this.#byChannel.delete(channelId);
    };
  }

  onPlayback(playbackId: PlaybackId, listener: Listener): () => void {
    this.#byPlayback.set(playbackId, listener);
    return () => this.#byPlayback.delete(playbackId);
  }

  /** Asterisk has been out of reach, and is back. */
  onConnected(listener: () => void): () => void {
    this.#onConnected.add(listener);
    return () => this.#onConnected.delete(listener);
  }

  isListenedTo(channelId: ChannelId): boolean {
    return this.#byChannel.has(channelId);
  }

  /** Channels that somebody listens to now. */
  channels(): readonly ChannelId[] {
    return [...this.#byChannel.keys()];
  }

  /** Routes an event that Asterisk did not send: the difference between what was and what is, after an absence. */
  tell(event: PbxEvent): void {
    this.#route(event);
  }

  /** How many listeners are attached; zero when no call is left (leak check of the tests). */
  get size(): number {
    return this.#byChannel.size + this.#byPlayback.size + this.#onConnected.size;
  }

  close(): void {
    this.#unsubscribe();
    this.#byChannel.clear();
    this.#byPlayback.clear();
    this.#onConnected.clear();
  }

  #route(event: PbxEvent): void {
    if (event.type === 'connected') for (const listener of [...this.#onConnected]) this.#tell(listener, event);
    else if (event.type === 'playback-finished') this.#tell(this.#byPlayback.get(event.playbackId), event);
    else for (const channelId of channelsOf(event)) this.#tellAll(channelId, event);
  }

  #tellAll(channelId: ChannelId, event: PbxEvent): void {
    const listeners = this.#byChannel.get(channelId);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) this.#tell(listener, event);
  }

  #tell(listener: Listener | undefined, event: PbxEvent): void {
    try {
      listener?.(event);
    } catch (error) {
      this.#log.error({ err: error, event: event.type }, 'A listener of channel events failed');
    }
  }
}

/** Whom an event is about. */
function channelsOf(event: PbxEvent): readonly ChannelId[] {
  if (event.type === 'stasis-start') {
    const { channel, replaces } = event;
    return replaces === undefined ? [channel.channelId] : [replaces, channel.channelId];
  }
  if (event.type === 'attended-transfer') return [event.firstLeg.channelId, event.secondLeg.channelId];
  return 'channelId' in event ? [event.channelId] : [];
}
