import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { createStack } from '../../install/private-stack/create-stack.ts';
import { runScript } from '../../install/private-stack/processes.ts';
import type { Stack } from '../../install/private-stack/stack.ts';
import { QueueappProcess } from '../support/e2e/application.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { KAMAILIO_HOST, Kamailio, putBehind } from '../support/e2e/kamailio.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { answers, type Phone } from '../support/phones/phone.ts';
import { freePort } from '../support/phones/processes.ts';
import { sendSip } from '../support/phones/sip-request.ts';

jest.setTimeout(180_000);

/** Who answers in the moment of the ring may hear nothing (test/support/phones/README.md). */
const AS_A_PERSON_MS = 400;

// Two switches behind one Kamailio, an application on each, one database; phones are registered at Kamailio and nowhere else.
let site: Site;
let second: Stack;
let other: QueueappProcess;
let otherEnv: Readonly<Record<string, string>>;
let kamailio: Kamailio;
let port: number;
beforeAll(async () => {
  site = await Site.up({ name: 'kamailio' });
  const name = `e2e-${process.pid % 100_000}-paris`;
  second = await createStack({ name, databaseUrl: site.env.DATABASE_URL });
  port = await freePort();
  await putBehind(site.stack, { port, name: 'berlin' });
  await putBehind(second, { port, name: 'paris' });
  const folder = join(site.env.QUEUEAPP_RUN, 'kamailio');
  mkdirSync(folder);
  const switches = [site.env, second.env].map(({ SIP_HOST, SIP_PORT }) => `${SIP_HOST}:${SIP_PORT}`);
  kamailio = new Kamailio({ folder, port, switches, password: site.env.SIP_PASSWORD });
  await kamailio.start();
  await serveBoth();
}, 600_000);
afterEach(async () => {
  if (!second.isRunning('asterisk')) await second.start('asterisk');
  if (!site.app.isRunning) await site.startApp();
  if (!other.isRunning) await startOther();
  await site.reset();
});
afterAll(async () => {
  await other?.[Symbol.asyncDispose]();
  await site?.down();
  await kamailio?.kill();
  await second?.down();
});

/** From the one switch of a site to two, as an administrator would: one file for both processes. */
async function serveBoth(): Promise<void> {
  await site.stopApp();
  const config = parse(readFileSync(site.env.QUEUEAPP_CONFIG, 'utf8'));
  config.switches = [
    { name: 'berlin', url: site.env.ARI_URL },
    { name: 'paris', url: second.env.ARI_URL },
  ];
  writeFileSync(site.env.QUEUEAPP_CONFIG, stringify(config));
  const folder = join(second.env.QUEUEAPP_RUN, 'application');
  mkdirSync(folder);
  otherEnv = {
    ...site.env,
    ARI_PASSWORD_PARIS: second.env.ARI_PASSWORD,
    HTTP_LISTEN: second.env.HTTP_LISTEN,
    HTTP_URL: second.env.HTTP_URL,
    QUEUEAPP_DATA: folder,
  };
  await site.startApp();
  await startOther();
}

async function startOther(): Promise<void> {
  other = new QueueappProcess(['start', '--switch', 'paris'], otherEnv, { logName: 'e2e-kamailio-paris' });
  await eventually(
    'the application on the second switch can take calls',
    async () => {
      const response = await fetch(`${second.env.HTTP_URL}/readyz`).catch(() => null);
      return response?.status === 200;
    },
    60_000,
  );
}

async function killOther(): Promise<void> {
  other.signal('SIGKILL');
  await other.end();
}

const account = (user: string) => ({ host: KAMAILIO_HOST, port, user, password: site.env.SIP_PASSWORD });
const phoneOf = (extension: string, options: Parameters<Site['phone']>[1] = {}) =>
  site.phone(extension, { ...options, account: account(extension) });
const callerOf = (number: string, options: Parameters<Site['caller']>[1] = {}) =>
  site.caller(number, { ...options, account: account('caller') });
