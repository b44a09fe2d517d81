import { chanceOf } from '../../../src/core/programme/order.ts';
import { Programme } from '../../../src/core/programme/programme.ts';
import { mergeProgramme, type ProgrammeSettings } from '../../../src/core/programme/settings.ts';
import type { Shelf, WireFormat } from '../../../src/core/programme/sound.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { Call } from '../call.ts';
import type { CallBridge } from '../call-bridge.ts';
import type { CallRoom, HoldClass } from '../call-room.ts';
import type { Heard, KeptUp } from '../recovery/heard.ts';
import { timeOfDay } from '../time-of-day.ts';
import { announcementVoice, grammarFor } from './announcement-voice.ts';
import { HoldLine } from './hold-line.ts';
import type { HoldMusic } from './hold-music.ts';
import { personalInformation } from './personal-information.ts';
import { recallTune, rememberTune } from './remembered-tune.ts';

interface PersonalProgrammeOptions {
  readonly room: CallRoom;
  readonly call: Call;
  readonly queue: QueueSettings;
  readonly bridge: CallBridge;
  readonly musicClass: HoldClass;
  readonly shelf: Shelf;
  readonly format: WireFormat;
  /** Since when the caller waits, Unix milliseconds. */
  readonly waitsSinceMs: () => number;
  /** What the caller has heard of this class from a process that is gone. */
  readonly kept: KeptUp | null;
}

/** A waiting caller's own programme (E): music, position, personal information and advice, and what their keys do to it. */
export class PersonalProgramme implements HoldMusic {
  readonly keys: ProgrammeSettings['keys'];
  readonly isForHold = true;
  readonly #options: PersonalProgrammeOptions;
  readonly #settings: ProgrammeSettings;
  /** The tune that the caller chose at an earlier call. */
  readonly #startTrack: string | null;
  readonly #line: HoldLine;
  #place: number | null = null;
  #isMemberFound = false;

  private constructor(options: PersonalProgrammeOptions, startTrack: string | null) {
    this.#options = options;
    this.#settings = settingsOf(options.queue, options.musicClass);
    this.#startTrack = startTrack;
    this.keys = this.#settings.keys;
    const { room, call, bridge, musicClass } = options;
    this.#line = new HoldLine({
      room,
      call,
      bridge,
      programme: () => this.#make(),
      reading: () => this.#reading(),
      fallback: musicClass.fallback,
    });
  }

  static async prepare(options: PersonalProgrammeOptions): Promise<PersonalProgramme> {
    const { room, call, musicClass, kept } = options;
    return new PersonalProgramme(options, kept?.programme.tune ?? (await recallTune(room, call, musicClass.name)));
  }

  async start(how?: { readonly isOnHold: boolean }): Promise<void> {
    this.#line.open(how);
  }

  stop(): Promise<void> {
    return this.#line.close();
  }

  async standStill(): Promise<void> {
    await this.#line.close();
    await this.#line.hearFallback();
  }

  heard(): Omit<Heard, 'consent'> | null {
    const { musicClass, format } = this.#options;
    const programme = this.#line.memory();
    return programme && { musicClass: musicClass.name, format, programme };
  }

  inWords(): string | null {
    if (this.#line.isFallbackHeard) return `moh:${this.#options.musicClass.fallback}`;
    const { tunes, recordings } = this.#line.nowPlaying() ?? { tunes: [], recordings: [] };
    const tune = tunes.at(-1)?.name ?? 'silence';
    return recordings.length === 0 ? tune : `${tune}, under ${recordings.join(' ')}`;
  }

  moved(position: number | null): void {
    this.#place = position;
    this.#line.change((programme, at) => programme.position(position, at));
  }

  memberFound(): void {
    this.#isMemberFound = true;
    this.#line.change((programme, at) => programme.cut(at));
  }

  memberMissed(): void {
    this.#isMemberFound = false;
    this.#line.change((programme, at) => programme.goOn(at));
  }

  pressed(digit: string): void {
    const { room, call, musicClass } = this.#options;
    const effect = this.#line.change((programme, at) => programme.press(digit, at));
    if (effect === null) return;
    call.log.debug({ effect: effect.type }, 'The caller pressed a key of the programme');
    if (effect.type === 'next-tune') rememberTune(room, call, { musicClass: musicClass.name, track: effect.track });
    if (effect.type === 'ask-accounts') {
      this.#tellAccounts().catch((error: unknown) => call.log.error({ err: error }, 'Personal information failed'));
    }
  }

  #make(): Programme {
    const { room, call, queue, shelf, format, waitsSinceMs, kept } = this.#options;
    const { language } = grammarFor(room, call);
    const say = announcementVoice(this.#options, (phrase) => room.sounds.prompts(phrase, language, format));
    const programme = new Programme({
      settings: this.#settings,
      format,
      shelf,
      startTrack: this.#startTrack,
      // Of the call's own, so that another process has the same.
      random: () => chanceOf(call.callId),
      startedAt: timeOfDay(room.clock.now()),
      sayPosition: say.position,
      announcements: { settings: queue.announcements, say, waitedMs: room.clock.now() - waitsSinceMs() },
      continues: kept && { memory: kept.programme, awayMs: Math.max(0, room.clock.now() - kept.atMs) },
    });
    programme.position(this.#place, 0);
    if (this.#isMemberFound) programme.cut(0);
    return programme;
  }

  /** After a start of the application it takes a while until a tune is there, and the caller's own. */
  #reading(): Promise<void> | null {
    const { room, shelf, musicClass } = this.#options;
    const isThere = () => {
      const tunes = shelf.tracks();
      if (this.#startTrack !== null) return tunes.some(({ name }) => name === this.#startTrack);
      return tunes.length > 0 || shelf.live()?.isPlaying === true;
    };
    if (isThere()) return null;
    if (this.#startTrack !== null) room.sounds.prefer(musicClass.name, this.#startTrack);
    return room.sounds.untilRead(isThere);
  }

  async #tellAccounts(): Promise<void> {
    const { room, call, queue, format } = this.#options;
    if (queue.accounts === null) return;
    const grammar = grammarFor(room, call);
    const phrase = await personalInformation(room, call, { source: queue.accounts, grammar });
    const sounds = room.sounds.prompts(phrase, grammar.language, format);
    if (!call.signal.aborted) this.#line.change((programme, at) => programme.tellAccounts(sounds, at));
  }
}

/** The class's settings with the queue's over them; the key of personal information only where there is a source of it. */
function settingsOf(queue: QueueSettings, musicClass: HoldClass): ProgrammeSettings {
  const merged = mergeProgramme(musicClass.programme, queue.programme);
  return queue.accounts === null ? { ...merged, keys: { ...merged.keys, accounts: null } } : merged;
}
