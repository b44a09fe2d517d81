import { describe, expect, it } from '@jest/globals';
import { channelId, playbackId } from '../../../src/core/ids.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakePbx } from '../../support/fakes/fake-pbx.ts';

function setUp() {
  const clock = new FakeClock();
  const pbx = new FakePbx(clock);
  const events: PbxEvent[] = [];
  pbx.subscribe((event) => events.push(event));
  const digits = () => events.flatMap((event) => (event.type === 'dtmf' ? [event.digit] : [])).join('');
  const isDigit = (digit: string) => (event: PbxEvent) => event.type === 'dtmf' && event.digit === digit;
  return { clock, pbx, events, digits, isDigit, types: () => events.map(({ type }) => type) };
}

describe('the faults of the fake switch', () => {
  it('loses, repeats and swaps events, as often as it was told to', async () => {
    const { clock, pbx, digits, isDigit } = setUp();
    const caller = pbx.incomingCall();
    pbx.wire.loseEvents(isDigit('1'));
    pbx.wire.repeatEvents(isDigit('2'));
    pbx.wire.swapWithNext(isDigit('3'));
    caller.press('1123411');
    await clock.settle();
    expect(digits()).toBe('12243' + '11');
  });

  it('delays replies, so that events come long before them', async () => {
    const { clock, pbx, types } = setUp();
    const caller = pbx.incomingCall();
    pbx.wire.delayReplies(1000, 'answer');
    let isAnswered = false;
    const answer = pbx.answer(caller.channelId).then((presence) => {
      isAnswered = true;
      return presence;
    });
    await clock.advance(999);
    expect([types(), isAnswered]).toEqual([['stasis-start', 'channel-state'], false]);
    await clock.advance(1);
    expect(await answer).toBe('done');
  });

  it('delays events, so that replies come before them', async () => {
    const { clock, pbx, types } = setUp();
    const caller = pbx.incomingCall();
    await clock.settle();
    pbx.wire.delayEvents(500);
    expect(await pbx.answer(caller.channelId)).toBe('done');
    expect(types()).toEqual(['stasis-start']);
    await clock.advance(500);
    expect(types()).toEqual(['stasis-start', 'channel-state']);
  });

  it('refuses what it was told to refuse, without effect', async () => {
    const { pbx, clock } = setUp();
    const caller = pbx.incomingCall();
    pbx.wire.refuse('answer');
    await expect(pbx.answer(caller.channelId)).rejects.toMatchObject({ code: 'ARI_REFUSED' });
    expect(caller.isAnswered).toBe(false);
    expect(await pbx.answer(caller.channelId)).toBe('done');
    expect(pbx.wire.requests.map(({ name }) => name)).toEqual(['answer', 'answer']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on without the application: a caller who hangs up meanwhile is found gone afterwards', async () => {
    const { clock, pbx, types } = setUp();
    const [stays, leaves] = [pbx.incomingCall(), pbx.incomingCall()];
    await pbx.play({ channelId: stays.channelId, playbackId: playbackId('p'), media: ['sound:long'] });
    pbx.wire.delayReplies(1000);
    const lost = expect(pbx.answer(leaves.channelId)).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
    pbx.losesConnection();
    await lost;
    leaves.hangsUp();
    await clock.advance(5000);
    pbx.wire.delayReplies(0);
    pbx.reconnects();
    expect((await pbx.snapshot()).channels.map(({ channelId }) => channelId)).toEqual([stays.channelId]);
    // That the call was answered was on its way, and lost with the connection.
    expect(types().slice(2)).toEqual(['disconnected', 'playback-finished', 'connected']);
  });

  it('forgets every call when Asterisk restarts', async () => {
    const { clock, pbx, types } = setUp();
    const caller = pbx.incomingCall();
    await clock.settle();
    pbx.restarts();
    await clock.settle();
    expect(types()).toEqual(['stasis-start', 'disconnected', 'connected']);
    expect(caller.isGone).toBe(true);
    expect(await pbx.snapshot()).toEqual({ channels: [], bridges: [] });
    expect(pbx.leftovers()).toEqual({ channels: 0, bridges: 0, playbacks: 0, notes: 0 });
  });
});

describe('the phones of the fake switch', () => {
  it('answer by themselves, are picked up by hand, show who calls, and are in use meanwhile', async () => {
    const { clock, pbx } = setUp();
    const caller = pbx.incomingCall();
    const phone = pbx.phone('1000').rings();
    const [endpoint = ''] = await pbx.contacts('PJSIP/1000', caller.channelId);
    const callerId = { number: '2000', name: 'Support' };
    await pbx.createChannel({ channelId: channelId('leg'), endpoint, appArgs: ['member'], callerId });
    expect(phone.ringing).toHaveLength(1);
    await pbx.dial(channelId('leg'), { timeoutMs: 20_000 });
    expect(await pbx.watchDevice('PJSIP/1000')).toBe('RINGING');
    phone.picksUp();
    await clock.settle();
    expect(phone.shown).toEqual([callerId]);
    expect(await pbx.watchDevice('PJSIP/1000')).toBe('INUSE');
    phone.setState('ONHOLD');
    expect(await pbx.watchDevice('PJSIP/1000')).toBe('ONHOLD');
    phone.setState(null).hangsUp();
    expect(await pbx.watchDevice('PJSIP/1000')).toBe('NOT_INUSE');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the fake clock', () => {
  it('runs timers in their order, and what they set going before the next', async () => {
    const clock = new FakeClock(0);
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b ${clock.now()}`));
    clock.after(10, () => {
      ran.push(`a ${clock.now()}`);
      void Promise.resolve().then(() => clock.after(5, () => ran.push(`c ${clock.now()}`)));
    });
    const cancel = clock.after(15, () => ran.push('never'));
    cancel();
    await clock.advance(30);
    expect(ran).toEqual(['a 10', 'c 15', 'b 20']);
    expect([clock.now(), clock.pendingTimers]).toEqual([30, 0]);
    await expect(clock.advanceUntil(() => false, 'nothing', { limitMs: 100 })).rejects.toThrow('in vain for: nothing');
  });
});
