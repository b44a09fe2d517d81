import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CallJson, MemberJson, QueueJson, StatusJson } from '../../src/http/views.ts';
import { Site } from '../support/e2e/site.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

let site: Site;
beforeAll(async () => {
  site = await Site.up({ name: 'command-line' });
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

/** What a command prints with --json. */
async function json<Answer>(...args: string[]): Promise<Answer> {
  const { status, out, error } = await site.cli(...args, '--json');
  expect({ status, error }).toEqual({ status: 0, error: '' });
  return JSON.parse(out) as Answer;
}

test('the commands show one who talks and one who waits, as people and as programs read it', async () => {
  const phone = await site.phone('1000', { behaviour: answers() });
  expect(await json('login', '1000', 'support')).toMatchObject({ outcome: 'logged-in' });
  expect((await site.cli('login', '1000', 'support')).out).toBe('1000 was already logged in to support\n');
  const talking = await site.caller('0002', { from: { number: '2001', name: 'Ann Caller' } });
  const ring = await phone.ring();
  await site.untilPhase('talking');
  // They talk before the database has it.
  await site.logged('CONNECT');
  const waiting = await site.caller('0001', { from: { number: '2002' } });
  await site.untilPhase('waiting');
  // Of the phone Asterisk tells by itself.
  await site.untilDevice('1000', 'INUSE');

  const [status, queues, members, calls] = await Promise.all([
    json<StatusJson>('status'),
    json<QueueJson[]>('queues'),
    json<MemberJson[]>('members'),
    json<CallJson[]>('calls'),
  ]);
  const up = expect.objectContaining({ state: 'up' });
  expect(status).toMatchObject({
    ready: true,
    stopping: false,
    calls: 2,
    parts: { asterisk: up, database: up, xmpp: up },
  });
  expect(queues).toMatchObject([
    { queue: 'support', title: 'Support', waiting: 1, ringing: 0, talking: 1, members: 1, available: 0 },
  ]);
  expect(members.find(({ extension }) => extension === '1000')).toMatchObject({
    activity: 'talking',
    deviceState: 'INUSE',
    queues: [{ queue: 'support', paused: false }],
  });
  expect(calls.find(({ phase }) => phase === 'talking')).toMatchObject({
    caller: { number: '2001', name: 'Ann Caller' },
    customer: { id: '1', name: 'Company 1' },
    extension: '1000',
  });
  expect(calls.find(({ phase }) => phase === 'waiting')).toMatchObject({ caller: { number: '2002' }, position: 1 });
  const shown = await site.cli('calls');
  expect(shown.out).toMatch(/talking .*1000 .*2001 .*Company 1 \(id 1\)/);
  expect(shown.out).toMatch(/waiting .*support .*2002/);

  expect((await site.cli('logout', '1000', 'support')).out).toBe('1000 is logged out of support\n');
  expect(await json('logout', '1000', 'support')).toMatchObject({ outcome: 'not-logged-in' });
  await ring.hangup();
  await talking.ended();
  await waiting.hangup();
  expect(await site.cli('login', '4711', 'support')).toMatchObject({
    status: 1,
    error: 'EXTENSION_UNKNOWN: There is no extension 4711\n',
  });
});

test('/healthz and /readyz tell who asks', async () => {
  const health = await fetch(`${site.env.HTTP_URL}/healthz`);
  expect(health.status).toBe(200);
  expect(await site.readiness()).toMatchObject({
    ...{ status: 200, ready: true, stopping: false, missing: [] },
    ...{ role: 'active', parts: { asterisk: { state: 'up', reason: null } }, waiting: { 'database-writes': 0 } },
  });
  await site.stack.kill('asterisk');
  await site.untilMissing('asterisk');
  expect(await site.readiness()).toMatchObject({ status: 503, ready: false, missing: [{ part: 'asterisk' }] });
  expect((await fetch(`${site.env.HTTP_URL}/healthz`)).status).toBe(200);
  await site.stack.start('asterisk');
  await site.untilMissing();
});

describe('queueapp start', () => {
  test('ends with 1 and one line when another program has its port; started again, it takes calls', async () => {
    await site.stopApp();
    const { hostname, port } = new URL(site.env.HTTP_URL);
    const other = createServer().listen(Number(port), hostname);
    await once(other, 'listening');
    const { status, error } = await site.start({});
    expect(status).toBe(1);
    expect(error).toMatch(/^HTTP_ADDRESS: [^\n]*in use[^\n]*\n$/);
    other.close();
    await once(other, 'close');
    await site.startApp();
    const caller = await site.caller('0001', { from: { number: '2001' } });
    await site.untilPhase('waiting');
    await caller.hangup();
  });

  test('ends with 78 and one line for each fault of the configuration', async () => {
    const file = join(site.env.QUEUEAPP_RUN, 'wrong.yaml');
    const lines = [
      'languag: en',
      'queues:',
      '  support: { title: Support, strategy: ringal, ring-timeout: soon }',
      'ivr:',
      '  start: nowhere',
      '  steps:',
      '    main: { menu: { prompt: queueapp/ivr_menu, keys: { "x": main }, nothing: lost } }',
    ];
    writeFileSync(file, lines.join('\n'));
    const { status, error, out } = await site.start({ QUEUEAPP_CONFIG: file, ARI_PASSWORD: '' });
    expect({ status, out }).toEqual({ status: 78, out: '' });
    const said = error.trimEnd().split('\n');
    expect(said).toHaveLength(7);
    expect(said[0]).toMatch(/^environment ARI_PASSWORD: is not set/);
    for (const [line, word] of [
      [1, 'languag'],
      [3, 'ringal'],
      [3, 'ring-timeout'],
      [5, 'nowhere'],
      [7, 'keys.x'],
      [7, 'lost'],
    ] as const) {
      expect(said).toContainEqual(expect.stringMatching(new RegExp(`wrong\\.yaml:${line}:.*${word}`)));
    }
  });

  test('ends with 0 after SIGTERM with a caller in the menu, who goes on in the dialplan', async () => {
    const caller = await site.caller('0000', { from: { number: '2001' } });
    await caller.hears('welcome', { headMs: 1_000 });
    const ended = site.stopApp();
    expect(await ended).toMatchObject({ status: 0, error: '' });
    // The step is finished, then the dialplan has the call again: its congestion tone, its hang-up.
    expect(await caller.ended({ limitMs: 60_000 })).toMatchObject({ by: 'far end', how: 'bye' });
    await site.startApp();
  });
});
