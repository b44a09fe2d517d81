import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { builtInStrategy } from '../../../src/core/queue/strategies.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { queueSettings } from '../../support/queue-people.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const SUPPORT = queueName('support');
const SALES = queueName('sales');

/** The phones that ring, one after another until all have had their turn, without anybody answering. */
async function turns(center: CallCenter, times: number, ringMs = 15_000): Promise<string[]> {
  const rung: string[] = [];
  for (let turn = 0; turn < times; turn++) {
    rung.push(center.ringing().join('+'));
    await center.wait(ringMs + 100);
  }
  return rung;
}

async function hasPenalty(center: CallCenter, number: string, penalty: number): Promise<void> {
  const extension = memberExtension(number);
  await center.store.setPenalty({ queue: SUPPORT, extension, penalty, atMs: center.clock.now() });
  center.store.announce({ type: 'membership', extension: extension.number });
  await center.wait(200);
}

async function done(center: CallCenter, ...callers: readonly FakeCaller[]): Promise<void> {
  for (const caller of callers) if (!caller.isGone) caller.hangsUp();
  await center.clock.settle();
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
}

describe('The strategy of the queue decides whose phone rings', () => {
  test.each([
    ['rrmemory', ['1002', '1000', '1001', '1002']],
    ['linear', ['1002', '1000', '1001', '1002']],
    ['ringall', ['1000+1001+1002', '1000+1001+1002', '1000+1001+1002', '1000+1001+1002']],
  ])('%s, for one caller whom nobody answers', async (strategy, expected) => {
    const center = await CallCenter.open({ members: ['1002', '1000', '1001'], queue: { strategy, retryMs: 0 } });
    const caller = await center.entersSupport();
    expect(await turns(center, 4)).toEqual(expected);
    await done(center, caller);
  });

  test('RR2: round robin goes on behind the member rung last, for the next caller and after a restart', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'], queue: { strategy: 'rrmemory' } });
    const first = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    first.hangsUp();
    await center.wait(1_000);
    await center.restarts();
    const second = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    await done(center, second);
  });

  test('RR3: linear begins with the first member for each caller', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { strategy: 'linear' } });
    for (const number of ['2000', '2001']) {
      const caller = await center.entersSupport({ number });
      expect(center.ringing()).toEqual(['1000']);
      caller.hangsUp();
      await center.wait(1_000);
    }
    await done(center);
  });

  test('another one counts at the next decision', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { strategy: 'ringall', retryMs: 0 } });
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000', '1001']);
    await center.isReconfigured({ strategy: 'linear', retryMs: 0 });
    expect(center.ringing()).toEqual(['1000', '1001']);
    await center.wait(15_100);
    expect(center.ringing()).toEqual(['1000']);
    await done(center, caller);
  });

  test('one that fails does not cost the call', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { strategy: 'unheard of' } });
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    expect(builtInStrategy('unheard of').name).toBe('leastrecent');
    await done(center, caller);
  });
});

describe('Penalties', () => {
  test('P1, P2: the dialplan says which members a caller may have, and whom it raises', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'], queue: { retryMs: 600_000 } });
    await hasPenalty(center, '1000', 5);
    await hasPenalty(center, '1001', 2);
    const caller = await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '1', QUEUE_MAX_PENALTY: '4' } });
    const raised = await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '3', QUEUE_RAISE_PENALTY: 'r4' } });
    expect(center.ringing()).toEqual(['1000', '1001']);
    expect(center.phone('1001').shown).toHaveLength(1);
    const all = await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '3', QUEUE_RAISE_PENALTY: '4' } });
    expect(center.ringing()).toEqual(['1000', '1001', '1002']);
    await done(center, caller, raised, all);
  });

  test('P3: a rule widens the limits when the caller has waited so long, not a second earlier', async () => {
    const penaltyRule = [{ afterMs: 30_000, min: null, max: { type: 'add', value: 5 }, raise: null }] as const;
    const center = await CallCenter.open({ members: ['1000'], queue: { penaltyRule } });
    await hasPenalty(center, '1000', 5);
    const caller = await center.entersSupport({ variables: { QUEUE_MAX_PENALTY: '0' } });
    await center.wait(29_900);
    expect(center.ringing()).toEqual([]);
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    await done(center, caller);
  });

  test('P3: who waits keeps the rule of entering', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    await hasPenalty(center, '1000', 5);
    const caller = await center.entersSupport({ variables: { QUEUE_MAX_PENALTY: '0' } });
    const penaltyRule = [{ afterMs: 0, min: null, max: { type: 'set', value: 9 }, raise: null }] as const;
    await center.isReconfigured({ penaltyRule });
    const later = await center.entersSupport({ number: '2001', variables: { QUEUE_MAX_PENALTY: '0' } });
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001']);
    await done(center, caller, later);
  });

  test('a penalty of 2^31, of -1 and of "high" keeps nobody from being served', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'] });
    const callers = [
      await center.entersSupport({ variables: { QUEUE_MAX_PENALTY: '2147483648' } }),
      await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '-1' } }),
      await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: 'high', QUEUE_RAISE_PENALTY: 'r' } }),
    ];
    expect(center.ringing()).toEqual(['1000', '1001', '1002']);
    await done(center, ...callers);
  });
});

