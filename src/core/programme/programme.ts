import type { TimeOfDay } from './advice.ts';
import { type AnnouncementVoice, announcementTiming } from './announcement.ts';
import { ANNOUNCEMENT_DEFAULTS, type AnnouncementSettings } from './announcement-settings.ts';
import { resumeBed } from './bed.ts';
import type { Continuation, ProgrammeMemory } from './continuation.ts';
import { History } from './history.ts';
import { type KeyEffect, pressKey } from './keys.ts';
import { memoryOf } from './memory.ts';
import { firstState } from './planner.ts';
import { atPlace } from './position.ts';
import { renderTimeline } from './render.ts';
import type { ProgrammeSettings } from './settings.ts';
import { type Shelf, type Sound, WIRE, type WireFormat } from './sound.ts';
import { speakable, stopTelling } from './speech.ts';
import type { Scene, State, Telling } from './state.ts';
import { clipGainAt, enter, levelAt, prune, type Timeline } from './timeline.ts';
import { timingOf } from './timing.ts';

export interface ProgrammeOptions {
  readonly settings: ProgrammeSettings;
  readonly format: WireFormat;
  /** What the class has to play, in this format. */
  readonly shelf: Shelf;
  /** The tune that is remembered for the caller; `null`, or one that is not on the shelf any more: the first. */
  readonly startTrack: string | null;
  /** Asked once. */
  readonly random: () => number;
  /** Local time of day at sample 0: the hours of advice are counted from it by samples. */
  readonly startedAt: TimeOfDay;
  /** The recordings that say a place in line, in the caller's language. Called when the saying begins, and whenever that is decided anew. */
  readonly sayPosition: (place: number) => readonly Sound[];
  /** What the queue announces; without it nothing. */
  readonly announcements?: AnnouncementOptions | undefined;
  /** It goes on where that of a process which is gone would be. @default it is new */
  readonly continues?: Continuation | null;
}

export interface AnnouncementOptions {
  readonly settings: AnnouncementSettings;
  /** Called when a saying begins, and whenever that is decided anew. */
  readonly say: AnnouncementVoice<Sound>;
  /** How long the caller has been waiting at sample 0. */
  readonly waitedMs: number;
}

const NO_ANNOUNCEMENTS: AnnouncementOptions = {
  settings: ANNOUNCEMENT_DEFAULTS,
  say: { position: () => [], moreThan: () => [], holdTime: () => [], thanks: () => [], periodic: () => [] },
  waitedMs: 0,
};

/** What a caller hears at a sample, for status and log. */
export interface NowPlaying {
  /** Empty: no music. In a cross-fade the old tune comes before the new one. */
  readonly tunes: readonly { readonly name: string; readonly isLive: boolean; readonly gain: number }[];
  readonly telling: Telling['kind'] | null;
  /** Names of the recordings that are being told. */
  readonly recordings: readonly string[];
}

/**
 * What one caller hears, mixed for this caller alone: music, and over it position, personal information and advice. Satisfies `AudioProgramme` of
 * src/ports/media-out.ts.
 *
 * Clocked by samples. Rendering only reads; commands are for the sample `at` that the caller hears now, and change what comes after it, also what
 * has been rendered ahead: {@link takeChangedFrom} says from where on it has to be rendered anew. Equal settings, shelf, chance, clock and commands
 * give equal bytes, whatever the sizes of the blocks. Commands come in order; an `at` before the one of the last command counts as that.
 */
export class Programme {
  readonly format: WireFormat;
  readonly #scene: Scene;
  readonly #history: History;

