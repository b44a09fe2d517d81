import { join } from 'node:path';
import { promptTexts, readManifest } from '../../../sounds/manifest.ts';
import type { Phrase, SpokenLanguage } from '../../../src/core/speech/phrase.ts';

const manifest = readManifest(join(import.meta.dirname, '../../../sounds/manifest.yaml'));

/** What each recording of a language says, by its name in a phrase: `queueapp/position`, `numbers/21`. A pause says `|`. */
export function textsOf(language: SpokenLanguage): ReadonlyMap<string, string> {
  return new Map(
    promptTexts(manifest, { language }).map(({ name, text, pauseMs }) => [
      name.includes('/') ? name : `queueapp/${name}`,
      pauseMs === undefined ? text : '|',
    ]),
  );
}

/** Everything that the manifest names, with or without a text in some language. */
export const TEXTS: Readonly<Record<SpokenLanguage, ReadonlyMap<string, string>>> = {
  en: textsOf('en'),
  ru: textsOf('ru'),
  pt_BR: textsOf('pt_BR'),
};

/** What a caller hears, in words. A name without a text is an error. */
export function written(phrase: Phrase, language: SpokenLanguage): string {
  return phrase
    .map((name) => {
      const text = TEXTS[language].get(name);
      if (text === undefined) throw new Error(`${name} has no text in ${language}`);
      return text;
    })
    .join(' ');
}
