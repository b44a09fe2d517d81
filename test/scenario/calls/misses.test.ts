import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const rows = (center: CallCenter, event: string) => center.store.log.filter((row) => row.event === event);
const PLAIN = { autopause: 'yes', ringTimeoutMs: 10_000 } as const;

describe('a member who does not answer', () => {
  test('is put aside, the next one is rung, and comes back without doing anything (B3)', async () => {
    const center = await CallCenter.open({
      members: ['1000', '1001'],
      queue: { notPresentPenaltyMs: 60_000, ringTimeoutMs: 10_000 },
    });
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    await center.wait(10_000);
    expect(center.ringing()).toEqual(['1001']);
    await center.wait(10_000);
    const asideUntil = (await center.store.memberships()).map(({ asideUntilMs }) => asideUntilMs);
    expect(asideUntil.every((untilMs) => untilMs !== null)).toBe(true);
    await center.wait(20_000);
    expect([center.ringing(), caller.isGone]).toEqual([[], false]);
    await center.wait(31_000);
    expect(center.ringing()).toEqual(['1000']);
    expect(rows(center, 'PAUSE')).toEqual([]);
    const told = center.announcer.chats.get('member1000@example.test') ?? [];
    expect(told.map(({ what }) => what)).toEqual(['entered', 'chosen', 'missed', 'putAside', 'chosen']);
    center.phone('1000').picksUp();
    await center.clock.settle();
    expect((await center.store.memberships()).map(({ asideUntilMs }) => asideUntilMs === null)).toContain(true);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is not offered to another caller while aside', async () => {
    const center = await CallCenter.open({
      members: ['1000'],
      queue: { notPresentPenaltyMs: 60_000, ringTimeoutMs: 10_000 },
    });
    const first = await center.entersSupport();
    await center.wait(10_000);
    const second = await center.entersSupport();
    expect(center.ringing()).toEqual([]);
    await center.wait(59_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(2_000);
    expect(center.ringing()).toEqual(['1000']);
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('AP1: is paused in the queue, told so, and rung again after the end of the pause', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: PLAIN });
    const caller = await center.entersSupport();
    await center.wait(10_000);
    expect(rows(center, 'PAUSE').map(({ agent, callid, data }) => [agent, callid, ...data])).toEqual([
      ['PJSIP/1000', 'NONE', 'Auto-Pause'],
    ]);
    await center.wait(60_000);
    expect(center.ringing()).toEqual([]);
    const [aside] = (center.announcer.chats.get('member1000@example.test') ?? []).filter(
      ({ what }) => what === 'putAside',
    );
    expect(aside).toMatchObject({ queue: 'support', how: { type: 'paused', in: 'queue' } });
    center.store.setPaused('support', '1000', false);
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('AP3: who is busy or rejects is not paused, and is told nothing', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: PLAIN });
    // The way that Asterisk 16.28 sometimes tells of it: at the end it says "normal clearing".
    center.phone('1000').hasContacts({ type: 'refuse', causeCode: 17, endCode: 16, afterMs: 50 });
    center.phone('1001').rejects();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'RINGNOANSWER']);
    expect((await center.store.memberships()).map(({ isPaused }) => isPaused)).toEqual([false, false]);
    expect(rows(center, 'PAUSE')).toEqual([]);
    expect(center.told().filter((what) => what === 'missed' || what === 'putAside')).toEqual([]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a ring that the caller or another member ends is no miss', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { ...PLAIN, notPresentPenaltyMs: 60_000 } });
    const caller = await center.entersSupport();
    await center.wait(5_000);
    caller.hangsUp();
    await center.clock.settle();
    expect((await center.store.memberships()).map(({ isPaused, asideUntilMs }) => [isPaused, asideUntilMs])).toEqual([
      [false, null],
    ]);
    expect(center.told()).not.toContain('missed');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('announce: nobody is respected', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: PLAIN, settings: { announce: 'nobody' } });
    const caller = await center.entersSupport();
    await center.wait(11_000);
    expect(rows(center, 'PAUSE')).toHaveLength(1);
    expect(center.announcer.chats.size).toBe(0);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('while the database is away the caller waits on, and what follows is done when it is back', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: PLAIN });
    const caller = await center.entersSupport();
    center.store.setAway(true);
    await center.wait(11_000);
    expect(caller.isGone).toBe(false);
    center.store.setAway(false);
    caller.hangsUp();
    await center.wait(1_000);
    expect(center.application.calls.size).toBe(0);
  });
});
