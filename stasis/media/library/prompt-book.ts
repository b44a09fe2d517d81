import { join } from 'node:path';
import type { Sound, WireFormat } from '../../../src/core/programme/sound.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import type { Logger } from '../../../src/log.ts';
import { isRecordingPath, readAsteriskWords } from './asterisk-words.ts';
import type { FileProblem } from './decode/job.ts';
import type { Scan, TrackFolder } from './track-folder.ts';

/** Folders of these names below the prompts' folder are languages: `en`, `pt_BR`; `music` is none. */
const LANGUAGE = /^[a-z]{2,3}(?:[_-][A-Za-z0-9]{1,8})*$/;
/** Prompts that were asked for and aren't there are named in the log, so many of them. */
const MISSING_NAMED_MAX = 1000;
const OWN = 'queueapp';
/** Silence belongs to every voice. */
const PAUSE = /(?:^|\/)pause(?:_[a-z0-9_]+)?$/;

export interface FolderRequest {
  readonly folder: string;
  readonly prefix: string;
  /** Base names that count; `null`: all. */
  readonly only: ReadonlySet<string> | null;
  /** Of the default language, or the folder of all. */
  readonly isMain: boolean;
}

export interface PromptBookOptions {
  /** Has a folder for each language. */
  readonly folder: string;
  readonly asteriskFolder: string | null;
  readonly defaultLanguage: string;
  /** Asterisk's own names that configuration uses, `vm-goodbye`: kept ready beside those that languages name. */
  readonly asteriskNames: readonly string[];
  readonly log: Logger;
  readonly open: (request: FolderRequest) => TrackFolder;
  readonly drop: (folder: TrackFolder) => void;
}

/** One speaker of one language: a phrase is never put together from two. */
interface Voice {
  find(name: string, format: WireFormat): Sound | undefined;
}

interface Language {
  readonly name: string;
  readonly root: TrackFolder;
  /** By what stands before the last `/` of a name. */
  readonly folders: Map<string, TrackFolder>;
  /** By folder below Asterisk's folder of the language. */
  readonly asterisk: Map<string, TrackFolder>;
  words: ReadonlyMap<string, string>;
  wordsText: string;
}

export interface LanguageStatus {
  readonly language: string;
  /** Recordings of ours, and of Asterisk's that are used. */
  readonly own: number;
  readonly asterisk: number;
  readonly bytes: number;
  readonly broken: readonly FileProblem[];
}

/** The recordings of all languages, by name. */
export class PromptBook {
  readonly #options: PromptBookOptions;
  readonly #root: TrackFolder;
  readonly #languages = new Map<string, Language>();
  readonly #missing = new Set<string>();

  constructor(options: PromptBookOptions) {
    this.#options = options;
    this.#root = options.open({ folder: options.folder, prefix: '', only: new Set(), isMain: true });
  }

  /** Brings languages and their folders level with what a look has shown. */
  async noteScan(folder: TrackFolder, { folders, isThere }: Scan): Promise<void> {
    if (folder === this.#root) return this.#noteLanguages(folders.filter((name) => LANGUAGE.test(name)));
    for (const language of this.#languages.values()) {
      if (folder !== language.root || !isThere) continue;
      this.#noteSubfolders(language, folders);
      await this.#noteWords(language);
    }
  }

  /** The phrase by the first voice that has all of it: Asterisk's before ours, the language before the default one. */
  sounds(phrase: Phrase, language: string, format: WireFormat): readonly Sound[] {
    let best: readonly (Sound | undefined)[] = [];
    let bestCount = 0;
    for (const voice of this.#candidates(language).flatMap(voicesOf)) {
      const found = phrase.map((name) => voice.find(name, format));
      const count = found.filter((sound) => sound !== undefined).length;
      if (count > bestCount) [best, bestCount] = [found, count];
      if (count === phrase.length) break;
    }
    phrase.forEach((name, index) => {
      if (best[index] === undefined) this.#tellMissing(name, language);
    });
    return best.filter((sound) => sound !== undefined);
  }

  status(): readonly LanguageStatus[] {
    return [...this.#languages.values()].map(({ name, root, folders, asterisk }) => {
      const own = [root, ...folders.values()];
      const all = [...own, ...asterisk.values()];
      return {
        language: name,
        own: sum(own.map(({ size }) => size)),
        asterisk: sum([...asterisk.values()].map(({ size }) => size)),
        bytes: sum(all.map(({ bytes }) => bytes)),
        broken: all.flatMap(({ broken }) => broken),
      };
    });
  }