  constructor(options: ProgrammeOptions) {
    const { format, shelf, random, startedAt, sayPosition, announcements = NO_ANNOUNCEMENTS } = options;
    const { startTrack: startTune, continues = null } = options;
    const settings = announcements.settings.frequencyMs > 0 ? withoutOwnRule(options.settings) : options.settings;
    this.format = format;
    const seed = Math.floor(random() * 0x1_0000_0000) >>> 0;
    this.#scene = {
      settings,
      format,
      timing: timingOf(settings, format),
      shelf,
      order: settings.order === 'random' ? { seed } : 'alphabetical',
      seed,
      sayPosition,
      announcements: {
        ...announcements,
        timing: announcementTiming(announcements.settings, {
          rate: WIRE[format].rate,
          waitedMs: announcements.waitedMs,
        }),
      },
    };
    this.#history = new History(this.#scene, firstState(this.#scene, { startTune, startedAt, continues }));
  }

  /** Writes the samples `[from, from + length)` in the wire's format into `out` at `offset`; allocates nothing but at the programme's own turns. */
  render(from: number, length: number, out: Uint8Array, offset: number): void {
    const { bytesPerSample } = WIRE[this.format];
    // No more at a time than the timeline remembers: what is over is forgotten at the programme's turns.
    const step = this.#scene.timing.keep >> 1;
    for (let done = 0; done < length; done += step) {
      const count = Math.min(step, length - done);
      const { timeline } = this.#history.planned(from + done + count);
      renderTimeline(timeline, this.format, from + done, count, out, offset + done * bytesPerSample);
    }
  }

  /** The first sample that sounds otherwise than it was rendered before; Infinity when none. Reading forgets it. */
  takeChangedFrom(): number {
    return this.#history.takeChangedFrom();
  }

  /** A key, for the programme or not; the answer is for the call to carry out. `null`: not one of ours, or too soon. */
  press(digit: string, at: number): KeyEffect | null {
    const [before, state] = this.#stateAt(at);
    const pressed = pressKey(this.#scene, state, digit, state.at);
    if (pressed === null) return null;
    this.#history.replace(before, pressed.state);
    return pressed.effect;
  }

  /** The caller's place in line, from 1; `null`: none (any more), and nothing is said about it. Said when it is due. */
  position(place: number | null, at: number): void {
    const [before, state] = this.#stateAt(at);
    const position = atPlace(state.position, place, state.at);
    if (position.place === state.position.place) return;
    this.#history.replace(before, { ...state, position });
  }

  /** Says personal information as soon as it can be said; what still waits from before is replaced. */
  tellAccounts(sounds: readonly Sound[], at: number): void {
    const [before, state] = this.#stateAt(at);
    const accounts = speakable(sounds);
    if (accounts.length === 0 || state.isCut) return;
    this.#history.replace(before, { ...state, accounts });
  }

  /** A member was found: what is being said stops, and nothing more is said until {@link goOn}. The music plays on. */
  cut(at: number): void {
    const [before, state] = this.#stateAt(at);
    const stopped = stopTelling(this.#scene, state, state.at).state;
    const position = { ...stopped.position, isAsked: false };
    this.#history.replace(before, { ...stopped, position, accounts: null, isCut: true });
  }

  /** The member did not answer: things are said again. */
  goOn(at: number): void {
    const [before, state] = this.#stateAt(at);
    if (state.isCut) this.#history.replace(before, { ...state, isCut: false });
  }

  /**
   * The caller's line to us is closed; `at` is the first sample that was not heard. The programme stands still until {@link resume}. What was being
   * said is not resumed in the middle of a word: it is said again, from its beginning.
   */
  pause(at: number): void {
    const [before, state] = this.#stateAt(at);
    const { state: stopped, accounts } = stopTelling(this.#scene, state, state.at);
    this.#history.replace(before, { ...stopped, accounts: state.accounts ?? accounts });
  }

  /**
   * The programme goes on with the sample at which it stopped, faded in. Things are said again after that.
   * @param now the local time of day, when it has gone on meanwhile
   */
  resume(from: number, now?: TimeOfDay): void {
    const [before, state] = this.#stateAt(from);
    const { timing } = this.#scene;
    const { at } = state;
    const stopped = stopTelling(this.#scene, state, at);
    const { bed, timeline } = resumeBed(
      this.#scene,
      { bed: stopped.state.bed, timeline: silenced(stopped.state.timeline, at) },
      at,
    );
    this.#history.replace(before, {
      ...stopped.state,
      bed,
      timeline: enter(timeline, at, timing.in),
      accounts: state.accounts ?? stopped.accounts,
      speech: { name: 'quiet', notBefore: at + timing.in },
      isCut: false,
      clock: now === undefined ? state.clock : { at, timeOfDay: now },
    });
  }

  /** What has to be known of it when it is to go on without this process, at the sample that is heard now. */
  memory(at: number): ProgrammeMemory {
    const sample = Math.max(this.#history.earliest, Math.floor(at));
    return memoryOf(this.#history.stateAt(sample), sample, this.#scene.timing.rate);
  }

  /** What is heard at a sample that was rendered within the last two seconds, or will be. */
  nowPlaying(at: number): NowPlaying {
    const { timeline, speech } = this.#history.stateAt(at);
    const sounding = timeline.music.filter(({ start, end }) => start <= at && at < end);
    const telling = speech.name === 'telling' ? speech.telling : null;
    return {
      tunes: sounding.map((clip) => ({
        name: clip.sound.name,
        isLive: clip.sound.kind === 'live',
        gain: clipGainAt(clip, at) * levelAt(timeline, at),
      })),
      telling: telling?.kind ?? null,
      recordings: telling?.sounds.map(({ name }) => name) ?? [],
    };
  }

  // The state that holds at a sample, and the same as the state of that sample, for a command to build on.
  #stateAt(at: number): [before: State, state: State] {
    const sample = Math.max(this.#history.earliest, Math.floor(at));
    const before = this.#history.stateAt(sample);
    const timeline = prune(before.timeline, sample - this.#scene.timing.keep);
    return [before, { ...before, at: sample, timeline }];
  }
}

// The queue's announcements tell the place: of the programme's own rules for it the key alone is left.
function withoutOwnRule(settings: ProgrammeSettings): ProgrammeSettings {
  return { ...settings, position: { onChange: false, everyMs: 0 } };
}

// Speech that had been cut is not heard to its last 60 ms on another line.
function silenced(timeline: Timeline, at: number): Timeline {
  return { ...timeline, voice: timeline.voice.filter(({ end }) => end <= at) };
}