const loggedIn = async () =>
  (await site.sql<{ extension: string }>('select extension from queue_member order by 1')).map((row) => row.extension);
/** The switches that have channels. */
async function busySwitches(): Promise<string[]> {
  const isHere = (await site.channels()) > 0;
  const isThere = !/^0 active channel/m.test(await consoleOf(second, 'core show channels count'));
  return [...(isHere ? ['berlin'] : []), ...(isThere ? ['paris'] : [])];
}
/** Calls that a switch had to keep, since no application was anywhere. */
const fallbacks = () => kamailio.said.split('No switch has an application').length - 1;

async function logsIn(phone: Phone): Promise<void> {
  const call = await phone.dial('*56466*');
  await call.ended({ limitMs: 20_000 });
}

test('phones register at Kamailio only, and each switch knows whether they are there', async () => {
  await site.login('1000');
  await site.untilDevice('1000', 'UNAVAILABLE');
  const phone = await phoneOf('1000');
  await site.untilDevice('1000', 'NOT_INUSE');
  await eventually('the second switch sees the phone', async () =>
    /Avail/.test(await consoleOf(second, 'pjsip show contacts')),
  );
  await phone.unregister();
  await site.untilDevice('1000', 'UNAVAILABLE');
});

test('members log in through Kamailio, and answer calls from both switches in turn', async () => {
  const phone = await phoneOf('1000', { speaksHz: 700, behaviour: answers(AS_A_PERSON_MS) });
  await logsIn(phone);
  expect(await loggedIn()).toEqual(['1000']);
  const served: string[] = [];
  for (const number of ['2001', '2002', '2003', '2004']) {
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await callerOf('0001', { from: { number }, speaksHz: 500 });
    const ring = await phone.ring({ limitMs: 20_000 });
    expect(ring.caller.number).toBe(number);
    await ring.answered();
    await untilTheyTalk([caller, 500], [ring, 700]);
    served.push((await busySwitches()).join());
    await caller.hangup();
    await ring.ended();
    // A channel that is not gone yet would be taken for the next call's.
    await eventually('no switch has a channel', async () => (await busySwitches()).length === 0);
  }
  expect(served.sort()).toEqual(['berlin', 'berlin', 'paris', 'paris']);
});

test('the number in From is no proof: a caller from outside who shows 1000 is no member, and phones call each other', async () => {
  const one = await phoneOf('1000', { speaksHz: 700, behaviour: answers(AS_A_PERSON_MS) });
  const two = await phoneOf('2000', { speaksHz: 900 });
  const stranger = await callerOf('*56466*', { from: { number: '1000' } });
  await stranger.ended({ limitMs: 20_000 });
  expect(await loggedIn()).toEqual([]);
  const direct = await two.dial('1000');
  const inside = await one.ring({ limitMs: 20_000 });
  expect(inside.caller).toMatchObject({ number: '2000' });
  await inside.answered();
  await untilTheyTalk([direct, 900], [inside, 700]);
  await direct.hangup();
});

test('nobody is taken for a member who has not proved it', async () => {
  const claim = ['X-Queueapp-Account: 1000'];
  const code = { method: 'INVITE', number: '*56466*', from: '1000', headers: claim } as const;
  // Past Kamailio, straight to a switch: by a header, by the number in From.
  for (const stack of [site.stack, second]) {
    const { SIP_HOST: host, SIP_PORT } = stack.env;
    const status = await sendSip({ ...code, host, port: Number(SIP_PORT) });
    expect([401, 403, 404]).toContain(status);
  }
  // To Kamailio without a password, with a wrong one, and as somebody else.
  const there = { host: KAMAILIO_HOST, port };
  expect(await sendSip({ ...code, ...there })).toBe(407);
  expect(await sendSip({ ...code, ...there, account: { user: '1000', password: 'wrong' } })).toBe(407);
  await sendSip({ ...code, ...there, account: account('caller') });
  await site.untilNoCalls();
  expect(await loggedIn()).toEqual([]);
  await sendSip({ ...code, ...there, account: account('2000') });
  await eventually('2000 is logged in, whose password it was', async () => (await loggedIn()).join() === '2000');
  // Nor does a phone register for another extension.
  const register = { method: 'REGISTER', number: '', from: '1000', ...there } as const;
  expect(await sendSip({ ...register, account: account('2000') })).toBe(401);
});

