import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

// What a call, or its queue for it, asks of members and places, and how time changes that.
expectNoUnhandledRejections();

async function expectNothingLeft(center: CallCenter, ...callers: FakeCaller[]): Promise<void> {
  for (const caller of callers) if (!caller.isGone) caller.hangsUp();
  await center.wait(500);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
}

/** Members who can do so much English. */
async function linguists(english: Readonly<Record<string, number>>, queue: Partial<QueueSettings> = {}) {
  const center = await CallCenter.open({ queue });
  for (const [number, level] of Object.entries(english)) {
    center.store.addExtension({ ...memberExtension(number), skills: { english: level } });
    await center.logsIn(number);
  }
  return center;
}

async function setPenalty(center: CallCenter, number: string, penalty: number): Promise<void> {
  const extension = memberExtension(number);
  await center.application.memberships.setPenalty({ queue: queueName('support'), extension, penalty });
}

const customer = { CUSTOMER_CODE: '1111' };
const BY_CODE = { customerCodeLookup: 'customer' };

describe('penalties that the dialplan sets', () => {
  test('P1 QUEUE_MIN_PENALTY and QUEUE_MAX_PENALTY: nobody outside of them is rung', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'], queue: { ringTimeoutMs: 10_000 } });
    for (const [number, penalty] of Object.entries({ '1000': 1, '1001': 3, '1002': 6 }))
      await setPenalty(center, number, penalty);
    const variables = { QUEUE_MIN_PENALTY: '2', QUEUE_MAX_PENALTY: '5' };
    const caller = await center.entersSupport({ variables });
    expect(center.ringing()).toEqual(['1001']);
    await center.wait(12_000);
    expect(center.ringing()).toEqual([]);
    const other = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller, other);
  });

  test('P3 the rule of the queue widens them while the caller waits, without anything else happening', async () => {
    const penaltyRule = [{ afterMs: 30_000, max: { type: 'add', value: 4 } as const, min: null, raise: null }];
    const center = await CallCenter.open({ members: ['1000'], queue: { penaltyRule } });
    await setPenalty(center, '1000', 6);
    const limited = await center.entersSupport({ variables: { QUEUE_MAX_PENALTY: '2' } });
    await center.wait(29_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_500);
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, limited);
  });
});

describe('skills that a call asks for', () => {
  test('QUEUE_SKILLS: only members who can do as much are rung, and who cannot serves the next caller', async () => {
    const center = await linguists({ '1000': 30, '1001': 80 });
    const english = await center.entersSupport({ variables: { QUEUE_SKILLS: 'english>=50' } });
    const any = await center.entersSupport({ number: '2001' });
    expect(center.phone('1001').shown.map(({ number }) => number)).toEqual(['2000']);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001']);
    await expectNothingLeft(center, english, any);
  });

  test("the queue's rule relaxes them with waiting: nobody who can do it is there, and after a minute who is there is rung", async () => {
    const skillRule = [
      { afterMs: 0, needs: { english: 50 } },
      { afterMs: 60_000, needs: { english: 20 } },
    ];
    const center = await linguists({ '1000': 30 }, { skillRule });
    const caller = await center.entersSupport({ variables: { QUEUE_SKILLS: 'english>=90' } });
    const behind = await center.entersSupport({ number: '2001' });
    await center.wait(59_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_100);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2000']);
    await expectNothingLeft(center, caller, behind);
  });

  test('a member who has learnt meanwhile is rung at once', async () => {
    const center = await linguists({ '1000': 30 });
    const caller = await center.entersSupport({ variables: { QUEUE_SKILLS: 'english>=50' } });
    await center.wait(1_000);
    expect(center.ringing()).toEqual([]);
    center.store.addExtension({ ...memberExtension('1000'), skills: { english: 60 } });
    await center.wait(300);
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller);
  });

  test('they outlast the process: the next one asks for the same', async () => {
    const center = await linguists({ '1000': 30 });
    const caller = await center.entersSupport({ variables: { QUEUE_SKILLS: 'english>=50' } });
    await center.restarts();
    await center.wait(1_000);
    expect([center.ringing(), center.holdSound(caller)]).toEqual([[], 'a']);
    center.store.addExtension({ ...memberExtension('1000'), skills: { english: 60 } });
    await center.wait(300);
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller);
  });
});

