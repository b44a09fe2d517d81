import { posix } from 'node:path';
import type { Conf, ConfOption, ConfSection } from './asterisk/conf.ts';
import type { Draft, Entry } from './draft.ts';
import { type Converted, isTrue, left, type OptionRule } from './options/convert.ts';
import { takeOptions } from './take.ts';

/** Options of musiconhold.conf's [general]. */
export const MUSIC_GENERAL_OPTIONS: readonly OptionRule[] = [
  {
    names: ['cachertclasses'],
    setting: null,
    convert: left("each caller has music of their own; classes of the database stay Asterisk's"),
  },
  {
    names: ['preferchannelclass'],
    setting: null,
    convert: (value) =>
      isTrue(value)
        ? { isSo: "CHANNEL(musicclass) goes before the queue's class" }
        : { left: "CHANNEL(musicclass) goes before the queue's class; do not set it where the queue's own is wanted" },
  },
];

const ORDERS: Readonly<Record<string, Converted>> = {
  random: { value: 'random' },
  alpha: { value: 'alphabetical' },
  randstart: { value: 'alphabetical', note: 'each caller begins with the first tune, or with the one they chose last' },
};
const sort = (value: string): Converted =>
  ORDERS[value.toLowerCase()] ?? { left: 'Asterisk knows no such order; tunes follow each other by name' };

const OUTSIDE = 'Asterisk runs no program for a class of this application';

/** Options of a class of musiconhold.conf, but for what the music itself is (`mode`, `directory`, `entry`). */
export const MUSIC_CLASS_OPTIONS: readonly OptionRule[] = [
  { names: ['sort'], setting: 'programme.order', convert: sort },
  {
    names: ['random'],
    setting: 'programme.order',
    convert: (value) => (isTrue(value) ? { value: 'random' } : { isSo: 'tunes follow each other by name' }),
  },
  {
    names: ['digit'],
    setting: null,
    convert: left('a key means the next tune here (programme.keys), not another class'),
  },
  {
    names: ['announcement'],
    setting: null,
    convert: left("put the recording into a folder middle/ and name the folder above it as the class's advice"),
  },
  { names: ['loop_last'], setting: null, convert: left('after the last tune comes the first') },
  {
    names: ['answeredonly'],
    setting: null,
    convert: () => ({ isSo: 'callers are answered before they hear music' }),
  },
  { names: ['application'], setting: null, convert: left(OUTSIDE) },
  { names: ['format'], setting: null, convert: left('what a file holds is told by the file') },
  { names: ['kill_escalation_delay'], setting: null, convert: left(OUTSIDE) },
  { names: ['kill_method'], setting: null, convert: left(OUTSIDE) },
];

/** What the music of a class is; read together, for one says what the others mean. */
export const MUSIC_SOURCE_OPTIONS = ['mode', 'directory', 'entry'] as const;

/** A name that `music-classes` allows, and that is not one of JavaScript's own. */
const CLASS_NAME = /^(?!__proto__$)[A-Za-z0-9_.-]{1,80}$/;

/**
 * musiconhold.conf: classes of files become classes of this application; all others stay Asterisk's, which plays them for a
 * queue that names them. `dataFolder` is Asterisk's, below which relative folders lie.
 */
export function importMusic(conf: Conf, draft: Draft, dataFolder: string): void {
  draft.addGroup(['music-classes']);
  const seen = new Set<string>();
  for (const section of conf.sections.filter(({ isTemplate }) => !isTemplate)) {
    const label = `[${section.name}]`;
    if (section.name.toLowerCase() === 'general') {
      takeOptions(section.options, {
        section: label,
        rules: MUSIC_GENERAL_OPTIONS,
        pathOf: (setting) => [setting],
        draft,
      });
    } else if (seen.has(section.name)) {
      leaveAll(section, `Asterisk passes over a second class of this name, and so does this import`, draft);
    } else importClass(section, draft, dataFolder);
    seen.add(section.name);
  }
}

function importClass(section: ConfSection, draft: Draft, dataFolder: string): void {
  const source = sourceOf(section, dataFolder);
  const reason = CLASS_NAME.test(section.name)
    ? 'left' in source && source.left
    : 'the name of a class is made of letters, digits, dots, - and _';
  if (reason !== false || 'left' in source) {
    leaveAll(section, `${reason}; the class stays Asterisk's, and a queue that names it goes on hearing it`, draft);
    return;
  }
  const path = ['music-classes', section.name];
  const isSource = ({ name }: ConfOption) => (MUSIC_SOURCE_OPTIONS as readonly string[]).includes(name.toLowerCase());
  draft.set([...path, source.setting], source.value);
  // What is heard while the programme can't be: the very class, which Asterisk still has.
  draft.set([...path, 'fallback'], section.name);
  for (const option of section.options.filter(isSource)) {
    const isMode = option.name.toLowerCase() === 'mode';
    draft.entries.push({
      ...option,
      ...{ section: `[${section.name}]`, option: option.name },
      verdict: isMode || source.note === null ? 'taken' : 'changed',
      note: isMode ? `a class with a ${source.setting}` : source.note,
      path: isMode ? null : [...path, source.setting],
    });
  }
  const pathOf = (setting: string) => [...path, ...setting.split('.')];
  const rest = section.options.filter((option) => !isSource(option));
  takeOptions(rest, { section: `[${section.name}]`, rules: MUSIC_CLASS_OPTIONS, pathOf, draft });
}

type Source =
  | { readonly setting: 'folder' | 'stream'; readonly value: string; readonly note: string | null }
  | { readonly left: string };

function sourceOf({ options }: ConfSection, dataFolder: string): Source {
  const last = (name: string) => options.findLast((option) => option.name.toLowerCase() === name)?.value ?? '';
  const mode = last('mode').toLowerCase();
  if (mode === 'files') return folderSource(last('directory'), dataFolder);
  if (mode !== 'playlist')
    return { left: mode === '' ? 'has no mode' : `music by mode=${mode} comes out of another program` };
  return playlistSource(options.filter(({ name }) => name.toLowerCase() === 'entry').map(({ value }) => value));
}

function folderSource(directory: string, dataFolder: string): Source {
  if (directory === '') return { left: 'has no directory' };
  const note = posix.isAbsolute(directory) ? null : `a relative folder lies below Asterisk's data, ${dataFolder}`;
  return { setting: 'folder', value: posix.resolve(dataFolder, directory), note };
}

/** Of a list of files there is a folder, when all of them are in one; of an address, a stream. */
function playlistSource(entries: readonly string[]): Source {
  const [first = '', ...more] = entries;
  if (/^https?:/i.test(first) && more.length === 0)
    return {
      setting: 'stream',
      value: first,
      note: 'an address is a live stream here, which is listened to and not loaded',
    };
  const folders = new Set(entries.map((entry) => posix.dirname(entry)));
  const [folder = ''] = folders;
  if (folders.size === 1 && posix.isAbsolute(folder))
    return { setting: 'folder', value: folder, note: 'all tracks of the folder are played, by name' };
  return {
    left: entries.length === 0 ? 'has no entries' : 'the entries lie in several places; put the files into one folder',
  };
}

function leaveAll({ name: section, options }: ConfSection, note: string, draft: Draft): void {
  for (const { name, value, file, line } of options) {
    const entry: Entry = {
      section: `[${section}]`,
      option: name,
      value,
      file,
      line,
      verdict: 'left',
      note,
      path: null,
    };
    draft.entries.push(entry);
  }
}