test('one application is killed: all calls go to the other switch; both are: a switch keeps the call, and its app_queue has the same members', async () => {
  const phone = await phoneOf('1000', { speaksHz: 700, behaviour: answers(AS_A_PERSON_MS) });
  await logsIn(phone);
  await site.untilDevice('1000', 'NOT_INUSE');
  await killOther();
  const isServed = async (number: string) => {
    const caller = await callerOf('0001', { from: { number }, speaksHz: 500 });
    // app_queue looks every few seconds whether a member is free.
    const ring = await phone.ring({ limitMs: 60_000 });
    expect(ring.caller.number).toBe(number);
    await untilTheyTalk([caller, 500], [ring, 700]);
    await caller.hangup();
    await ring.ended();
  };
  for (const number of ['2001', '2002']) {
    await isServed(number);
    await site.untilDevice('1000', 'NOT_INUSE');
  }
  await kamailio.says('that a switch has no application', 'has no application (503)');
  expect(fallbacks()).toBe(0);
  await site.killApp();
  for (const number of ['2003', '2004']) await isServed(number);
  await eventually('both calls are told of', () => fallbacks() >= 2);
  expect(fallbacks()).toBe(2);
});

test('an application stands still: after 3 s the call is with the other switch', async () => {
  other.signal('SIGSTOP');
  const beat = new OwnBeat();
  try {
    const waits: number[] = [];
    for (const number of ['2001', '2002']) {
      const caller = await callerOf('0001', { from: { number } });
      await caller.answered({ limitMs: 20_000 });
      waits.push(beat.ownMs(caller.invitedAtMs, caller.answeredAtMs ?? 0));
      await caller.hangup();
    }
    expect(Math.min(...waits)).toBeLessThan(2_500);
    expect(Math.max(...waits)).toBeGreaterThan(2_500);
    expect(Math.max(...waits)).toBeLessThan(6_000);
  } finally {
    beat.end();
    other.signal('SIGCONT');
  }
});

test('one switch is killed: the next calls are answered by the other, before one that only says 100 Trying would be given up', async () => {
  const phone = await phoneOf('1000', { behaviour: answers(0, 200) });
  await logsIn(phone);
  await second.kill('asterisk');
  for (const number of ['2001', '2002', '2003']) {
    await site.untilDevice('1000', 'NOT_INUSE');
    const beat = new OwnBeat();
    const caller = await callerOf('0001', { from: { number } });
    await caller.answered();
    beat.end();
    // Kamailio gives up the dead one after 1.5 s, the other after 3 s.
    expect(beat.ownMs(caller.invitedAtMs, caller.answeredAtMs ?? 0)).toBeLessThan(3_000);
    expect((await phone.ring({ limitMs: 20_000 })).caller.number).toBe(number);
    await caller.ended({ limitMs: 20_000 });
  }
});

test('Kamailio is killed and started: the registrations are still there', async () => {
  const phone = await phoneOf('1000');
  await logsIn(phone);
  await site.untilDevice('1000', 'NOT_INUSE');
  await kamailio.kill();
  await site.untilDevice('1000', 'UNAVAILABLE');
  await kamailio.start();
  await site.untilDevice('1000', 'NOT_INUSE');
  const caller = await callerOf('0001', { from: { number: '2001' } });
  expect((await phone.ring({ limitMs: 20_000 })).caller.number).toBe('2001');
  await caller.hangup();
});

function consoleOf(stack: Stack, command: string): Promise<string> {
  return runScript(stack.env.ASTERISK, ['-rx', command]);
}
