import { type SwitchName, switchName } from '../core/ids.ts';
import type { Config, SwitchSettings } from './config.ts';
import { type EnvironmentValues, environmentFinding, secretFault } from './environment.ts';
import type { Finding } from './findings.ts';
import { didYouMean } from './nearest.ts';
import type { CheckedFile } from './schema.ts';
import { passwordVariable } from './switches-section.ts';

/** The name of the only switch, when the file names none. */
export const ONLY_SWITCH: SwitchName = switchName('main');
export const PASSWORD_MISSING = "is not set: the user's password in ari.conf";

/** The switches of the file, or the one of the section `asterisk`. */
export function switchSettings(
  { switches, asterisk }: Pick<CheckedFile, 'switches' | 'asterisk'>,
  env: EnvironmentValues,
): readonly SwitchSettings[] {
  const username = env.ARI_USERNAME ?? asterisk.username;
  if (switches === undefined) return [{ name: ONLY_SWITCH, url: env.ARI_URL ?? asterisk.url, username, sip: null }];
  return switches.map((each) => ({ ...each, name: switchName(each.name), username: each.username ?? username }));
}

/** The password of each switch's user: its own, else that of all. */
export function switchPasswords(switches: readonly SwitchSettings[], env: NodeJS.ProcessEnv): Record<string, string> {
  const ofAll = env['ARI_PASSWORD'] ?? '';
  return Object.fromEntries(switches.map(({ name }) => [name, env[passwordVariable(name)] || ofAll]));
}

/** What is wrong with the environment for these switches. */
export function switchFindings(
  { switches, ownSwitch }: Pick<Config, 'switches' | 'ownSwitch'>,
  env: NodeJS.ProcessEnv,
): Finding[] {
  const names: readonly string[] = switches.map(({ name }) => name);
  const findings = names.flatMap((name) => passwordFinding(name, env));
  if (ownSwitch !== null && !names.includes(ownSwitch)) {
    const near = didYouMean(ownSwitch, names) || ` (there are: ${names.join(', ')})`;
    findings.push(environmentFinding('QUEUEAPP_SWITCH', `there is no switch ${JSON.stringify(ownSwitch)}${near}`));
  }
  // One that is missing for several is said once.
  return findings.filter(({ path }, index) => findings.findIndex((other) => other.path[0] === path[0]) === index);
}

function passwordFinding(name: string, env: NodeJS.ProcessEnv): Finding[] {
  const own = passwordVariable(name);
  const written = env[own];
  if (written) {
    const fault = secretFault(written);
    return fault === null ? [] : [environmentFinding(own, fault)];
  }
  if (env['ARI_PASSWORD']) return [];
  return [environmentFinding(name === ONLY_SWITCH ? 'ARI_PASSWORD' : own, PASSWORD_MISSING)];
}
