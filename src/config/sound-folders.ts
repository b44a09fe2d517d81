import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { MusicClassSettings, SoundSettings } from './config.ts';
import type { CheckedFile } from './schema.ts';
import { shippedPath } from './shipped.ts';

/** The recordings' settings with absolute folders; what is relative in the file lies beside it. */
export function soundSettings({ folder, asteriskFolder, ...rest }: CheckedFile['sounds'], file: string): SoundSettings {
  return {
    folder: folder === null ? shippedPath('sounds') : beside(file, folder),
    asteriskFolder: asteriskFolder === null ? null : beside(file, asteriskFolder),
    ...rest,
  };
}

/** The file's music classes; without the section one named `default`, of the music and advice that are shipped. */
export function musicClasses(
  written: CheckedFile['music-classes'],
  { file, language }: { readonly file: string; readonly language: string },
): MusicClassSettings[] {
  if (written === undefined) return [shippedClass(language)];
  return Object.entries(written).map(([name, { folder, adviceFolder, ...rest }]) => ({
    name,
    folder: folder === null ? null : beside(file, folder),
    adviceFolder: adviceFolder === null ? null : beside(file, adviceFolder),
    ...rest,
  }));
}

function shippedClass(language: string): MusicClassSettings {
  const ofLanguage = shippedPath(`sounds/advice/${language}`);
  return {
    name: 'default',
    folder: shippedPath('sounds/music'),
    adviceFolder: existsSync(ofLanguage) ? ofLanguage : shippedPath('sounds/advice/en'),
    stream: null,
    level: 1,
    fallback: 'default',
    programme: {},
  };
}

const beside = (file: string, path: string) => resolve(dirname(file), path);
