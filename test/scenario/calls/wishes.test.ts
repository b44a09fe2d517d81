import { describe, expect, test } from '@jest/globals';
import { extensionNumber } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { memberViews } from '../../../stasis/calls/application-view.ts';
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

const customer = { CUSTOMER_CODE: '1111' };
const BY_CODE = { customerCodeLookup: 'customer' };

describe('skills that a call asks for', () => {
  test("what the call itself asks for relaxes with the queue's rule, too", async () => {
    const skillRule = [
      { afterMs: 0, needs: { english: 50 } },
      { afterMs: 60_000, needs: { english: 20 } },
    ];
    const center = await linguists({ '1000': 30 }, { skillRule });
    const caller = await center.entersSupport({ variables: { QUEUE_SKILLS: 'english>=90' } });
    await center.wait(59_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_100);
    expect(center.ringing()).toEqual(['1000']);
    await expectNothingLeft(center, caller);
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

describe('T5 one pass', () => {
  test('ringall: one attempt is all phones at once', async () => {
    const queue = { strategy: 'ringall', onePass: true, ringTimeoutMs: 5_000 };
    const center = await CallCenter.open({ members: ['1000', '1001'], queue });
    const caller = await center.entersSupport();
    await center.wait(5_100);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'TIMEOUT']);
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

test('state_interface: what a hint stands for is read again when that is asked for, and when Asterisk is back', async () => {
  const center = await CallCenter.open();
  const hint = 'hint:1000@internal';
  center.store.addExtension({ ...memberExtension('1000'), stateInterface: hint });
  center.phone('1002').setState('INUSE');
  center.pbx.setHint(hint, '1002');
  await center.logsIn('1000');
  const caller = await center.entersSupport();
  center.pbx.setHint(hint, '1003');
  await center.wait(1_000);
  expect(center.ringing()).toEqual([]);
  center.application.reloaded();
  await center.clock.settle();
  expect(center.ringing()).toEqual(['1000']);
  caller.hangsUp();
  await center.wait(500);
  center.pbx.setHint(hint, '1002');
  center.pbx.losesConnection();
  center.pbx.reconnects();
  await center.wait(500);
  const next = await center.entersSupport();
  expect(center.ringing()).toEqual([]);
  await expectNothingLeft(center, next);
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
  const [shown] = memberViews(center.application).filter(({ queues }) => queues.length > 0);
  expect(shown?.deviceState).toBe('INUSE');
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
