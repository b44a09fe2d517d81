import type { CheckedPart, CheckFinding } from '../cli/check-report.ts';
import type { Config, SwitchSettings } from '../config/config.ts';
import { type NamedSound, namedSounds } from '../config/prompts.ts';

/** Longest wait for Asterisk's list of sounds; it holds some 1,000. */
const LIST_LIMIT_MS = 10_000;

/** How an Asterisk is asked. */
interface AsteriskAccount extends Pick<SwitchSettings, 'url' | 'username'> {
  readonly password: string;
}

/** Sounds by language, as Asterisk lists them. */
type SoundIndex = ReadonlyMap<string, ReadonlySet<string>>;

/** Compares the prompts that the configuration names with the sounds that Asterisk has (ARI resource `sounds`). */
export async function checkSounds(config: Config, asterisk: AsteriskAccount): Promise<CheckedPart> {
  const sounds = namedSounds(config);
  const index = await soundIndex(asterisk);
  if (typeof index === 'string')
    return part('', [{ what: `Asterisk's list of sounds can't be read: ${index}`, mend: LIST_MEND }]);
  const languages = sounds[0]?.languages.join(', ') ?? config.language;
  return part(`all ${sounds.length} prompts of the configuration are there (${languages})`, missing(sounds, index));
}

const LIST_MEND =
  'Mend what is said of asterisk first; then load res_ari_sounds.so, and look into the log of Asterisk for "sounds"';

function part(summary: string, findings: readonly CheckFinding[]): CheckedPart {
  return { part: 'sounds', summary: findings.length === 0 ? summary : '', findings };
}

function missing(sounds: readonly NamedSound[], index: SoundIndex): CheckFinding[] {
  return sounds.flatMap(({ sound, languages, settings }) =>
    languages
      .filter((language) => !hasSound(index, language, sound))
      .map((language) => ({
        what: `There is no sound ${sound} in language ${language} (${settings.join(', ')})`,
        mend: mendOf(sound, language),
      })),
  );
}

/** Asterisk looks in `en_GB`, then in `en`, then in the folder of no language, which it lists as its default one. */
function hasSound(index: SoundIndex, language: string, sound: string): boolean {
  const wider = language.split('_')[0] ?? language;
  return [language, wider].some((each) => index.get(each)?.has(sound) ?? false);
}

function mendOf(sound: string, language: string): string {
  const file = sound.split('/').at(-1) ?? sound;
  if (!sound.startsWith('queueapp/'))
    return `Put the file into Asterisk's folder sounds/${language}, or correct the name in the configuration`;
  return `Link the folder sounds/${language} of queueapp as Asterisk's sounds/${language}/queueapp, with ${file}.wav in it (sounds/render makes it), or correct the name; Asterisk lists new files when it is started again`;
}

async function soundIndex({ url, username, password }: AsteriskAccount): Promise<SoundIndex | string> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  try {
    const response = await fetch(`${url}/ari/sounds`, {
      headers: { authorization },
      signal: AbortSignal.timeout(LIST_LIMIT_MS),
    });
    if (response.status !== 200) return `it answers ${response.status} ${(await response.text()).slice(0, 200).trim()}`;
    return indexOf(await response.json());
  } catch (error) {
    const { cause, message } = error as Error;
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  }
}

/** ARI's model `Sound`: `{ id, formats: [{ language, format }] }`. */
function indexOf(list: unknown): SoundIndex {
  const index = new Map<string, Set<string>>();
  for (const { id, formats } of list as { id: string; formats: { language: string }[] }[]) {
    for (const { language } of formats) {
      const names = index.get(language) ?? new Set();
      index.set(language, names.add(id));
    }
  }
  return index;
}
