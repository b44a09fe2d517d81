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

const Language = z.strictObject({
  name: z.string(),
  synthesiser: z.enum(['flite', 'festival', 'espeak-ng']),
  // A voice becomes part of a festival expression: letters, digits, _, - and + only.
  voice: z.string().regex(/^[A-Za-z0-9_+-]+$/),
  stretch: z.number().min(0.5).max(2),
  licence: z.string(),
});

const Prompt = z.strictObject({
  when: z.string(),
  text: z.record(LanguageName, z.string().min(1).max(1000)),
});

const Manifest = z.strictObject({
  languages: z.record(LanguageName, Language),
  prompts: z.record(PromptName, Prompt),
});

/** How a language is spoken: synthesiser, voice, pace (`stretch`, above 1 is slower) and licence. */
export type Language = z.infer<typeof Language>;
/** What `sounds/manifest.yaml` holds. */
export type Manifest = z.infer<typeof Manifest>;

/** One prompt in one language: what is spoken, and by whom. */
export interface PromptText {
  readonly language: string;
  readonly name: string;
  readonly text: string;
  readonly speaker: Language;
}

/** Reads and checks the manifest; an error names the entry that is wrong. */
export function readManifest(path: string): Manifest {
  const checked = Manifest.safeParse(parse(readFileSync(path, 'utf8')));
  if (!checked.success) throw new Error(`${path}: ${z.prettifyError(checked.error)}`);
  for (const [name, prompt] of Object.entries(checked.data.prompts)) {
    for (const language of Object.keys(prompt.text)) {
      if (!(language in checked.data.languages))
        throw new Error(`${path}: ${name} has a text in ${language}, which is not under languages`);
    }
  }
  return checked.data;
}

/** Lists the prompts that have a text, in the manifest's order; `language` and `names` narrow the list. */
export function promptTexts(
  manifest: Manifest,
  narrow: { language?: string | undefined; names?: readonly string[] | undefined } = {},
): PromptText[] {
  const texts: PromptText[] = [];
  for (const [language, speaker] of Object.entries(manifest.languages)) {
    if (narrow.language !== undefined && narrow.language !== language) continue;
    for (const [name, prompt] of Object.entries(manifest.prompts)) {
      const text = prompt.text[language];
      if (text === undefined || (narrow.names && !narrow.names.includes(name))) continue;
      texts.push({ language, name, text, speaker });
    }
  }
  return texts;
}

/** Fingerprint of everything that decides how a prompt sounds; `recipe` is the version of the sound processing. */
export function sourceHash(prompt: PromptText, recipe: number): string {
  const { synthesiser, voice, stretch } = prompt.speaker;
  return sha256(JSON.stringify([recipe, synthesiser, voice, stretch, prompt.text]));
}

/** SHA-256 in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
