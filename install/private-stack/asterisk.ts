// The stack's Asterisk: its folder, its configuration (the samples with our ports and paths), its start and end.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAsterisk } from './asterisk-files.ts';
import { environmentOf, shellQuote } from './env.ts';
import { CHECKOUT } from './paths.ts';
import { LOOPBACK } from './ports.ts';
import { awaitReady, type ProcessRecord, run, startDaemon, stopProcess } from './processes.ts';
import { type Replacement, type ReplacementTable, writeSamples } from './samples.ts';
import type { StackState } from './state.ts';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
// What Asterisk's own load takes at start; the rest of these folders it makes by itself.
const FOLDERS = [
  'etc',
  'data/sounds',
  'lib/keys',
  'spool/outgoing',
  'spool/tmp',
  'spool/voicemail',
  'spool/recording',
  'run',
  'log',
  'cache',
  'agi',
];

const folderOf = (state: StackState): string => join(state.folder, 'asterisk');

/** The lines of the Asterisk samples that the stack exchanges. */
export const asteriskReplacements = (state: StackState): ReplacementTable => {
  const folder = folderOf(state);
  const { moduleFolder } = findAsterisk(state.asteriskPrefix);
  const path = (key: string, sample: string, becomes: string) => ({
    line: `${key} = ${sample}`,
    becomes: `${key} = ${becomes}`,
  });
  const password = (sample: string, becomes: string) => ({
    line: `password = ${sample}`,
    becomes: `password = ${becomes}`,
  });
  return {
    'asterisk/asterisk.conf': [
      path('astcachedir', '/var/cache/asterisk', join(folder, 'cache')),
      path('astetcdir', '/etc/asterisk', join(folder, 'etc')),
      path('astmoddir', '/usr/lib/x86_64-linux-gnu/asterisk/modules', moduleFolder),
      path('astvarlibdir', '/var/lib/asterisk', join(folder, 'lib')),
      path('astdbdir', '/var/lib/asterisk', join(folder, 'lib')),
      path('astkeydir', '/var/lib/asterisk', join(folder, 'lib')),
      path('astdatadir', '/usr/share/asterisk', join(folder, 'data')),
      path('astagidir', '/usr/share/asterisk/agi-bin', join(folder, 'agi')),
      path('astspooldir', '/var/spool/asterisk', join(folder, 'spool')),
      path('astrundir', '/var/run/asterisk', join(folder, 'run')),
      path('astlogdir', '/var/log/asterisk', join(folder, 'log')),
      // Two stacks may share a database.
      path('systemname', 'pbx', state.name),
    ],
    'asterisk/http.conf': [path('bindport', '8088', String(state.ports.ari))],
    'asterisk/ari.conf': [password('CHANGE-ME-ARI', state.secrets.ari)],
    'asterisk/rtp.conf': [
      path('rtpstart', '10000', String(state.ports.rtpFirst)),
      path('rtpend', '20000', String(state.ports.rtpLast)),
    ],
    'asterisk/pjsip.conf': [
      path('bind', '0.0.0.0:5060', `${LOOPBACK}:${state.ports.sip}`),
      ...['1000', '2000', '3000', 'CALLER'].map((user) => password(`CHANGE-ME-${user}`, state.secrets.sip)),
    ],
    'asterisk/res_pgsql.conf': databaseReplacements(environmentOf(state).DATABASE_URL),
    ...Object.fromEntries(UNCHANGED.map((file) => [`asterisk/${file}`, []])),
  };
};

// In the stack Asterisk comes as the owner of the database; the role of its own is for production.
const databaseReplacements = (databaseUrl: string): readonly Replacement[] => {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  const values = {
    'dbhost = 127.0.0.1': hostname,
    'dbport = 5432': port || '5432',
    'dbname = queueapp': decodeURIComponent(pathname.slice(1)),
    'dbuser = asterisk': decodeURIComponent(username),
    'dbpass = CHANGE-ME-DATABASE': decodeURIComponent(password),
  };
  return Object.entries(values).map(([line, value]) => ({ line, becomes: `${line.split(' ')[0]} = ${value}` }));
};

const UNCHANGED = [
  'acl.conf',
  'cdr.conf',
  'ccss.conf',
  'cel.conf',
  'chan_websocket.conf',
  'extconfig.conf',
  'extensions.conf',
  'features.conf',
  'indications.conf',
  'logger.conf',
  'manager.conf',
  'modules.conf',
  'musiconhold.conf',
  'pjproject.conf',
  'queuerules.conf',
  'queues.conf',
  'stasis.conf',
  'udptl.conf',
  'voicemail.conf',
  'websocket_client.conf',
];

/** Name of a bench member, counted from 1: an endpoint that registers with the password of the phones. */
export const memberName = (number: number): string => `m${String(number).padStart(3, '0')}`;