describe('a known member for a known customer', () => {
  async function known(queue: Partial<QueueSettings>, fields: Record<string, string> = {}) {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue, settings: BY_CODE });
    center.directory.addCustomer('1111', { id: '1', name: 'Company 1', fields });
    return center;
  }

  test('is rung first though another one has waited longer for a call', async () => {
    const center = await known({ knownMember: { by: { field: 'agent' }, exclusiveMs: 0 } }, { agent: '1001' });
    const stranger = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    stranger.hangsUp();
    await center.wait(100);
    const caller = await center.entersSupport({ variables: customer });
    expect(center.ringing()).toEqual(['1001']);
    await expectNothingLeft(center, caller);
  });

  test('while they talk nobody else is rung for so long, and then whoever is free', async () => {
    const center = await known({ knownMember: { by: { field: 'agent' }, exclusiveMs: 20_000 } }, { agent: '1001' });
    center.phone('1001').setState('INUSE');
    const caller = await center.entersSupport({ variables: customer });
    await center.wait(19_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_500);
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller);
  });

  test('by the last call: who talked to the customer is rung when they call again, also after a restart', async () => {
    const center = await known({ knownMember: { by: 'last-call', exclusiveMs: 20_000 } });
    const first = await center.entersSupport({ variables: customer });
    center.phone('1000').picksUp();
    await center.wait(2_000);
    first.hangsUp();
    await center.wait(10_000);
    await center.restarts();
    const again = await center.entersSupport({ variables: customer, number: '2009' });
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, again);
  });

  test('who is logged out keeps nobody waiting', async () => {
    const center = await known({ knownMember: { by: { field: 'agent' }, exclusiveMs: 20_000 } }, { agent: '1002' });
    const caller = await center.entersSupport({ variables: customer });
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller);
  });
});

describe('places in the line', () => {
  const shown = (center: CallCenter) => center.phone('1000').shown.map(({ number }) => number);

  test('PR2 QUEUE_POSITION asks for a place behind callers of higher priority', async () => {
    const center = await CallCenter.open();
    const callers = [
      await center.entersSupport({ number: '2000', variables: { QUEUE_PRIO: '5' } }),
      await center.entersSupport({ number: '2001' }),
      await center.entersSupport({ number: '2002', variables: { QUEUE_POSITION: '1' } }),
    ];
    await center.logsIn('1000');
    for (let call = 0; call < 3; call++) {
      center.phone('1000').picksUp();
      await center.wait(200);
      center.phone('1000').hangsUp();
      await center.wait(200);
    }
    expect(shown(center)).toEqual(['2000', '2002', '2001']);
    await expectNothingLeft(center, ...callers);
  });

  test('priority weighed with age: who has waited long enough goes before one of higher priority', async () => {
    const center = await CallCenter.open({ queue: { ageWeightMs: 30_000 } });
    const old = await center.entersSupport({ number: '2000' });
    await center.wait(31_000);
    const young = await center.entersSupport({ number: '2001', variables: { QUEUE_PRIO: '1' } });
    const urgent = await center.entersSupport({ number: '2002', variables: { QUEUE_PRIO: '3' } });
    await center.logsIn('1000');
    for (let call = 0; call < 3; call++) {
      center.phone('1000').picksUp();
      await center.wait(200);
      center.phone('1000').hangsUp();
      await center.wait(200);
    }
    expect(shown(center)).toEqual(['2002', '2000', '2001']);
    await expectNothingLeft(center, old, young, urgent);
  });

  test.each([
    { calls: 'within 60 s: has the old place back', afterMs: 59_000, first: '2000' },
    { calls: 'later: stands behind the others', afterMs: 61_000, first: '2001' },
  ])('who was cut off calls again $calls', async ({ afterMs, first }) => {
    const center = await CallCenter.open();
    const cutOff = await center.entersSupport({ number: '2000' });
    const other = await center.entersSupport({ number: '2001' });
    await center.wait(1_000);
    cutOff.hangsUp();
    await center.wait(afterMs);
    const again = await center.entersSupport({ number: '2000' });
    await center.logsIn('1000');
    expect(shown(center)).toEqual([first]);
    await expectNothingLeft(center, other, again);
  });
});

