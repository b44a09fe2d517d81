import { join } from 'node:path';
import type { MusicClassSettings, SoundSettings } from '../../../src/config/config.ts';
import { ADVICE_FOLDERS, type Shelf, type Sound, type WireFormat } from '../../../src/core/programme/sound.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { SoundLibrary } from '../../../src/ports/sound-library.ts';
import { ClassShelf, type ClassStatus, type StreamSource } from './class-shelf.ts';
import { Decoder } from './decode/decoder.ts';
import { FirstReading } from './first-reading.ts';
import { FolderRounds, type ReadingTurn } from './folder-rounds.ts';
import { SoundMemory } from './memory.ts';
import { type LanguageStatus, PromptBook } from './prompt-book.ts';
import { type Scan, TrackFolder, type TrackFolderSettings } from './track-folder.ts';

/**
 * What is read first. A queue without music is better than one that can't speak, and Asterisk's music is heard meanwhile; but one tune of each
 * class goes before what hardly anybody will hear at once.
 */
const ORDER = { prompts: 0, firstTunes: 1, otherLanguages: 2, advice: 3, music: 4 } as const;
/** A shorter tune would only begin again and again. */
const TRACK_LEAST_MS = 1000;

export interface SoundLibraryOptions {
  readonly classes: readonly MusicClassSettings[];
  readonly sounds: SoundSettings;
  readonly defaultLanguage: string;
  /** Names of Asterisk's own recordings that may be asked for as prompts (`vm-goodbye`), beside those of the languages' `asterisk.yaml`. */
  readonly asteriskNames?: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface LibraryStatus {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly classes: readonly ClassStatus[];
  readonly languages: readonly LanguageStatus[];
}

/** The sound library that reads folders of files. */
export interface FolderSoundLibrary extends SoundLibrary {
  /** Resolves when what lies in the folders has been read. Never rejects for a file: what is broken is named and left out. */
  start(): Promise<void>;
  close(): Promise<void>;
  status(): LibraryStatus;
  /** Told after tracks, advice or prompts have come or gone; the returned function ends it. */
  onChange(listener: () => void): () => void;
  /** Gives a class its live stream. Does nothing for a class that configuration does not have. */
  attachStream(musicClass: string, stream: StreamSource): void;
}

/** Makes the library; nothing is read before `start()`. */
export function createSoundLibrary(options: SoundLibraryOptions): FolderSoundLibrary {
  return new DecodedFolders(options);
}

type FolderKind = Omit<TrackFolderSettings, 'formats' | 'maxMs'>;
const MUSIC_TURN: ReadingTurn = { order: ORDER.music, begins: { order: ORDER.firstTunes, tracksMost: 1 } };
const ADVICE_TURN: ReadingTurn = { order: ORDER.advice, begins: null };
const OTHER_PROMPTS_TURN: ReadingTurn = { order: ORDER.otherLanguages, begins: null };
const PROMPTS_TURN: ReadingTurn = {
  order: ORDER.prompts,
  begins: { order: ORDER.prompts, tracksMost: Number.POSITIVE_INFINITY },
};
const SPOKEN = { gain: 1, leastMs: 0 } as const;
const MUSIC = { prefix: '', only: null, leastMs: TRACK_LEAST_MS, isExpected: true } as const;

class DecodedFolders implements FolderSoundLibrary {
  readonly #options: SoundLibraryOptions;
  readonly #decoder: Decoder;
  readonly #memory: SoundMemory;
  readonly #rounds: FolderRounds;
  readonly #prompts: PromptBook;
  /** Folders of music and advice, which several classes may name. */
  readonly #shared = new Map<string, TrackFolder>();
  readonly #classes: ReadonlyMap<string, ClassShelf>;
  readonly #listeners = new Set<() => void>();
  readonly #firstReading = new FirstReading();

