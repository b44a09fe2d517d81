import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { withQueues } from '../support/e2e/hearing.ts';
import { promptsOf, untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { answers, isBusy } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

const QUEUES = `
  present:
    ring-timeout: 6s
    retry: 1s
    notpresent-penalty: 20s
  greeted:
    ring-timeout: 5s
    retry: 1s
    member-delay: 500ms
    member-announce: queueapp/call_from_queue
    report-hold-time: true
    accept: { key: '1', timeout: 15s }
    set-variables: [interface, entry, queue]
    after-conversation: dialplan
  strict:
    join-empty: strict
    leave-when-empty: strict
    autopause: 'yes'
    ring-timeout: 3s
    retry: 10m
  familiar:
    known-member: { by: last-call, exclusive: 20s }
  weighed:
    age-weight: 2s
  once:
    strategy: rrmemory
    one-pass: true
    ring-timeout: 2s
    retry: 1s
`;

let site: Site;
beforeAll(async () => {
  site = await Site.up({ name: 'states', configure: (shipped) => withQueues(shipped, QUEUES.trimEnd().slice(1)) });
  await site.dialplan('0011', 'Stasis(queueapp,queue,present)');
  // Who comes back waits there, until somebody has read the variables.
  await site.dialplan('0012', 'Stasis(queueapp,queue,greeted)', 'Wait(60)');
  await site.dialplan('0013', 'Stasis(queueapp,queue,strict)', 'Wait(60)');
  await site.dialplan('0014', 'Stasis(queueapp,pause,support,lunch, at home)');
  await site.dialplan('0015', 'Stasis(queueapp,unpause,support)');
  await site.dialplan('0016', 'Set(CUSTOMER_CODE=1111)', 'Stasis(queueapp,queue,familiar)');
  await site.dialplan('0017', 'Stasis(queueapp,queue,familiar)');
  for (const [number, priority] of [
    ['0020', 0],
    ['0021', 1],
    ['0025', 500],
  ] as const)
    await site.dialplan(number, `Set(QUEUE_PRIO=${priority})`, 'Stasis(queueapp,queue,weighed)');
  await site.dialplan('0018', 'Stasis(queueapp,queue,once)', 'Wait(60)');
  await site.dialplan('0019', 'Stasis(queueapp,queue,support)', 'Wait(60)');
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

/** Runs a command that has to work, and answers what it said. */
async function queueapp(...args: string[]): Promise<string> {
  const { status, out, error } = await site.cli(...args);
  expect([status, error]).toEqual([0, '']);
  return out;
}

/** Events and members of queue_log in the order of writing, logins left out. */
async function story(): Promise<string[]> {
  const lines = (await site.queueLog()).filter(({ event }) => !/MEMBER|QUEUESTART/.test(event));
  return lines.map(({ event, agent }) => (agent === 'NONE' ? event : `${event} ${agent.slice(-4)}`));
}

/** When an event was written last, by the application's clock. */
async function loggedAtMs(event: string): Promise<number> {
  const [row] = await site.sql<{ at_ms: number }>(
    "select extract(epoch from time at time zone 'UTC')::float * 1000 as at_ms from queue_log where event = $1 order by id desc limit 1",
    [event],
  );
  return row?.at_ms ?? Number.NaN;
}

const membership = async (extension: string) =>
  (await site.members()).find((each) => each.extension === extension)?.queues[0];

describe('a member who does not answer', () => {
  test('is put aside; members of the next penalty are rung; comes back by itself, and reads all of it in the chat', async () => {
    const [absent, next] = await Promise.all([site.phone('1000'), site.phone('2000')]);
    const chat = await site.chat('user1');
    expect(await queueapp('login', '1000', 'present')).toBe('1000 is logged in to present\n');
    await queueapp('login', '2000', 'present', '--penalty', '5');
    await Promise.all(['1000', '2000'].map((number) => site.untilDevice(number, 'NOT_INUSE')));
    const caller = await site.caller('0011', { from: { number: '2000' } });
    const first = await absent.ring();
    await first.ended();
    await next.ring();
    const { asideUntil } = (await membership('1000')) ?? {};
    const untilMs = Date.parse(asideUntil ?? '');
    // The application's times, all of them.
    expect(untilMs - (await loggedAtMs('RINGNOANSWER'))).toBeGreaterThan(18_000);
    expect(await queueapp('members')).toMatch(/^1000 +present \(in \d+s, aside for \d+s\)/m);
    // While both are aside nobody is rung; then the one of the lower penalty comes back first, by itself.
    const beat = new OwnBeat();
    const again = await absent.ring({ limitMs: 60_000 });
    beat.end();
    expect(again.invitedAtMs).toBeGreaterThanOrEqual(untilMs);
    const otherUntilMs = Date.parse((await membership('2000'))?.asideUntil ?? '');
    expect(otherUntilMs - untilMs).toBeGreaterThan(5_500);
    expect(next.rings).toHaveLength(1);
    // Well before the other one is back.
    expect(beat.ownMs(untilMs, again.invitedAtMs)).toBeLessThan(5_000);
    await again.answer();
    await site.logged('CONNECT');
    expect(await story()).toEqual(['ENTERQUEUE', 'RINGNOANSWER 1000', 'RINGNOANSWER 2000', 'CONNECT 1000']);
    await caller.hangup();
    const missed = await chat.next('message', ({ body }) => body.includes('Missed'));
    expect(missed.body).toBe('Present: Missed call: Unknown customer, caller 2000');
    const aside = await chat.next('message');
    expect(aside.body).toBe('Present: You did not answer. No calls for 0:20, then they come again by themselves');
  });

  test('autopause: is paused with Auto-Pause; with nobody left the caller leaves (LEAVEEMPTY)', async () => {
    const phone = await site.phone('1000');
    await queueapp('login', '1000', 'strict');
    await site.untilDevice('1000', 'NOT_INUSE');
    const left = await site.caller('0013', { from: { number: '2000' } });
    await phone.ring();
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'LEAVEEMPTY' });
    expect(await story()).toEqual(['ENTERQUEUE', 'RINGNOANSWER 1000', 'PAUSE 1000', 'EXITEMPTY']);
    expect((await site.logged('PAUSE')).data).toEqual(['Auto-Pause']);
    expect(await membership('1000')).toMatchObject({ paused: true, pausedReason: 'Auto-Pause' });
    await left.hangup();
    await site.untilNoCalls();
    await site.caller('0013', { from: { number: '2001' } });
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'JOINEMPTY' });
  });

  test('a phone that is taken off the net empties the queue at that moment', async () => {
    const phone = await site.phone('1000', { behaviour: isBusy() });
    await queueapp('login', '1000', 'strict');
    await site.untilDevice('1000', 'NOT_INUSE');
    await site.caller('0013', { from: { number: '2000' } });
    await site.logged('RINGNOANSWER');
    await phone.unregister();
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'LEAVEEMPTY' });
    // Before the phone would have been rung again.
    expect(await story()).toEqual(['ENTERQUEUE', 'RINGNOANSWER 1000', 'EXITEMPTY']);
  });
});

