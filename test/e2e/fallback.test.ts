import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { Capture } from '../support/phones/capture.ts';
import { answers, neverAnswers, type Phone } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(180_000);

let site: Site;
beforeAll(async () => {
  site = await Site.up({ name: 'fallback' });
}, 600_000);
afterEach(async () => {
  if (!site.stack.isRunning('postgres')) await site.stack.start('postgres');
  if (!site.app.isRunning) await site.startApp();
  for (const extension of ['1000', '2000', '3000']) {
    await site.asterisk(`queue remove member Local/${extension}@queueapp-member/n from support-kept`);
  }
  await site.asterisk('dialplan set global FALLBACK_SECONDS 60');
  await site.reset();
});
afterAll(() => site?.down());

async function dials(phone: Phone, code: string): Promise<void> {
  const call = await phone.dial(code);
  await call.ended({ limitMs: 60_000 });
}

const isKept = async (extension: string) =>
  (await site.asterisk('queue show support-kept')).includes(`Local/${extension}@queueapp-member/n`);

test('the application is killed: app_queue serves with the members of queueapp; it returns, and the next call is queueapp’s', async () => {
  // One by phone, one without; both count, and so does the penalty.
  const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
  await dials(phone, '*56466*');
  const other = await site.phone('2000', { behaviour: answers(400), speaksHz: 1_100 });
  await site.onDuty('1000', '2000');
  await site.sql("update queue_member set penalty = 1 where extension = '2000'");
  await site.killApp();

  const caller = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  await caller.hears('wait_a_moment');
  const ring = await phone.ring({ limitMs: 60_000 });
  expect(ring.caller.number).toBe('2001');
  await ring.answered();
  phone.behave(neverAnswers);
  await untilTheyTalk([caller, 500], [ring, 700]);
  // The next one would have been greeted by the menu; the first member is in use.
  const next = await site.caller('0000', { from: { number: '2002' }, speaksHz: 900 });
  const nextRing = await other.ring({ limitMs: 60_000 });
  expect(nextRing.caller.number).toBe('2002');
  // Not before they talk: app_queue takes the end of a call that is not joined yet for the caller's.
  await untilTheyTalk([next, 900], [nextRing, 1_100]);
  await nextRing.hangup();
  await next.ended();
  await caller.hangup();
  await ring.ended();
  await eventually('both calls are over', async () => (await site.channels()) === 0);
  // app_queue writes of the end when the channels are gone.
  await site.logged('COMPLETECALLER');
  await site.logged('COMPLETEAGENT');

  await site.startApp();
  const said = await site.app.says('calls went past', ({ msg }) => msg.startsWith('Calls went past'));
  expect(said).toMatchObject({ level: 'warn', queue: 'support', calls: 2 });
  const lines = await site.queueLog();
  const past = lines.filter(({ event }) => event === 'FALLBACK').map(({ callid }) => callid);
  const told = (callid: string | undefined) => lines.filter((line) => line.callid === callid).map(({ event }) => event);
  expect(told(past[0])).toEqual(['FALLBACK', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  expect(told(past[1])).toEqual(['FALLBACK', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  // Nobody was logged in or out by app_queue's reading of them.
  expect(lines.filter(({ event }) => event === 'ADDMEMBER')).toHaveLength(2);
  expect(lines.filter(({ event }) => event === 'REMOVEMEMBER')).toHaveLength(0);
  const rows = await site.sql(
    'select outcome, talk_seconds is not null as talked from report_call where call = any($1)',
    [past],
  );
  expect(rows).toEqual([
    { outcome: 'answered', talked: true },
    { outcome: 'answered', talked: true },
  ]);

  // The other one would pick up at once.
  await site.untilDevice('1000', 'NOT_INUSE');
  const later = await site.caller('0001', { from: { number: '2003' } });
  const call = await site.untilPhase('ringing');
  expect(call.caller.number).toBe('2003');
  expect((await site.queueLog()).filter(({ event }) => event === 'FALLBACK')).toHaveLength(2);
  await later.hangup();
});

test('who waits while it is away gets a packet of comfort noise every few seconds, so that no phone hangs up on silence', async () => {
  const caller = await site.caller('0001', { from: { number: '2001' } });
  await site.untilPhase('waiting');
  const port = /m=audio (\d+)/.exec(caller.invite.body)?.[1];
  await site.killApp();
  const beat = new OwnBeat();
  const capture = await Capture.start(`udp dst port ${port}`);
  // 3 s (rtp_keepalive) after Asterisk's RTCP report, which comes every 5 s and counts as something sent.
  await pause(17_000);
  const packets = await capture.stop();
  const gaps = packets.slice(1).map(({ atMs }, index) => beat.ownMs(packets[index]?.atMs ?? 0, atMs));
  beat.end();
  expect(packets.length).toBeGreaterThanOrEqual(2);
  process.stdout.write(`comfort noise: ${packets.length} packets, at most ${Math.round(Math.max(...gaps))} ms apart\n`);
  expect(Math.max(...gaps)).toBeLessThan(6_500);
  expect(caller.ending).toBeUndefined();
  await caller.hangup();
});

test('while it is away a member’s code is answered with the failure, and changes nothing', async () => {
  const phone = await site.phone('1000');
  await site.killApp();
  const call = await phone.dial('*56466*');
  await call.hears('unavailable');
  await call.ended({ limitMs: 60_000 });
  expect(await site.sql('select from queue_member')).toEqual([]);
  expect(await isKept('1000')).toBe(false);
});

test('who waits in app_queue goes on in queueapp when that is back, before those who come then', async () => {
  await site.asterisk('dialplan set global FALLBACK_SECONDS 4');
  const phone = await site.phone('1000', { behaviour: answers(0), speaksHz: 700 });
  await site.onDuty('1000');
  await site.killApp();
  const talking = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  const ring = await phone.ring({ limitMs: 60_000 });
  // Until then it is 2001 who waits there.
  await untilTheyTalk([talking, 500], [ring, 700]);
  const waiting = await site.caller('0001', { from: { number: '2002' } });
  await eventually('2002 waits in app_queue', async () =>
    /support has 1 calls/.test(await site.asterisk('queue show support')),
  );
  await site.startApp();
  await site.untilPhase('waiting', ({ caller }) => caller.number === '2002');
  await site.caller('0001', { from: { number: '2003' } });
  await site.untilPhase('waiting', ({ caller, position }) => caller.number === '2003' && position === 2);
  expect(talking.ending).toBeUndefined();
  await ring.hangup();
  expect((await phone.ring()).caller.number).toBe('2002');
  expect(waiting.ending).toBeUndefined();
});

test('PostgreSQL is away as well: those who had logged in by phone are rung', async () => {
  const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
  await dials(phone, '*56466*');
  const other = await site.phone('2000');
  await dials(other, '*56466*');
  await dials(other, '*564633*');
  await eventually('the note is made', async () => (await isKept('1000')) && !(await isKept('2000')));
  await site.killApp();
  await site.stack.kill('postgres');
  const caller = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  await caller.hears('wait_a_moment');
  const ring = await phone.ring({ limitMs: 60_000 });
  expect(ring.caller.number).toBe('2001');
  await ring.answered();
  await untilTheyTalk([caller, 500], [ring, 700]);
  await caller.hangup();
  expect(other.rings).toHaveLength(0);
});

test('PostgreSQL is away, and nobody had logged in by phone: the caller hears it and is not kept', async () => {
  await site.phone('1000');
  await site.onDuty('1000');
  await site.killApp();
  await site.stack.kill('postgres');
  const caller = await site.caller('0001', { from: { number: '2001' } });
  await caller.hears('nobody_available', { limitMs: 60_000 });
  expect(await caller.ended({ limitMs: 60_000 })).toMatchObject({ by: 'far end' });
});

test('nobody is logged in: the caller hears that nobody is there', async () => {
  await site.phone('1000');
  await site.killApp();
  const caller = await site.caller('0001', { from: { number: '2001' } });
  await caller.hears('nobody_available', { limitMs: 60_000 });
  expect(await caller.ended({ limitMs: 60_000 })).toMatchObject({ by: 'far end' });
});
