import { describe, expect, test } from '@jest/globals';
import type { AnnouncementSettings } from '../../../src/core/programme/announcement-settings.ts';
import { announcing, isAnsweredAfter, periodic } from '../../support/announcing.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

describe("announcements in the place of Asterisk's own music", () => {
  const plain = (changes: Partial<AnnouncementSettings> = {}) => ({
    ...announcing(changes),
    musicClass: 'plain',
    ringTimeoutMs: 200_000,
  });
  const POSITION_2 = ['sound:queueapp/position', 'sound:queueapp/ordinals/2'];

  test('the music stops, all of it is played in one go, and the music comes again', async () => {
    const center = await CallCenter.open({ queue: plain() });
    await isAnsweredAfter(center, 180_000);
    const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
    await center.wait(1_500);
    expect([bob.music, bob.heard]).toEqual(['plain', []]);
    await center.wait(1_500);
    expect([bob.music, bob.hears]).toEqual([null, POSITION_2[0]]);
    await center.wait(20_000);
    expect([bob.music, bob.hears]).toEqual(['plain', undefined]);
    const once = [
      ...POSITION_2,
      ...['sound:queueapp/hold_time', 'sound:queueapp/numbers/3', 'sound:queueapp/waiting/minute_many'],
      'sound:queueapp/thanks',
    ];
    expect(bob.heard).toEqual(once);
    await center.wait(30_000);
    expect(bob.heard).toEqual([...once, ...once.map((media) => media.replace('numbers/3', 'numbers/2'))]);
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a member who is found cuts it; the music plays while the phone rings, and nobody waits', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    expect(caller.hears).toBe('sound:queueapp/position_first');
    await center.logsIn('1000');
    expect([center.ringing(), caller.hears, caller.music]).toEqual([['1000'], undefined, 'plain']);
    center.phone('1000').picksUp();
    await center.wait(100);
    expect([caller.talksTo, caller.music]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a member who answers in the same instant in which it begins: they talk, without music', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(1_800);
    await center.logsIn('1000');
    center.phone('1000').picksUp();
    await center.wait(100);
    expect([caller.talksTo, caller.music, caller.hears]).toEqual([['PJSIP/1000'], null, undefined]);
    await center.wait(60_000);
    expect([caller.talksTo, caller.music, caller.hears]).toEqual([['PJSIP/1000'], null, undefined]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a member who is found while the music is still being stopped: nothing is said', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    center.pbx.wire.delayReplies(1_000, 'stopMusic');
    await center.wait(600);
    expect(caller.music).toBeNull();
    await center.logsIn('1000');
    await center.wait(1_000);
    expect([center.ringing(), caller.heard, caller.music]).toEqual([['1000'], [], 'plain']);
    caller.hangsUp();
    await center.wait(2_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk is out of reach in the middle of one: the music comes again with it', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    expect(caller.hears).toBe('sound:queueapp/position_first');
    center.pbx.losesConnection();
    await center.wait(10_000);
    expect(caller.music).toBeNull();
    center.pbx.reconnects();
    await center.wait(4_000);
    expect(caller.music).toBe('plain');
    caller.hangsUp();
    await center.wait(3_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk refuses a periodic one: the next one has its turn, not the same at once', async () => {
    const center = await CallCenter.open({ queue: plain({ frequencyMs: 0, ...periodic(20_000) }) });
    const caller = await center.entersSupport();
    center.pbx.wire.refuse('play', 1_000);
    await center.wait(90_000);
    const tries = center.pbx.wire.requests.filter(({ name }) => name === 'play').length;
    expect([caller.heard, caller.music, tries]).toEqual([[], 'plain', 4]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk refuses: the music goes on or comes again, and the next announcement has its turn', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.pbx.wire.refuse('play');
    await center.wait(5_000);
    expect([caller.heard, caller.music]).toEqual([[], 'plain']);
    await center.wait(30_000);
    expect(caller.heard).toEqual(['sound:queueapp/position_first', 'sound:queueapp/thanks']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the member did not answer: it is said again', async () => {
    const center = await CallCenter.open({ queue: { ...plain(), ringTimeoutMs: 5_000, retryMs: 60_000 } });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    await center.logsIn('1000');
    await center.wait(15_000);
    expect(caller.heard).toEqual([
      ...['sound:queueapp/position_first', 'sound:queueapp/position_first', 'sound:queueapp/thanks'],
    ]);
    expect(caller.music).toBe('plain');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('periodic ones by turns; the caller hangs up in the middle of one', async () => {
    const prompts = ['queueapp/stay_on_line', 'custom/offer'];
    const center = await CallCenter.open({ queue: plain({ frequencyMs: 0, ...periodic(10_000, prompts) }) });
    const caller = await center.entersSupport();
    await center.wait(30_500);
    expect(caller.heard).toEqual(['sound:queueapp/stay_on_line', 'sound:custom/offer', 'sound:queueapp/stay_on_line']);
    expect(caller.hears).toBe('sound:queueapp/stay_on_line');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('SIGTERM in the middle of one: Asterisk’s music until the next process', async () => {
    const center = await CallCenter.open({ queue: plain() });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    expect(caller.hears).toBe('sound:queueapp/position_first');
    await center.stops(20_000);
    expect([caller.music, caller.hears]).toEqual(['plain', undefined]);
    await center.wait(60_000);
    expect(caller.heard).toEqual(['sound:queueapp/position_first']);
    await center.begins();
    await center.wait(5_000);
    expect(caller.heard.at(-1)).toBe('sound:queueapp/thanks');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a recording that Asterisk does not have: the music goes on, and it is not tried again and again', async () => {
    const center = await CallCenter.open({ queue: plain({ frequencyMs: 0, ...periodic(20_000, ['custom/missing']) }) });
    center.pbx.setMedia('sound:custom/missing', 'missing');
    const caller = await center.entersSupport();
    await center.wait(50_000);
    expect(caller.music).toBe('plain');
    expect(caller.heard.length).toBeLessThanOrEqual(2);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
