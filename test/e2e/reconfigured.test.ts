import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { StepJson } from '../../src/http/configuration-routes.ts';
import type { StatusJson } from '../../src/http/views.ts';
import { silences } from '../support/audio/levels.ts';
import { durationMs, writeWav } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { asteriskBeat, hearsFor, holes, SentAudio } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { sweep, sweepPlaceMs } from '../support/e2e/tone-class.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'queueapp-reconfigured-'));
const MUSIC = `  support:
    music-class: sweep
    recording: {}
    programme: { position: { on-change: false, every: 0 } }
`;

let site: Site;
beforeAll(async () => {
  mkdirSync(join(folder, 'sweep'));
  writeWav(join(folder, 'sweep/sweep.wav'), sweep());
  const configure = (shipped: string) =>
    `${shipped.replace('    music-class: default', '    #').replace('  support:\n', MUSIC).replace('wait: 3s ', 'wait: 60s ')}
music-classes: { sweep: { folder: ${join(folder, 'sweep')} } }
`;
  site = await Site.up({ name: 'reconfigured', configure });
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  rmSync(folder, { recursive: true });
});

/** Changes the configuration file as an editor does: never half a file. */
function rewrite(change: (text: string) => string): void {
  const file = site.env.QUEUEAPP_CONFIG;
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error('Nothing was changed');
  writeFileSync(`${file}.new`, after);
  renameSync(`${file}.new`, file);
}

const reloads = () => site.app.log.filter(({ msg }) => msg === 'Configuration read again').length;

