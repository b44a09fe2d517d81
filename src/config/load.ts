import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Config, Secrets, XmppConnectionSettings } from './config.ts';
import { type ConfigDocument, FILE_BYTES_MAX, readDocument } from './document.ts';
import { type EnvironmentValues, environmentFinding, readEnvironment } from './environment.ts';
import { configInvalid, type Finding, type FindingPath } from './findings.ts';
import { type CheckedFile, configSchema, knownNames } from './schema.ts';
import { wording } from './wording.ts';

export interface LoadOptions {
  /** The file; by default QUEUEAPP_CONFIG, else ./queueapp.yaml, else the one that is shipped. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
}

/** The file that is shipped, used when there is no other: the IVR of the description, queue support. */
export const SHIPPED_FILE = fileURLToPath(new URL('../../install/queueapp.yaml', import.meta.url));
const DEFAULT_FILE = 'queueapp.yaml';

/**
 * Reads file and environment and checks all of it. Everything that is wrong is reported at once.
 * @throws AppError CONFIG_INVALID; `details.findings` are its {@link Finding}s
 */
export function loadConfig({ file, env }: LoadOptions): LoadedConfig {
  const name = configFile({ file, env });
  const environment = readEnvironment(env);
  const checked = checkFile(readText(name, file === undefined ? env : {}), name);
  const findings = [...environment.findings, ...checked.findings];
  if (!env['ARI_PASSWORD'])
    findings.push(environmentFinding('ARI_PASSWORD', "is not set: the user's password in ari.conf"));
  if (checked.value === null) throw configInvalid(findings);
  const { config, secrets } = combine(name, checked.value, environment.values, env);
  findings.push(...missingSettings(config, secrets));
  const variables = Object.values(checked.value.lookups).flatMap((lookup) => Object.values(lookup.headerVariables));
  for (const variable of variables) {
    if (!env[variable])
      findings.push(environmentFinding(variable, 'is not set, but a lookup in the file takes a header from it'));
  }
  if (findings.length > 0) throw configInvalid(findings);
  return { config: deepFreeze(config), secrets: deepFreeze(secrets) };
}

/** Which file is read. */
export function configFile({ file, env }: LoadOptions): string {
  return file ?? (env['QUEUEAPP_CONFIG'] || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : SHIPPED_FILE));
}

/** Checks a file's text alone, without the environment. */
export function checkFile(text: string, file: string): { value: CheckedFile | null; findings: readonly Finding[] } {
  const document = readDocument(text, file);
  if (document.findings.length > 0 && document.value === undefined) return { value: null, findings: document.findings };
  const checked = configSchema(knownNames(document.value)).safeParse(document.value ?? {}, { error: wording });
  const findings = checked.success ? [] : checked.error.issues.flatMap((issue) => findingsOf(issue, document, file));
  const all = [...document.findings, ...findings];
  return { value: checked.success && all.length === 0 ? checked.data : null, findings: all };
}

function findingsOf(issue: z.core.$ZodIssue, document: ConfigDocument, file: string): Finding[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const at = (whole: FindingPath, reason: string): Finding => ({
    file,
    ...document.positionOf(whole),
    path: whole,
    reason,
  });
  // One message line for each key (wording.ts, unknownKeys).
  if (issue.code === 'unrecognized_keys') {
    const reasons = issue.message.split('\n');
    return issue.keys.map((key, index) => at([...path, key], reasons[index] ?? 'is no setting here'));
  }
  return [at(document.hasItem(path) ? path : path.slice(0, -1), issue.message)];
}

function readText(file: string, env: NodeJS.ProcessEnv): string {
  const refuse = (reason: string, cause?: unknown) =>
    new AppError('CONFIG_INVALID', `${file}: ${reason}`, {
      details: { findings: [{ file, line: 1, column: 1, path: [], reason } satisfies Finding] },
      cause,
    });
  const origin = env['QUEUEAPP_CONFIG'] ? ' (named by QUEUEAPP_CONFIG)' : '';
  let size: number;
  try {
    size = statSync(file).size;
    if (size <= FILE_BYTES_MAX) return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw refuse(`there is no such file${origin}`, error);
    if (code === 'EACCES') throw refuse(`may not be read by this user${origin}`, error);
    throw refuse(`can't be read${origin}: ${code ?? String(error)}`, error);
  }
  throw refuse(`is larger than ${FILE_BYTES_MAX / 1024} KiB${origin}`);
}

function combine(
  file: string,
  checked: CheckedFile,
  env: EnvironmentValues,
  variables: NodeJS.ProcessEnv,
): LoadedConfig {
  const { lookups, calendars, ivr, xmpp, ...rest } = checked;
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
    members: rest.members,
    xmpp: { ...xmpp, connection: xmppConnection(xmpp.connection, env) },
    database: rest.database,
    http: { listen: env.HTTP_LISTEN ?? rest.http.listen },
    lookups: mapValues(lookups, ({ settings }, name) => ({ name, ...settings })),
    queues: rest.queues,
    defaultQueue: rest.queues.find((queue) => queue.name === rest['default-queue'])?.name ?? first.name,
    ivr: { ...ivr, calendars },
  };
  const secrets: Secrets = {
    ariPassword: env.ARI_PASSWORD ?? null,
    xmppPassword: env.XMPP_PASSWORD ?? null,
    databaseUrl: env.DATABASE_URL ?? null,
    apiToken: env.API_TOKEN ?? null,
    lookupHeaders: mapValues(lookups, ({ headerVariables }) =>
      mapValues(headerVariables, (name) => variables[name] ?? ''),
    ),
  };
  return { config, secrets };
}

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
  return { service: service ?? domain, jid: jid ?? '', pubsub, caFile: env.XMPP_CA ?? written.caFile ?? null };
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
