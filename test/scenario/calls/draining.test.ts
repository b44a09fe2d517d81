import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const unavailable = ['next', 'UNAVAILABLE'];

describe('drained, without another process', () => {
  test('who waits goes back to the dialplan, with the closing line and QUEUESTATUS=UNAVAILABLE', async () => {
    const center = await CallCenter.open();
    const callers = [await center.entersSupport(), await center.entersSupport()];
    await center.wait(5_000);
    center.application.drain({ to: 'dialplan' });
    await center.wait(100);
    for (const caller of callers) {
      expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(unavailable);
      expect(caller.variable('QUEUEWAIT')).toBe('5');
      expect(center.log(caller)).toEqual(['ENTERQUEUE', 'WITHDRAW']);
    }
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('who comes now is sent back at once: to the queue, to the menu', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.application.drain({ to: 'dialplan' });
    for (const caller of [await center.entersSupport(), await center.calls()]) {
      await center.wait(100);
      expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(unavailable);
    }
    expect(center.log()).toEqual([]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('members may still log out', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.application.drain({ to: 'dialplan' });
    await center.calls({ endpoint: '1000', args: ['logout', 'support'] });
    await center.wait(10_000);
    expect(center.application.room.board.loggedIn()).toEqual([]);
  });

  test('who talks talks on, and nothing is left when they have hung up', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.application.drain({ to: 'dialplan' });
    let isDrained = false;
    const drained = center.application.calls.drained().then(() => {
      isDrained = true;
    });
    await center.wait(60_000);
    expect([caller.talksTo, isDrained]).toEqual([['PJSIP/1000'], false]);
    center.phone('1000').hangsUp();
    await center.wait(100);
    await drained;
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a ring is finished: answered they talk, missed the caller goes back to the dialplan', async () => {
    for (const isAnswered of [true, false]) {
      const center = await CallCenter.open({ members: ['1000', '1001'] });
      const caller = await center.entersSupport();
      center.application.drain({ to: 'dialplan' });
      await center.wait(1_000);
      expect(center.ringing()).toEqual(['1000']);
      if (isAnswered) center.phone('1000').picksUp();
      else center.phone('1000').hangsUp();
      await center.wait(1_000);
      expect(center.ringing()).toEqual([]);
      if (isAnswered) {
        expect(caller.talksTo).toEqual(['PJSIP/1000']);
        caller.hangsUp();
        await center.wait(100);
      } else {
        expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(unavailable);
        expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'WITHDRAW']);
      }
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    }
  });

  test('in the menu: the step is finished, then the dialplan', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.calls();
    await center.wait(100);
    center.application.drain({ to: 'dialplan' });
    await center.wait(100);
    expect(caller.continuedTo).toBeNull();
    await center.wait(30_000);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(unavailable);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('taken back: calls are taken and matched again, also after Asterisk was lost meanwhile', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.application.drain({ to: 'dialplan' });
    center.pbx.losesConnection();
    center.pbx.reconnects();
    await center.wait(1_000);
    center.application.cancelDrain();
    const caller = await center.entersSupport();
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('handed over to another process', () => {
  test('no new match while rings are finished, and nobody is sent away', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    center.phone('1001').setState('INUSE');
    const first = await center.entersSupport();
    center.application.drain({ to: 'process' });
    center.phone('1001').setState(null);
    const second = await center.entersSupport();
    await center.wait(2_000);
    expect([center.ringing(), first.continuedTo, second.continuedTo]).toEqual([['1000'], null, null]);
    center.application.cancelDrain();
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000', '1001']);
  });

  test('everybody stays in Asterisk, and the next process goes on with all of them: talking, waiting, in the menu, just come', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const talking = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    const waiting = await center.entersSupport();
    const inMenu = await center.calls();
    await center.wait(500);
    center.application.drain({ to: 'process' });
    center.application.handOver();
    const coming = await center.entersSupport();
    await center.stops(20_000);
    const callers = [talking, waiting, inMenu, coming];
    expect(callers.map(({ continuedTo, isGone }) => [continuedTo, isGone])).toEqual(callers.map(() => [null, false]));
    await center.restarts();
    await center.wait(2_000);
    expect(talking.talksTo).toEqual(['PJSIP/1000']);
    expect([center.holdSound(waiting), center.holdSound(coming)]).toEqual(['a', 'a']);
    expect(center.log(coming)).toEqual(['ENTERQUEUE']);
    inMenu.press('1');
    await center.wait(3_000);
    expect(center.log(inMenu)).toEqual(['ENTERQUEUE']);
    for (const caller of callers) caller.hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
