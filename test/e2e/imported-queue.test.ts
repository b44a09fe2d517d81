import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { runImport } from '../../src/import.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { Site } from '../support/e2e/site.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

/** What an administrator had: a template, members in the file. */
const QUEUES_CONF = `
[general]
persistentmembers = yes
autofill = yes
[callcenter](!)
strategy = linear
ringinuse = no
timeout = 3
retry = 1
[support](callcenter)
member => PJSIP/2000,0,Bea
member => PJSIP/1000,0,Ann
context = queueapp-lines
`;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-imported-'));
const at = (name: string) => join(folder, name);
let site: Site;
beforeAll(async () => {
  writeFileSync(at('queues.conf'), QUEUES_CONF);
  const targets = { output: at('queueapp.yaml'), sql: at('members.sql') };
  await runImport({ files: [at('queues.conf')], named: {}, ...targets, force: false, isDryRun: false });
  // The stack's own addresses come from the environment; of the shipped file nothing is left.
  site = await Site.up({ name: 'imported', configure: () => readFileSync(at('queueapp.yaml'), 'utf8') });
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await site?.down();
});

test('An imported queue serves a call: its members are rung in the order of the file, as long as the file says', async () => {
  expect((await site.cli('check')).out).toContain('✓ configuration: ');
  const silent = await site.phone('2000');
  await site.phone('1000', { behaviour: answers(0, 1500) });
  await site.sql(readFileSync(at('members.sql'), 'utf8'));
  // The rows come by the database, the phones by Asterisk.
  for (const extension of ['1000', '2000']) await site.untilDevice(extension, 'NOT_INUSE');
  const isIn = async () => (await site.members()).filter(({ queues }) => queues.length > 0).length === 2;
  await eventually('both are logged in', isIn);
  const caller = await site.caller('0001', { from: { number: '5550199' } });
  await silent.ring();
  await caller.ended();
  await site.logged('COMPLETEAGENT');
  const lines = (await site.queueLog()).filter(({ event }) => !/MEMBER|QUEUESTART|DID/.test(event));
  expect(lines.map(({ event, agent }) => `${event} ${agent}`)).toEqual([
    'ENTERQUEUE NONE',
    'RINGNOANSWER PJSIP/2000',
    'CONNECT PJSIP/1000',
    'COMPLETEAGENT PJSIP/1000',
  ]);
  expect(Number(lines[1]?.data[0])).toBeGreaterThanOrEqual(2900);
  // The queue's default is 15 s; when the machine is busy, the word that Asterisk has given up may come late.
  expect(Number(lines[1]?.data[0])).toBeLessThan(10_000);
});
