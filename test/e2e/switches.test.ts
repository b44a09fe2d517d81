import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { QueueJson } from '../../src/http/views.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import type { Site } from '../support/e2e/site.ts';
import { type TwoSites, twoSites } from '../support/e2e/two-sites.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

/** Short, so that a test can wait for it. */
const CLOSE_AFTER_S = 6;
/** RFC 3326: the phone shows no missed call. */
const ELSEWHERE = /cause=(200|26)\b/;

let both: TwoSites;
let berlin: Site;
let paris: Site;
beforeAll(async () => {
  both = await twoSites({
    name: 'switches',
    configure: (shipped) => `${shipped}\nswitches-close-after: ${CLOSE_AFTER_S}s\n`,
  });
  ({ berlin, paris } = both);
}, 600_000);
afterEach(async () => {
  await paris.reset();
  await berlin.reset();
});
afterAll(() => both?.down());

/** `[switch, caller's number, position]` of everybody who is in the queue, as the process of this site shows them. */
const shown = async (site: Site) =>
  (await site.calls()).map((call) => [String(call.switch), call.caller.number, call.position]).sort();

async function queueOf(site: Site): Promise<QueueJson> {
  const [queue] = JSON.parse((await site.cli('queues', '--json')).out) as QueueJson[];
  if (queue === undefined) throw new Error('There is no queue');
  return queue;
}

const waits = (site: Site, number: string) => site.untilPhase('waiting', ({ caller }) => caller.number === number);