describe('before the conversation', () => {
  test('the member hears who calls and for how long, and accepts with the key; who does not accept is passed over', async () => {
    const [deaf, phone] = await Promise.all([
      site.phone('1000', { behaviour: answers(200) }),
      site.phone('2000', { behaviour: answers(200), speaksHz: 700 }),
    ]);
    await queueapp('login', '1000', 'greeted');
    await queueapp('login', '2000', 'greeted');
    await Promise.all(['1000', '2000'].map((number) => site.untilDevice(number, 'NOT_INUSE')));
    const caller = await site.caller('0012', { from: { number: '2000' }, speaksHz: 500 });
    const unaccepted = await deaf.ring();
    await unaccepted.hears('accept_call');
    expect(await unaccepted.ended({ limitMs: 60_000 })).toMatchObject({ by: 'far end' });
    const call = await phone.ring();
    await call.hears('call_from_queue');
    await call.hears('caller_waited');
    const asked = await call.hears('accept_call');
    expect((await site.calls())[0]).toMatchObject({ phase: 'ringing', extensions: ['2000'] });
    await call.press('9');
    await call.press('1');
    expect(await promptsOf(call)).toEqual(expect.arrayContaining(['call_from_queue', 'caller_waited', 'accept_call']));
    expect(asked.offsetMs).toBeGreaterThan(2_000);
    await untilTheyTalk([caller, 500], [call, 700]);
    await site.logged('CONNECT');
    expect(await story()).toEqual(['ENTERQUEUE', 'RINGNOANSWER 1000', 'CONNECT 2000']);
    const [hold = '', , ring = ''] = (await site.logged('CONNECT')).data;
    // In whole seconds; what is heard after the answer, for more than six, is no ringing.
    const [attempt] = await site.sql<{ took_s: number }>(
      'select extract(epoch from connected_at - started_at)::float as took_s from ring_attempt order by started_at desc limit 1',
    );
    expect(Number(hold) - Number(ring)).toBeGreaterThan(15);
    expect((attempt?.took_s ?? 0) - Number(ring)).toBeGreaterThan(5);
    await call.hangup();
    const told = await site.untilVariables('MEMBERINTERFACE', 'QUEUENAME', 'QEORIGINALPOS');
    expect(told).toEqual({ MEMBERINTERFACE: 'PJSIP/2000', QUEUENAME: 'greeted', QEORIGINALPOS: '1' });
  });

  test('a member who hangs up then leaves AGENTDUMP; a caller who does is abandoned with the name of the member', async () => {
    const phone = await site.phone('1000', { behaviour: answers(200) });
    await queueapp('login', '1000', 'greeted');
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await site.caller('0012', { from: { number: '2000' } });
    const dumped = await phone.ring();
    await dumped.hears('call_from_queue');
    await dumped.hangup();
    const second = await phone.ring();
    await second.hears('call_from_queue');
    await caller.hangup();
    expect(await second.ended()).toMatchObject({ by: 'far end' });
    await site.logged('ABANDON');
    expect(await story()).toEqual(['ENTERQUEUE', 'AGENTDUMP 1000', 'ABANDON 1000']);
  });
});