  constructor(options: SoundLibraryOptions) {
    const { clock, log, sounds, defaultLanguage, classes, asteriskNames = [] } = options;
    this.#options = options;
    this.#decoder = new Decoder(clock);
    this.#memory = new SoundMemory(sounds.memoryMaxBytes);
    this.#rounds = new FolderRounds({
      clock,
      log,
      onTrack: () => this.#firstReading.noteTrack(),
      onScan: (folder, scan) => this.#noteScan(folder, scan),
      onIdle: () => this.#decoder.rest(),
    });
    const { folder, asteriskFolder } = sounds;
    this.#prompts = new PromptBook({
      folder,
      asteriskFolder,
      defaultLanguage,
      asteriskNames,
      log,
      open: ({ isMain, ...request }) =>
        this.#open(
          { ...request, ...SPOKEN, isExpected: request.folder === folder },
          isMain ? PROMPTS_TURN : OTHER_PROMPTS_TURN,
        ),
      drop: (dropped) => this.#rounds.remove(dropped),
    });
    this.#classes = new Map(classes.map((settings) => [settings.name, this.#openClass(settings)]));
  }

  async start(): Promise<void> {
    await this.#rounds.start().finally(() => this.#firstReading.end());
  }

  untilRead(isEnough: () => boolean): Promise<void> | null {
    return this.#firstReading.until(isEnough);
  }

  prefer(musicClass: string, tune: string): void {
    const folder = this.#classes.get(musicClass)?.tracks ?? null;
    const wanted = folder?.prefer(tune) ?? 0;
    if (folder !== null && wanted > 0) this.#rounds.hurry(folder, wanted);
  }

  async close(): Promise<void> {
    const roundsClosed = this.#rounds.close();
    await this.#decoder.close();
    await roundsClosed;
    this.#listeners.clear();
  }

  shelf(musicClass: string, format: WireFormat): Shelf | null {
    return this.#classes.get(musicClass)?.in(format) ?? null;
  }

  prompts(phrase: Phrase, language: string, format: WireFormat): readonly Sound[] {
    return this.#prompts.sounds(phrase, language, format);
  }

  attachStream(musicClass: string, stream: StreamSource): void {
    this.#classes.get(musicClass)?.attachStream(stream);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): LibraryStatus {
    return {
      bytes: this.#memory.usedBytes,
      maxBytes: this.#memory.maxBytes,
      classes: [...this.#classes.values()].map((shelf) => shelf.status()),
      languages: this.#prompts.status(),
    };
  }

  #openClass({ name, folder, adviceFolder, level }: MusicClassSettings): ClassShelf {
    const music = { ...MUSIC, gain: level };
    const advice = ADVICE_FOLDERS.flatMap((kind) => {
      if (adviceFolder === null) return [];
      const request = {
        ...SPOKEN,
        folder: join(adviceFolder, kind),
        prefix: `${kind}/`,
        only: null,
        isExpected: false,
      };
      return [[kind, this.#openShared(request, ADVICE_TURN)] as const];
    });
    const tracks = folder === null ? null : this.#openShared({ ...music, folder }, MUSIC_TURN);
    return new ClassShelf(name, { tracks, advice: new Map(advice) });
  }

  /** Classes that play the same files equally loud have them in memory once. */
  #openShared(settings: FolderKind, turn: ReadingTurn): TrackFolder {
    const key = JSON.stringify([settings.folder, settings.prefix, settings.gain]);
    const folder = this.#shared.get(key) ?? this.#open(settings, turn);
    this.#shared.set(key, folder);
    return folder;
  }

  #open(settings: FolderKind, turn: ReadingTurn): TrackFolder {
    const { formats, trackMaxMs } = this.#options.sounds;
    const deps = { decoder: this.#decoder, memory: this.#memory, log: this.#options.log };
    const folder = new TrackFolder({ ...settings, formats, maxMs: trackMaxMs }, deps);
    this.#rounds.add(folder, turn);
    return folder;
  }

  async #noteScan(folder: TrackFolder, scan: Scan): Promise<void> {
    await this.#prompts.noteScan(folder, scan);
    if (!scan.hasChanged) return;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (err) {
        this.#options.log.error({ err }, 'A listener for changes of sounds failed');
      }
    }
  }
}
