import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createStack, openStack } from '../../../install/private-stack/create-stack.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { withClient } from '../../../install/private-stack/postgres.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { allStates, SERVERS } from '../../../install/private-stack/state.ts';

jest.setTimeout(120_000);

// Two stacks as different as they can be, made at the same time. Their names hold our process id: somebody else may run the
// same tests in the same checkout.
const PROSODY = `t-${process.pid}-prosody`;
const EJABBERD = `t-${process.pid}-ejabberd`;
const GUEST = `t-${process.pid}-guest`;
const NAMES = [PROSODY, EJABBERD];
const stacks = new Map<string, Stack>();

const stackNamed = (name: string): Stack => {
  const stack = stacks.get(name);
  if (!stack) throw new Error(`${name} is not up`);
  return stack;
};

beforeAll(async () => {
  await clearLeftOvers();
  const [prosody, ejabberd] = await Promise.all([
    createStack({ name: PROSODY, pubsub: 'memory', members: 2 }),
    createStack({ name: EJABBERD, xmpp: 'ejabberd' }),
  ]);
  stacks.set(PROSODY, prosody).set(EJABBERD, ejabberd);
});

afterAll(async () => {
  for (const name of [...NAMES, GUEST]) await openStack(name)?.down();
});

// What a run of these tests left that was killed.
const clearLeftOvers = async (): Promise<void> => {
  for (const { name, checkout } of allStates()) {
    const pid = /^t-(\d+)-/.exec(name)?.[1];
    if (checkout === CHECKOUT && pid && !existsSync(`/proc/${pid}`)) await openStack(name)?.down();
  }
};

const ariGet = (stack: Stack, path: string, password = stack.env.ARI_PASSWORD) =>
  fetch(`${stack.env.ARI_URL}/ari/${path}`, {
    headers: { authorization: `Basic ${Buffer.from(`${stack.env.ARI_USERNAME}:${password}`).toString('base64')}` },
  });

const consoleOf = (stack: Stack, command: string): string =>
  spawnSync('sh', ['-c', `$ASTERISK -rx "${command}"`], { encoding: 'utf8', env: { ...process.env, ...stack.env } })
    .stdout;

interface Seen {
  readonly jid: string | null;
  readonly roster: readonly string[];
  readonly failure: string | null;
  readonly publishes_per_second: number | null;
}

// The distribution's own Python, which has slixmpp: a client that is not this project's library.
const logIn = (stack: Stack, jid: string, password: string, ...publishing: string[]): Seen => {
  const { hostname, port } = new URL(stack.env.XMPP_SERVICE);
  const script = join(CHECKOUT, 'test/integration/install/xmpp-login.py');
  const args = [script, hostname, port, stack.env.XMPP_CA, jid, password, ...publishing];
  return JSON.parse(spawnSync('/usr/bin/python3', args, { encoding: 'utf8', timeout: 60_000 }).stdout) as Seen;
};

// PostgreSQL says the first to the client that asks whether it is there already; ejabberd 24 says the second at every start.
const HARMLESS = /the database system is starting up|The option captcha_cmd is not configured/;

const errorsIn = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /\b(warning|error|critical|fatal)\b/i.test(line))
    : [];