describe('how long phones ring', () => {
  const refusal = { members: ['1000', '1001'], queue: { ringTimeoutMs: 10_000 } };

  test('T1 no longer than the caller may wait; T2 conf: to the end of the ring, and only then the caller leaves', async () => {
    for (const { timeoutPriority, endsAtMs } of [
      { timeoutPriority: 'app', endsAtMs: 5_000 },
      { timeoutPriority: 'conf', endsAtMs: 15_000 },
    ] as const) {
      const center = await CallCenter.open({ members: ['1000'], queue: { maxWaitMs: 5_000, timeoutPriority } });
      const caller = await center.entersSupport();
      await center.wait(endsAtMs - 100);
      expect([center.ringing(), caller.continuedTo]).toEqual([['1000'], null]);
      await center.wait(200);
      expect(center.log(caller)).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'EXITWITHTIMEOUT']);
      await expectNothingLeft(center, caller);
    }
  });

  test('S3 who refuses at once leaves the next one the rest of the ring time; T4 timeout-restart: all of it', async () => {
    for (const { timeoutRestart, restMs } of [
      { timeoutRestart: false, restMs: 6_000 },
      { timeoutRestart: true, restMs: 10_000 },
    ]) {
      const center = await CallCenter.open({ ...refusal, queue: { ...refusal.queue, timeoutRestart } });
      center.phone('1000').isBusy({ afterMs: 4_000 });
      const caller = await center.entersSupport();
      await center.wait(4_000 + restMs - 200);
      expect(center.ringing()).toEqual(['1001']);
      await center.wait(400);
      expect(center.ringing()).not.toContain('1001');
      await expectNothingLeft(center, caller);
    }
  });
});

describe('T5 one pass', () => {
  test.each([
    { strategy: 'rrmemory', rung: ['1000', '1001'] },
    { strategy: 'linear', rung: ['1000', '1001'] },
    { strategy: 'leastrecent', rung: ['1000'] },
  ])('$strategy: the caller leaves after it with EXITWITHTIMEOUT', async ({ strategy, rung }) => {
    const queue = { strategy, onePass: true, ringTimeoutMs: 5_000 };
    const center = await CallCenter.open({ members: ['1000', '1001'], queue });
    const caller = await center.entersSupport();
    await center.wait(5_100 * rung.length);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'TIMEOUT']);
    expect(center.log()).toEqual(['ENTERQUEUE', ...rung.map(() => 'RINGNOANSWER'), 'EXITWITHTIMEOUT']);
    expect(['1000', '1001'].filter((number) => center.phone(number).shown.length > 0)).toEqual(rung);
    await expectNothingLeft(center, caller);
  });

  test('ringall: one attempt is all phones at once', async () => {
    const queue = { strategy: 'ringall', onePass: true, ringTimeoutMs: 5_000 };
    const center = await CallCenter.open({ members: ['1000', '1001'], queue });
    const caller = await center.entersSupport();
    await center.wait(5_100);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'RINGNOANSWER', 'EXITWITHTIMEOUT']);
    await expectNothingLeft(center, caller);
  });

  test('a member who answers is served as ever', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { onePass: true } });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    await expectNothingLeft(center, caller);
  });
});

test('state_interface: the device that the extension names decides, and a change of it is taken up', async () => {
  const center = await CallCenter.open();
  const named = (stateInterface: string | null) =>
    center.store.addExtension({ ...memberExtension('1000'), stateInterface });
  named('PJSIP/1003');
  await center.logsIn('1000');
  center.phone('1003').setState('INUSE');
  const caller = await center.entersSupport();
  expect(center.ringing()).toEqual([]);
  center.phone('1003').setState('NOT_INUSE');
  await center.clock.settle();
  expect(center.ringing()).toEqual(['1000']);
  caller.hangsUp();
  await center.wait(100);
  center.phone('1003').setState('INUSE');
  const next = await center.entersSupport();
  expect(center.ringing()).toEqual([]);
  named(null);
  await center.wait(300);
  expect(center.ringing()).toEqual(['1000']);
  expect(center.application.room.board.heldBy(extensionNumber('1000'))).toBeDefined();
  await expectNothingLeft(center, next);
});
