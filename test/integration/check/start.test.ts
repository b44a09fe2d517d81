import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createStack } from '../../../install/private-stack/create-stack.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/phones/processes.ts';
import { RunningCommand } from './command.ts';

jest.setTimeout(240_000);

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ name: `t-${process.pid}-start` });
}, 180_000);

afterAll(() => stack?.down(), 180_000);

const queueapp = (args: readonly string[], env: Record<string, string> = {}) =>
  new RunningCommand(args, { ...stack.env, ...env });

/** What `/readyz` says; `null` while nobody listens. */
async function readiness(): Promise<{ status: number; ready: boolean; missing: { part: string }[] } | null> {
  try {
    const response = await fetch(`${stack.env.HTTP_URL}/readyz`);
    return { status: response.status, ...((await response.json()) as { ready: boolean; missing: { part: string }[] }) };
  } catch {
    return null;
  }
}

/** From the start of a process, which reads all of its TypeScript first, to its first word. */
const START_LIMIT_MS = 90_000;
const untilReady = () => eventually('the application is ready', async () => (await readiness())?.ready, START_LIMIT_MS);

describe('queueapp start', () => {
  test('gets ready, answers the other commands, and ends with 0 after SIGTERM', async () => {
    await using application = queueapp(['start']);
    await untilReady();
    await eventually('XMPP is there, too', async () => (await readiness())?.missing.length === 0);

    const status = await queueapp(['status', '--json']).end();
    expect(status.status).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({
      ready: true,
      calls: 0,
      parts: { asterisk: { state: 'up' }, database: { state: 'up' }, xmpp: { state: 'up' } },
    });

    const login = await queueapp(['login', '1000', 'support']).end();
    expect(login).toEqual({ status: 0, out: '1000 is logged in to support\n', error: '' });
    expect((await queueapp(['login', '1000', 'support']).end()).out).toBe('1000 was already logged in to support\n');
    const members = JSON.parse((await queueapp(['members', '--json']).end()).out) as {
      extension: string;
      queues: { queue: string }[];
    }[];
    expect(members.find(({ extension }) => extension === '1000')?.queues).toMatchObject([{ queue: 'support' }]);
    expect((await queueapp(['logout', '1000', 'support']).end()).out).toBe('1000 is logged out of support\n');
    const unknown = await queueapp(['login', '4711', 'support']).end();
    expect(unknown).toEqual({ status: 1, out: '', error: 'EXTENSION_UNKNOWN: There is no extension 4711\n' });
    const wrongToken = await queueapp(['calls'], { API_TOKEN: 'another-token-than-that' }).end();
    expect(wrongToken).toEqual({ status: 1, out: '', error: 'API_TOKEN_WRONG: The token is wrong\n' });

    application.signal('SIGTERM');
    const { status: end, out, error } = await application.end();
    expect([end, error]).toEqual([0, '']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines[0]).toMatchObject({ msg: 'Configuration read', file: stack.env.QUEUEAPP_CONFIG });
    expect(lines.at(-1)?.msg).toBe('Stopped');
    for (const secret of [
      stack.env.ARI_PASSWORD,
      stack.env.XMPP_PASSWORD,
      stack.env.API_TOKEN,
      stack.env.DATABASE_URL,
    ]) {
      expect(out).not.toContain(secret);
    }
  });

  test('says in one line that another program has the port, and ends with 1', async () => {
    const { hostname, port } = new URL(stack.env.HTTP_URL);
    const other = createServer().listen(Number(port), hostname);
    await once(other, 'listening');
    try {
      const { status, error } = await queueapp(['start']).end();
      expect(status).toBe(1);
      expect(error.trim().split('\n')).toHaveLength(1);
      expect(error).toMatch(/^HTTP_ADDRESS: .*127\.0\.0\.1:\d+ .*in use.*HTTP_LISTEN/);
    } finally {
      other.close();
    }
  });

  test('a second one is standby and leaves the running one alone', async () => {
    await using application = queueapp(['start']);
    await untilReady();
    await using second = queueapp(['start']);
    const isStandby = () => second.out.includes('Standby: another process acts');
    await eventually('it says that it is standby', isStandby, START_LIMIT_MS);
    expect(await readiness()).toMatchObject({ status: 200, ready: true });
    second.signal('SIGTERM');
    expect((await second.end()).status).toBe(0);
    expect(await readiness()).toMatchObject({ status: 200, ready: true });
    application.signal('SIGINT');
    expect((await application.end()).status).toBe(0);
  });

  test('waits for an Asterisk that is away: it lives, and says what is missing', async () => {
    await using application = queueapp(['start'], { ARI_URL: `http://127.0.0.1:${await freePort()}` });
    const found = await eventually(
      'it says that Asterisk is missing',
      async () => {
        const said = await readiness();
        return said?.missing.some(({ part }) => part === 'asterisk') && said;
      },
      START_LIMIT_MS,
    );
    expect(found).toMatchObject({ status: 503, ready: false });
    expect((await fetch(`${stack.env.HTTP_URL}/healthz`)).status).toBe(200);
    application.signal('SIGTERM');
    expect((await application.end()).status).toBe(0);
  });

  test('says in one line that the database is away, and ends with 1', async () => {
    const { status, error } = await queueapp(['start'], {
      DATABASE_URL: `postgres://a:geheim@127.0.0.1:${await freePort()}/x`,
    }).end();
    expect(status).toBe(1);
    expect(error).toMatch(/^DATABASE_UNAVAILABLE: [^\n]+\n$/);
    expect(error).not.toContain('geheim');
  });

  test('goes on without XMPP when none is configured, and says so', async () => {
    await using application = queueapp(['start'], { XMPP_SERVICE: '', XMPP_JID: '', XMPP_PASSWORD: '' });
    await untilReady();
    await eventually('it says so', () => application.out.includes('XMPP is not configured'));
    application.signal('SIGTERM');
    expect((await application.end()).status).toBe(0);
  });
});
