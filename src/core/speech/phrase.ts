/**
 * Something to say, as names of recordings in order: `numbers/21`, `queueapp/position`. Which words a number takes is the
 * language's grammar; which file a name is in a language is the sound library's business.
 */
export type Phrase = readonly string[];

/** Languages that numbers are spoken in. */
export const SPOKEN_LANGUAGES = ['en', 'ru', 'pt_BR'] as const;
export type SpokenLanguage = (typeof SPOKEN_LANGUAGES)[number];
