import type { IvrStep, Prompt } from '../core/ivr/flow-definition.ts';
import type { Config } from './config.ts';

/** A sound file that the configuration names. */
export interface NamedSound {
  /** Without `sound:` and ending: `queueapp/welcome`. */
  readonly sound: string;
  /** Languages in which it may be asked for: the default, and what steps switch to. */
  readonly languages: readonly string[];
  /** The settings that name it, as people write them: `ivr.steps.welcome`. */
  readonly settings: readonly string[];
}

/** All sound files that the configuration names, each once. Tones, digits, recordings and files by path are none. */
export function namedSounds(config: Config): readonly NamedSound[] {
  const languages = languagesOf(config);
  const bySound = new Map<string, string[]>();
  for (const { setting, prompt } of namedPrompts(config)) {
    for (const media of prompt) {
      const sound = /^sound:([^/].*)$/.exec(media)?.[1];
      if (sound !== undefined) bySound.set(sound, [...(bySound.get(sound) ?? []), setting]);
    }
  }
  return [...bySound].map(([sound, settings]) => ({ sound, languages, settings: [...new Set(settings)] }));
}

interface NamedPrompt {
  readonly setting: string;
  readonly prompt: Prompt;
}

function namedPrompts({ limits, members, queues, ivr }: Config): NamedPrompt[] {
  const ofMembers = Object.entries(members.prompts).map(([name, prompt]) => ({
    setting: `members.prompts.${kebab(name)}`,
    prompt,
  }));
  const ofQueues = queues.map(({ name, nobodyPrompt }) => ({
    setting: `queues.${name}.nobody-prompt`,
    prompt: nobodyPrompt,
  }));
  const ofSteps = Object.entries(ivr.steps).map(([name, step]) => ({
    setting: `ivr.steps.${name}`,
    prompt: promptsOf(step),
  }));
  return [{ setting: 'limits.busy-prompt', prompt: limits.busyPrompt }, ...ofMembers, ...ofQueues, ...ofSteps];
}

function promptsOf(step: IvrStep): Prompt {
  if (step.kind === 'menu') return [...step.prompt, ...step.wrongKey];
  if (step.kind === 'collect') return [...step.prompt, ...step.invalid, ...step.again];
  return step.kind === 'play' || step.kind === 'queue' ? step.prompt : [];
}

function languagesOf({ language, ivr }: Config): string[] {
  const switched = Object.values(ivr.steps).flatMap((step) =>
    step.kind === 'play' && step.language !== null ? [step.language] : [],
  );
  return [...new Set([language, ...switched])];
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
