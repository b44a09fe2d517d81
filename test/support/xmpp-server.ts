import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ERLANG_FLAGS } from '../../install/private-stack/ejabberd.ts';
import { freePort } from './phones/processes.ts';

const run = promisify(execFile);

/** How long a server may take to come up; Prosody needs 0.6 s, ejabberd 2 s on an idle machine. */
const START_LIMIT_MS = 100_000;

export type XmppServerKind = 'prosody' | 'ejabberd';

export interface XmppServerOptions {
  readonly kind: XmppServerKind;
  /** Accounts to make besides `queueapp`; the password of NAME is `pw-NAME`. */
  readonly users: readonly string[];
  /** Whether Prosody's pubsub service keeps its items in memory (ejabberd always does, and on disc). */
  readonly isPubsubInMemory?: boolean;
}

/** A real XMPP server of its own, on loopback and free ports; `pubsub.DOMAIN` belongs to the account `queueapp`. */
export interface XmppServer {
  readonly kind: XmppServerKind;
  readonly domain: string;
  readonly pubsub: string;
  readonly port: number;
  readonly directTlsPort: number;
  readonly service: string;
  /** File with the server's certificate, which is its own authority. */
  readonly caFile: string;
  readonly ca: string;
  /** Prosody only: a second domain without TLS, with the same accounts. */
  readonly plainDomain: string;
  /** Ends the server by SIGTERM, or as a power cut would; its data stay. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(): Promise<void>;
  /** Stops and removes everything. */
  dispose(): Promise<void>;
  logText(): Promise<string>;
  processId(): number | undefined;
}

/** Starts a server and waits until it takes logins. */
export async function startXmppServer({
  kind,
  users,
  isPubsubInMemory = false,
}: XmppServerOptions): Promise<XmppServer> {
  const domain = 'ivr.test';
  const folder = await mkdtemp(join(tmpdir(), `queueapp-${kind}-`));
  const [port, directTlsPort] = [await freePort(), await freePort()];
  const caFile = join(folder, 'certs', `${domain}.crt`);
  await makeCertificate(folder, domain);
  const place: Place = { folder, domain, port, directTlsPort, users: ['queueapp', ...users], isPubsubInMemory };
  let child: ChildProcess | null = null;
  await (kind === 'prosody' ? prepareProsody(place) : prepareEjabberd(place));
  const start = async () => {
    child = kind === 'prosody' ? spawnProsody(place) : spawnEjabberd(place);
    await waitUntilUp(place, child);
  };
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    // ejabberd's tables may take their time to close; then it is ended as a power cut would.
    const timer = setTimeout(() => running.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(timer);
  };
  const dispose = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    // Nobody has it yet who could end it.
    await dispose();
    throw error;
  }
  return {
    kind,
    domain,
    pubsub: `pubsub.${domain}`,
    port,
    directTlsPort,
    service: `xmpp://127.0.0.1:${port}`,
    caFile,
    ca: await readFile(caFile, 'utf8'),
    plainDomain: 'plain.test',
    start,
    stop,
    processId: () => child?.pid,
    dispose,
    logText: () => readLogs(folder),
  };
}

interface Place {
  readonly folder: string;
  readonly domain: string;
  readonly port: number;
  readonly directTlsPort: number;
  readonly users: readonly string[];
  readonly isPubsubInMemory: boolean;
}

