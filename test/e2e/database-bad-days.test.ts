import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { runFolder } from '../../install/private-stack/paths.ts';
import type { LogLine, QueueappProcess } from '../support/e2e/application.ts';
import { askEmbedded } from '../support/e2e/embedded-database.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, untilHears } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import type { LoggedLine } from '../support/e2e/logged-line.ts';
import { Site, stackName } from '../support/e2e/site.ts';
import { allIsServed, oneTalksTwoWait } from '../support/e2e/talk-and-wait.ts';
import { writeToneClass } from '../support/e2e/tone-class.ts';
import { UnbrokenMusic } from '../support/e2e/unbroken-music.ts';
import { fillUp } from '../support/fill-up.ts';
import { HalfOpenProxy } from '../support/half-open-proxy.ts';
import { oneStatement } from '../support/one-statement.ts';
import type { Call } from '../support/phones/call.ts';
import { answers, type Phone } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { YesterdaysDump } from '../support/yesterdays-dump.ts';

jest.setTimeout(240_000);

const NAME = 'database-days';
/** A cluster with its write-ahead log takes some 100 MB. */
const DISK_MEGABYTES = 320;
const SLOW_MS = 2_000;
/** Signing in alone is three answers; some twenty statements follow one another until calls are taken. */
const SLOW_START_LIMIT_MS = 180_000;
const STOPPED_MS = 30_000;
/** More warnings in one test would be a flood: one of the loss, and some of what it meant for single calls. */
const WARNINGS_MAX = 8;
/** The server is away for moments, or late; everything in its turn afterwards. */
const LATE = { limitMs: 60_000 };

