import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** Programs of Debian that can speak a prompt; `apt` names the package that brings each. */
export const SYNTHESISERS = {
  flite: { command: 'flite', apt: 'flite' },
  festival: { command: 'text2wave', apt: 'festival' },
  'espeak-ng': { command: 'espeak-ng', apt: 'espeak-ng' },
} as const;

/** A synthesiser's name as the manifest writes it. */
export type Synthesiser = keyof typeof SYNTHESISERS;

const LanguageName = z.string().regex(/^[a-z]{2}(_[A-Z]{2})?$/, 'a language is written like en or pt_BR');
const PromptName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'a prompt is named with a-z, 0-9 and _');

const WordName = z.string().regex(/^[a-z0-9]+(_[a-z0-9]+)*$/, 'a word is named with a-z, 0-9 and _');

const Language = z.strictObject({
  name: z.string(),
  synthesiser: z.enum(['flite', 'festival', 'espeak-ng']),
  // A voice becomes part of a festival expression: letters, digits, _, - and + only.
  voice: z.string().regex(/^[A-Za-z0-9_+-]+$/),
  stretch: z.number().min(0.5).max(2),
  licence: z.string(),
});

const Texts = z.record(LanguageName, z.string().min(1).max(1000));
const Pad = z.number().int().min(0).max(1000);

const Prompt = z.strictObject({
  when: z.string(),
  text: Texts,
  say: Texts.optional(),
});

/** Words that are put in order by the grammar: a folder of them, all of one kind. */
const Words = z.strictObject({
  when: z.string(),
  padMs: z.strictObject({ before: Pad, after: Pad }),
  pauses: z.record(WordName, z.number().int().min(20).max(2000)).default({}),
  texts: z.record(WordName, Texts),
  say: z.record(WordName, Texts).default({}),
});

const Manifest = z.strictObject({
  languages: z.record(LanguageName, Language),
  prompts: z.record(PromptName, Prompt),
  words: z.record(PromptName, Words).default({}),
});

/** How a language is spoken: synthesiser, voice, pace (`stretch`, above 1 is slower) and licence. */
export type Language = z.infer<typeof Language>;
/** What `sounds/manifest.yaml` holds. */
export type Manifest = z.infer<typeof Manifest>;

/** Silence around what is spoken. A prompt has enough of it to follow another; a word has less. */
export interface Padding {
  readonly before: number;
  readonly after: number;
}

/** That of whole prompts, in milliseconds. */
export const PROMPT_PAD_MS: Padding = { before: 50, after: 200 };

/** One prompt or word in one language: what is spoken, and by whom. */
export interface PromptText {
  readonly language: string;
  /** `welcome`, `numbers/21`. */
  readonly name: string;
  /** As it is written; empty for a pause. */
  readonly text: string;
  /** As this synthesiser has to be told it, where it reads the text wrongly. */
  readonly say?: string | undefined;
  readonly speaker: Language;
  /** {@link PROMPT_PAD_MS} unless it says otherwise. */
  readonly padMs?: Padding;
  /** Nothing but silence, so long. */
  readonly pauseMs?: number;
}

/** Reads and checks the manifest; an error names the entry that is wrong. */
export function readManifest(path: string): Manifest {
  const checked = Manifest.safeParse(parse(readFileSync(path, 'utf8')));
  if (!checked.success) throw new Error(`${path}: ${z.prettifyError(checked.error)}`);
  const { languages, prompts, words } = checked.data;
  for (const [name, { text, say = {} }] of Object.entries(prompts))
    refuseLanguages(path, languages, { name, text, say });
  for (const [group, { texts, say, pauses }] of Object.entries(words)) {
    for (const [word, text] of Object.entries(texts))
      refuseLanguages(path, languages, { name: `${group}/${word}`, text, say: say[word] ?? {} });
    for (const word of [
      ...Object.keys(say).filter((each) => !(each in texts)),
      ...Object.keys(pauses).filter((each) => each in texts),
    ])
      throw new Error(`${path}: ${group}/${word} has to stand under texts, or under pauses alone`);
  }
  return checked.data;
}

type Texts = z.infer<typeof Texts>;

function refuseLanguages(
  path: string,
  languages: Manifest['languages'],
  { name, text, say }: { name: string; text: Texts; say: Texts },
): void {
  for (const language of Object.keys(text)) {
    if (!(language in languages))
      throw new Error(`${path}: ${name} has a text in ${language}, which is not under languages`);
  }
  for (const language of Object.keys(say)) {
    if (!(language in text)) throw new Error(`${path}: ${name} has a way to say it in ${language}, but no text`);
  }
}

/** Every name in the manifest, whatever languages it has a text in: `welcome`, `numbers/21`, `numbers/pause`. */
export function promptNames({ prompts, words }: Manifest): string[] {
  const ofGroups = Object.entries(words).flatMap(([group, { texts, pauses }]) =>
    [...Object.keys(pauses), ...Object.keys(texts)].map((word) => `${group}/${word}`),
  );
  return [...Object.keys(prompts), ...ofGroups];
}

/** Lists the prompts and words that have a text, in the manifest's order; `language` and `names` narrow the list. */
export function promptTexts(
  manifest: Manifest,
  narrow: { language?: string | undefined; names?: readonly string[] | undefined } = {},
): PromptText[] {
  const languages = Object.entries(manifest.languages).filter(
    ([language]) => (narrow.language ?? language) === language,
  );
  const texts = languages.flatMap(([language, speaker]) => [
    ...promptsOf(manifest, { language, speaker }),
    ...wordsOf(manifest, { language, speaker }),
  ]);
  return texts.filter(({ name }) => narrow.names?.includes(name) ?? true);
}

type Speaker = Pick<PromptText, 'language' | 'speaker'>;

function promptsOf({ prompts }: Manifest, { language, speaker }: Speaker): PromptText[] {
  return Object.entries(prompts).flatMap(([name, prompt]) => {
    const text = prompt.text[language];
    return text === undefined ? [] : [{ language, name, text, speaker, say: prompt.say?.[language] }];
  });
}

function wordsOf({ words }: Manifest, { language, speaker }: Speaker): PromptText[] {
  return Object.entries(words).flatMap(([group, { padMs, pauses, texts, say }]) => {
    const spoken = Object.entries(texts).flatMap(([word, ofWord]) => {
      const text = ofWord[language];
      return text === undefined
        ? []
        : [{ language, name: `${group}/${word}`, text, speaker, padMs, say: say[word]?.[language] }];
    });
    // In a language without words of the group its pauses part nothing.
    const silent = spoken.length === 0 ? [] : Object.entries(pauses);
    return [
      ...silent.map(([word, pauseMs]) => ({ language, name: `${group}/${word}`, text: '', speaker, padMs, pauseMs })),
      ...spoken,
    ];
  });
}

/** Fingerprint of everything that decides how a prompt sounds; `recipe` is the version of the sound processing. */
export function sourceHash(prompt: PromptText, recipe: number): string {
  if (prompt.pauseMs !== undefined) return sha256(JSON.stringify([recipe, 'pause', prompt.pauseMs]));
  const { synthesiser, voice, stretch } = prompt.speaker;
  const padMs = prompt.padMs === undefined ? [] : [prompt.padMs.before, prompt.padMs.after];
  return sha256(JSON.stringify([recipe, synthesiser, voice, stretch, prompt.say ?? prompt.text, ...padMs]));
}

/** SHA-256 in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