async function makeCertificate(folder: string, domain: string): Promise<void> {
  const certs = join(folder, 'certs');
  await mkdir(certs, { recursive: true });
  await mkdir(join(folder, 'data'), { recursive: true });
  const names = `subjectAltName=DNS:${domain},DNS:pubsub.${domain}`;
  const key = join(certs, `${domain}.key`);
  const certificate = join(certs, `${domain}.crt`);
  const shape = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await run('openssl', [
    'req',
    ...shape,
    '-subj',
    `/CN=${domain}`,
    '-addext',
    names,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  await writeFile(join(certs, `${domain}.pem`), (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8')));
}

async function prepareProsody(place: Place): Promise<void> {
  const { folder, domain, port, directTlsPort, users, isPubsubInMemory } = place;
  const file = join(folder, 'prosody.cfg.lua');
  const tls = `{ key = "${folder}/certs/${domain}.key", certificate = "${folder}/certs/${domain}.crt" }`;
  await writeFile(
    file,
    `run_as_root = true
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
certificates = "${folder}/certs"
plugin_paths = {}
log = { { levels = { min = "info" }, to = "file", filename = "${folder}/prosody.log" } }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
c2s_direct_tls_ports = { ${directTlsPort} }
http_ports = {}
https_ports = {}
modules_disabled = { "s2s" }
modules_enabled = { "disco", "roster", "saslauth", "tls", "smacks", "ping", "carbons", "blocklist", "offline", "pep", "adhoc", "version", "posix" }
authentication = "internal_hashed"
storage = "internal"
allow_registration = false
limits = {}
smacks_hibernation_time = 60
VirtualHost "${domain}"
  c2s_require_encryption = true
  ssl = ${tls}
VirtualHost "plain.test"
  modules_disabled = { "s2s", "tls" }
  c2s_require_encryption = false
  allow_unencrypted_plain_auth = false
Component "pubsub.${domain}" "pubsub"
  admins = { "queueapp@${domain}" }
  autocreate_on_publish = false
  autocreate_on_subscribe = false
  expose_publisher = false
  pubsub_max_items = 16
${isPubsubInMemory ? '  storage = "memory"\n' : ''}`,
  );
  for (const user of users) {
    for (const host of [domain, 'plain.test']) {
      await run('prosodyctl', ['--config', file, '--root', 'register', user, host, `pw-${user}`]);
    }
  }
}

function spawnProsody({ folder }: Place): ChildProcess {
  return spawn('prosody', ['-F', '--config', join(folder, 'prosody.cfg.lua')], { stdio: 'ignore', detached: true });
}

async function prepareEjabberd({ folder, domain, port, directTlsPort }: Place): Promise<void> {
  const listener = `ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, shaper: none`;
  await writeFile(
    join(folder, 'ejabberd.yml'),
    `loglevel: info
hosts: [${domain}]
certfiles: ["${folder}/certs/${domain}.pem"]
auth_method: internal
auth_password_format: scram
disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"]
listen:
  - {port: ${port}, starttls_required: true, ${listener}}
  - {port: ${directTlsPort}, tls: true, ${listener}}
acl:
  queueapp: {user: ["queueapp@${domain}"]}
access_rules:
  pubsub_createnode: {allow: queueapp}
modules:
  mod_adhoc: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_offline: {}
  mod_ping: {}
  mod_pubsub:
    host: "pubsub.${domain}"
    access_createnode: pubsub_createnode
    plugins: [flat, pep]
    max_items_node: 16
    default_node_config: {access_model: whitelist, publish_model: publishers, send_last_published_item: on_sub, max_items: 1}
  mod_roster: {}
  mod_stream_mgmt: {resume_timeout: 60}
  mod_version: {}
`,
  );
}

/** The VM without epmd and ejabberdctl; it makes the accounts itself and then writes the file `ready`. */
function spawnEjabberd({ folder, domain, users }: Place): ChildProcess {
  const accounts = users.map((user) => `ejabberd_auth:try_register(<<"${user}">>,<<"${domain}">>,<<"pw-${user}">>),`);
  const program = `file:delete("${folder}/ready"), {ok,_}=application:ensure_all_started(ejabberd), ${accounts.join(' ')} file:write_file("${folder}/ready",<<>>).`;
  const args = ['-noinput', ...ERLANG_FLAGS, '-mnesia', 'dir', `"${folder}/data"`, '-eval', program];
  return spawn('erl', args, {
    stdio: 'ignore',
    detached: true,
    env: {
      ...process.env,
      EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
      EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
      ERL_LIBS: erlangLibraries(),
      ERL_CRASH_DUMP_BYTES: '0',
      HOME: folder,
    },
  });
}

/** Debian's folder of ejabberd's libraries, which has the machine's architecture in its name. */
function erlangLibraries(): string {
  const folders = readdirSync('/usr/lib').map((name) => join('/usr/lib', name));
  const found = folders.find((folder) => hasEjabberd(folder));
  if (!found) throw new Error('ejabberd is not installed (apt-get install ejabberd)');
  return found;
}

function hasEjabberd(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.startsWith('ejabberd-'));
  } catch {
    return false;
  }
}

async function waitUntilUp({ folder, port }: Place, child: ChildProcess): Promise<void> {
  const untilMs = Date.now() + START_LIMIT_MS;
  const isEjabberd = existsSync(join(folder, 'ejabberd.yml'));
  while (Date.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`The XMPP server ended at once:\n${await readLogs(folder)}`);
    if ((await accepts(port)) && (!isEjabberd || existsSync(join(folder, 'ready')))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The XMPP server is not up after ${START_LIMIT_MS} ms:\n${await readLogs(folder)}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function readLogs(folder: string): Promise<string> {
  const logs = ['prosody.log', 'ejabberd.log'].map((name) => join(folder, name)).filter((file) => existsSync(file));
  return (await Promise.all(logs.map((file) => readFile(file, 'utf8')))).join('\n');
}
