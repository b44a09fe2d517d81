// Prosody as the stack's XMPP server.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from './ports.ts';
import { type ProcessRecord, run, startDaemon } from './processes.ts';
import { type Replacement, type ReplacementTable, writeSamples } from './samples.ts';
import type { StackState } from './state.ts';

const CURE = 'install the package prosody (install/packages.sh stack)';
const CONFIG = 'prosody.cfg.lua';

/** The lines of the Prosody samples that the stack exchanges. */
export const prosodyReplacements = (state: StackState, folder: string): ReplacementTable => {
  const { domain, ports, pubsub } = state;
  const main: Replacement[] = [
    // As root Prosody would refuse to write its process id, and prosodyctl would become another user.
    { line: 'run_as_root = false', becomes: `run_as_root = ${process.getuid?.() === 0}` },
    { line: 'pidfile = "/run/prosody/prosody.pid"', becomes: `pidfile = "${folder}/prosody.pid"` },
    { line: 'data_path = "/var/lib/prosody"', becomes: `data_path = "${folder}/data"` },
    {
      line: '{ levels = { min = "info" }, to = "file", filename = "/var/log/prosody/prosody.log" };',
      becomes: `{ levels = { min = "info" }, to = "file", filename = "${folder}/prosody.log" };`,
    },
    { line: 'interfaces = { "*" }', becomes: `interfaces = { "${LOOPBACK}" }` },
    { line: 'c2s_ports = { 5222 }', becomes: `c2s_ports = { ${ports.xmpp} }` },
    { line: 'c2s_direct_tls_ports = { 5223 }', becomes: `c2s_direct_tls_ports = { ${ports.xmppDirectTls} }` },
    { line: 'unlimited_jids = { "queueapp@example.org" }', becomes: `unlimited_jids = { "queueapp@${domain}" }` },
    {
      line: 'groups_file = "/etc/prosody/queueapp-groups.txt"',
      becomes: `groups_file = "${folder}/queueapp-groups.txt"`,
    },
    { line: 'VirtualHost "example.org"', becomes: `VirtualHost "${domain}"` },
    { line: 'key = "/etc/prosody/certs/example.org.key";', becomes: `key = "${folder}/certs/server.key";` },
    {
      line: 'certificate = "/etc/prosody/certs/example.org.crt";',
      becomes: `certificate = "${folder}/certs/server.crt";`,
    },
    { line: 'Component "pubsub.example.org" "pubsub"', becomes: `Component "pubsub.${domain}" "pubsub"` },
    { line: 'admins = { "queueapp@example.org" }', becomes: `admins = { "queueapp@${domain}" }` },
  ];
  const groups = [
    'queueapp@example.org=Queue',
    ...['1', '2', '3'].map((n) => `user${n}@example.org=Extension ${n}000`),
  ];
  return {
    'prosody/prosody.cfg.lua': [...main, ...pubsubReplacement(pubsub)],
    'prosody/queueapp-groups.txt': groups.map((line) => ({ line, becomes: line.replace('example.org', domain) })),
  };
};

// `storage = "internal"` stands twice in the sample (host and component); only the component's line is exchanged, which
// its comment tells apart.
const pubsubReplacement = (pubsub: StackState['pubsub']): Replacement[] =>
  pubsub === 'memory' ? [{ line: 'storage = "internal" -- of the nodes', becomes: 'storage = "memory"' }] : [];

/** Writes the configuration and registers the accounts that are not there yet. */
export const prepareProsody = async (
  state: StackState,
  folder: string,
  accounts: readonly (readonly [user: string, password: string])[],
): Promise<void> => {
  writeSamples(prosodyReplacements(state, folder), (file) => join(folder, file.slice('prosody/'.length)));
  mkdirSync(join(folder, 'data'), { recursive: true });
  const config = join(folder, CONFIG);
  await Promise.all(
    accounts.map(([user, password]) =>
      run('prosodyctl', ['--root', '--config', config, 'register', user, state.domain, password], { cure: CURE }),
    ),
  );
};

/** The files that tell what Prosody did. */
export const prosodyLogs = (folder: string): string[] => [join(folder, 'prosody.log'), join(folder, 'out.log')];

/** Starts Prosody; its accounts are there already. */
export const startProsody = async (
  folder: string,
): Promise<{ process: ProcessRecord; accountsReady: () => boolean }> => {
  const process = await startDaemon({
    command: 'prosody',
    args: ['-F', '--config', join(folder, CONFIG)],
    cwd: folder,
    logFile: join(folder, 'out.log'),
    env: { HOME: folder },
  });
  return { process, accountsReady: () => true };
};
