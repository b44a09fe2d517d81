import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/phones/processes.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RunningCommand } from '../check/command.ts';

jest.setTimeout(400_000);

const LIMIT_MS = 60_000;
const CONFIGURATION = `queues: { support: {} }
ivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }
`;

let postgres: TestPostgres;
const folders: string[] = [];
const running: RunningCommand[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  for (const each of running) await each[Symbol.asyncDispose]();
  await postgres?.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** Where one process runs: a folder and a port of its own; nobody is where Asterisk should be. */
async function place(ariPort: number, listen?: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'queueapp-standby-'));
  folders.push(folder);
  const file = join(folder, 'queueapp.yaml');
  await writeFile(file, CONFIGURATION);
  return {
    QUEUEAPP_CONFIG: file,
    QUEUEAPP_DATA: folder,
    DATABASE_URL: postgres.databaseUrl,
    ARI_URL: `http://127.0.0.1:${ariPort}`,
    ARI_PASSWORD: 'pass',
    HTTP_LISTEN: listen ?? `127.0.0.1:${await freePort()}`,
    API_TOKEN: 'a-token-of-the-tests',
  };
}

function start(env: Record<string, string>): RunningCommand {
  const started = new RunningCommand(['start'], env);
  running.push(started);
  return started;
}

const command = (env: Record<string, string>, ...args: string[]) => new RunningCommand(args, env).end();

async function roleAt(env: Record<string, string>): Promise<string | null> {
  try {
    const answer = await fetch(`http://${env['HTTP_LISTEN']}/readyz`);
    return ((await answer.json()) as { role: string }).role;
  } catch {
    return null;
  }
}

const untilRole = (env: Record<string, string>, role: string) =>
  eventually(`it is ${role}`, async () => (await roleAt(env)) === role, LIMIT_MS);

test('a second process is the standby, says so, and acts when the first one is drained', async () => {
  const ariPort = await freePort();
  const [first, second] = [await place(ariPort), await place(ariPort)];
  const acting = start(first);
  await untilRole(first, 'active');
  const standby = start(second);
  await untilRole(second, 'standby');

  const seen = await command(second, 'status');
  expect(seen.out).toMatch(/^queueapp \S+ \(.+\), standby, up for /);
  // The one that acts has told that it does not reach its Asterisk.
  const known =
    /⇄ switch main: held by .+, epoch 1, its Asterisk out of reach for \S+.*, 1 standby, 0 callers in queues/;
  await eventually('who acts is known', async () => known.test((await command(second, 'status')).out), LIMIT_MS);
  expect(await command(second, 'queues')).toMatchObject({ status: 1, error: expect.stringMatching(/^STANDBY: /) });
  await eventually(
    'the one that acts knows of its standby',
    async () => / 1 standby,/.test((await command(first, 'status')).out),
    LIMIT_MS,
  );

  // One whose port is taken says so, and waits like the other one.
  const third = start(await place(ariPort, second['HTTP_LISTEN']));
  await eventually('its port is taken', async () => third.out.includes('The HTTP port is taken'), LIMIT_MS);
  third.signal('SIGTERM');
  expect(await third.end()).toMatchObject({ status: 0, error: '' });

  const drained = await command(first, 'drain');
  expect(drained.out.split('\n').slice(0, 1)).toEqual([
    'Another process is standby and takes over: no calls; nobody is sent away',
  ]);
  expect([drained.status, drained.out]).toEqual([0, expect.stringMatching(/\nHanded over: the process has ended\n$/)]);
  expect((await acting.end()).status).toBe(0);
  await untilRole(second, 'active');
  const after = await command(second, 'status');
  expect(after.out).toMatch(
    /⇄ switch main: held by this process \(.+\) for .+, epoch 2, (its Asterisk .+, )?no standby/,
  );
  standby.signal('SIGTERM');
  expect((await standby.end()).status).toBe(0);
});
