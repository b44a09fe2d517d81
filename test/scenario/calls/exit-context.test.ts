import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const queue = { exitContext: 'qoutcon' };
/** A dialplan that knows these extensions in the context. */
const dialplan = (...extensions: string[]) => ({
  variables: Object.fromEntries(extensions.map((each) => [`DIALPLAN_EXISTS(qoutcon,${each},1)`, '1'])),
});

describe('K1 an extension of the exit context leads there', () => {
  test.each([
    ['waiting', []],
    ['while a member is rung', ['1000']],
  ])('%s: EXITWITHKEY with all digits, and on in the dialplan', async (_, members) => {
    const center = await CallCenter.open({ members, queue });
    const caller = await center.entersSupport(dialplan('12'));
    await center.wait(1_000);
    caller.press('1');
    await center.wait(500);
    expect([caller.continuedTo, center.log().at(-1)]).toEqual([null, 'ENTERQUEUE']);
    caller.press('2');
    await center.wait(500);
    expect(caller.continuedTo).toEqual({ context: 'qoutcon', extension: '12', priority: 1 });
    expect(center.store.log.at(-1)).toMatchObject({ event: 'EXITWITHKEY', data: ['12', '1', '1', '1'] });
    expect([caller.variable('QUEUESTATUS'), center.ringing()]).toEqual(['CONTINUE', []]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('as soon as the digits are one: longer ones that begin so are never reached, as in app_queue', async () => {
    const center = await CallCenter.open({ queue });
    const caller = await center.entersSupport(dialplan('1', '12'));
    caller.press('1');
    caller.press('2');
    await center.wait(500);
    expect(caller.continuedTo).toMatchObject({ extension: '1' });
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHKEY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('what leads nowhere is forgotten after a pause (where we differ: app_queue forgets it at the first wrong digit)', async () => {
    const center = await CallCenter.open({ queue });
    const caller = await center.entersSupport(dialplan('1'));
    caller.press('7');
    await center.wait(2_900);
    caller.press('1');
    await center.wait(2_900);
    expect(caller.continuedTo).toBeNull();
    await center.wait(200);
    caller.press('1');
    await center.wait(100);
    expect(caller.continuedTo).toMatchObject({ extension: '1' });
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('digits without end are forgotten, too', async () => {
    const center = await CallCenter.open({ queue });
    const caller = await center.entersSupport(dialplan('9'));
    for (const digit of '7'.repeat(20)) caller.press(digit);
    caller.press('9');
    await center.wait(100);
    expect(caller.continuedTo).toMatchObject({ extension: '9' });
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('exit keys go before it; a digit that leads nowhere is a key of the programme', async () => {
    const center = await CallCenter.open({ queue: { ...queue, exitKeys: { '0': 'hangup' } } });
    const caller = await center.entersSupport(dialplan('0', '5'));
    await center.wait(2_000);
    const before = center.holdSound(caller);
    caller.press('3');
    await center.wait(3_000);
    expect(center.holdSound(caller)).not.toBe(before);
    caller.press('0');
    await center.wait(500);
    expect([caller.isGone, caller.continuedTo]).toEqual([true, null]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('means nothing in a conversation, nor after the caller has hung up', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    const caller = await center.entersSupport(dialplan('1'));
    center.phone('1000').picksUp();
    await center.wait(1_000);
    caller.press('1');
    await center.wait(1_000);
    expect([caller.talksTo, caller.continuedTo]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    await center.wait(100);
    const other = await center.entersSupport(dialplan('1'));
    other.press('1');
    other.hangsUp();
    await center.wait(100);
    expect([other.continuedTo, center.log(other).at(-1)]).toEqual([null, 'ABANDON']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('an answer that comes late does not take a caller away from the member', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    const caller = await center.entersSupport(dialplan('1'));
    center.pbx.wire.delayReplies(1_000, 'getVariable');
    caller.press('1');
    center.phone('1000').picksUp();
    await center.wait(3_000);
    expect([caller.talksTo, caller.continuedTo]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
