import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { withQueues } from '../support/e2e/hearing.ts';
import { Site } from '../support/e2e/site.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

const MEMBERS = ['1000', '2000', '3000'];

let site: Site;
let folder: string;
let module: string;
let example: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueapp-strategy-'));
  module = join(folder, 'english-first.mjs');
  const page = await readFile(join(import.meta.dirname, '../../docs/strategies.md'), 'utf8');
  example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  await writeFile(module, example);
  const queues = `
  clever:
    strategy: english-first
  skilled:
    retry: 60s
    skill-rule: relaxing
`;
  const rules = `
strategies: { english-first: ${JSON.stringify(module)} }
skill-rules:
  relaxing: [{ needs: { english: 50 } }, { after: 6s, needs: { english: 10 } }]
`;
  const configure = (shipped: string) => `${withQueues(shipped, queues.trimEnd().slice(1))}${rules}`;
  site = await Site.up({ name: 'strategy', configure });
  await site.dialplan('0021', 'Stasis(queueapp,queue,clever)');
  await site.dialplan('0022', 'Stasis(queueapp,queue,skilled)');
  await site.dialplan('0023', 'Set(QUEUE_SKILLS=billing)', 'Stasis(queueapp,queue,skilled)');
  const skills = { 1000: { english: 20 }, 2000: { english: 90 }, 3000: { english: 60, billing: 1 } };
  for (const [number, of] of Object.entries(skills))
    await site.sql('update extension set skills = $2 where number = $1', [number, JSON.stringify(of)]);
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  await rm(folder, { recursive: true });
});

/** All three are there, and whoever is rung first answers. */
async function whoAnswers(number: string, queue: string): Promise<string> {
  for (const member of MEMBERS) {
    await site.phone(member, { behaviour: answers(0, 300) });
    expect((await site.cli('login', member, queue)).status).toBe(0);
  }
  await Promise.all(MEMBERS.map((member) => site.untilDevice(member, 'NOT_INUSE')));
  const caller = await site.caller(number, { from: { number: '4711' } });
  const { agent } = await site.logged('CONNECT');
  await caller.ended();
  return agent;
}

describe('A strategy of somebody’s own', () => {
  test('decides whose phone rings, and another version of it after the file is read again', async () => {
    const { status, out } = await site.cli('check');
    expect([status, out]).toEqual([0, expect.stringContaining('✓ strategies: tried and in order: english-first')]);
    expect(await whoAnswers('0021', 'clever')).toBe('PJSIP/2000');
    await site.reset();
    await writeFile(module, example.replace('skill(b) - skill(a)', 'skill(a) - skill(b)'));
    expect((await site.cli('reload')).status).toBe(0);
    expect(await whoAnswers('0021', 'clever')).toBe('PJSIP/1000');
  });

  test('that hangs costs no call: check says so, leastrecent is in its place', async () => {
    await writeFile(module, 'export default { order() { for (;;); } };');
    expect((await site.cli('reload')).status).toBe(0);
    const { status, out } = await site.cli('check');
    expect([status, out]).toEqual([1, expect.stringContaining('order() did not come back within')]);
    expect(MEMBERS.map((member) => `PJSIP/${member}`)).toContain(await whoAnswers('0021', 'clever'));
  });
});

describe('Skills', () => {
  test('of the call keep it with who can do it', async () => {
    expect(await whoAnswers('0023', 'skilled')).toBe('PJSIP/3000');
  });

  test('relax when the caller has waited so long, not earlier', async () => {
    const phone = await site.phone('1000');
    await site.cli('login', '1000', 'skilled');
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await site.caller('0022', { from: { number: '4711' } });
    await site.untilPhase('waiting');
    const ring = await phone.ring({ limitMs: 60_000 });
    // From the moment of entering: to be written there takes its time.
    const [entry] = await site.sql<{ joined_ms: number }>(
      "select extract(epoch from joined_at)::float * 1000 as joined_ms from queue_entry where state = 'ringing'",
    );
    const waitedMs = ring.invitedAtMs - (entry?.joined_ms ?? Number.NaN);
    expect(waitedMs).toBeGreaterThan(5_900);
    // By itself, not with the next event of the queue, which is the retry; a busy machine may be late.
    expect(waitedMs).toBeLessThan(30_000);
    await caller.hangup();
  });
});
