import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { SwitchName } from '../core/ids.ts';
import { checkFile, checkValues, oddIn, type Reason, readConfigFile, reasonsOf } from './check-file.ts';
import type { Config, Secrets, XmppConnectionSettings } from './config.ts';
import { type EnvironmentValues, environmentFinding, readEnvironment } from './environment.ts';
import { configInvalid, type Finding, type FindingPath, pathText } from './findings.ts';
import type { CheckedFile } from './schema.ts';
import { shippedPath } from './shipped.ts';
import { musicClasses, soundSettings } from './sound-folders.ts';
import { PASSWORD_MISSING, switchFindings, switchPasswords, switchSettings } from './switches.ts';

export interface LoadOptions {
  /** The file; by default QUEUEAPP_CONFIG, else ./queueapp.yaml, else the one that is shipped. */
  readonly file?: string | undefined;
  /** The switch that this process serves (`--switch`). @default QUEUEAPP_SWITCH, else any */
  readonly switchName?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
  /** What is odd but can be used, for example a step that no other leads to. */
  readonly warnings: readonly Finding[];
  /** The file's plain values, as they were written. */
  readonly written: WrittenFile;
}

/** Plain values of a file that was found to be right. */
export type WrittenFile = Readonly<Record<string, unknown>> & {
  readonly queues: WrittenGroups;
  readonly ivr: Readonly<Record<string, unknown>> & { readonly steps: WrittenGroups };
};
/** Queues, or steps of the IVR, as they are written, by name. */
export type WrittenGroups = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const DEFAULT_FILE = 'queueapp.yaml';

/**
 * Reads file and environment and checks all of it. Everything that is wrong is reported at once.
 * @throws AppError CONFIG_INVALID; `details.findings` are its {@link Finding}s
 */
export function loadConfig({ file, switchName, env }: LoadOptions): LoadedConfig {
  const name = configFile({ file, env });
  const environment = readEnvironment(switchName === undefined ? env : { ...env, QUEUEAPP_SWITCH: switchName });
  const origin = file === undefined && env['QUEUEAPP_CONFIG'] ? ' (named by QUEUEAPP_CONFIG)' : '';
  const checked = checkFile(readConfigFile(name, origin), name);
  const findings = [...environment.findings, ...checked.findings];
  if (checked.value === null) {
    // Of the switches nothing is known.
    if (!env['ARI_PASSWORD']) findings.push(environmentFinding('ARI_PASSWORD', PASSWORD_MISSING));
    throw configInvalid(findings);
  }
  const { config, secrets } = combine(name, checked.value, environment.values, env);
  findings.push(...switchFindings(config, env), ...missingSettings(config, secrets));
  findings.push(...missingVariables(checked.value, env));
  if (findings.length > 0) throw configInvalid(findings);
  const written = deepFreeze(checked.written as WrittenFile);
  return { config: deepFreeze(config), secrets: deepFreeze(secrets), warnings: checked.warnings, written };
}

/** Tables with rows that go before the file's groups. */
export type RowTable = 'queue' | 'ivr_step';

/** What is wrong, or odd, in one row. */
export interface RowFinding {
  readonly table: RowTable;
  /** Of the queue, or of the step. */
  readonly name: string;
  /** From the setting's name on. */
  readonly path: FindingPath;
  readonly reason: string;
}

/** File and rows together, or what is wrong with the rows. */
export interface WithRows {
  readonly config: Config;
  readonly findings: readonly RowFinding[];
  /** What is odd besides what is odd in the file alone. */
  readonly odd: readonly RowFinding[];
}

/** The same configuration with other queues and steps than the file has, or what is wrong with them. */
export function withRows(
  { config, written, warnings }: LoadedConfig,
  { queues, steps }: { readonly queues: WrittenGroups; readonly steps: WrittenGroups },
  env: NodeJS.ProcessEnv,
): WithRows {
  const checked = checkValues({ ...written, queues, ivr: { ...written.ivr, steps } });
  if (checked.success) {
    const made = combine(config.file, checked.data, readEnvironment(env).values, env);
    const ofFile = new Set(warnings.map(reasonText));
    const odd = oddIn(checked.data).filter((each) => !ofFile.has(reasonText(each)));
    // The first one of the file, whatever the others are called: names that are numbers come first in an object.
    const combined = deepFreeze({ ...made.config, defaultQueue: config.defaultQueue });
    return { config: combined, findings: [], odd: odd.flatMap(rowFindings) };
  }
  return { config, findings: checked.error.issues.flatMap(reasonsOf).flatMap(rowFindings), odd: [] };
}

const reasonText = ({ path, reason }: Reason) => `${pathText(path)} ${reason}`;

/** Steps that run in a circle are told of each of them: the file's alone do not, so one of the others is a row's. */
function rowFindings({ path, steps, reason }: Reason): RowFinding[] {
  if (path[0] !== 'ivr') return [{ table: 'queue', name: String(path[1] ?? ''), path: path.slice(2), reason }];
  const names = steps ?? [String(path[2] ?? '')];
  return names.map((name) => ({ table: 'ivr_step', name, path: path.slice(3), reason }));
}

