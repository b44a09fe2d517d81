import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { StatusJson } from '../../src/http/views.ts';
import { silences } from '../support/audio/levels.ts';
import { durationMs, writeWav } from '../support/audio/pcm.ts';
import { type ProcessEnd, QueueappProcess } from '../support/e2e/application.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { addNativeClass, hearsFor, SentAudio, withQueues } from '../support/e2e/hearing.ts';
import { Site } from '../support/e2e/site.ts';
import { tone, writeToneClass } from '../support/e2e/tone-class.ts';
import { AnsweringPhones, runLoad } from '../support/phones/load.ts';
import { freePort } from '../support/phones/processes.ts';

jest.setTimeout(300_000);

const MEMBERS = 8;
const TALK_MS = 3_000;
const CALLS = 60;
const CALLS_PER_SECOND = 1.5;
/** The most that anybody may hear nothing, in all. */
const DEAD_AIR_MS_MAX = 8_000;

const members = Array.from({ length: MEMBERS }, (_, index) => `m${String(index + 1).padStart(3, '0')}`);
const folder = mkdtempSync(join(tmpdir(), 'queueapp-rolling-'));
const processes: QueueappProcess[] = [];

let site: Site;
let phones: AnsweringPhones;
beforeAll(async () => {
  mkdirSync(join(folder, 'native'));
  writeToneClass(join(folder, 'tones'));
  writeWav(join(folder, 'native/native.wav'), tone(1_500, 30, { sampleRate: 8_000 }));
  const quiet = 'programme: { position: { on-change: false, every: 0 } }';
  const configure = (shipped: string) =>
    `${withQueues(shipped, `  patient: { music-class: tones, ${quiet} }`)}
music-classes:
  tones: { folder: ${join(folder, 'tones')}, fallback: native }
`;
  site = await Site.up({ name: 'rolling', members: MEMBERS, configure });
  await addNativeClass(site, 'native', join(folder, 'native'));
  await site.dialplan('0401', 'Stasis(queueapp,queue,patient)');
  phones = await AnsweringPhones.plugIn({ talkMs: TALK_MS, accounts: members.map((member) => site.sip(member)) });
  await site.sql('insert into extension (number) select unnest($1::text[])', [members]);
  const known = async () => (await site.members()).filter(({ extension }) => members.includes(extension)).length;
  await eventually('the extensions are known', async () => (await known()) === MEMBERS);
  await site.onDuty(...members);
}, 600_000);
afterAll(async () => {
  await phones?.close();
  for (const each of processes) await each[Symbol.asyncDispose]();
  await site?.down();
  rmSync(folder, { recursive: true });
});

/** One of the two places at which the application runs, with a port and a data folder of its own. */
interface Place {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
}

async function secondPlace(): Promise<Place> {
  const listen = `127.0.0.1:${await freePort()}`;
  const data = join(folder, 'second');
  mkdirSync(data);
  writeFileSync(join(data, '.keep'), '');
  const url = `http://${listen}`;
  return { name: 'second', url, env: { ...site.env, HTTP_LISTEN: listen, HTTP_URL: url, QUEUEAPP_DATA: data } };
}

/** Starts a process that finds another one acting. */
async function standbyAt({ name, env, url }: Place): Promise<QueueappProcess> {
  const started = new QueueappProcess(['start'], env, { logName: `e2e-rolling-${name}` });
  processes.push(started);
  const role = async () => (await readiness(url))?.role === 'standby';
  await eventually(`the ${name} process is standby`, role, 60_000);
  return started;
}

async function readiness(url: string): Promise<{ ready: boolean; role: string } | null> {
  try {
    return (await (await fetch(`${url}/readyz`)).json()) as { ready: boolean; role: string };
  } catch {
    return null;
  }
}

async function statusAt({ url }: Place): Promise<StatusJson> {
  const headers = { authorization: `Bearer ${site.env.API_TOKEN}` };
  return (await (await fetch(`${url}/api/v1/status`, { headers })).json()) as StatusJson;
}