  #candidates(language: string): Language[] {
    const wanted = [language, this.#options.defaultLanguage].flatMap(keysFor);
    return [...new Set(wanted)].flatMap((key) => this.#languages.get(key) ?? []);
  }

  #isMain(name: string): boolean {
    return keysFor(this.#options.defaultLanguage).includes(keyOf(name));
  }

  #noteLanguages(names: readonly string[]): void {
    const keys = new Set(names.map(keyOf));
    for (const [key, language] of this.#languages) {
      if (keys.has(key)) continue;
      for (const folder of [language.root, ...language.folders.values(), ...language.asterisk.values()]) {
        this.#options.drop(folder);
      }
      this.#languages.delete(key);
    }
    for (const name of names) {
      if (this.#languages.has(keyOf(name))) continue;
      const isMain = this.#isMain(name);
      const folder = join(this.#options.folder, name);
      const root = this.#options.open({ folder, prefix: `${OWN}/`, only: null, isMain });
      const empty = { folders: new Map(), asterisk: new Map(), words: new Map(), wordsText: '' };
      this.#languages.set(keyOf(name), { name, root, ...empty });
    }
  }

  #noteSubfolders({ name, folders }: Language, names: readonly string[]): void {
    for (const [prefix, folder] of folders) {
      if (names.includes(prefix)) continue;
      this.#options.drop(folder);
      folders.delete(prefix);
    }
    for (const prefix of names) {
      if (folders.has(prefix)) continue;
      const folder = join(this.#options.folder, name, prefix);
      folders.set(prefix, this.#options.open({ folder, prefix: `${prefix}/`, only: null, isMain: this.#isMain(name) }));
    }
  }

  async #noteWords(language: Language): Promise<void> {
    const { asteriskFolder, asteriskNames, folder, log } = this.#options;
    if (asteriskFolder === null) return;
    const file = join(folder, language.name, 'asterisk.yaml');
    const read = await readAsteriskWords(file);
    const ofNames = asteriskNames.filter((name) => isRecordingPath(name) && !name.startsWith(`${OWN}/`));
    const words = new Map(ofNames.map((name) => [name, name]));
    if (read.type === 'words') for (const [name, path] of read.words) words.set(name, path);
    const text = JSON.stringify([[...words], read]);
    if (text === language.wordsText) return;
    language.wordsText = text;
    language.words = words;
    if (read.type === 'wrong')
      log.warn({ file, reason: read.reason }, "The names of Asterisk's recordings can't be read");
    if (read.type === 'words' && read.refused.length > 0) {
      log.warn({ file, names: read.refused.slice(0, 20) }, "Some names of Asterisk's recordings have no proper path");
    }
    this.#openAsterisk(language, join(asteriskFolder, language.name));
  }

  #openAsterisk({ name, asterisk, words }: Language, folder: string): void {
    const isMain = this.#isMain(name);
    for (const old of asterisk.values()) this.#options.drop(old);
    asterisk.clear();
    const byFolder = new Map<string, Set<string>>();
    for (const path of words.values()) {
      const [below, base] = split(path);
      byFolder.set(below, (byFolder.get(below) ?? new Set()).add(base));
    }
    for (const [below, only] of byFolder) {
      const prefix = below === '' ? '' : `${below}/`;
      asterisk.set(below, this.#options.open({ folder: join(folder, below), prefix, only, isMain }));
    }
  }

  #tellMissing(name: string, language: string): void {
    const key = `${language} ${name}`;
    if (this.#missing.has(key) || this.#missing.size >= MISSING_NAMED_MAX) return;
    this.#missing.add(key);
    this.#options.log.warn(
      { prompt: name, language },
      'A prompt is missing and is passed over; put a recording into the folder of sounds',
    );
  }
}

function voicesOf({ root, folders, asterisk, words }: Language): Voice[] {
  const own: Voice = {
    find(name, format) {
      const [prefix, base] = split(name);
      const folder = prefix === OWN || prefix === '' ? root : folders.get(prefix);
      return folder?.get(base, format);
    },
  };
  if (words.size === 0) return [own];
  const asterisks: Voice = {
    find(name, format) {
      const path = words.get(name);
      if (path === undefined) return PAUSE.test(name) ? own.find(name, format) : undefined;
      const [below, base] = split(path);
      return asterisk.get(below)?.get(base, format);
    },
  };
  return [asterisks, own];
}

/** What stands before the last `/`, and what behind it. */
function split(name: string): [string, string] {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
}

/** Where a language's recordings are looked for: `pt_br`, then `pt`. */
function keysFor(language: string): string[] {
  const key = keyOf(language);
  return [key, key.split('_')[0] ?? key];
}

/** `pt-br` and `pt_BR` are one language. */
function keyOf(language: string): string {
  return language.toLowerCase().replaceAll('-', '_');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