describe('by dialplan and command', () => {
  test('pause with a reason from the phone: no call; unpaused by command: the waiting caller rings at once', async () => {
    const phone = await site.phone('1000');
    await site.onDuty('1000');
    const desk = await phone.dial('0014');
    await desk.hears('paused');
    await desk.hangup();
    expect(await queueapp('members')).toMatch(/^1000 +support \(in \d+s, paused \d+s: lunch, at home\)/m);
    expect((await site.logged('PAUSE')).data).toEqual(['lunch, at home']);
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await site.caller('0001', { from: { number: '2000' } });
    await site.untilPhase('waiting');
    expect(phone.rings).toHaveLength(0);
    expect(await queueapp('unpause', '1000', 'support')).toBe('1000 is back in support\n');
    const ring = await phone.ring();
    // By the application's own clock: what Asterisk and the phone take is no wait in the queue.
    const [attempt] = await site.sql<{ at_ms: number }>(
      'select extract(epoch from max(started_at))::float * 1000 as at_ms from ring_attempt',
    );
    expect((attempt?.at_ms ?? Number.NaN) - (await loggedAtMs('UNPAUSE'))).toBeLessThan(2_000);
    await caller.hangup();
    await ring.ended();
    const back = await phone.dial('0015');
    await back.hears('unpaused');
    await back.hangup();
  });

  test('penalties, ring-in-use and nonsense; a caller moved to the front, another dropped with words', async () => {
    await site.login('1000');
    expect(await queueapp('penalty', '1000', 'support', '7')).toBe('1000 has now penalty 7 in support\n');
    expect(await queueapp('ring-in-use', '1000', 'support', 'yes')).toBe('1000 is rung in use in support\n');
    expect(await membership('1000')).toMatchObject({ penalty: 7, ringInUse: true });
    for (const penalty of ['2147483648', '-1', 'high']) {
      const { status, error } = await site.cli('penalty', '1000', 'support', penalty);
      expect([status === 0, error === '']).toEqual([false, false]);
    }
    expect((await site.cli('pause', '2000', 'support')).error).toBe(
      'MEMBER_UNKNOWN: Extension 2000 is not in queue support\n',
    );
    expect(
      (await site.queueLog())
        .filter(({ event }) => /PENALTY|RINGINUSE/.test(event))
        .map(({ event, data }) => [event, ...data]),
    ).toEqual([
      ['PENALTY', '7'],
      ['RINGINUSE', '1'],
    ]);
    await site.logout('1000');
    const first = await site.caller('0001', { from: { number: '2000' } });
    await site.untilPhase('waiting');
    const second = await site.caller('0019', { from: { number: '2001' } });
    const moved = await site.untilPhase('waiting', ({ caller }) => caller.number === '2001');
    await queueapp('priority', moved.callId, '5', '--at-once');
    await site.untilPhase('waiting', ({ callId, position }) => callId === moved.callId && position === 1);
    await first.hangup();
    await site.logged('ABANDON');
    await queueapp('drop', moved.callId, '--info', 'back office');
    const told = await site.untilVariables('QUEUESTATUS', 'QUEUE_WITHDRAW_INFO');
    expect(told).toEqual({ QUEUESTATUS: 'WITHDRAW', QUEUE_WITHDRAW_INFO: 'back office' });
    expect((await site.logged('WITHDRAW')).data[3]).toBe('back office');
    await second.hangup();
  });
});