/** `queueapp drain` at one place; the process that was there, and that the other one acts. */
async function drainAt(place: Place, process: QueueappProcess, next: Place): Promise<ProcessEnd> {
  const drained = await new QueueappProcess(['drain'], place.env).end();
  expect(drained).toMatchObject({ status: 0, error: '' });
  expect(await process.end()).toMatchObject({ status: 0 });
  await eventually(`${next.name} acts`, async () => (await readiness(next.url))?.ready === true, 30_000);
  return drained;
}

test('two processes, drained one after the other under load: every call is served, nobody hears long silence', async () => {
  const first: Place = { name: 'first', env: site.env, url: site.env.HTTP_URL };
  const second = await secondPlace();
  const acting = site.app;
  const standby = await standbyAt(second);
  const seesItself = async () => (await statusAt(second)).switches[0]?.standbys === 1;
  await eventually('the standby sees itself in the database', seesItself);
  expect(await statusAt(second)).toMatchObject({
    role: 'standby',
    switches: [{ switch: 'main', holderThere: true, standbys: 1, draining: false }],
  });

  const patient = await site.caller('0401', { from: { number: '5550401' } });
  await hearsFor(patient, 2_000);
  const sent = await SentAudio.begin(patient);
  const load = runLoad({
    account: site.sip('caller'),
    number: '0001',
    callsPerSecond: CALLS_PER_SECOND,
    calls: CALLS,
    patienceMs: 60_000,
  });
  await eventually(
    'calls are served',
    async () => (await site.callLog()).some(({ event }) => event === 'COMPLETEAGENT'),
    60_000,
  );

  const told = await drainAt(first, acting, second);
  expect(told.out).toMatch(/^Another process is standby and takes over: .*\nHanded over: the process has ended\n$/s);
  const again = await standbyAt(first);
  // The holder learns of it with its next look at the others.
  const knowsOfIt = async () => (await statusAt(second)).switches[0]?.standbys === 1;
  await eventually('the second process knows of the standby', knowsOfIt);
  expect((await statusAt(second)).switches).toMatchObject([{ own: true, epoch: 2, standbys: 1 }]);
  await drainAt(second, standby, first);
  expect(again.isRunning).toBe(true);

  const { calls, successful, failed, errors } = await load;
  const { pcm, machine } = await sent.end();
  const quiet = silences(pcm, { minimumMs: 100, thresholdDbfs: -50 });
  const quietMs = quiet.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const longestMs = Math.max(0, ...quiet.map(({ fromMs, toMs }) => toMs - fromMs));
  console.info(
    `Rolling restart: ${successful} of ${calls} calls served; dead air of ${Math.round(durationMs(pcm) / 1000)} s: ${Math.round(quietMs)} ms, at most ${Math.round(longestMs)} ms at once`,
  );
  expect({ calls, successful, failed, errors }).toEqual({ calls: CALLS, successful: CALLS, failed: 0, errors: '' });
  // While the whole machine stands still, nobody is sent anything.
  expect(quietMs).toBeLessThanOrEqual(DEAD_AIR_MS_MAX + machine.stoodStillMs);

  await patient.hangup();
  await site.untilNoCalls();
  // From outside: each place in the queue was served, and closed once.
  const log = await site.callLog();
  const of = (event: string) => log.filter((line) => line.event === event).map(({ callid }) => callid);
  const served = of('CONNECT').sort();
  expect([of('ENTERQUEUE').length, served.length]).toEqual([CALLS + 1, CALLS]);
  expect([...of('COMPLETEAGENT'), ...of('COMPLETECALLER')].sort()).toEqual(served);
  expect(of('ABANDON')).toHaveLength(1);
  expect([...of('WITHDRAW'), ...of('EXITWITHTIMEOUT')]).toEqual([]);
  expect(new Set(served).size).toBe(CALLS);
  for (const each of [acting, standby, again])
    expect(each.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