describe.each(NAMES)('The stack %s beside the other', (name) => {
  let stack: Stack;

  beforeAll(() => {
    stack = stackNamed(name);
  });

  it('runs three servers of its own, with nothing to complain about in their logs', () => {
    for (const server of SERVERS) {
      expect(stack.isRunning(server)).toBe(true);
      const lines = stack
        .logs(server)
        .flatMap(errorsIn)
        .filter((line) => !HARMLESS.test(line));
      expect(lines).toEqual([]);
    }
  });

  it('has every module that the sample lists', () => {
    const wanted =
      readFileSync(join(CHECKOUT, 'install/asterisk/modules.conf'), 'utf8').match(/(?<=^load = ).*$/gm) ?? [];
    const running = consoleOf(stack, 'module show')
      .split('\n')
      .filter((line) => /\bRunning\b/.test(line))
      .map((line) => line.split(' ')[0]);
    expect(wanted.length).toBeGreaterThan(80);
    expect(wanted.filter((module) => !running.includes(module))).toEqual([]);
  });

  it('answers on its REST interface, to its own password only', async () => {
    const reply = await ariGet(stack, 'asterisk/info');
    expect(reply.status).toBe(200);
    expect((await ariGet(stack, 'asterisk/info', 'wrong')).status).toBe(401);
    const other = stackNamed(name === PROSODY ? EJABBERD : PROSODY);
    expect((await ariGet(stack, 'asterisk/info', other.env.ARI_PASSWORD)).status).toBe(401);
  });

  it('knows the phones and the caller, and finds the prompts of the project beside the core ones', async () => {
    const endpoints = (await (await ariGet(stack, 'endpoints/PJSIP')).json()) as { resource: string }[];
    const names = endpoints.map(({ resource }) => resource).sort();
    const members = name === PROSODY ? ['m001', 'm002'] : [];
    expect(names).toEqual(['1000', '2000', '3000', 'caller', ...members, 'queueapp-switches']);
    for (const sound of ['queueapp/welcome', 'all-circuits-busy-now', 'digits/1']) {
      expect((await ariGet(stack, `sounds/${encodeURIComponent(sound)}`)).status).toBe(200);
    }
    expect(consoleOf(stack, 'moh show files')).toMatch(/Class: default\s+File: \S+/);
  });

  it('lets queueapp, members and CRM log in over a certificate that can be checked, and nobody else', () => {
    const { env } = stack;
    const group = [1, 2, 3].map((number) => `user${number}@${env.XMPP_DOMAIN}`);
    expect(logIn(stack, env.XMPP_JID, env.XMPP_PASSWORD)).toMatchObject({ jid: env.XMPP_JID, roster: group });
    const seenByMember = logIn(stack, group[0] ?? '', env.MEMBER_PASSWORD);
    expect(seenByMember).toMatchObject({ jid: group[0], roster: [env.XMPP_JID, group[1], group[2]] });
    expect(logIn(stack, env.CRM_JID, env.CRM_PASSWORD)).toMatchObject({ jid: env.CRM_JID, roster: [] });
    expect(logIn(stack, env.XMPP_JID, 'wrong')).toMatchObject({ jid: null, failure: 'authentication' });
  });

  it('lets queueapp alone make nodes, and does not slow its publishing down', () => {
    const { env } = stack;
    const publishing = [env.XMPP_PUBSUB, 'extension1000', '1000'];
    // A thousand items are 500 kB: at the 10 kB/s of a person they would take most of a minute.
    expect(logIn(stack, env.XMPP_JID, env.XMPP_PASSWORD, ...publishing).publishes_per_second).toBeGreaterThan(60);
    const member = `user1@${env.XMPP_DOMAIN}`;
    expect(logIn(stack, member, env.MEMBER_PASSWORD, env.XMPP_PUBSUB, 'mine', '1')).toMatchObject({
      failure: 'forbidden',
    });
  });

  it('holds the data of a fresh stack in a database whose owner is no superuser', async () => {
    await withClient(stack.env.DATABASE_URL, async (client) => {
      const customers = await client.query('SELECT id::int, code, name FROM customer ORDER BY id');
      expect(customers.rows).toEqual([
        { id: 1, code: '1111', name: 'Company 1' },
        { id: 2, code: '2222', name: 'Company 2' },
      ]);
      const extensions = await client.query('SELECT number, jid FROM extension ORDER BY number');
      expect(extensions.rows).toEqual(
        [1, 2, 3].map((n) => ({ number: `${n}000`, jid: `user${n}@${stack.env.XMPP_DOMAIN}` })),
      );
      const role = await client.query('SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user');
      expect(role.rows).toEqual([{ rolsuper: false, rolcreaterole: false }]);
      const next = await client.query(
        "INSERT INTO customer (name, code) VALUES ('Company 3', '3333') RETURNING id::int",
      );
      expect(next.rows).toEqual([{ id: 3 }]);
    });
  });

  it.each(SERVERS)('comes back on the same port with the same data when %s is restarted', async (server) => {
    const before = stack.state.processes[server]?.pid;
    const { env } = stack;
    if (server === 'asterisk') consoleOf(stack, `database put test key ${name}`);
    await stack.restart(server);
    expect(stack.state.processes[server]?.pid).not.toBe(before);
    expect(stack.env).toEqual(env);
    await expectAlive(stack);
    if (server === 'asterisk') expect(consoleOf(stack, 'database get test key')).toContain(name);
  });

  it.each(SERVERS)('comes back in the same way after %s was killed', async (server) => {
    await stack.kill(server);
    expect(stack.isRunning(server)).toBe(false);
    expect(openStack(name)?.isRunning(server)).toBe(false);
    await stack.start(server);
    await expectAlive(stack);
  });
});

