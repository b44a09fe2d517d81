// The stack's XMPP server, Prosody or ejabberd: its certificate, its accounts, its start and end.
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';
import { ejabberdLogs, prepareEjabberd, startEjabberd } from './ejabberd.ts';
import { LOOPBACK } from './ports.ts';
import { awaitReady, type ProcessRecord, stopProcess } from './processes.ts';
import { prepareProsody, prosodyLogs, startProsody } from './prosody.ts';
import type { StackState } from './state.ts';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

/** Folder of the XMPP server. */
export const xmppFolder = (state: StackState): string => join(state.folder, 'xmpp');

/** Accounts of a stack: the application's, the three members', the CRM's. */
export const accountsOf = (state: StackState): readonly (readonly [user: string, password: string])[] => [
  ['queueapp', state.secrets.queueapp],
  ['user1', state.secrets.member],
  ['user2', state.secrets.member],
  ['user3', state.secrets.member],
  ['crm', state.secrets.crm],
];

/** Writes certificate, configuration and (Prosody) accounts. */
export const prepareXmpp = async (state: StackState): Promise<void> => {
  const folder = xmppFolder(state);
  mkdirSync(join(folder, 'data'), { recursive: true });
  await makeCertificates(join(folder, 'certs'), state.domain);
  if (state.xmpp === 'prosody') await prepareProsody(state, folder, accountsOf(state));
  else prepareEjabberd(state, folder);
};

/** The files that tell what the XMPP server did. */
export const xmppLogs = (state: StackState): string[] =>
  state.xmpp === 'prosody' ? prosodyLogs(xmppFolder(state)) : ejabberdLogs(xmppFolder(state));

/** Starts the XMPP server and waits until clients can log in. */
export const startXmpp = async (state: StackState, started: (process: ProcessRecord) => void): Promise<void> => {
  const folder = xmppFolder(state);
  const { process, accountsReady } =
    state.xmpp === 'prosody' ? await startProsody(folder) : await startEjabberd(state, folder, accountsOf(state));
  started(process);
  await awaitReady({
    server: state.xmpp,
    process,
    logFiles: xmppLogs(state),
    limitMs: START_LIMIT_MS,
    isReady: async () =>
      accountsReady() && (await accepts(state.ports.xmpp)) && (await accepts(state.ports.xmppDirectTls)),
  });
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** Ends the XMPP server. */
export const stopXmpp = (process: ProcessRecord): Promise<void> => stopProcess(process, 'SIGTERM', STOP_LIMIT_MS);
