/**
 * Something to say, as names of recordings in order: `numbers/21`, `queueapp/position`. Which words a number takes is the
 * language's grammar; which file a name is in a language is the sound library's business.
 */
export type Phrase = readonly string[];

/** Folders of words, beside the prompts of a language. */
const WORD_FOLDERS = /^(?:numbers|ordinals|money|accounts|waiting)\//;

/** The same for Asterisk to play: `sound:queueapp/numbers/21`. Names that are none of ours are Asterisk's own. */
export function phraseMedia(phrase: Phrase): readonly string[] {
  return phrase.map((name) => (WORD_FOLDERS.test(name) ? `sound:queueapp/${name}` : `sound:${name}`));
}

/** Languages that numbers are spoken in. */
export const SPOKEN_LANGUAGES = ['en', 'ru', 'pt_BR'] as const;
export type SpokenLanguage = (typeof SPOKEN_LANGUAGES)[number];