const expectAlive = async (stack: Stack): Promise<void> => {
  expect(SERVERS.filter((server) => !stack.isRunning(server))).toEqual([]);
  expect((await ariGet(stack, 'asterisk/info')).status).toBe(200);
  expect(logIn(stack, stack.env.XMPP_JID, stack.env.XMPP_PASSWORD).jid).toBe(stack.env.XMPP_JID);
  await withClient(stack.env.DATABASE_URL, async (client) => {
    const { rows } = await client.query(
      "SELECT count(*)::int AS customers FROM customer WHERE code IN ('1111', '3333')",
    );
    expect(rows).toEqual([{ customers: 2 }]);
  });
};

describe('A stack', () => {
  it('shares no port and no password with another one', () => {
    const values = NAMES.map((name) => {
      const { ports, secrets } = stackNamed(name).state;
      return [...Object.values(ports), ...Object.values(secrets)];
    });
    expect(new Set(values.flat()).size).toBe(values.flat().length);
  });

  it('is left as it is by a second up, and says so', () => {
    const before = stackNamed(PROSODY).state.processes;
    const script = join(CHECKOUT, 'install/stack');
    const { status, stderr } = spawnSync(script, ['up', '--name', PROSODY], { encoding: 'utf8' });
    expect({ status, said: stderr.includes('already up') }).toEqual({ status: 0, said: true });
    expect(openStack(PROSODY)?.state.processes).toEqual(before);
  });

  it('is not taken for one of another kind', async () => {
    await expect(createStack({ name: PROSODY, xmpp: 'ejabberd' })).rejects.toThrow(
      `The stack ${PROSODY} is there already, with xmpp prosody instead of ejabberd`,
    );
    await expect(createStack({ name: PROSODY, asterisk: 'bullseye' })).rejects.toThrow(
      `The stack ${PROSODY} is there already, with asterisk current instead of bullseye`,
    );
  });

  it('uses a PostgreSQL that is given to it, and leaves that alone', async () => {
    const url = stackNamed(EJABBERD).env.DATABASE_URL;
    const guest = await createStack({ name: GUEST, databaseUrl: url });
    expect(guest.env.DATABASE_URL).toBe(url);
    expect(guest.servers).toEqual(['xmpp', 'asterisk']);
    await expect(guest.restart('postgres')).rejects.toThrow('This stack uses a PostgreSQL of yours');
    await guest.down();
    await expectAlive(stackNamed(EJABBERD));
  });

  it('shows the last lines of the log of a server that dies at its start, and runs on when the reason is gone', async () => {
    const stack = stackNamed(PROSODY);
    await stack.stop('postgres');
    const squatter = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => squatter.listen(stack.state.ports.postgres, '127.0.0.1', resolve));
    try {
      await expect(stack.start('postgres')).rejects.toThrow(
        /PostgreSQL died at its start:(.|\n)*Address already in use/,
      );
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
    await stack.start('postgres');
    await expectAlive(stack);
  });

  it('ends with all its processes and its folder, and the one beside it does not notice', async () => {
    const stack = stackNamed(PROSODY);
    const { folder } = stack.state;
    expect(processesThatName(folder).length).toBeGreaterThanOrEqual(SERVERS.length);
    await stack.down();
    expect(processesThatName(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(`${folder}.lock`)).toBe(false);
    expect(openStack(PROSODY)).toBeUndefined();
    await expectAlive(stackNamed(EJABBERD));
  });

  it('can be put to sleep with its data, and woken', async () => {
    const stack = stackNamed(EJABBERD);
    await stack.down({ keep: true });
    expect(processesThatName(stack.state.folder)).toEqual([]);
    const before = stack.env;
    const woken = await createStack({ name: EJABBERD });
    expect(woken.env).toEqual(before);
    stacks.set(EJABBERD, woken);
    await expectAlive(woken);
  });
});

// Every process with this folder in its command line, its working folder or its open files.
const processesThatName = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .filter((pid) => {
      const names = spawnSync('sh', ['-c', `tr '\\0' ' ' </proc/${pid}/cmdline; readlink /proc/${pid}/cwd`], {
        encoding: 'utf8',
      });
      return names.stdout.includes(folder);
    });
