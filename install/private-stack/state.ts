// What a stack remembers between commands: one file in its run folder, readable by its owner only (it holds passwords).
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRoot } from './paths.ts';
import type { Ports } from './ports.ts';
import type { ProcessRecord } from './processes.ts';

/** The servers of a stack, in the order in which they are started. */
export const SERVERS = ['postgres', 'xmpp', 'asterisk'] as const;
/** A server of a stack. */
export type Server = (typeof SERVERS)[number];

/** Which XMPP server a stack runs. */
export type XmppKind = 'prosody' | 'ejabberd';
/** Which Asterisk: `current` can do everything; `bullseye` is Debian 11's 16.28, without chan_websocket. */
export type AsteriskKind = 'current' | 'bullseye';
/** Where Prosody's pubsub service keeps its items. */
export type PubsubStorage = 'internal' | 'memory';

/** Passwords and tokens of a stack, random for each. */
export interface Secrets {
  readonly sip: string;
  readonly ari: string;
  readonly queueapp: string;
  readonly member: string;
  readonly crm: string;
  readonly database: string;
  readonly api: string;
}

/** Everything that is known of a stack. */
export interface StackState {
  readonly name: string;
  readonly checkout: string;
  readonly folder: string;
  readonly xmpp: XmppKind;
  readonly pubsub: PubsubStorage;
  /** How many bench members (endpoints m001, m002, …) there are beside the three phones. */
  readonly members: number;
  readonly domain: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  /** Absent in stacks that were made before there was a choice: `current`. */
  readonly asterisk?: AsteriskKind;
  /** `/` for the machine's own Asterisk, else the folder that holds one. */
  readonly asteriskPrefix: string;
  readonly asteriskVersion: string;
  /** A PostgreSQL that is not ours; undefined when the stack runs its own. */
  readonly foreignDatabaseUrl?: string;
  readonly processes: Partial<Record<Server, ProcessRecord>>;
  /** False until the first start has run through; `up` then begins afresh. */
  readonly complete: boolean;
}

const FILE = 'stack.json';

/** Makes fresh secrets: letters and digits only, so that no configuration syntax sees a character of its own. */
export const freshSecrets = (): Secrets => {
  const secret = () => randomBytes(12).toString('hex');
  return {
    sip: secret(),
    ari: secret(),
    queueapp: secret(),
    member: secret(),
    crm: secret(),
    database: secret(),
    api: secret(),
  };
};

/** The state in a run folder, or undefined when there is none. */
export const readState = (folder: string): StackState | undefined => {
  const file = join(folder, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StackState) : undefined;
};

/** Writes the state in one piece. */
export const writeState = (state: StackState): void => {
  mkdirSync(state.folder, { recursive: true, mode: 0o711 });
  const file = join(state.folder, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** The states of all stacks of this user, whichever checkout they belong to. */
export const allStates = (root = runRoot()): StackState[] =>
  existsSync(root) ? readdirSync(root).flatMap((entry) => readState(join(root, entry)) ?? []) : [];