/** Writes everything that this Asterisk reads. */
export const prepareAsterisk = (state: StackState): void => {
  const folder = folderOf(state);
  for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
  mkdirSync(join(state.folder, 'spool'), { recursive: true });
  writeSamples(asteriskReplacements(state), (file) => join(folder, 'etc', file.slice('asterisk/'.length)));
  linkData(state);
  writeMembers(state);
  const { command } = findAsterisk(state.asteriskPrefix);
  const line = [...command, '-C', join(folder, 'etc/asterisk.conf')].map(shellQuote).join(' ');
  // A script, so that $ASTERISK is one word whatever the command line needs.
  writeFileSync(join(state.folder, 'asterisk-console'), `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
};

// Asterisk looks for sound:queueapp/welcome in sounds/LANGUAGE/queueapp: links to the core prompts, file by file, and one
// link to the checkout's folder. On a production machine that one link is all there is to make.
const linkData = (state: StackState): void => {
  const found = findAsterisk(state.asteriskPrefix);
  const data = join(folderOf(state), 'data');
  link(join(found.dataFolder, 'rest-api'), join(data, 'rest-api'));
  link(join(found.dataFolder, 'documentation'), join(data, 'documentation'));
  if (found.musicFolder) link(found.musicFolder, join(data, 'moh'));
  else mkdirSync(join(data, 'moh'), { recursive: true });
  const ours = join(CHECKOUT, 'sounds');
  const languages = existsSync(ours) ? readdirSync(ours).filter((entry) => /^[a-z]{2}(_[A-Z]{2})?$/.test(entry)) : [];
  for (const language of new Set([...Object.keys(found.soundFolders), ...languages, 'en'])) {
    const folder = join(data, 'sounds', language);
    mkdirSync(folder, { recursive: true });
    const core = found.soundFolders[language];
    for (const entry of core ? readdirSync(core) : []) link(join(core ?? '', entry), join(folder, entry));
    // A link to nowhere would make Asterisk give up its list of sounds.
    if (languages.includes(language)) link(join(ours, language), join(folder, 'queueapp'));
  }
};

const link = (target: string, path: string): void => {
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

const writeMembers = (state: StackState): void => {
  if (state.members === 0) return;
  const names = Array.from({ length: state.members }, (_, index) => memberName(index + 1));
  const etc = join(folderOf(state), 'etc');
  const endpoints = names.map(
    (name) => `[${name}](phone)\nauth = ${name}\naors = ${name}\ncallerid = Member ${name} <${name.slice(1)}>
[${name}](phone-auth)\nusername = ${name}\npassword = ${state.secrets.sip}\n[${name}](phone-aor)\n`,
  );
  writeFileSync(join(etc, 'pjsip-members.conf'), endpoints.join('\n'), { mode: 0o600 });
  writeFileSync(join(etc, 'queues-members.conf'), names.map((name) => `member => PJSIP/${name}\n`).join(''), {
    mode: 0o600,
  });
};

/** The files that tell what this Asterisk did. */
export const asteriskLogs = (state: StackState): string[] => [
  join(folderOf(state), 'log/messages'),
  join(folderOf(state), 'out.log'),
];

/** Starts Asterisk and waits until its REST interface answers. */
export const startAsterisk = async (state: StackState, started: (process: ProcessRecord) => void): Promise<void> => {
  const folder = folderOf(state);
  const [command, ...args] = findAsterisk(state.asteriskPrefix).command;
  const process = await startDaemon({
    command,
    args: [...args, '-f', '-C', join(folder, 'etc/asterisk.conf')],
    cwd: folder,
    logFile: join(folder, 'out.log'),
  });
  started(process);
  const authorization = `Basic ${Buffer.from(`queueapp:${state.secrets.ari}`).toString('base64')}`;
  const isReady = async (): Promise<boolean> => {
    try {
      const reply = await fetch(`http://${LOOPBACK}:${state.ports.ari}/ari/asterisk/info`, {
        headers: { authorization },
      });
      // The HTTP server answers before the last module is loaded.
      return reply.ok && (await fullyBooted(state));
    } catch {
      return false;
    }
  };
  await awaitReady({ server: 'Asterisk', process, logFiles: asteriskLogs(state), limitMs: START_LIMIT_MS, isReady });
};

const fullyBooted = async (state: StackState): Promise<boolean> => {
  const said = await run(join(state.folder, 'asterisk-console'), ['-rx', 'core waitfullybooted'], {
    cure: 'see the log',
  });
  return said.includes('fully booted');
};

/** Ends Asterisk, and with it every call. */
export const stopAsterisk = (process: ProcessRecord): Promise<void> => stopProcess(process, 'SIGTERM', STOP_LIMIT_MS);