/** What the commands ask of the application; a command itself takes the machine's whole processor for a second here. */
async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${site.env.HTTP_URL}/api/v1/${path}`, {
    headers: { authorization: `Bearer ${site.env.API_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

const strategy = async () => (await ask<{ strategy: string }[]>('queues'))[0]?.strategy;

test('strategy and ring time are changed by SQL, SIGHUP and command while a caller waits: no gap, and the call goes by them', async () => {
  const silent = await site.phone('1000');
  const phone = await site.phone('2000', { behaviour: answers(200) });
  const caller = await site.caller('0001', { from: { number: '5550411', name: 'Caller' } });
  // Until the recordings are read, it is Asterisk's own music.
  await site.untilPhase('waiting', ({ hears }) => hears === 'sweep');
  await hearsFor(caller, 2_500);
  const sending = await SentAudio.begin(caller, await asteriskBeat(site));
  await hearsFor(caller, 500);

  await site.sql(`update queue set settings = '{"ring-timeout": "4s"}' where name = 'support'`);
  rewrite((text) =>
    text.replace('strategy: leastrecent', 'strategy: linear').replace('title: Support', 'title: Helpdesk'),
  );
  site.app.signal('SIGHUP');
  await eventually('the file to be taken up', () => reloads() === 1);
  expect(await strategy()).toBe('linear');
  await ask('queues/support/settings', { set: { strategy: 'rrmemory' } });
  expect(await strategy()).toBe('rrmemory');
  rewrite((text) => text.replace('strategy: linear', 'strategy: loudest'));
  expect(await ask('reload', {})).toMatchObject({ error: { code: 'CONFIG_INVALID' } });

  await hearsFor(caller, 500);
  const sent = await sending.end();
  const { sound } = sent;
  const lengthMs = durationMs(sound);
  expect(holes(sent, { minimumMs: 40, thresholdDbfs: -26 })).toEqual([]);
  expect(silences(sound, { minimumMs: 40, thresholdDbfs: -26 })).toEqual([]);
  const played = sweepPlaceMs(sound, lengthMs - 300, lengthMs) - sweepPlaceMs(sound, 0, 300);
  expect(Math.abs(played - (lengthMs - 300))).toBeLessThan(100);

  const set = await site.cli('set', 'support', 'retry=1s');
  expect([set.status, set.out]).toEqual([0, 'strategy=rrmemory\nring-timeout=4s\nretry=1s\n']);
  expect((await site.cli('reload')).status).toBe(78);
  rewrite((text) => text.replace('strategy: loudest', 'strategy: linear'));
  // Rung as soon as they are known: never surely seen free.
  await site.login('1000', '2000');
  const ring = await phone.ring();
  expect([silent.rings.length, ring.caller.name]).toEqual([1, 'Helpdesk: Caller']);
  await site.untilPhase('talking');
  const missed = await site.logged('RINGNOANSWER');
  expect(missed.agent).toBe('PJSIP/1000');
  // The new time, not the fifteen seconds of the file.
  expect(Number(missed.data[0])).toBeGreaterThanOrEqual(4_000);
  expect(Number(missed.data[0])).toBeLessThan(10_000);
  await caller.hangup();
  await site.logged('COMPLETECALLER');
  const events = (await site.queueLog())
    .map(({ event }) => event)
    .filter((event) => !/MEMBER|QUEUESTART|^INFO$|^DID$/.test(event));
  expect(events).toEqual(['ENTERQUEUE', 'CONFIGRELOAD', 'RINGNOANSWER', 'CONNECT', 'COMPLETECALLER']);
  await site.cli('unset', 'support', '--all');
});

test('a menu is changed by SQL while a caller is in it: they go on in theirs, the next one has the new one', async () => {
  const sales = await site.phone('2000', { behaviour: answers(100) });
  const first = await site.caller('0000', { from: { number: '5550413' } });
  await first.hears('ivr_menu', { headMs: 1_000, limitMs: 20_000 });

  await site.sql("insert into queue (name, title) values ('shop', 'Shop')");
  const menu = { prompt: 'queueapp/closed', wait: '10s', keys: { '2': 'shop-queue' }, nothing: 'goodbye' };
  const steps = { main: { menu }, 'shop-queue': { queue: 'shop' } };
  await site.sql('insert into ivr_step (name, definition) select key, value from jsonb_each($1)', [steps]);
  await eventually('queue and steps to be taken up', async () => {
    const [queues, step] = await Promise.all([ask<{ queue: string }[]>('queues'), ask<StepJson>('steps/shop-queue')]);
    return queues.some(({ queue }) => queue === 'shop') && step.inDatabase;
  });
  // A slip of the pen, which is told, and takes nothing away from the menu that is there.
  await site.sql(
    `update ivr_step set definition = jsonb_set(definition, '{menu,keys,3}', '"shp-queue"') where name = 'main'`,
  );
  const refused = () => ask<StatusJson>('status').then(({ refusedRows }) => refusedRows);
  await eventually('the wrong row to be told', async () => (await refused()).length === 1);
  expect((await refused())[0]?.reason).toMatch(/^ivr\.steps\.main\.menu\.keys\.3: there is no step "shp-queue"/);

  await first.press('2');
  expect((await sales.ring()).caller.number).toBe('5550413');
  const second = await site.caller('0000', { from: { number: '5550414' } });
  await second.hears('closed', { headMs: 1_000, limitMs: 20_000 });
  await second.press('2');
  const waiting = await site.untilPhase('waiting');
  expect([waiting.queue, waiting.caller.number]).toEqual(['shop', '5550414']);

  await Promise.all([first.hangup(), second.hangup()]);
  await site.logged('ABANDON');
  await site.sql('delete from ivr_step');
});

test('personal-data erase: number, name and the recording on Asterisk’s disk are gone, the lines are still counted', async () => {
  await site.phone('1000', { behaviour: answers(100), speaksHz: 700 });
  await site.onDuty('1000');
  const caller = await site.caller('0001', { from: { number: '5550412', name: 'Ada' }, speaksHz: 500 });
  const { callId } = await site.untilPhase('talking');
  await hearsFor(caller, 2_000);
  await caller.hangup();
  await site.logged('COMPLETECALLER');
  const spool = join(site.env.QUEUEAPP_RUN, 'asterisk');
  const file = await eventually('the recording to be written', async () => {
    const [row] = await site.sql<{ file: string }>("select file from recording where state = 'done' and call_id = $1", [
      callId,
    ]);
    return row?.file;
  });
  const path = readdirSync(spool, { recursive: true, encoding: 'utf8' }).find((each) => each.endsWith(file));
  expect(path).toBeDefined();
  const listed = await site.cli('personal-data', 'list', '5550412');
  expect(listed.out).toContain(file);
  const lines = (await site.queueLog()).length;
  const erased = await site.cli('personal-data', 'erase', '5550412', '--yes');
  expect(erased.out).toMatch(
    /^Erased: 1 places in line, \d lines of queue_log, 0 of its file, 0 tunes, 1 recordings\./,
  );
  expect(existsSync(join(spool, path ?? ''))).toBe(false);
  expect((await site.cli('personal-data', 'list', '5550412')).out).toMatch(/^Nothing\n/);
  const after = await site.queueLog();
  expect(after).toHaveLength(lines);
  expect(JSON.stringify(after)).not.toContain('5550412');
});

describe('a hint of extensions.conf whose devices are others now', () => {
  const dialplan = () => join(site.env.QUEUEAPP_RUN, 'asterisk/etc/extensions.conf');
  const becomes = (device: string, state: string) => site.asterisk(`devstate change Custom:${device} ${state}`);

  /** Asterisk reads the file anew, and tells nobody. */
  async function hintIs(device: string): Promise<void> {
    const before = readFileSync(dialplan(), 'utf8').replace(/\n\[desks\][^[]*/, '');
    writeFileSync(dialplan(), `${before}\n[desks]\nexten => 1000,hint,Custom:${device}\n`);
    await site.asterisk('dialplan reload');
    await eventually('Asterisk to have it', async () =>
      (await site.asterisk('dialplan show desks')).includes(`Custom:${device}`),
    );
  }

  beforeEach(async () => {
    await becomes('desk', 'INUSE');
    await becomes('door', 'NOT_INUSE');
    await hintIs('desk');
    await site.sql("update extension set state_interface = 'hint:1000@desks' where number = '1000'");
  });
  afterEach(() => site.sql("update extension set state_interface = null where number = '1000'"));

  test('dialplan reload and SIGHUP: the waiting caller rings, the talk beside it goes on; back again with queueapp reload', async () => {
    const [desk, other] = await Promise.all([
      site.phone('1000', { behaviour: answers(100) }),
      site.phone('2000', { behaviour: answers(400), speaksHz: 700 }),
    ]);
    await site.login('1000', '2000');
    await site.untilDevice('1000', 'INUSE');
    await site.untilDevice('2000', 'NOT_INUSE');
    const first = await site.caller('0001', { from: { number: '5550421' }, speaksHz: 500 });
    const talk = await other.ring();
    const talking = await site.untilPhase('talking');
    // They talk before the database has it.
    await site.logged('CONNECT');
    const second = await site.caller('0001', { from: { number: '5550422' } });
    await site.untilPhase('waiting');

    await hintIs('door');
    // The old device counts until queueapp is asked to read.
    await site.untilDevice('1000', 'INUSE');
    expect(desk.rings).toHaveLength(0);
    site.app.signal('SIGHUP');
    expect((await desk.ring()).caller.number).toBe('5550422');
    await site.untilDevice('1000', 'NOT_INUSE');
    await untilTheyTalk([first, 500], [talk, 700]);
    expect(await site.calls()).toContainEqual(
      expect.objectContaining({ callId: talking.callId, phase: 'talking', extensions: ['2000'] }),
    );

    await hintIs('desk');
    expect((await site.cli('reload')).status).toBe(0);
    await site.untilDevice('1000', 'INUSE');
    await becomes('desk', 'NOT_INUSE');
    await site.untilDevice('1000', 'NOT_INUSE');
    await untilTheyTalk([first, 500], [talk, 700]);
    await site.untilPhase('talking', ({ callId }) => callId !== talking.callId);
    await site.logged('CONNECT', 2);
    expect((await site.calls()).map(({ phase }) => phase)).toEqual(['talking', 'talking']);
    expect((await site.callLog()).map(({ event }) => event)).toEqual([
      'ENTERQUEUE',
      'CONNECT',
      'ENTERQUEUE',
      'CONNECT',
    ]);
    await Promise.all([first.hangup(), second.hangup()]);
  });
});