describe('one queue over two switches', () => {
  test('keeps its order over both: positions are the whole queue’s, and who came first is served first', async () => {
    const phone = await berlin.phone('1000', { behaviour: answers(200, 700) });
    const callers = [];
    for (const [site, number] of [
      [paris, '2001'],
      [berlin, '2002'],
      [paris, '2003'],
      [berlin, '2004'],
    ] as const) {
      callers.push(await site.caller('0001', { from: { number } }));
      await waits(site, number);
    }
    const all = [
      ['berlin', '2002', 2],
      ['berlin', '2004', 4],
      ['paris', '2001', 1],
      ['paris', '2003', 3],
    ];
    for (const site of [berlin, paris])
      await eventually(
        'both show the whole line',
        async () => JSON.stringify(await shown(site)) === JSON.stringify(all),
      );
    expect((await berlin.cli('calls')).out).toMatch(/paris +waiting .* 3 /);
    expect(await queueOf(paris)).toMatchObject({ waiting: 4 });
    // One phone, which is registered at Berlin, serves them all.
    await berlin.login('1000');
    for (const caller of callers) await caller.ended({ limitMs: 30_000 });
    expect(phone.rings.map((ring) => ring.caller.number)).toEqual(['2001', '2002', '2003', '2004']);
    await berlin.logged('COMPLETEAGENT', 4);
    // Each learns of the other's calls a moment later.
    for (const site of [berlin, paris])
      await eventually('the line is empty for both', async () => {
        const { waiting, talking } = await queueOf(site);
        return waiting === 0 && talking === 0;
      });
    const { figures } = await queueOf(berlin);
    expect(figures).toMatchObject({ completed: expect.any(Number) });
    expect((await queueOf(paris)).figures).toEqual(figures);
  });

  test('callers at one are moved by SQL and dropped by the process of the other; both have the same line', async () => {
    const untilBothShow = (wanted: unknown[]) =>
      Promise.all(
        [berlin, paris].map((site) =>
          eventually('both to have the line', async () => JSON.stringify(await shown(site)) === JSON.stringify(wanted)),
        ),
      );
    for (const number of ['2001', '2002']) {
      await paris.caller('0001', { from: { number } });
      await waits(paris, number);
    }
    await berlin.sql("update queue_entry set priority = 5 where caller_number = '2002' and state = 'waiting'");
    await untilBothShow([
      ['paris', '2001', 2],
      ['paris', '2002', 1],
    ]);
    const { callId } = await waits(berlin, '2002');
    expect((await berlin.cli('drop', callId, '--info', 'of Berlin')).out).toBe(`${callId} leaves the queue\n`);
    expect((await paris.logged('WITHDRAW')).data[3]).toBe('of Berlin');
    await untilBothShow([['paris', '2001', 1]]);
  });

  test('the sound of each caller’s programme goes to the switch that the caller is at', async () => {
    for (const [site, number] of [
      [berlin, '2001'],
      [paris, '2002'],
    ] as const) {
      const from = site.app.log.length;
      const caller = await site.caller('0001', { from: { number } });
      await waits(site, number);
      await eventually('a media channel is up there', async () =>
        /^WebSocket\/.*!Up!/m.test(await site.asterisk('core show channels concise')),
      );
      expect(site.app.log.slice(from).filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
      await caller.hangup();
    }
  });

  test('a member who is registered at one answers a caller at the other, and both hear each other', async () => {
    const phone = await berlin.phone('1000', { speaksHz: 700, behaviour: answers(400) });
    const login = await phone.dial('*56466*');
    await login.ended({ limitMs: 20_000 });
    await paris.untilDevice('1000', 'NOT_INUSE');
    const caller = await paris.caller('0001', { from: { number: '5550199', name: 'Ann Caller' }, speaksHz: 500 });
    const ring = await phone.ring();
    expect(ring.caller).toMatchObject({ number: '5550199', name: expect.stringMatching(/^Support/) });
    await ring.answered();
    await paris.untilPhase('talking');
    await untilTheyTalk([caller, 500], [ring, 700]);
    // At Berlin, where nobody has a call in the application, the member is busy as soon as Berlin's Asterisk and the other process have told.
    await eventually('Berlin to show the member talking', async () =>
      (await berlin.members()).some(
        (member) => member.extension === '1000' && member.activity === 'talking' && member.deviceState === 'INUSE',
      ),
    );
    await ring.hangup();
    expect(await caller.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    await paris.logged('COMPLETEAGENT');
  });

  test('a caller who gives up stops the phone at the other switch', async () => {
    const phone = await berlin.phone('1000');
    await berlin.login('1000');
    await paris.untilDevice('1000', 'NOT_INUSE');
    const caller = await paris.caller('0001', { from: { number: '2001' } });
    const ring = await phone.ring();
    await ring.ringing();
    await caller.hangup();
    const ended = await ring.ended();
    expect(ended).toMatchObject({ how: 'cancel', by: 'far end' });
    expect(ended.reason).not.toMatch(ELSEWHERE);
  });

  test('a phone that rejects at the other switch is told apart from one that does not answer', async () => {
    const phone = await berlin.phone('1000', { behaviour: { act: 'busy' } });
    await berlin.login('1000');
    await paris.untilDevice('1000', 'NOT_INUSE');
    const caller = await paris.caller('0001', { from: { number: '2001' } });
    await phone.ring();
    await paris.logged('RINGNOANSWER');
    expect(await waits(paris, '2001')).toMatchObject({ position: 1 });
    await caller.hangup();
  });
});

describe('ringall over two switches', () => {
  test('who lost to another phone is told “answered elsewhere”, at the other switch, too', async () => {
    const here = await paris.phone('2000');
    const there = await berlin.phone('1000');
    await paris.login('1000', '2000');
    for (const extension of ['1000', '2000']) await paris.untilDevice(extension, 'NOT_INUSE');
    await paris.sql(`update queue set settings = '{"strategy": "ringall"}' where name = 'support'`);
    await eventually('the strategy is ringall', async () => (await queueOf(paris)).strategy === 'ringall');
    try {
      const caller = await paris.caller('0001', { from: { number: '2001' } });
      const [ringHere, ringThere] = await Promise.all([here.ring(), there.ring()]);
      await ringThere.ringing();
      await ringHere.answer();
      const ended = await ringThere.ended();
      expect(ended).toMatchObject({ how: 'cancel', by: 'far end' });
      expect(ended.reason).toMatch(ELSEWHERE);
      await ringHere.hangup();
      await caller.ended();
    } finally {
      await paris.sql(`update queue set settings = '{}' where name = 'support'`);
      await eventually('the strategy is what it was', async () => (await queueOf(paris)).strategy !== 'ringall');
    }
  });
});

describe('a switch that dies with its process', () => {
  test('has its callers closed in time, once, and its member is free for the other', async () => {
    const phone = await berlin.phone('1000', { behaviour: answers(300) });
    await berlin.login('1000');
    await paris.untilDevice('1000', 'NOT_INUSE');
    const talking = await paris.caller('0001', { from: { number: '2001' } });
    await phone.ring();
    await paris.untilPhase('talking');
    // They talk before the database has it.
    await paris.logged('CONNECT');
    const waiting = await paris.caller('0001', { from: { number: '2002' } });
    await waits(paris, '2002');
    const here = await berlin.caller('0001', { from: { number: '2003' } });
    await eventually('the line is known', async () => (await waits(berlin, '2003')).position === 2);
    const killingAtMs = Date.now();
    await Promise.all([paris.killApp(), paris.stack.kill('asterisk')]);
    const diedAtMs = Date.now();
    try {
      // The line moves up as soon as the death is noticed; the calls are closed when nobody has taken them over.
      await eventually('the line has moved up', async () => (await waits(berlin, '2003')).position === 1);
      const abandoned = await berlin.logged('ABANDON');
      expect(Date.now() - killingAtMs).toBeGreaterThan((CLOSE_AFTER_S - 1) * 1_000);
      expect(Date.now() - diedAtMs).toBeLessThan((CLOSE_AFTER_S + 15) * 1_000);
      expect(abandoned.data[0]).toBe('1');
      await berlin.logged('COMPLETECALLER');
      // The phone's call to the dead switch is hung up by the person; then it serves the one who waits here.
      await phone.rings[0]?.hangup();
      const next = await phone.ring();
      expect(next.caller.number).toBe('2003');
      await berlin.untilPhase('talking', ({ caller }) => caller.number === '2003');
      const lines = (await berlin.callLog()).map(({ event }) => event);
      expect(lines.filter((event) => event === 'ABANDON' || event === 'COMPLETECALLER')).toHaveLength(2);
      await here.hangup();
    } finally {
      await Promise.all([talking, waiting].map((caller) => caller.close()));
      await paris.stack.start('asterisk');
      await paris.startApp();
    }
  });
});
