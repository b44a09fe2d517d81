import type { IvrStep, Prompt } from '../core/ivr/flow-definition.ts';
import type { QueueSettings } from '../core/queue/settings.ts';
import { phraseMedia } from '../core/speech/phrase.ts';
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
  const ofQueues = queues.flatMap(({ name, nobodyPrompt, memberAnnounce, acceptByKey, recording, announcements }) => [
    { setting: `queues.${name}.member-announce`, prompt: memberAnnounce },
    { setting: `queues.${name}.accept.prompt`, prompt: acceptByKey?.prompt ?? [] },
    { setting: `queues.${name}.nobody-prompt`, prompt: nobodyPrompt },
    { setting: `queues.${name}.announcements.before-conversation`, prompt: announcements.beforeConversation },
    { setting: `queues.${name}.recording.consent`, prompt: recording?.consent ?? [] },
  ]);
  const ofSteps = Object.entries(ivr.steps).map(([name, step]) => ({
    setting: `ivr.steps.${name}`,
    prompt: promptsOf(step),
  }));
  const announced = queues.flatMap(announcedPrompts);
  return [
    { setting: 'limits.busy-prompt', prompt: limits.busyPrompt },
    ...ofMembers,
    ...ofQueues,
    ...announced,
    ...ofSteps,
  ];
}

/** Names of recordings that queues announce and that are none of ours: the programme mixes Asterisk's own, too. */
export function announcedNames(queues: Config['queues']): readonly string[] {
  const names = queues.flatMap((queue) => announcedPrompts(queue)).flatMap(({ prompt }) => prompt);
  return [...new Set(names.map((media) => media.replace(/^sound:/, '')))].filter(
    (name) => !name.startsWith('queueapp/'),
  );
}

function announcedPrompts({ name, announcements }: QueueSettings): NamedPrompt[] {
  const { prompts, periodic } = announcements;
  const setting = (of: string) => `queues.${name}.announcements.${of}`;
  return [
    ...(periodic.frequencyMs > 0
      ? [{ setting: setting('periodic.prompts'), prompt: phraseMedia(periodic.prompts) }]
      : []),
    ...Object.entries(prompts).flatMap(([of, phrase]) =>
      phrase === null ? [] : [{ setting: setting(`prompts.${kebab(of)}`), prompt: phraseMedia(phrase) }],
    ),
  ];
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
