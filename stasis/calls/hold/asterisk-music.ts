import {
  type AnnouncementTiming,
  type AnnouncementVoice,
  announcementDueAt,
  announcementParts,
  announcementTiming,
} from '../../../src/core/programme/announcement.ts';
import type { AnnouncementSettings } from '../../../src/core/programme/announcement-settings.ts';
import { NO_MEMORY, type ProgrammeMemory } from '../../../src/core/programme/continuation.ts';
import { chanceOf } from '../../../src/core/programme/order.ts';
import { firstPeriodic, nextPeriodic, type Periodic, periodicSaid } from '../../../src/core/programme/periodic.ts';
import { atPlace, NO_POSITION, type Position } from '../../../src/core/programme/position.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { phraseMedia } from '../../../src/core/speech/phrase.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { isHangup } from '../hangup-error.ts';
import { insist } from '../insist.ts';
import { quietly } from '../quietly.ts';
import type { Heard, KeptUp } from '../recovery/heard.ts';
import { announcementVoice } from './announcement-voice.ts';
import type { HoldMusic } from './hold-music.ts';
import { type Playing, type PlayOutcome, startPlaying } from './playing.ts';

/** Music before the first announcement, as long as the programme has. */
const FIRST_AFTER_MS = 2_000;
const NEVER = Number.POSITIVE_INFINITY;

interface AsteriskMusicOptions {
  readonly room: CallRoom;
  readonly call: Call;
  readonly queue: QueueSettings;
  /** Class of musiconhold.conf. */
  readonly musicClass: string;
  readonly waitsSinceMs: () => number;
  /** What a process that is gone has announced. */
  readonly kept: KeptUp | null;
}

/** Something to play, and what is noted when it was heard to its end, or cut. */
interface Due {
  readonly media: readonly string[];
  readonly said: (untilMs: number) => void;
  readonly cut: (atMs: number) => void;
}

/**
 * A class of Asterisk's musiconhold.conf, played by Asterisk: the same for everybody, and no key changes it. What the queue announces is
 * played in its place, because nothing can be mixed over it; a member who is found ends that at once, and the music comes again.
 *
 *   silent ──start──> music ──due──> announcing ──its end, member found──> music …          stop, from anywhere: silent
 */
export class AsteriskMusic implements HoldMusic {
  readonly isForHold = false;
  readonly keys = null;
  readonly #options: AsteriskMusicOptions;
  /** As they are when the caller comes: what is changed later counts for those who come then. */
  readonly #settings: AnnouncementSettings;
  readonly #timing: AnnouncementTiming;
  readonly #voice: AnnouncementVoice<string>;
  /** The caller's own chance for periodic announcements in random order. */
  readonly #seed: number;
  /** All times are counted from here, in milliseconds. */
  readonly #beganAtMs: number;
  #position: Position = NO_POSITION;
  #periodic: Periodic;
  #isWanted = false;
  /** A member's phone rings, or the process stops: nothing is said. */
  #isCut = false;
  #playing: Playing | null = null;
  /** Settles when no announcement is on its way; `null`: none is. */
  #announcing: Promise<void> | null = null;
  #cancelTimer: () => void = () => undefined;
  /** Nobody waits for the music any more. */
  #end = new AbortController();

  constructor(options: AsteriskMusicOptions) {
    const { room, call, queue, waitsSinceMs, kept } = options;
    this.#options = options;
    this.#beganAtMs = room.clock.now();
    this.#seed = Math.floor(chanceOf(call.callId) * 0x1_0000_0000) >>> 0;
    const waitedMs = this.#beganAtMs - waitsSinceMs();
    this.#settings = queue.announcements;
    this.#timing = announcementTiming(this.#settings, { rate: 1000, waitedMs });
    this.#periodic = firstPeriodic(this.#timing);
    if (kept !== null) this.#goOn(kept.programme, this.#beganAtMs - kept.atMs);
    this.#voice = announcementVoice(options, phraseMedia);
  }

  async start(): Promise<void> {
    this.#isWanted = true;
    this.#end = new AbortController();
    await this.#startMusic();
    this.#plan();
  }

  async stop(): Promise<void> {
    const { room, call } = this.#options;
    this.#isWanted = false;
    this.#end.abort();
    await this.#endAnnouncing();
    await quietly(call, 'stop-music', () => room.pbx.stopMusic(call.channelId));
  }

  /** The music goes on without us. */
  async standStill(): Promise<void> {
    this.#isCut = true;
    this.#end.abort();
    await this.#endAnnouncing();
  }

