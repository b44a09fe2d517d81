import { accountsOf } from '../db/accounts/account-record.ts';
import { createSoundLibrary } from '../stasis/media/library/sound-library.ts';
import { loadConfig } from './config/load.ts';
import { announcedNames } from './config/prompts.ts';
import { ANNOUNCEMENT_DEFAULTS } from './core/programme/announcement-settings.ts';
import { Programme, type ProgrammeOptions } from './core/programme/programme.ts';
import { type Rehearsal, type RehearsedEvent, rehearse } from './core/programme/rehearsal/rehearse.ts';
import type { Timed } from './core/programme/rehearsal/timed.ts';
import { mergeProgramme } from './core/programme/settings.ts';
import { type Sound, WIRE, type WireFormat } from './core/programme/sound.ts';
import { estimatedWait } from './core/queue/hold-time.ts';
import type { QueueSettings } from './core/queue/settings.ts';
import { announcer } from './core/speech/announcer.ts';
import { type Grammar, grammarOf } from './core/speech/grammar.ts';
import type { Phrase, SpokenLanguage } from './core/speech/phrase.ts';
import { SPOKEN_LANGUAGES } from './core/speech/phrase.ts';
import { systemClock } from './lib/clock.ts';
import { createLog } from './log.ts';

export interface PlayOptions {
  readonly musicClass: string;
  readonly keys: readonly Timed[];
  readonly positions: readonly Timed[];
  readonly accounts: readonly { readonly number: string; readonly balance: string | null }[];
  readonly forMs: number;
  readonly queue: string | null;
  /** The queue's average waiting time; `null`: nobody has been answered yet. */
  readonly averageMs: number | null;
  readonly language: string | null;
  readonly startedAt: { readonly hour: number; readonly minute: number };
  readonly startTrack: string | null;
  readonly format: WireFormat;
  readonly seed: number;
  readonly file: string | undefined;
}

/** A word for an option that names nothing; it makes the error to throw. */
type Refuse = (message: string) => Error;

/** Renders one call with the recordings of the configuration. Streams are not opened: a class with one plays its files. */
export async function playCall(options: PlayOptions, refuse: Refuse): Promise<Rehearsal> {
  const { config } = loadConfig({ file: options.file, env: withoutServers(process.env) });
  const musicClass = config.musicClasses.find(({ name }) => name === options.musicClass);
  const known = config.musicClasses.map(({ name }) => name).join(', ') || 'none';
  if (musicClass === undefined) throw refuse(`There is no music class ${options.musicClass}; there is: ${known}`);
  const queue = config.queues.find(({ name }) => name === options.queue);
  if (options.queue !== null && queue === undefined) throw refuse(`There is no queue ${options.queue}`);
  const library = createSoundLibrary({
    classes: [musicClass],
    sounds: { ...config.sounds, formats: [options.format] },
    defaultLanguage: config.language,
    asteriskNames: announcedNames(queue === undefined ? [] : [queue]),
    clock: systemClock,
    log: createLog({ level: 'warn', personalData: false }, process.stderr),
  });
  try {
    await library.start();
    const shelf = library.shelf(options.musicClass, options.format);
    if (shelf === null) throw refuse(`The class ${options.musicClass} can't be heard in ${options.format}`);
    const language = options.language ?? config.language;
    const grammar = grammarOf(language, spoken(config.language));
    const say = (phrase: Phrase): readonly Sound[] => library.prompts(phrase, grammar.language, options.format);
    const programme = new Programme({
      settings: mergeProgramme(musicClass.programme, queue?.programme ?? {}),
      format: options.format,
      shelf,
      startTrack: options.startTrack,
      random: () => ((options.seed * 2_654_435_761) % 2 ** 32) / 2 ** 32,
      startedAt: options.startedAt,
      ...announced(queue, options, grammar, say),
    });
    const accounts = accountsOf(options.accounts, 'USD').answer;
    const phrase =
      accounts.type === 'accounts' ? grammar.accounts(accounts.accounts, accounts.total) : grammar.accounts([]);
    const told = (): readonly Sound[] => say(phrase);
    return rehearse(programme, { forMs: options.forMs, events: eventsOf(options, told) });
  } finally {
    await library.close();
  }
}

/** What the queue announces; of no queue the place alone is told. */
function announced(
  queue: QueueSettings | undefined,
  { averageMs, format }: PlayOptions,
  grammar: Grammar,
  play: (phrase: Phrase) => readonly Sound[],
): Pick<ProgrammeOptions, 'sayPosition' | 'announcements'> {
  const settings = queue?.announcements ?? ANNOUNCEMENT_DEFAULTS;
  const say = announcer(grammar, settings.prompts);
  const position = (place: number) => play(say.position(place));
  return {
    sayPosition: position,
    announcements: {
      settings,
      waitedMs: 0,
      say: {
        position,
        moreThan: (places) => play(say.moreThan(places)),
        holdTime(at) {
          const waitedMs = (at * 1000) / WIRE[format].rate;
          const estimate = estimatedWait({ averageMs, waitedMs }, settings.roundSeconds);
          return estimate === null ? [] : play(say.holdTime(estimate));
        },
        thanks: () => play(say.thanks()),
        periodic: (name) => play([name]),
      },
    },
  };
}

function eventsOf({ keys, positions }: PlayOptions, accounts: () => readonly Sound[]): RehearsedEvent[] {
  const places = positions.map(({ what, atMs }) => ({
    atMs,
    happens: (programme: Programme, at: number) => {
      programme.position(Number(what), at);
      return `place ${what} in line`;
    },
  }));
  const presses = keys.map(({ what, atMs }) => ({
    atMs,
    happens: (programme: Programme, at: number) => {
      const effect = programme.press(what, at);
      if (effect?.type === 'ask-accounts') programme.tellAccounts(accounts(), at);
      const meaning = effect?.type === 'next-tune' ? `next tune, ${effect.track}` : (effect?.type ?? 'nothing happens');
      return `key ${what}: ${meaning}`;
    },
  }));
  return [...places, ...presses];
}

/** A rehearsal needs no password; without one the configuration would be refused. */
function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, ARI_PASSWORD: env['ARI_PASSWORD'] || 'not used here' };
}

function spoken(language: string): SpokenLanguage {
  return SPOKEN_LANGUAGES.find((name) => name === language) ?? 'en';
}
