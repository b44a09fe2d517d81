import { checkAsterisk } from '../../stasis/ari/check.ts';
import type { CheckedPart } from '../cli/check-report.ts';
import type { Config, Secrets, SwitchSettings } from '../config/config.ts';
import { ONLY_SWITCH } from '../config/switches.ts';
import { passwordVariable } from '../config/switches-section.ts';
import { checkSounds } from './sounds.ts';

/**
 * Tries each Asterisk that the configuration names, all at the same time, and the prompts at each that is reached: of one that is not,
 * nothing can be said of its sounds. `prompts` are those of file and database. A process that serves one switch (QUEUEAPP_SWITCH) need not reach the others, so only that is tried.
 */
export async function checkSwitches(
  config: Config,
  secrets: Secrets,
  { prompts }: { readonly prompts: Promise<Config> },
): Promise<readonly CheckedPart[]> {
  const { ownSwitch, switches } = config;
  const tried = switches.filter(({ name }) => ownSwitch === null || name === ownSwitch);
  const checked = await Promise.all(
    tried.map(async (each) => {
      const named = isOfSection(each) ? {} : { name: each.name };
      const ofAsterisk = await trySwitch(config, each, secrets);
      const sounds = ofAsterisk.isReached
        ? [await checkSounds(await prompts, { ...each, password: passwordOf(each, secrets) })]
        : [];
      return [ofAsterisk.part, ...sounds].map((part) => ({ ...part, ...named }));
    }),
  );
  return checked.flat();
}

/** Of the section `asterisk`, which knows no names. */
const isOfSection = ({ name }: SwitchSettings) => name === ONLY_SWITCH;

const passwordOf = ({ name }: SwitchSettings, { switchPasswords }: Secrets) => switchPasswords[name] ?? '';

async function trySwitch(
  config: Config,
  each: SwitchSettings,
  secrets: Secrets,
): Promise<{ readonly part: CheckedPart; readonly isReached: boolean }> {
  const { url, username } = each;
  const musicClasses = config.queues.map(({ musicClass }) => {
    // Of ours Asterisk plays the fallback.
    return config.musicClasses.find(({ name }) => name === musicClass)?.fallback ?? musicClass;
  });
  const { version, findings, notes } = await checkAsterisk({
    ...{ url, username, musicClasses },
    password: passwordOf(each, secrets),
    ...(isOfSection(each) ? {} : { names: namesOf(each) }),
  });
  const odd = notes.map((note) => `\n  ! ${note}`).join('');
  const summary = findings.length === 0 ? `${version ?? ''} at ${url}, user ${username}${odd}` : '';
  return { part: { part: 'asterisk', summary, findings }, isReached: version !== null };
}

/** What leads to one of several is written in its entry of `switches`. */
function namesOf({ name }: SwitchSettings) {
  return { url: `url of the switch ${name}`, username: 'its username', password: passwordVariable(name) };
}
