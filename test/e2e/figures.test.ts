import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { QueueJson } from '../../src/http/views.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { Site } from '../support/e2e/site.ts';

jest.setTimeout(120_000);

let site: Site;
beforeAll(async () => {
  site = await Site.up({
    name: 'figures',
    configure: (shipped) => shipped.replace(/^ {2}# file: \/var\/log.*$/m, '  file: logs/queue_log'),
  });
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

const fileText = () => readFileSync(join(site.env.QUEUEAPP_RUN, 'application', 'logs', 'queue_log'), 'utf8');

/** The table as Asterisk would write it, from the first line on: by SQL alone, nothing of the application's. */
async function tableText(): Promise<string> {
  const rows = await site.sql<{ line: string; last: string }>(
    `select floor(extract(epoch from time at time zone 'UTC'))::bigint || '|' || callid || '|' || queuename || '|' || agent || '|' || event || '|' as line,
      rtrim(concat_ws('|', data1, data2, data3, data4, data5), '|') as last from queue_log order by id`,
  );
  return rows.map(({ line, last }) => `${line}${last}\n`).join('');
}

/** Waits until the file has each line of the table once; fails with both. Lines of the queue stand in the same order: others may be written at the same moment. */
async function untilFileIsTable(): Promise<void> {
  const sorted = (text: string) => text.split('\n').sort();
  let [table, file] = ['', ''];
  const isSame = async () => {
    [table, file] = [await tableText(), fileText()];
    return sorted(table).join() === sorted(file).join();
  };
  await eventually('the file has what the table has', isSame).catch(() => expect(sorted(file)).toEqual(sorted(table)));
  const ofQueue = (text: string) => text.split('\n').filter((line) => line.includes('|support|'));
  expect(ofQueue(file)).toEqual(ofQueue(table));
}

/** A caller who chooses support, types a code, and talks with extension 1000; then the caller hangs up. */
async function servedCall(): Promise<void> {
  const phone = await site.phone('1000');
  await site.onDuty('1000');
  const caller = await site.caller('0000', { from: { number: '5550199', name: 'Ann Caller' } });
  await caller.hears('ivr_menu');
  await caller.press('1');
  await caller.hears('inform_code');
  await caller.press('1111');
  const ring = await phone.ring();
  await ring.answer();
  await site.untilPhase('talking');
  await caller.hangup();
  await site.logged('COMPLETECALLER');
}

test('a real call is in the file as in the table, line by line, and after a crash goes on without a gap or a double', async () => {
  await servedCall();
  // The way through the menus is written beside the call, line after line: to its end.
  await eventually('the whole way is in the file', () => fileText().includes('|INFO|IVRGOAL|support\n'));
  await untilFileIsTable();
  const first = fileText();
  const events = first.split('\n').map((line) => line.split('|')[4]);
  for (const event of ['QUEUESTART', 'DID', 'INFO', 'ADDMEMBER', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']) {
    expect(events).toContain(event);
  }
  expect(first).toMatch(/^\d+\|NONE\|NONE\|NONE\|QUEUESTART\|$/m);
  expect(first).toMatch(/^\d+\|[^|]+\|NONE\|NONE\|INFO\|IVRSTART\|5550199\|0000$/m);
  expect(first).toMatch(/^\d+\|[^|]+\|NONE\|NONE\|INFO\|IVRAPPEND\|1\|\w+$/m);
  expect(first).not.toContain('1111');
  expect(first).toMatch(/^\d+\|[^|]+\|support\|PJSIP\/1000\|CONNECT\|\d+\|[^|]+\|\d+$/m);

  const waiting = await site.caller('0001', { from: { number: '2002' } });
  await site.logged('ENTERQUEUE', 2);
  await site.killApp();
  await site.sql(
    "insert into queue_log (time, callid, queuename, agent, event) values (now() at time zone 'UTC', 'MANAGER', 'support', 'PJSIP/7', 'ADDMEMBER')",
  );
  await site.startApp();
  await site.untilPhase('waiting');
  await waiting.hangup();
  await site.logged('ABANDON');
  await untilFileIsTable();
  expect(fileText().startsWith(first)).toBe(true);
});

test('figures, metrics, log and reports tell of a real call, and figures outlive a restart', async () => {
  const figures = async () => {
    const { out } = await site.cli('queues', '--json');
    return (JSON.parse(out) as QueueJson[])[0]?.figures;
  };
  expect((await site.cli('reset-counters', 'support')).out).toBe('The figures of support begin anew\n');
  expect(await figures()).toMatchObject({ completed: 0, abandoned: 0, holdSeconds: null });
  await servedCall();
  expect(await figures()).toMatchObject({ completed: 1, abandoned: 0, holdSeconds: expect.any(Number) });
  await site.restartApp();
  expect(await figures()).toMatchObject({ completed: 1, abandoned: 0 });

  const metrics = await (await fetch(`${site.env.HTTP_URL}/metrics`)).text();
  expect(execFileSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  expect(metrics).toContain('queueapp_queue_completed_total{queue="support"} 1');
  expect(metrics).not.toContain('5550199');

  const log = (await site.cli('log', '--queue', 'support', '--event', 'connect', '--limit', '1')).out;
  expect(log).toMatch(/^\d{4}-\d{2}-\d{2} [\d:]{8} {2}support +CONNECT +PJSIP\/1000 +\S+ +\d+\|[^|]+\|\d+\n$/);
  const report = (await site.cli('report', 'answered', '--from', '1h', '--queue', 'support', '--csv')).out.split(
    '\r\n',
  );
  expect(report[0]).toBe('entered,queue,call,caller,member,wait,ring,talk,ended by,transferred to,position');
  expect(report.at(-2)).toMatch(/^[\d-]{10} [\d:]{8},support,[^,]+,5550199,PJSIP\/1000,\d+,\d+,\d+,caller,,1$/);
});
