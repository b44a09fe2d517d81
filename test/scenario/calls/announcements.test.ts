import { describe, expect, test } from '@jest/globals';
import { announcing, isAnsweredAfter, periodic } from '../../support/announcing.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** What a caller hears said over the music at this moment. */
function told(center: CallCenter, caller: FakeCaller): string {
  const line = center.media.lineOf(caller.channelId);
  return (
    center
      .programmeOf(caller)
      ?.nowPlaying(line?.heardNow() ?? 0)
      .recordings.join(' ') ?? ''
  );
}

/** What is said to a caller within a time, looked at every 200 ms. */
async function saidWithin(center: CallCenter, caller: FakeCaller, ms: number): Promise<string[]> {
  const said: string[] = [];
  for (let waited = 0; waited < ms; waited += 200) {
    await center.wait(200);
    const now = told(center, caller);
    if (now !== '' && now !== said.at(-1)) said.push(now);
  }
  return said;
}

describe('announcements over the programme', () => {
  test('place, waiting time and thanks at once, and again after the frequency', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 200_000 } });
    await isAnsweredAfter(center, 180_000);
    const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
    expect(await saidWithin(center, bob, 20_000)).toEqual([
      'queueapp/position ordinals/2',
      'queueapp/hold_time numbers/3 waiting/minute_many',
      'queueapp/thanks',
    ]);
    expect(await saidWithin(center, bob, 20_000)).toEqual([
      'queueapp/position ordinals/2',
      'queueapp/hold_time numbers/2 waiting/minute_many',
      'queueapp/thanks',
    ]);
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('no waiting time while nobody has been answered, and none that grows beyond the average', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 200_000 } });
    const ann = await center.entersSupport();
    const bob = await center.entersSupport();
    expect(await saidWithin(center, bob, 10_000)).toEqual(['queueapp/position ordinals/2', 'queueapp/thanks']);
    bob.hangsUp();
    ann.hangsUp();
    await isAnsweredAfter(center, 60_000);
    const [cid, dora] = [await center.entersSupport(), await center.entersSupport()];
    const times = (await saidWithin(center, dora, 400_000)).filter((text) => text.startsWith('queueapp/hold_time'));
    // A minute and the half for rounding: then nothing is left to be told.
    expect(times).toEqual(['queueapp/hold_time numbers/1 waiting/minute_one']);
    cid.hangsUp();
    dora.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the average goes on with every answer: three parts old, one part new (AN6)', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 500_000 } });
    const timesOf = async () => {
      const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
      const said = await saidWithin(center, bob, 10_000);
      ann.hangsUp();
      bob.hangsUp();
      return said.filter((text) => text.startsWith('queueapp/hold_time'));
    };
    await isAnsweredAfter(center, 120_000);
    expect(await timesOf()).toEqual(['queueapp/hold_time numbers/2 waiting/minute_many']);
    await isAnsweredAfter(center, 360_000);
    expect(await timesOf()).toEqual(['queueapp/hold_time numbers/3 waiting/minute_many']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('in the language of the caller, with the words of its grammar', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 200_000 } });
    await isAnsweredAfter(center, 120_000);
    const ann = await center.entersSupport();
    const bob = await center.entersSupport({ language: 'ru' });
    expect(await saidWithin(center, bob, 10_000)).toContain('queueapp/hold_time numbers/2_f waiting/minute_few');
    const inRussian = center.sounds.said.filter(({ phrase }) => phrase.includes('waiting/minute_few'));
    expect(inRussian.map(({ language }) => language)).toContain('ru');
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the first in line hears them, and a member who logs in interrupts at once (AN8, point 5)', async () => {
    const center = await CallCenter.open({ queue: announcing() });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    expect(told(center, caller)).toBe('queueapp/position_first');
    await center.logsIn('1000');
    expect([center.ringing(), told(center, caller)]).toEqual([['1000'], '']);
    expect(center.holdSound(caller)).toBe('a');
    center.phone('1000').picksUp();
    await center.wait(100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a member who does not answer: what was cut is said again, in its turn', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 5_000, retryMs: 60_000 } });
    const caller = await center.entersSupport();
    await center.wait(2_600);
    await center.logsIn('1000');
    expect(await saidWithin(center, caller, 4_000)).toEqual([]);
    expect(await saidWithin(center, caller, 6_000)).toEqual(['queueapp/position_first', 'queueapp/thanks']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('periodic ones by turns, of any name', async () => {
    const prompts = ['queueapp/stay_on_line', 'custom/offer'];
    const center = await CallCenter.open({ queue: announcing({ frequencyMs: 0, ...periodic(10_000, prompts) }) });
    const caller = await center.entersSupport();
    const said = await saidWithin(center, caller, 45_000);
    expect(said.filter((text) => !text.includes('position'))).toEqual([...prompts, ...prompts]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('none while the member has put the caller on hold', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: announcing(periodic(5_000)) });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.phone('1000').holds();
    expect(await saidWithin(center, caller, 60_000)).toEqual([]);
    expect(center.holdSound(caller)).not.toBeNull();
    center.phone('1000').hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database is away: the place is told without a time, and nothing else is missing', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 200_000 } });
    await isAnsweredAfter(center, 120_000);
    const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
    center.store.setAway(true);
    expect(await saidWithin(center, bob, 10_000)).toEqual(['queueapp/position ordinals/2', 'queueapp/thanks']);
    center.store.setAway(false);
    await center.wait(1_000);
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the process is killed: the next one knows how long the caller has waited', async () => {
    const center = await CallCenter.open({ queue: { ...announcing(), ringTimeoutMs: 400_000 } });
    await isAnsweredAfter(center, 300_000);
    const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
    await center.wait(120_000);
    await center.restarts();
    expect(await saidWithin(center, bob, 10_000)).toContain('queueapp/hold_time numbers/3 waiting/minute_many');
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('what is said to the caller before the conversation', () => {
  const queue = announcing({ frequencyMs: 0, beforeConversation: ['sound:connecting'] });

  test('is heard by the caller alone when the member has answered; then the two talk', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    const caller = await center.entersSupport();
    await center.wait(3_000);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect([caller.hears, caller.talksTo, center.holdSound(caller)]).toEqual(['sound:connecting', [], null]);
    await center.wait(1_000);
    expect([caller.hears, caller.talksTo]).toEqual([undefined, ['PJSIP/1000']]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['caller', 'COMPLETECALLER'],
    ['member', 'COMPLETEAGENT'],
  ] as const)('the %s hangs up in the middle of it: that was the conversation', async (who, event) => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    center.pbx.setMedia('sound:connecting', 60_000);
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(500);
    if (who === 'caller') caller.hangsUp();
    else center.phone('1000').hangsUp();
    await center.wait(1_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', event]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('that Asterisk does not have keeps nobody waiting', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    center.pbx.setMedia('sound:connecting', 'missing');
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(200);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
