import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { congestionBursts, promptsOf, untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import type { Call } from '../support/phones/call.ts';
import { answers, isBusy, type Phone } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

let site: Site;
beforeAll(async () => {
  // Who did not take a call is not rung again for the same caller: what is rung next has another reason than that time has passed.
  const configure = (shipped: string) =>
    shipped
      .replace('ring-timeout: 15s', 'ring-timeout: 10s')
      .replace('retry: 5s', 'retry: 10m')
      .replace('first-digit: 5s', 'first-digit: 30s');
  site = await Site.up({ name: 'members', configure });
  // Answered a while before something is said: a phone that has to wait for its turn then does not hear what came before.
  await site.dialplan('0031', 'Answer()', 'Wait(1)', 'Stasis(queueapp,login,support)');
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

const from = (number: string) => ({ from: { number } });

/** Dials a service code, waits for its outcome's prompt, and hangs up. */
async function dialCode(phone: Phone, code: string, prompt: string): Promise<Call> {
  const call = await phone.dial(code);
  await call.hears(prompt);
  await call.hangup();
  return call;
}

/** Events and members of queue_log in the order of writing, logins left out. */
async function story(): Promise<string[]> {
  const lines = (await site.queueLog()).filter(({ event }) => !/MEMBER|QUEUESTART/.test(event));
  return lines.map(({ event, agent }) => (agent === 'NONE' ? event : `${event} ${agent.slice(-4)}`));
}

describe('login and logout by the codes', () => {
  test('node and place in the queue come and go with them; twice is no harm; strangers are refused', async () => {
    const [first, second, stranger] = await Promise.all(['1000', '2000', '3000'].map((number) => site.phone(number)));
    if (!(first && second && stranger)) throw new Error('Three phones were asked for');
    const crm = await site.crm();
    const [row] = await site.sql("delete from extension where number = '3000' returning jid, subscribers");
    try {
      const inAndOut = async (): Promise<void> => {
        await dialCode(first, '*56466*', 'logon');
        await crm.subscribe('extension1000');
        await dialCode(first, '*56466*', 'logon');
        const [member] = (await site.members()).filter(({ extension }) => extension === '1000');
        expect(member?.queues).toHaveLength(1);
        await dialCode(first, '*564633*', 'logoff');
        expect(await crm.next('delete')).toMatchObject({ node: 'extension1000' });
        await expect(crm.subscribe('extension1000')).rejects.toThrow('item-not-found');
      };
      const neverIn = async (): Promise<void> => {
        await dialCode(second, '*564633*', 'logoff_failed');
        await dialCode(second, '*56466*', 'logon');
      };
      const unknown = async (): Promise<void> => {
        const call = await stranger.dial('0031');
        await call.ended();
        expect(await promptsOf(call)).toEqual(['wait_a_moment', 'logon_failed']);
        expect(await congestionBursts(call)).toBeGreaterThanOrEqual(3);
      };
      await Promise.all([inAndOut(), neverIn(), unknown()]);
      const lines = await site.queueLog();
      const of = (extension: string) =>
        lines.filter(({ agent }) => agent === `PJSIP/${extension}`).map(({ event }) => event);
      expect([of('1000'), of('2000'), of('3000')]).toEqual([['ADDMEMBER', 'REMOVEMEMBER'], ['ADDMEMBER'], []]);
      expect(await site.sql('select extension from queue_member')).toEqual([{ extension: '2000' }]);
    } finally {
      await site.sql('insert into extension (number, jid, subscribers) values ($1, $2, $3)', [
        '3000',
        row?.['jid'],
        row?.['subscribers'],
      ]);
    }
  });

  test('logout while talking: the conversation goes on and is booked, no other call comes', async () => {
    const phone = await site.phone('1000', { behaviour: answers(400), speaksHz: 700 });
    await site.onDuty('1000');
    const crm = await site.crm();
    await crm.subscribe('extension1000');
    const caller = await site.caller('0001', { ...from('2000'), speaksHz: 500 });
    const ring = await phone.ring();
    await site.untilPhase('talking');
    // They talk before the database has it.
    await site.logged('CONNECT');
    await site.logout('1000');
    await untilTheyTalk([caller, 500], [ring, 700]);
    // They talk before the database knows.
    await site.logged('CONNECT');
    await site.caller('0001', from('2001'));
    await site.untilPhase('waiting');
    await ring.hangup();
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    expect(await story()).toEqual(['ENTERQUEUE', 'CONNECT 1000', 'ENTERQUEUE', 'COMPLETEAGENT 1000']);
    expect(phone.rings).toHaveLength(1);
    expect(await site.untilPhase('waiting')).toMatchObject({ position: 1 });
  });
});

describe('a member who does not take the call', () => {
  test('busy (486), then refused (603): the third is rung, the caller keeps the place', async () => {
    await site.phone('1000', { behaviour: isBusy() });
    await site.refusingPhone('2000', { status: 603, afterMs: 200 });
    const phone = await site.phone('3000', { behaviour: answers(0, 300) });
    await site.onDuty('1000', '2000', '3000');
    const caller = await site.caller('0001', from('2000'));
    expect((await phone.ring()).caller.number).toBe('2000');
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    expect(await story()).toEqual([
      'ENTERQUEUE',
      'RINGNOANSWER 1000',
      'RINGNOANSWER 2000',
      'CONNECT 3000',
      'COMPLETEAGENT 3000',
    ]);
    expect((await site.logged('COMPLETEAGENT')).data[2]).toBe('1');
  });

  test('not answered, then unplugged while it rings; one without a phone is not asked until it has one', async () => {
    const [deaf, unplugged] = await Promise.all([site.phone('1000'), site.phone('2000')]);
    await site.onDuty('1000', '2000');
    await site.login('3000');
    const crm = await site.crm();
    await crm.subscribe('extension1000');
    await site.caller('0001', from('2000'));
    const missed = await deaf.ring();
    await unplugged.ring();
    unplugged.unplug();
    expect(await missed.ended()).toMatchObject({ how: 'cancel', by: 'far end' });
    expect(Number((await site.logged('RINGNOANSWER')).data[0])).toBeGreaterThanOrEqual(9_900);
    // The item of the one who did not answer is gone before the next one's comes.
    const item = await crm.next('item', ({ payload }) => payload.includes('state="ended"'));
    expect(await crm.next('retract')).toMatchObject({ id: item.id });
    await site.logged('RINGNOANSWER', 2);
    expect(await site.calls()).toMatchObject([{ position: 1 }]);
    const late = await site.phone('3000', { behaviour: answers(0, 300) });
    await late.ring();
    await site.logged('COMPLETEAGENT');
    expect(await story()).toEqual([
      'ENTERQUEUE',
      'RINGNOANSWER 1000',
      'RINGNOANSWER 2000',
      'CONNECT 3000',
      'COMPLETEAGENT 3000',
    ]);
  });

  test('two phones of one extension: both ring, one answers, the other stops', async () => {
    const [desk, mobile] = await Promise.all([site.phone('1000'), site.phone('1000')]);
    await site.onDuty('1000');
    const caller = await site.caller('0001', from('2000'));
    const [atDesk, atMobile] = await Promise.all([desk.ring(), mobile.ring()]);
    await atMobile.answer();
    expect(await atDesk.ended()).toMatchObject({ by: 'far end', how: 'cancel' });
    await atMobile.hangup();
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    expect(await story()).toEqual(['ENTERQUEUE', 'CONNECT 1000', 'COMPLETEAGENT 1000']);
  });
});

describe('who is next', () => {
  test('the member whose last hang-up is oldest, also after the application was started again', async () => {
    const numbers = ['1000', '2000', '3000'];
    const phones = await Promise.all(numbers.map((number) => site.phone(number, { behaviour: answers(0, 50) })));
    await site.onDuty(...numbers);
    const serve = async (callers: readonly string[]): Promise<void> => {
      for (const number of callers) {
        const caller = await site.caller('0001', from(number));
        await caller.ended();
        await caller.close();
        await site.untilNoCalls();
      }
    };
    await serve(['1', '2', '3', '4']);
    expect(await site.restartApp()).toMatchObject({ status: 0 });
    await serve(['5', '6', '7']);
    const served = phones.map(({ rings }) => rings.map(({ caller }) => caller.number).join());
    expect(served).toEqual(['1,4,7', '2,5', '3,6']);
  });

  test('two callers and one member: first come, first served, and the second at once', async () => {
    const phone = await site.phone('1000');
    await site.onDuty('1000');
    const first = await site.caller('0001', from('2001'));
    const ring = await phone.ring();
    const second = await site.caller('0001', from('2002'));
    await site.untilPhase('waiting', ({ position }) => position === 2);
    await ring.answer();
    await site.untilPhase('waiting', ({ position }) => position === 1);
    phone.behave(answers(0, 200));
    await ring.hangup();
    const next = await phone.ring();
    expect([ring.caller.number, next.caller.number]).toEqual(['2001', '2002']);
    // By the application's own clock: what a phone or Asterisk takes is no wait in the queue.
    const [{ wait_ms: waitMs } = { wait_ms: Number.NaN }] = await site.sql<{ wait_ms: number }>(
      'select extract(epoch from max(started_at) - min(ended_at))::float * 1000 as wait_ms from (select * from ring_attempt order by started_at desc limit 2) two',
    );
    expect(waitMs).toBeLessThan(2_000);
    await Promise.all([first.ended(), second.ended()]);
  });
});

describe('a caller who hangs up', () => {
  test('in the welcome, in the menu, in the code: nothing is left, nothing is written', async () => {
    const leaveAt = async (prompt: 'welcome' | 'ivr_menu' | 'inform_code'): Promise<void> => {
      const caller = await site.caller('0000', from('2000'));
      if (prompt === 'inform_code') {
        await caller.hears('welcome', { headMs: 1_000, limitMs: 20_000 });
        await caller.press('1');
      }
      await caller.hears(prompt, { headMs: 1_000, limitMs: 20_000 });
      if (prompt === 'inform_code') {
        const { length } = site.app.log;
        await caller.press('11');
        await site.app.says('two digits', ({ to }) => to === 'code-digits', { from: length });
      }
      await caller.hangup();
    };
    await Promise.all([leaveAt('welcome'), leaveAt('ivr_menu'), leaveAt('inform_code')]);
    await site.untilNoCalls();
    expect(await story()).toEqual([]);
  });

  test('waiting, ringing, talking: ABANDON, the ring is cancelled, COMPLETECALLER', async () => {
    const chat = await site.chat('user1');
    const phone = await site.phone('1000');
    const waiting = await site.caller('0001', from('2001'));
    await site.untilPhase('waiting');
    await waiting.hangup();
    await site.logged('ABANDON');

    await site.onDuty('1000');
    const ringing = await site.caller('0001', from('2002'));
    const ring = await phone.ring();
    await ringing.hangup();
    expect(await ring.ended()).toMatchObject({ how: 'cancel', by: 'far end' });
    await site.logged('ABANDON', 2);
    const told = await chat.next('message', ({ body }) => /gave up/.test(body));
    expect(told.body).toContain('2002');

    phone.behave(answers());
    const talking = await site.caller('0001', from('2003'));
    const talk = await phone.ring();
    await site.untilPhase('talking');
    await talking.hangup();
    expect(await talk.ended()).toMatchObject({ how: 'bye', by: 'far end' });
    await site.logged('COMPLETECALLER');
    expect(await story()).toEqual([
      'ENTERQUEUE',
      'ABANDON',
      'ENTERQUEUE',
      'RINGCANCELED 1000',
      'ABANDON',
      'ENTERQUEUE',
      'CONNECT 1000',
      'COMPLETECALLER 1000',
    ]);
  });

  test('in the same instant as the member: one end is booked, and both are free', async () => {
    const phone = await site.phone('1000', { behaviour: answers() });
    await site.onDuty('1000');
    for (let round = 1; round <= 5; round += 1) {
      const caller = await site.caller('0001', from(`200${round}`));
      const ring = await phone.ring();
      await site.untilPhase('talking');
      await Promise.all([caller.hangup(), ring.hangup()]);
      await site.untilNoCalls();
      const ends = async () => (await story()).filter((line) => line.startsWith('COMPLETE'));
      await eventually('the end to be booked', async () => (await ends()).length >= round);
      expect(await ends()).toHaveLength(round);
      await site.untilDevice('1000', 'NOT_INUSE');
    }
  });
});

test('JIDs that no server knows: the phone rings, and the others are told', async () => {
  const before = await site.sql<{ number: string; jid: string }>('select number, jid from extension');
  const phone = await site.phone('1000', { behaviour: answers(0, 200) });
  const chat = await site.chat('user3');
  try {
    await site.sql("update extension set jid = 'nobody@' || $1 where number = '1000'", [site.env.XMPP_DOMAIN]);
    await site.sql("update extension set jid = 'nobody@nowhere.invalid' where number = '2000'");
    await site.login('1000', '2000', '3000');
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await site.caller('0002', from('2000'));
    expect((await chat.next('message')).body).toContain('Company 1');
    await phone.ring();
    await caller.ended();
    expect((await site.readiness())?.missing).toEqual([]);
  } finally {
    for (const { number, jid } of before)
      await site.sql('update extension set jid = $2 where number = $1', [number, jid]);
  }
});
