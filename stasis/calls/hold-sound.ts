import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { Call } from './call.ts';
import { type CallRoom, quietly } from './call-room.ts';
import { type Playing, startPlaying } from './playing.ts';

/**
 * What a waiting caller hears: the greeting, if there is one, then Asterisk's music until `stop`. Nothing waits for it: a
 * member is looked for and rung meanwhile.
 */
export class HoldSound {
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #settings: QueueSettings;
  #greeting: Playing | null = null;
  #music: Promise<void> | null = null;
  #isStopped = false;

  constructor(room: CallRoom, call: Call, settings: QueueSettings) {
    this.#room = room;
    this.#call = call;
    this.#settings = settings;
  }

  start(greeting: readonly string[]): void {
    this.#play(greeting).catch((error: unknown) => {
      if (!this.#call.signal.aborted) this.#call.log.warn({ err: error }, 'The waiting caller hears nothing');
    });
  }

  /** Silence, before a conversation or another prompt. Idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const greeting = this.#greeting;
    if (greeting !== null) await quietly(this.#call, 'stop-greeting', () => greeting.stop());
    if (this.#music === null) return;
    await this.#music;
    await quietly(this.#call, 'stop-music', () => this.#room.pbx.stopMusic(this.#call.channelId));
  }

  async #play(greeting: readonly string[]): Promise<void> {
    if (greeting.length > 0) {
      this.#greeting = startPlaying(this.#room, this.#call, greeting);
      await this.#greeting.finished;
      this.#greeting = null;
    }
    if (this.#isStopped) return;
    this.#music = quietly(this.#call, 'start-music', () => this.#startMusic());
    await this.#music;
  }

  /** The caller's own class (CHANNEL(musicclass), where the dialplan set one) goes before the queue's. */
  async #startMusic(): Promise<void> {
    const { pbx } = this.#room;
    const own = await pbx.getVariable(this.#call.channelId, 'CHANNEL(musicclass)');
    const musicClass = own === undefined || own === '' || own === 'default' ? this.#settings.musicClass : own;
    const answer = await pbx.startMusic(this.#call.channelId, musicClass);
    // Nothing else would ever tell of a caller who went before anybody listened: between a snapshot and the call's adoption.
    if (answer === 'gone') this.#call.end({ code: 0, text: 'no longer there when the music was to begin' });
  }
}