describe('what a queue makes of its callers', () => {
  /** Logged in by SQL, and free. */
  async function serves(queue: string, ...extensions: string[]): Promise<void> {
    for (const extension of extensions)
      await site.sql('insert into queue_member (queue, extension) values ($1, $2)', [queue, extension]);
    for (const extension of extensions) await site.untilDevice(extension, 'NOT_INUSE');
    const isIn = async (extension: string) => (await membership(extension))?.queue === queue;
    await eventually('them to be members', async () => (await Promise.all(extensions.map(isIn))).every((each) => each));
  }

  const numbersInOrder = async () => {
    const waiting = (await site.calls()).filter(({ phase }) => phase === 'waiting' || phase === 'ringing');
    return waiting.sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).map(({ caller }) => caller.number);
  };

  test('a known customer is given to the member who knows them, though another one has waited longer; a stranger is not', async () => {
    const [idle, knowing] = await Promise.all([
      site.phone('1000', { behaviour: answers(0) }),
      site.phone('2000', { behaviour: answers(0) }),
    ]);
    await serves('familiar', '2000');
    const talks = async (number: string, from: string) => {
      const caller = await site.caller(number, { from: { number: from } });
      await site.untilPhase('talking');
      await caller.hangup();
      await site.untilNoCalls();
    };
    await talks('0016', '5551');
    await serves('familiar', '1000');
    await talks('0016', '5552');
    await talks('0017', '5553');
    const served = [idle, knowing].map(({ rings }) => rings.map(({ caller }) => caller.number).join());
    expect(served).toEqual(['5553', '5551,5552']);
  });

  test('a point of priority is worth so much waiting: who has waited longer than that stays before it', async () => {
    const phone = await site.phone('1000');
    const old = await site.caller('0020', { from: { number: '5551' } });
    await site.untilPhase('waiting');
    const waits = () =>
      site.sql("select from queue_entry where now() - joined_at > interval '2.5 s' and state = 'waiting'");
    await eventually('the first to have waited', async () => (await waits()).length === 1);
    const important = await site.caller('0021', { from: { number: '5552' } });
    await site.untilPhase('waiting', ({ caller }) => caller.number === '5552');
    const urgent = await site.caller('0025', { from: { number: '5553' } });
    await site.untilPhase('waiting', ({ caller }) => caller.number === '5553');
    expect(await numbersInOrder()).toEqual(['5553', '5551', '5552']);
    // Not waited until the phone is seen free: it rings as soon as it is known.
    await site.sql("insert into queue_member (queue, extension) values ('weighed', '1000')");
    expect((await phone.ring()).caller.number).toBe('5553');
    await Promise.all([old.hangup(), important.hangup(), urgent.hangup()]);
  });

  test('who is cut off and calls again within a minute has the old place', async () => {
    const cut = await site.caller('0001', { from: { number: '5551' } });
    await site.untilPhase('waiting');
    const next = await site.caller('0001', { from: { number: '5552' } });
    await site.untilPhase('waiting', ({ position }) => position === 2);
    await cut.hangup();
    await site.logged('ABANDON');
    const again = await site.caller('0001', { from: { number: '5551' } });
    await eventually('both to wait', async () => (await numbersInOrder()).length === 2);
    expect(await numbersInOrder()).toEqual(['5551', '5552']);
    await Promise.all([again.hangup(), next.hangup()]);
  });

  test('one-pass: when every member was rung once the caller leaves, QUEUESTATUS=TIMEOUT; members by SQL are in the log', async () => {
    const phones = await Promise.all([site.phone('1000'), site.phone('2000')]);
    await serves('once', '1000', '2000');
    await site.caller('0018', { from: { number: '5551' } });
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'TIMEOUT' });
    expect(await story()).toEqual(['ENTERQUEUE', 'RINGNOANSWER 1000', 'RINGNOANSWER 2000', 'EXITWITHTIMEOUT']);
    expect(phones.map(({ rings }) => rings.length)).toEqual([1, 1]);
    await site.sql("update queue_member set paused = true, paused_reason = 'lunch' where extension = '1000'");
    for (const extension of ['1000', '2000'])
      await site.sql('delete from queue_member where extension = $1', [extension]);
    const bySql = (await site.queueLog()).filter(({ event }) => /MEMBER|PAUSE/.test(event));
    expect(bySql.map(({ callid, event, agent, data }) => [callid, event, agent, ...data])).toEqual([
      ['REALTIME', 'ADDMEMBER', 'PJSIP/1000'],
      ['REALTIME', 'ADDMEMBER', 'PJSIP/2000'],
      ['NONE', 'PAUSE', 'PJSIP/1000', 'lunch'],
      ['REALTIME', 'REMOVEMEMBER', 'PJSIP/1000'],
      ['REALTIME', 'REMOVEMEMBER', 'PJSIP/2000'],
    ]);
  });
});