describe('Skills', () => {
  test('the call is offered to who can do it, and to others when the rule relaxes', async () => {
    const skillRule = [
      { afterMs: 0, needs: { english: 50 } },
      { afterMs: 60_000, needs: { english: 20 } },
    ];
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { skillRule, retryMs: 600_000 } });
    center.store.addExtension({ ...memberExtension('1000'), skills: { english: 30 } });
    center.store.addExtension({ ...memberExtension('1001'), skills: { english: 80 } });
    await center.wait(200);
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    await center.wait(15_100);
    expect(center.ringing()).toEqual([]);
    await center.wait(44_800);
    expect(center.ringing()).toEqual([]);
    await center.wait(200);
    expect(center.ringing()).toEqual(['1000']);
    await done(center, caller);
  });

  test('QUEUE_SKILLS of the call come on top', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    center.store.addExtension({ ...memberExtension('1001'), skills: { billing: 1 } });
    await center.wait(200);
    const caller = await center.entersSupport({ variables: { QUEUE_SKILLS: 'billing' } });
    expect(center.ringing()).toEqual(['1001']);
    await done(center, caller);
  });
});

describe('Ring time', () => {
  test('S3: after a refusal the next member has what is left of the attempt', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { retryMs: 60_000 } });
    center.phone('1000').rejects({ afterMs: 10_000 });
    const caller = await center.entersSupport();
    await center.wait(10_100);
    expect(center.ringing()).toEqual(['1001']);
    await center.wait(5_000);
    expect(center.ringing()).toEqual([]);
    await done(center, caller);
  });

  test('T4: with timeoutrestart all of it', async () => {
    const center = await CallCenter.open({
      members: ['1000', '1001'],
      queue: { ringTimeoutMs: 15_000, timeoutRestart: true },
    });
    center.phone('1000').rejects({ afterMs: 10_000 });
    const caller = await center.entersSupport();
    await center.wait(10_100);
    await center.wait(14_000);
    expect(center.ringing()).toEqual(['1001']);
    await done(center, caller);
  });

  test.each([
    ['app', []],
    ['conf', ['1000']],
  ] as const)(
    'T1, T2, T3: timeoutpriority %s: rung still when the caller’s time is over: %j',
    async (timeoutPriority, rung) => {
      const center = await CallCenter.open({ members: ['1000'], queue: { maxWaitMs: 10_000, timeoutPriority } });
      const caller = await center.entersSupport();
      await center.wait(10_500);
      expect(center.ringing()).toEqual(rung);
      await center.wait(6_000);
      expect(center.log(caller)).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'EXITWITHTIMEOUT']);
      await done(center, caller);
    },
  );
});

describe('One pass (T5)', () => {
  test.each([
    ['leastrecent', 1],
    ['rrmemory', 2],
  ])('of %s with two members is over after so many attempts: %i', async (strategy, attempts) => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { strategy, onePass: true } });
    const caller = await center.entersSupport();
    await center.wait(attempts * 15_100 + 100);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', ...Array(attempts).fill('RINGNOANSWER'), 'EXITWITHTIMEOUT']);
    await done(center, caller);
  });
});

describe('Who goes first', () => {
  test('AF1: without autofill the second caller waits until the first is served', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { autofill: false } });
    const [first, second] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    expect(center.ringing()).toEqual(['1000']);
    center.phone('1000').picksUp();
    await center.clock.settle();
    expect(center.phone('1001').shown.map(({ number }) => number)).toEqual(['2001']);
    await done(center, first, second);
  });

  test('WG1: a member of two queues goes to the heavier one, though its caller came later', async () => {
    const queues = [queueSettings(), queueSettings({ name: SALES, weight: 5 })];
    const center = await CallCenter.open({ settings: { queues } });
    const light = await center.entersSupport({ number: '2000' });
    const heavy = await center.entersSupport({ number: '2001', args: ['queue', 'sales'] });
    center.phone('1000').rings();
    const extension = memberExtension('1000');
    const atMs = center.clock.now();
    for (const queue of [SUPPORT, SALES]) await center.store.login({ queue, extension, uniqueId: 'CLI', atMs });
    center.store.announce({ type: 'membership', extension: extension.number });
    await center.wait(200);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001']);
    heavy.hangsUp();
    await center.wait(200);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001', '2000']);
    await done(center, light);
  });

  test('RU2: with ringinuse a talking member is rung, too; without, not', async () => {
    for (const ringInUse of [true, false]) {
      const center = await CallCenter.open({ members: ['1000'], queue: { ringInUse } });
      const first = await center.entersSupport();
      center.phone('1000').picksUp();
      await center.wait(1_000);
      const second = await center.entersSupport({ number: '2001' });
      expect(center.ringing()).toEqual(ringInUse ? ['1000'] : []);
      await done(center, first, second);
    }
  });

  test('whoever knows the customer: their own member is waited for, then anybody', async () => {
    const knownMember = { by: { field: 'consultant' }, exclusiveMs: 20_000 };
    const settings = { customerCodeLookup: 'customers' };
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { knownMember }, settings });
    center.phone('1001').setState('INUSE');
    center.directory.addCustomer('1111', { id: '1', name: 'Company 1', fields: { consultant: '1001' } });
    const caller = await center.entersSupport({ variables: { CUSTOMER_CODE: '1111' } });
    expect(center.ringing()).toEqual([]);
    await center.wait(19_900);
    expect(center.ringing()).toEqual([]);
    await center.wait(200);
    expect(center.ringing()).toEqual(['1000']);
    await done(center, caller);
  });
});
