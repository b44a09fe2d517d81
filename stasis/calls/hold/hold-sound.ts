import { nearestFormat } from '../../../src/core/programme/nearest-format.ts';
import type { ProgrammeSettings } from '../../../src/core/programme/settings.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { isAppError } from '../../../src/errors.ts';
import { delay } from '../../../src/lib/clock.ts';
import type { Call } from '../call.ts';
import type { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import { insist } from '../insist.ts';
import type { Place } from '../queue/queue-entrance.ts';
import { quietly } from '../quietly.ts';
import type { Heard, KeptUp } from '../recovery/heard.ts';
import { AsteriskMusic } from './asterisk-music.ts';
import type { HoldMusic } from './hold-music.ts';
import { PersonalProgramme } from './personal-programme.ts';
import { type Playing, startPlaying } from './playing.ts';

/** Without a greeting the music begins so long after the caller has come. */
const MUSIC_DELAY_MS = 250;

/**
 * What a waiting caller hears, from the greeting on. Nothing waits for it: a member is looked for and rung meanwhile.
 *
 *   new ──start──> greeting ──> music ──stop──> silent ──start──> music …
 */
export class HoldSound {
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #settings: QueueSettings;
  readonly #bridge: CallBridge;
  #greeting: Playing | null = null;
  #music: HoldMusic | null = null;
  #isWanted = false;
  #changing: Promise<void> = Promise.resolve();
  #position: number | null = null;
  #waitsSinceMs: number;
  #isMemberFound = false;
  #told: readonly string[] = [];
  /** What a process that is gone has kept; `null`: it is a new call, or nothing was kept. */
  #kept: KeptUp | null = null;
  #isContinued = false;
  #unfollow: () => void = () => undefined;
  /** Aborted when nothing is to be heard any more. */
  #end = new AbortController();

  constructor(room: CallRoom, call: Call, settings: QueueSettings, bridge: CallBridge) {
    this.#room = room;
    this.#call = call;
    this.#settings = settings;
    this.#bridge = bridge;
    this.#waitsSinceMs = room.clock.now();
    call.hears = () => this.#inWords();
  }

  /** Begins, or goes on after `stop` where it stopped. `consent` is said after the greeting, and remembered when it was heard to its end. */
  start(greeting: readonly string[], consent: readonly string[] = []): void {
    this.#isWanted = true;
    this.#end = new AbortController();
    this.#then(() => this.#play(greeting, consent));
  }

  /** Whether the caller has heard this consent. */
  hasTold(consent: readonly string[]): boolean {
    return consent.every((media) => this.#told.includes(media));
  }

  /** The caller has heard it by another way. */
  noteTold(consent: readonly string[]): void {
    this.#told = consent;
  }

  /** A process that is gone has begun with this caller: what it has kept is not said again, and the music is heard where it would be by now. */
  goOnWith(kept: KeptUp | null): void {
    this.#isContinued = true;
    this.#kept = kept;
    if (kept !== null) this.noteTold(kept.consent);
  }

  /** Silence, before a conversation or another prompt. Idempotent. */
  async stop(): Promise<void> {
    this.#unfollow();
    if (!this.#isWanted) return await this.#changing;
    this.#isWanted = false;
    this.#end.abort();
    const greeting = this.#greeting;
    if (greeting !== null) await quietly(this.#call, 'stop-greeting', () => greeting.stop());
    this.#then(async () => await this.#music?.stop());
    await this.#changing;
  }

  /** The member has put the caller on hold. */
  startOnHold(): void {
    this.#isWanted = true;
    this.#position = null;
    this.#end = new AbortController();
    this.#then(() =>
      this.#insist(async () => {
        this.#music ??= await this.#choose();
        this.#music.moved(null);
        if (this.#isWanted && this.#music.isForHold) await this.#music.start({ isOnHold: true });
      }),
    );
  }

  /** The process stops while the caller waits. */
  async standStill(): Promise<void> {
    if (this.#isWanted) {
      this.#end.abort();
      this.#then(async () => await this.#music?.standStill());
      await this.#changing;
      await this.#room.heardKeeper.keepNow();
    }
    this.#unfollow();
  }

  /** The caller has a place in line, perhaps for longer than we know of: what is told of waiting counts from there. What is heard is kept with it. */
  hasPlace({ joinedAtMs, entryId }: Place): void {
    this.#waitsSinceMs = joinedAtMs;
    this.#unfollow = this.#room.heardKeeper.follow(entryId, () => this.#heard());
  }

  /** The caller's place in the line, from 1. */
  moved(position: number): void {
    this.#position = position;
    this.#music?.moved(position);
  }

  /** A member's phone rings for the caller: the music goes on, and nothing is said any more. */
  memberFound(): void {
    this.#isMemberFound = true;
    this.#music?.memberFound();
  }

  /** The member did not take the call: the programme goes on. */
  memberMissed(): void {
    this.#isMemberFound = false;
    this.#music?.memberMissed();
  }

  /** Keys that mean something to what is heard now; `null`: none does. */
  get keys(): ProgrammeSettings['keys'] | null {
    return this.#isWanted ? (this.#music?.keys ?? null) : null;
  }

  pressed(digit: string): void {
    if (this.#isWanted) this.#music?.pressed(digit);
  }

  #heard(): Heard | null {
    const heard = this.#music?.heard() ?? null;
    return heard && { ...heard, consent: this.#told };
  }

  #inWords(): string | null {
    if (this.#greeting !== null) return 'greeting';
    return this.#isWanted ? (this.#music?.inWords() ?? null) : null;
  }

  /** One change after another, so that a stop that overtakes a start leaves silence. */
  #then(change: () => Promise<void>): void {
    this.#changing = this.#changing.then(change).catch((error: unknown) => {
      if (!this.#call.signal.aborted) this.#call.log.warn({ err: error }, 'The waiting caller hears nothing');
    });
  }

  async #play(greeting: readonly string[], consent: readonly string[]): Promise<void> {
    const { clock } = this.#room;
    const said = [...greeting, ...consent];
    if (said.length > 0 && this.#isWanted) await this.#say(said, consent);
    // Who is answered at once needs no music, and Asterisk no channel for it.
    if (said.length === 0 && !this.#isContinued)
      await delay(clock, MUSIC_DELAY_MS, this.#end.signal).catch(() => undefined);
    await this.#insist(async () => {
      if (!this.#isWanted) return;
      // A process that was stopped in good order has left Asterisk's music on.
      const silent = this.#isContinued && this.#music === null ? this.#silence() : null;
      this.#music ??= await this.#choose();
      await silent;
      this.#music.moved(this.#position);
      if (this.#isMemberFound) this.#music.memberFound();
      if (this.#isWanted) await this.#music.start();
    });
  }

  async #say(said: readonly string[], consent: readonly string[]): Promise<void> {
    const playing = startPlaying(this.#room, this.#call, said);
    this.#greeting = playing;
    try {
      if ((await playing.finished) === 'done') this.noteTold(consent);
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#call.log.warn({ err: error }, 'The greeting could not be played');
    } finally {
      this.#greeting = null;
    }
  }

  #silence(): Promise<void> {
    return quietly(this.#call, 'stop-music', () => this.#room.pbx.stopMusic(this.#call.channelId));
  }

  /** While Asterisk is out of reach the music is tried again. */
  #insist(action: () => Promise<void>): Promise<void> {
    return insist(this.#room.clock, this.#call, { what: 'hold-music', signal: this.#end.signal, action });
  }

  async #choose(): Promise<HoldMusic> {
    const room = this.#room;
    const call = this.#call;
    const queue = this.#settings;
    const waitsSinceMs = () => this.#waitsSinceMs;
    if (queue.announcements.frequencyMs > 0) room.holdTimes.expect();
    // A class of ours that is not configured any more is chosen anew.
    const kept = this.#kept?.format === null || room.musicClasses.has(this.#kept?.musicClass ?? '') ? this.#kept : null;
    const name = kept?.musicClass ?? (await this.#className());
    const musicClass = room.musicClasses.get(name);
    const ofAsterisk = (its: string) =>
      new AsteriskMusic({
        room,
        call,
        queue,
        musicClass: its,
        waitsSinceMs,
        kept: kept?.musicClass === its ? kept : null,
      });
    if (musicClass === undefined) return ofAsterisk(name);
    const format =
      kept?.format ?? nearestFormat(await room.pbx.channelFormat(call.channelId), room.settings.soundFormats);
    const shelf = room.sounds.shelf(name, format);
    if (shelf === null) return ofAsterisk(musicClass.fallback);
    const bridge = this.#bridge;
    return await PersonalProgramme.prepare({
      ...{ room, call, queue, bridge, musicClass, shelf, format, waitsSinceMs },
      kept: kept?.format === format ? kept : null,
    });
  }

  /** The caller's own class (CHANNEL(musicclass), where the dialplan set one) goes before the queue's. */
  async #className(): Promise<string> {
    const own = await this.#room.pbx.getVariable(this.#call.channelId, 'CHANNEL(musicclass)');
    return own === undefined || own === '' || own === 'default' ? this.#settings.musicClass : own;
  }
}
