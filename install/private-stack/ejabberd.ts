// ejabberd as the stack's XMPP server: its Erlang machine is started directly, without epmd and without a port for other
// Erlang nodes, and registers the accounts itself. Debian's ejabberdctl insists on root or on the user ejabberd.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from './ports.ts';
import { type ProcessRecord, startDaemon } from './processes.ts';
import { type ReplacementTable, writeSamples } from './samples.ts';
import { StackError } from './stack-error.ts';
import type { StackState } from './state.ts';

const GROUP = 'support';

/** The lines of the ejabberd sample that the stack exchanges. */
export const ejabberdReplacements = (state: StackState, folder: string): ReplacementTable => ({
  'ejabberd/ejabberd.yml': [
    { line: '- example.org', becomes: `- ${state.domain}` },
    { line: '- /etc/ejabberd/example.org.pem', becomes: `- ${folder}/certs/server.pem` },
    { line: 'ca_file: /etc/ssl/certs/ca-certificates.crt', becomes: `ca_file: ${folder}/certs/ca.crt` },
    { line: 'port: 5222', becomes: `port: ${state.ports.xmpp}` },
    { line: 'port: 5223', becomes: `port: ${state.ports.xmppDirectTls}` },
    { line: 'ip: "::" # STARTTLS', becomes: `ip: "${LOOPBACK}"` },
    { line: 'ip: "::" # direct TLS', becomes: `ip: "${LOOPBACK}"` },
    { line: '- queueapp@example.org', becomes: `- queueapp@${state.domain}` },
    { line: 'host: pubsub.example.org', becomes: `host: pubsub.${state.domain}` },
  ],
});

/** Writes the configuration and the certificate in the one file that ejabberd wants. */
export const prepareEjabberd = (state: StackState, folder: string): void => {
  const certs = join(folder, 'certs');
  const pem = readFileSync(join(certs, 'server.key'), 'utf8') + readFileSync(join(certs, 'server.crt'), 'utf8');
  writeFileSync(join(certs, 'server.pem'), pem, { mode: 0o600 });
  writeSamples(ejabberdReplacements(state, folder), (file) => join(folder, file.slice('ejabberd/'.length)));
};

/** The files that tell what ejabberd did. */
export const ejabberdLogs = (folder: string): string[] => [join(folder, 'ejabberd.log'), join(folder, 'out.log')];

// Names and passwords are ours (letters and digits), so that nothing has to be escaped in Erlang.
const binary = (text: string): string => {
  if (!/^[A-Za-z0-9.@-]+$/.test(text)) throw new StackError(`${JSON.stringify(text)} is no plain word`, 'report this');
  return `<<"${text}">>`;
};

const startScript = (state: StackState, ready: string, accounts: readonly (readonly [string, string])[]): string => {
  const host = binary(state.domain);
  const members = accounts.map(([user]) => user).filter((user) => user !== 'crm');
  return [
    '{ok, _} = application:ensure_all_started(ejabberd)',
    ...accounts.map(([user, password]) => `ejabberd_auth:try_register(${binary(user)}, ${host}, ${binary(password)})`),
    // The group in which queueapp and the members see each other, as the sample's comment says to make it.
    `mod_shared_roster:create_group(${host}, ${binary(GROUP)}, [{label, ${binary('Support')}}, {displayed_groups, [${binary(GROUP)}]}])`,
    ...members.map(
      (user) => `mod_shared_roster:add_user_to_group(${host}, {${binary(user)}, ${host}}, ${binary(GROUP)})`,
    ),
    `ok = file:write_file("${ready}", <<>>).`,
  ].join(', ');
};

/**
 * Two schedulers, which sleep as soon as they have nothing to do: by default each keeps a processor busy for a while then, and a start, which is
 * much waiting, takes two to three times as long where processors are few and others want them, too.
 */
export const ERLANG_FLAGS = ['+S', '2:2', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'] as const;

/** Starts ejabberd, which makes its accounts and then says so in a file. */
export const startEjabberd = async (
  state: StackState,
  folder: string,
  accounts: readonly (readonly [user: string, password: string])[],
): Promise<{ process: ProcessRecord; accountsReady: () => boolean }> => {
  const ready = join(folder, 'ready');
  rmSync(ready, { force: true });
  const process = await startDaemon({
    command: 'erl',
    args: [
      '-noinput',
      ...ERLANG_FLAGS,
      '-mnesia',
      'dir',
      `"${folder}/data"`,
      '-eval',
      startScript(state, ready, accounts),
    ],
    cwd: folder,
    logFile: join(folder, 'out.log'),
    env: {
      HOME: folder,
      ERL_LIBS: libraryFolder(),
      ERL_CRASH_DUMP_BYTES: '0',
      EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
      EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
    },
  });
  return { process, accountsReady: () => existsSync(ready) };
};

// Debian keeps ejabberd and its libraries beside the other libraries of the architecture.
const libraryFolder = (): string => {
  const found = readdirSync('/usr/lib')
    .map((entry) => join('/usr/lib', entry))
    .find(
      (folder) => folder.endsWith('-linux-gnu') && readdirSync(folder).some((entry) => entry.startsWith('ejabberd-')),
    );
  if (found) return found;
  throw new StackError('ejabberd is not installed', 'install/packages.sh ejabberd');
};