const folder = mkdtempSync(join(tmpdir(), 'queueapp-database-days-'));
let disk: SmallDisk;
let proxy: HalfOpenProxy;
let site: Site;
beforeAll(async () => {
  writeToneClass(join(folder, 'music'), 20);
  disk = SmallDisk.mount(join(runFolder(stackName(NAME)), 'postgres'), DISK_MEGABYTES);
  const configure = (shipped: string) => `${shipped}
music-classes:
  default:
    folder: ${join(folder, 'music')}
    programme: { position: { on-change: false, every: 0 } }
`;
  const databaseUrl = async (own: string) => {
    const url = new URL(own);
    proxy = await HalfOpenProxy.start({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    return url.href;
  };
  site = await Site.up({ name: NAME, configure, databaseUrl });
}, 600_000);
const captures = new UnbrokenMusic();
// What was told of an absence just before would change what is told of the next one.
beforeEach(async () => {
  await site.restartApp();
  // Before, callers hear Asterisk's own music.
  await site.app.recordingsRead();
});
afterEach(async () => {
  proxy.delayAnswers(0);
  disk.clear();
  await captures.end();
  // A test that has failed may have left it stopped.
  if (!site.stack.isRunning('postgres')) await site.stack.start('postgres');
  await site.reset();
});
afterAll(async () => {
  await site?.stack.stop('postgres');
  disk?.unmount();
  await site?.down();
  await proxy?.close();
  rmSync(folder, { recursive: true });
});

/** One statement as the server's administrator, past the application's way to it. */
const asAdmin = <Row extends object>(text: string, database = 'postgres') =>
  oneStatement<Row>(adminUrl(database), text);

function adminUrl(database = 'postgres'): string {
  const url = new URL(site.stack.env.DATABASE_URL);
  url.username = 'postgres';
  url.pathname = `/${database}`;
  return url.href;
}

/** What the log of the process says. */
const lines = (fits: (line: LogLine) => boolean) => site.app.log.filter(fits);
const losses = (power: string) => lines(({ lost }) => lost === power);
const returns = (power: string) => lines(({ back }) => back === power);
/** One line for the loss and one for the return, which is told a minute later when the server came and went. */
async function untilToldOnce(power: string): Promise<void> {
  await eventually('the return is told', async () => returns(power).length > 0, 90_000);
  expect([losses(power).length, returns(power).length]).toEqual([1, 1]);
}
/** Each loss is told once, and then its return: a busy machine can make the database slow besides. */
async function untilToldInTurn(power: string): Promise<void> {
  const told = () => lines(({ lost, back }) => lost === power || back === power).map((line) => 'lost' in line);
  await eventually('the return is told', () => told().at(-1) === false, 90_000);
  const all = told();
  expect(all).toEqual(all.map((_, index) => index % 2 === 0));
}
/** Lines that somebody may have to look at. */
const warnings = () => lines(({ level }) => level === 'warn' || level === 'error' || level === 'fatal');

const epoch = async () => (await asAdmin<{ epoch: string }>('select epoch from switch_lease', 'queueapp'))[0]?.epoch;

/** Waits until `/readyz` says this of the database. */
const untilDatabase = (state: string, reason = /^/) =>
  eventually(
    `the database is ${state}`,
    async () => {
      const database = (await site.readiness())?.parts['database'];
      return database?.state === state && reason.test(database.reason ?? '') && database;
    },
    60_000,
  );

/** Calls are taken; a server that is slow may be taken for one that does not answer for a moment. */
const untilReady = () => eventually('calls are taken', async () => (await site.readiness())?.status === 200);

/** The events of each caller's lines, whole and in their order, by the caller's number. */
async function stories(log?: readonly LoggedLine[]): Promise<Readonly<Record<string, string[]>>> {
  const all = log ?? (await site.queueLog());
  const entered = all.filter(({ event }) => event === 'ENTERQUEUE');
  return Object.fromEntries(
    entered.map(({ callid, data }) => [
      data[1] ?? '',
      all.filter((line) => line.callid === callid).map(({ event }) => event),
    ]),
  );
}

const SERVED = ['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'];

/** The talk ends, and whoever waits is served, one after the other. */
async function served(phone: Phone, talk: Call, ...numbers: string[]): Promise<void> {
  phone.behave(answers(0, 300));
  await talk.hangup();
  const rings: (string | null)[] = [];
  for (const _number of numbers) rings.push((await phone.ring(LATE)).caller.number);
  expect(rings).toEqual(numbers);
}

test('PostgreSQL is so slow at the start that signing in takes longer than a connection may say nothing: the start waits, and calls are taken', async () => {
  await site.stopApp();
  proxy.delayAnswers(SLOW_MS);
  await site.startApp({ limitMs: SLOW_START_LIMIT_MS });
  await untilReady();
  proxy.delayAnswers(0);
  const phone = await site.phone('1000', { behaviour: answers(200) });
  await site.onDuty('1000');
  const caller = await site.caller('0001', { from: { number: '2001' } });
  await phone.ring(LATE);
  await site.untilPhase('talking');
  await caller.hangup();
  await site.logged('COMPLETECALLER');
  expect(await stories()).toEqual({ 2001: ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER'] });
});

describe('while one talks and two wait, PostgreSQL', () => {
  test('takes 2 s for each answer: everything goes on, late', async () => {
    const { phone, talking, ring, waiting } = await oneTalksTwoWait(site);
    const before = await epoch();
    await untilHears(waiting[0], 'a-low');
    const heard = await captures.begin(site, waiting[0]);
    proxy.delayAnswers(SLOW_MS);
    // A busy machine adds to it, and may have been slow by itself just before.
    await untilDatabase('slow', /^the simplest statement takes ([2-9]|\d\d+)\.\d s$/);
    await untilReady();
    const isTold = async () =>
      /^! database is slow for \d+s: the simplest statement takes [2-9]/m.test((await site.cli('status')).out);
    await eventually('people are told that it is slow', isTold);
    await untilTheyTalk([talking, 500], [ring, 700]);
    const late = await site.caller('0001', { from: { number: '2004' } });
    await eventually(
      'who comes has a place',
      async () => (await site.calls()).some((call) => call.position === 3),
      60_000,
    );
    await hearsFor(waiting[0], 1_000);
    await heard();
    await served(phone, ring, '2002', '2003');
    proxy.delayAnswers(0);
    await untilDatabase('up');
    expect((await phone.ring(LATE)).caller.number).toBe('2004');
    await late.ended();
    await site.logged('COMPLETEAGENT', 4);
    expect(await stories()).toEqual({ 2001: SERVED, 2002: SERVED, 2003: SERVED, 2004: SERVED });
    expect(await epoch()).toBe(before);
    await untilToldInTurn('speed of the database');
    expect(losses('database').length).toBeLessThanOrEqual(1);
    expect(warnings().length).toBeLessThan(WARNINGS_MAX);
  });

  test('has no room on its disk: what happens waits, and all is level when there is room', async () => {
    const { phone, talking, ring, waiting } = await oneTalksTwoWait(site);
    await untilHears(waiting[0], 'a-low');
    const heard = await captures.begin(site, waiting[0]);
    await fillUp(disk, ['queue_log', 'queue_entry', 'ring_attempt'], {
      admin: asAdmin,
      query: (text) => asAdmin(text, 'queueapp'),
    });
    await untilTheyTalk([talking, 500], [ring, 700]);
    phone.behave(answers(0, 300));
    await ring.hangup();
    await talking.ended();
    const { reason } = await untilDatabase('down', /No space left on device/);
    expect(reason).toMatch(/^The database does not answer|could not extend/);
    const { out } = await site.cli('status');
    expect(out).toMatch(/^✗ database is down for \d+s: .*No space left on device$/m);
    expect(out).toMatch(/^… \d+ writes for the database wait of at most .*No space left on device$/m);
    const late = await site.caller('0001', { from: { number: '2004' } });
    await untilHears(late, 'a-low');
    await heard();
    expect(phone.rings).toHaveLength(1);
    disk.clear();
    const rings = [];
    for (let turn = 0; turn < 3; turn++) rings.push((await phone.ring(LATE)).caller.number);
    expect(rings).toEqual(['2002', '2003', '2004']);
    await site.logged('COMPLETEAGENT', 4);
    await untilDatabase('up');
    expect(await stories()).toEqual({ 2001: SERVED, 2002: SERVED, 2003: SERVED, 2004: SERVED });
    await untilToldOnce('database');
    // The end of the talk, and at most one reservation whose answer was an error; tries to match while writes wait leave none.
    expect(returns('database')[0]?.['written']).toBeLessThanOrEqual(3);
    expect(warnings().length).toBeLessThan(WARNINGS_MAX);
  });

  test('panics, because there is no room for its write-ahead log: it is started again when there is', async () => {
    const scene = await oneTalksTwoWait(site);
    await untilHears(scene.waiting[0], 'a-low');
    const heard = await captures.begin(site, scene.waiting[0]);
    disk.fill();
    await eventually('it has panicked', async () => {
      const switched = asAdmin("select pg_logical_emit_message(false, 'test', repeat('x', 1000000)), pg_switch_wal()");
      return await switched.then(
        () => false,
        () => true,
      );
    });
    await site.untilMissing('database');
    await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
    await hearsFor(scene.waiting[0], 2_000);
    await heard();
    disk.clear();
    await site.stack.restart('postgres');
    await site.untilMissing();
    await allIsServed(site, scene);
    await untilToldOnce('database');
  });

  test('is stopped for half a minute: the music plays, they talk, and who came meanwhile is served after the others, as they came', async () => {
    const { phone, talking, ring, waiting } = await oneTalksTwoWait(site);
    await untilHears(waiting[0], 'a-low');
    const heard = await captures.begin(site, waiting[0]);
    const stoppedAtMs = Date.now();
    await site.stack.stop('postgres');
    await site.untilMissing('database');
    const late = await site.caller('0001', { from: { number: '2004' } });
    // The second one comes when the first is there: they are served as they came.
    await untilHears(late, 'a-low');
    const later = await site.caller('0001', { from: { number: '2005' } });
    await untilTheyTalk([talking, 500], [ring, 700]);
    await pause(stoppedAtMs + STOPPED_MS - Date.now());
    await untilTheyTalk([talking, 500], [ring, 700]);
    await heard();
    await site.stack.start('postgres');
    await site.untilMissing();
    await served(phone, ring, '2002', '2003', '2004', '2005');
    await Promise.all([late.ended(), later.ended()]);
    await site.logged('COMPLETEAGENT', 5);
    expect(await stories()).toEqual({ 2001: SERVED, 2002: SERVED, 2003: SERVED, 2004: SERVED, 2005: SERVED });
    await untilToldOnce('database');
    expect(warnings().length).toBeLessThan(WARNINGS_MAX);
  });
});

describe('the embedded PostgreSQL, while one talks and two wait,', () => {
  const data = mkdtempSync(join(tmpdir(), 'queueapp-embedded-days-'));
  const ask = <Row extends object>(text: string) => askEmbedded<Row>(data, text);
  let small: SmallDisk;
  beforeAll(() => {
    small = SmallDisk.mount(data, DISK_MEGABYTES);
    // The server has a user of its own.
    chmodSync(data, 0o755);
  });
  afterEach(async () => {
    small.clear();
    await site.restartApp();
  });
  afterAll(() => {
    small.unmount();
    rmSync(data, { recursive: true });
  });

  test('has no room on its disk, on which what has not been written would wait, too: nobody notices, and all is level when there is room', async () => {
    await site.stopApp();
    await site.followedBy(site.another({ DATABASE_URL: '', QUEUEAPP_DATA: data }));
    await ask("insert into extension (number) values ('1000')");
    await eventually('the extension is known', async () => (await site.members()).length === 1);
    const booked = () =>
      eventually(
        'CONNECT is in the embedded database',
        async () => (await ask("select from queue_log where event = 'CONNECT'")).length === 1,
      );
    const { phone, talking, ring, waiting } = await oneTalksTwoWait(site, booked);
    await untilHears(waiting[0], 'a-low');
    const heard = await captures.begin(site, waiting[0]);
    await fillUp(small, ['queue_log', 'queue_entry', 'ring_attempt'], { admin: ask, query: ask });
    await untilTheyTalk([talking, 500], [ring, 700]);
    phone.behave(answers(0, 300));
    await ring.hangup();
    await talking.ended();
    await untilDatabase('down', /No space left on device/);
    const late = await site.caller('0001', { from: { number: '2004' } });
    await untilHears(late, 'a-low');
    await heard();
    expect(phone.rings).toHaveLength(1);
    small.clear();
    const rings = [];
    for (let turn = 0; turn < 3; turn++) rings.push((await phone.ring(LATE)).caller.number);
    expect(rings).toEqual(['2002', '2003', '2004']);
    await late.ended();
    await site.untilNoCalls();
    await untilDatabase('up');
    const log = await eventually('all four are booked', async () => {
      const events = "('ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT')";
      const rows = await ask<LoggedLine>(
        `select event, agent, callid, array[data1, data2] as data from queue_log where event in ${events} order by id`,
      );
      return rows.length >= 12 && rows;
    });
    expect(await stories(log)).toEqual({ 2001: SERVED, 2002: SERVED, 2003: SERVED, 2004: SERVED });
    expect(await ask("select from queue_entry where state <> 'ended'")).toEqual([]);
  });
});

/** The holder has ended: its standby takes over, once, and goes on as the application. */
async function takesOver(standby: QueueappProcess): Promise<void> {
  await site.followedBy(standby);
  // By which of the two it is seen that nobody acts any more is a matter of milliseconds.
  const why = expect.stringMatching(/^(silent|session-gone)$/);
  expect(standby.log.filter(({ msg }) => msg === 'Took the lease of the switch')).toMatchObject([{ why }]);
  // The one that has ended comes back as the standby, as under systemd.
  await site.standby();
}

describe("PostgreSQL is restored from yesterday's dump", () => {
  test.each([
    ['goes on meanwhile, and ends by itself', 'runs'],
    ['was killed before, and begins afterwards', 'killed'],
    ['ends by itself, and its standby takes over, although the dump is older than the last upgrade', 'followed'],
  ])('the application %s: nobody is lost, and what the dump has open is closed', async (_what, process) => {
    // Yesterday: 2001 talks, 2005 waits.
    const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(200) });
    await site.onDuty('1000');
    const yesterday = await site.caller('0001', { from: { number: '2001' } });
    const first = await phone.ring();
    await site.untilPhase('talking');
    // They talk before the database knows.
    await site.logged('CONNECT');
    const gone = await site.caller('0001', { from: { number: '2005' } });
    await site.untilPhase('waiting');
    const dump = await YesterdaysDump.take(adminUrl(), site.stack.env.DATABASE_URL);
    await site.untilMissing();
    await gone.hangup();
    await first.hangup();
    await yesterday.ended();
    await site.untilNoCalls();
    // Today: 2002 talks, 2003 waits, and the database does not know of them any more.
    const talking = await site.caller('0001', { from: { number: '2002' }, speaksHz: 500 });
    const ring = await phone.ring(LATE);
    await site.untilPhase('talking');
    const waiting = await site.caller('0001', { from: { number: '2003' } });
    await site.untilPhase('waiting');
    await untilTheyTalk([talking, 500], [ring, 700]);
    const before = await epoch();
    const standby = process === 'followed' ? await site.standby() : null;
    if (process === 'killed') await site.killApp();
    await dump.drop();
    await untilTheyTalk([talking, 500], [ring, 700]);
    // As before 0025: what the next process needs is made again.
    if (standby !== null)
      await dump.change('drop table queue_entry_heard; delete from schema_migration where version = 25');
    await dump.restore();
    if (process !== 'killed') {
      expect((await site.app.end()).status).toBe(75);
      expect(lines(({ level }) => level === 'fatal')).toMatchObject([{ reason: expect.stringContaining('set back') }]);
    }
    if (standby === null) await site.startApp();
    else await takesOver(standby);
    await site.app.says('whom it found', ({ msg }) => msg.startsWith('In Asterisk, and not in the database'));
    expect(Number(await epoch())).toBeGreaterThan(Number(before) - 1);
    await untilTheyTalk([talking, 500], [ring, 700]);
    await site.untilPhase('waiting');
    // Whom it found has a place again, and what the dump has open is closed: each in a statement of its own.
    const open = () => site.sql("select caller_number, state from queue_entry where state <> 'ended'");
    const isLevel = async () => JSON.stringify(await open()) === '[{"caller_number":"2003","state":"waiting"}]';
    await eventually('only 2003 is open', isLevel).catch(() => undefined);
    expect(await open()).toEqual([{ caller_number: '2003', state: 'waiting' }]);
    expect((await site.calls()).find(({ phase }) => phase === 'waiting')?.position).toBe(1);
    phone.behave(answers(0, 300));
    await ring.hangup();
    await talking.ended();
    expect((await phone.ring(LATE)).caller.number).toBe('2003');
    await waiting.ended();
    await eventually('2003 is booked', async () => (await stories())['2003']?.length === SERVED.length);
    expect(await stories()).toMatchObject({
      2001: ['ENTERQUEUE', 'CONNECT', expect.stringMatching(/^COMPLETE/)],
      2003: SERVED,
      2005: ['ENTERQUEUE', 'ABANDON'],
    });
  });
});