function missingVariables({ lookups, accounts }: CheckedFile, env: NodeJS.ProcessEnv): Finding[] {
  const users = [
    ...Object.values(lookups).map((lookup) => ({ ...lookup, what: 'a lookup' })),
    ...Object.values(accounts).map((source) => ({ ...source, what: 'an account source' })),
  ];
  const findings = new Map<string, Finding>();
  for (const { headerVariables, what } of users) {
    for (const variable of Object.values(headerVariables)) {
      if (env[variable] || findings.has(variable)) continue;
      const reason = `is not set, but ${what} in the file takes a header from it`;
      findings.set(variable, environmentFinding(variable, reason));
    }
  }
  return [...findings.values()];
}

/** Which file is read. */
export function configFile({ file, env }: LoadOptions): string {
  return (
    file ?? (env['QUEUEAPP_CONFIG'] || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : shippedPath('install/queueapp.yaml')))
  );
}

function combine(
  file: string,
  checked: CheckedFile,
  env: EnvironmentValues,
  variables: NodeJS.ProcessEnv,
): { config: Config; secrets: Secrets } {
  const { lookups, accounts, calendars, ivr, xmpp, ...rest } = checked;
  const first = rest.queues[0];
  if (first === undefined) throw new Error('A checked file has at least one queue');
  const config: Config = {
    file,
    language: rest.language,
    limits: rest.limits,
    log: { ...rest.log, level: env.LOG_LEVEL ?? rest.log.level },
    asterisk: {
      ...rest.asterisk,
      url: env.ARI_URL ?? rest.asterisk.url,
      username: env.ARI_USERNAME ?? rest.asterisk.username,
    },
    switches: switchSettings(rest, env),
    switchesCloseAfterMs: rest['switches-close-after'],
    ownSwitch: (env.QUEUEAPP_SWITCH as SwitchName | undefined) ?? null,
    members: rest.members,
    xmpp: { ...xmpp, connection: xmppConnection(xmpp.connection, env) },
    database: { ...rest.database, dataFolder: dataFolder(env.QUEUEAPP_DATA ?? rest.database.dataFolder, variables) },
    http: { listen: env.HTTP_LISTEN ?? rest.http.listen },
    keep: rest.keep,
    lookups: mapValues(lookups, ({ settings }, name) => ({ name, ...settings })),
    accounts: mapValues(accounts, ({ settings }, name) => ({ name, ...settings })),
    sounds: soundSettings(rest.sounds, file),
    musicClasses: musicClasses(rest['music-classes'], { file, language: rest.language }),
    strategies: mapValues(rest.strategies, (module) => resolve(dirname(file), module)),
    queueing: rest.queueing,
    queueLog: {
      ...rest['queue-log'],
      file: rest['queue-log'].file === null ? null : resolve(dirname(file), rest['queue-log'].file),
    },
    queues: rest.queues,
    defaultQueue: rest.queues.find((queue) => queue.name === rest['default-queue'])?.name ?? first.name,
    customerCodeLookup: rest['customer-code-lookup'] ?? null,
    ivr: { ...ivr, calendars },
  };
  const secrets: Secrets = {
    switchPasswords: switchPasswords(config.switches, variables),
    xmppPassword: env.XMPP_PASSWORD ?? null,
    databaseUrl: env.DATABASE_URL ?? null,
    apiToken: env.API_TOKEN ?? null,
    lookupHeaders: mapValues(lookups, secretHeaders(variables)),
    accountHeaders: mapValues(accounts, secretHeaders(variables)),
  };
  return { config, secrets };
}

const secretHeaders =
  (variables: NodeJS.ProcessEnv) =>
  ({ headerVariables }: { readonly headerVariables: Readonly<Record<string, string>> }) =>
    mapValues(headerVariables, (name) => variables[name] ?? '');

/** XMPP is on as soon as anything says where or who; what is missing then is a finding. */
function xmppConnection(
  written: CheckedFile['xmpp']['connection'],
  env: EnvironmentValues,
): XmppConnectionSettings | null {
  const service = env.XMPP_SERVICE ?? written.service;
  const jid = env.XMPP_JID ?? written.jid;
  if (service === undefined && jid === undefined && env.XMPP_PASSWORD === undefined) return null;
  const domain = jid?.slice(jid.indexOf('@') + 1) ?? '';
  const pubsub = env.XMPP_PUBSUB ?? written.pubsub ?? `pubsub.${domain}`;
  return {
    service: service ?? `xmpp://${domain}:5222`,
    jid: jid ?? '',
    pubsub,
    caFile: env.XMPP_CA ?? written.caFile ?? null,
  };
}

function dataFolder(written: string | null, { STATE_DIRECTORY, XDG_STATE_HOME }: NodeJS.ProcessEnv): string {
  if (written !== null) return resolve(written);
  // systemd gives a colon-separated list when the unit names several.
  const ofUnit = STATE_DIRECTORY?.split(':', 1)[0];
  if (ofUnit) return ofUnit;
  return userInfo().uid === 0
    ? '/var/lib/queueapp'
    : join(XDG_STATE_HOME || join(homedir(), '.local/state'), 'queueapp');
}

function missingSettings({ xmpp: { connection } }: Config, { xmppPassword }: Secrets): Finding[] {
  if (connection === null) return [];
  const findings: Finding[] = [];
  const missing = (name: string, what: string) =>
    findings.push(
      environmentFinding(name, `is not set: ${what}; set it, or take service and jid away to go on without XMPP`),
    );
  if (connection.jid === '') missing('XMPP_JID', "the application's XMPP account");
  if (xmppPassword === null) missing('XMPP_PASSWORD', `the password of ${connection.jid || 'the XMPP account'}`);
  return findings;
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  change: (value: In, name: string) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
