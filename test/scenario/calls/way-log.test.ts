import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const queueLog = { hasIvr: true, hasCallerName: false, hasRestrictedCallerId: true };

/** A caller's lines in words, up to the place in the queue. */
function wayOf(center: CallCenter, caller: FakeCaller): string[] {
  return center.store.log
    .filter(({ callid }) => callid === caller.channelId)
    .map(({ queuename, event, data }) => [queuename, event, ...data].join(' '));
}

describe("The caller's way in queue_log", () => {
  test('from the number that was dialled to the queue', async () => {
    const center = await CallCenter.open({ settings: { queueLog } });
    const caller = await center.calls({ number: '2000', dialled: '0000' });
    caller.press('7');
    await center.clock.settle();
    caller.press('1');
    await center.clock.settle();
    expect(wayOf(center, caller)).toEqual([
      `NONE DID 0000`,
      `NONE INFO IVRSTART 2000 0000`,
      'NONE INFO IVR main',
      'NONE INFO IVRAPPEND 7 main',
      'NONE INFO IVRAPPEND 1 main',
      'NONE INFO IVRGOAL support',
      'support ENTERQUEUE  2000 1',
    ]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('straight into the queue only the number that was dialled; of a member at the desk nothing', async () => {
    const center = await CallCenter.open({ settings: { queueLog } });
    const caller = await center.entersSupport();
    expect(wayOf(center, caller).map((line) => line.split(' ')[1])).toEqual(['DID', 'ENTERQUEUE']);
    caller.hangsUp();
    const member = await center.calls({ args: ['login', 'support'] });
    await center.wait(1_000);
    expect(wayOf(center, member).filter((line) => !line.includes('MEMBER'))).toEqual([]);
  });

  test('no caller waits for it: not while the database takes its time, nor when it fails', async () => {
    const center = await CallCenter.open({ settings: { queueLog } });
    const slow = center.store.hold('record', 'late');
    const caller = await center.calls({ number: '2000', dialled: '0000' });
    caller.press('1');
    await center.wait(100);
    expect(center.log(caller)).toEqual(['ENTERQUEUE']);
    center.store.fail('record', 'unavailable', 2);
    slow.release();
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'DID', 'INFO', 'INFO']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is not written when it is not wanted', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls();
    caller.press('1');
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE']);
  });
});

test("A member's hold is in queue_log between CONNECT and COMPLETE", async () => {
  const center = await CallCenter.open({ members: ['1000'] });
  const caller = await center.entersSupport();
  center.phone('1000').picksUp();
  await center.wait(1_000);
  // As Asterisk tells of a phone that was not on hold, when it transfers.
  center.phone('1000').unholds();
  await center.wait(1_000);
  center.phone('1000').holds();
  await center.wait(3_000);
  center.phone('1000').unholds();
  await center.wait(1_000);
  center.phone('1000').hangsUp();
  await center.wait(100);
  const lines = center.store.log.filter(({ callid }) => callid === caller.channelId).slice(1);
  expect(lines.map(({ queuename, agent, event }) => `${queuename} ${agent} ${event}`)).toEqual([
    'support PJSIP/1000 CONNECT',
    'support PJSIP/1000 CALLERONHOLD',
    'support PJSIP/1000 CALLEROFFHOLD',
    'support PJSIP/1000 COMPLETEAGENT',
  ]);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});

describe('ENTERQUEUE', () => {
  const asks = { ...queueLog, hasIvr: false, hasCallerName: true, hasRestrictedCallerId: false };

  test.each([
    ['allowed_not_screened', { ...asks }, ['', '2000', '1', 'Alice']],
    ['prohib_passed_screen', { ...asks }, ['', '', '1']],
    ['prohib_passed_screen', { ...asks, hasRestrictedCallerId: true }, ['', '2000', '1', 'Alice']],
  ])('of a caller whose number is %s, as configured', async (presentation, settings, data) => {
    const center = await CallCenter.open({ settings: { queueLog: settings } });
    const variables = { 'CALLERID(pres)': presentation };
    const caller = await center.entersSupport({ number: '2000', name: 'Alice', variables });
    expect(center.store.log.find(({ event }) => event === 'ENTERQUEUE')?.data).toEqual(data);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