  /** The music is everybody's, and there is no place in it to go on from. */
  heard(): Omit<Heard, 'consent'> {
    const { said, dueAt } = this.#periodic;
    const { told } = this.#position;
    const now = this.#now();
    const periodicInMs = Number.isFinite(dueAt) ? Math.max(0, dueAt - now) : null;
    const announced = { periodic: said, periodicInMs, told: told && { place: told.place, agoMs: now - told.at } };
    return { musicClass: this.#options.musicClass, format: null, programme: { ...NO_MEMORY, ...announced } };
  }

  inWords(): string {
    return this.#playing === null ? `moh:${this.#options.musicClass}` : 'announcement';
  }

  moved(place: number | null): void {
    this.#position = atPlace(this.#position, place, this.#now());
    this.#plan();
  }

  memberFound(): void {
    this.#isCut = true;
    this.#endAnnouncing().catch((error: unknown) => {
      if (!isHangup(error)) this.#options.call.log.warn({ err: error }, 'An announcement could not be cut');
    });
  }

  memberMissed(): void {
    this.#isCut = false;
    this.#plan();
  }

  pressed(): void {
    // Keys are the programme's; see hold-keys.ts.
  }

  #now(): number {
    return this.#options.room.clock.now() - this.#beganAtMs;
  }

  /** What was told is not told again before its time. */
  #goOn({ periodic, periodicInMs, told }: ProgrammeMemory, awayMs: number): void {
    if (periodicInMs !== null) this.#periodic = { said: periodic, dueAt: Math.max(0, periodicInMs - awayMs) };
    if (told !== null) this.#position = { ...NO_POSITION, told: { place: told.place, at: -told.agoMs - awayMs } };
  }

  #plan(): void {
    this.#cancelTimer();
    if (!this.#isWanted || this.#isCut || this.#announcing !== null) return;
    const { room, call } = this.#options;
    const placeDueAt = announcementDueAt(this.#position, this.#settings, this.#timing);
    const periodicDueAt = this.#position.place === null ? NEVER : this.#periodic.dueAt;
    const dueAt = Math.max(FIRST_AFTER_MS, Math.min(placeDueAt, periodicDueAt));
    if (dueAt === NEVER) return;
    this.#cancelTimer = room.clock.after(Math.max(0, dueAt - this.#now()), () => {
      this.#announcing = this.#announce()
        .catch((error: unknown) => {
          if (!isHangup(error)) call.log.warn({ err: error }, 'An announcement could not be made');
        })
        .finally(() => {
          this.#announcing = null;
          this.#plan();
        });
    });
  }

  async #announce(): Promise<void> {
    const { room, call } = this.#options;
    const due = this.#due(this.#now());
    if (due.media.length === 0) return due.said(this.#now());
    // What can't be played counts as said, lest the music is stopped for it again and again.
    let outcome: PlayOutcome = 'failed';
    try {
      await room.pbx.stopMusic(call.channelId);
      outcome = this.#isWanted && !this.#isCut ? await this.#play(due.media) : 'stopped';
    } finally {
      if (outcome === 'stopped') due.cut(this.#now());
      else due.said(this.#now());
      const isHeard = this.#isWanted && !call.signal.aborted;
      const action = () => (this.#isWanted ? this.#startMusic() : Promise.resolve());
      if (isHeard) await insist(room.clock, call, { what: 'hold-music', signal: this.#end.signal, action });
    }
  }

  async #play(media: readonly string[]): Promise<PlayOutcome> {
    const { room, call } = this.#options;
    this.#playing = startPlaying(room, call, media);
    try {
      return await this.#playing.finished;
    } finally {
      this.#playing = null;
    }
  }

  /** The place and the waiting time go before the periodic announcement. */
  #due(at: number): Due {
    const settings = this.#settings;
    const { place, told } = this.#position;
    if (place !== null && announcementDueAt(this.#position, settings, this.#timing) <= at) {
      const parts = announcementParts({ place, isFirst: told === null, at }, settings, this.#voice);
      this.#position = { ...this.#position, told: { place, at } };
      return {
        media: parts.flatMap(({ recordings }) => recordings),
        said: () => undefined,
        cut: (atMs) => {
          this.#position = { ...this.#position, told: null, knownSince: atMs };
        },
      };
    }
    const { relative } = settings.periodic;
    const name = nextPeriodic(this.#periodic, settings.periodic, this.#seed);
    return {
      media: name === null ? [] : this.#voice.periodic(name),
      said: (untilMs) => {
        this.#periodic = periodicSaid(this.#periodic, { from: at, until: untilMs }, { relative, timing: this.#timing });
      },
      cut: (atMs) => {
        this.#periodic = { ...this.#periodic, dueAt: atMs + this.#timing.periodicEvery };
      },
    };
  }

  async #endAnnouncing(): Promise<void> {
    this.#cancelTimer();
    const playing = this.#playing;
    if (playing !== null) await quietly(this.#options.call, 'stop-announcement', () => playing.stop());
    await this.#announcing;
  }

  async #startMusic(): Promise<void> {
    const { room, call, musicClass } = this.#options;
    const answer = await room.pbx.startMusic(call.channelId, musicClass);
    // Nothing else would ever tell of a caller who went before anybody listened: between a snapshot and the call's adoption.
    if (answer === 'gone') call.end({ code: 0, text: 'no longer there when the music was to begin' });
  }
}
