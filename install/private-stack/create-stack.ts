// Makes private stacks: installs what is missing, chooses ports and secrets, and brings the servers up.
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { CHECKOUT, runFolder, runRoot } from './paths.ts';
import { choosePorts } from './ports.ts';
import { runScript } from './processes.ts';
import { Stack, withStackLock } from './stack.ts';
import { StackError } from './stack-error.ts';
import {
  type AsteriskKind,
  allStates,
  freshSecrets,
  type PubsubStorage,
  readState,
  type StackState,
  writeState,
  type XmppKind,
} from './state.ts';
import type { Say } from './steps.ts';

const DOMAIN = 'queueapp.test';
/** Name of a stack when none is given. */
export const DEFAULT_NAME = 'default';

/** What a stack is to be like. */
export interface StackOptions {
  /** 1 to 20 of a-z, 0-9 and `-`. @default 'default' */
  readonly name?: string;
  /** @default 'prosody' */
  readonly xmpp?: XmppKind;
  /** @default 'current' */
  readonly asterisk?: AsteriskKind;
  /** Prosody only: `memory` is what the bench uses. @default 'internal' */
  readonly pubsub?: PubsubStorage;
  /** Bench members m001, m002, … beside the three phones. @default 0 */
  readonly members?: number;
  /** Use this PostgreSQL instead of starting one. */
  readonly databaseUrl?: string;
  /** Takes the lines that tell what is being done. @default none */
  readonly say?: Say;
}

/** The stack of this name, when there is one. */
export const openStack = (name = DEFAULT_NAME, say: Say = () => undefined): Stack | undefined => {
  const state = readState(runFolder(name));
  return state && new Stack(state, say);
};

/** Makes sure that the stack of this name is up, with its data, and gives it. The options count when it is made anew. */
export const createStack = (options: StackOptions = {}): Promise<Stack> => {
  const name = options.name ?? DEFAULT_NAME;
  return withStackLock(name, async () => {
    const say = options.say ?? (() => undefined);
    const old = openStack(name, say);
    if (old?.state.complete) {
      mustMatch(old.state, options);
      await old.bringUp();
      return old;
    }
    // Left by an `up` that did not come to its end.
    await old?.takeDown({});
    const stack = new Stack(await newState(name, options), say);
    try {
      await stack.bringUp();
    } catch (error) {
      // The folder stays for whoever wants to read the logs; the next `up` begins afresh.
      await stack.takeDown({ keep: true });
      throw error;
    }
    return stack;
  });
};

const newState = async (name: string, options: StackOptions): Promise<StackState> => {
  const folder = runFolder(name);
  const xmpp = options.xmpp ?? 'prosody';
  const script = (file: string) => join(CHECKOUT, 'install', file);
  await runScript(script('packages.sh'), ['stack', ...(xmpp === 'ejabberd' ? ['ejabberd'] : [])]);
  const asterisk = options.asterisk ?? 'current';
  const found = await runScript(script('asterisk.sh'), asterisk === 'current' ? [] : [asterisk]);
  const [asteriskPrefix = '', asteriskVersion = ''] = found.trim().split(' ');
  // Two stacks that are made at once must not choose the same ports; the state holds the choice.
  return withLock(join(runRoot(), 'ports.lock'), async () => {
    const state: StackState = {
      name,
      checkout: CHECKOUT,
      folder,
      xmpp,
      pubsub: options.pubsub ?? 'internal',
      members: options.members ?? 0,
      domain: DOMAIN,
      ports: await choosePorts(
        allStates().map(({ ports }) => ports),
        (options.members ?? 0) > 0,
      ),
      secrets: freshSecrets(),
      asterisk,
      asteriskPrefix,
      asteriskVersion,
      ...(options.databaseUrl === undefined ? {} : { foreignDatabaseUrl: options.databaseUrl }),
      processes: {},
      complete: false,
    };
    writeState(state);
    return state;
  });
};

// Asking for another kind of server than the one that is there must not be answered with the old one.
const mustMatch = (state: StackState, options: StackOptions): void => {
  const present = { asterisk: 'current', ...state };
  for (const key of ['asterisk', 'xmpp', 'pubsub', 'members'] as const) {
    const wanted = options[key];
    if (wanted === undefined || wanted === present[key]) continue;
    throw new StackError(
      `The stack ${state.name} is there already, with ${key} ${present[key]} instead of ${wanted}`,
      `install/stack down --name ${state.name} clears it away; another --name makes a second one beside it`,
    );
  }
};
