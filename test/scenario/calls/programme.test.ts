import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../../src/core/speech/account.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** Names of what was said over the music, in order. */
const said = (center: CallCenter) => center.sounds.said.map(({ phrase }) => phrase.join(' '));

const account = (number: string, hundredths: bigint): Account => ({
  number,
  balance: { hundredths, currency: 'USD' },
  isLocked: false,
});

describe('the line of a programme', () => {
  test('is laid after the greeting, once, and stays while members are rung', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { ringTimeoutMs: 5_000 } });
    const caller = await center.calls();
    caller.press('1');
    await center.wait(100);
    expect([caller.hears, center.media.lines.length]).toEqual(['sound:team', 0]);
    await center.wait(12_000);
    expect([center.media.lines.length, center.holdSound(caller), caller.music]).toEqual([1, 'a', null]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is not laid for a caller who is answered at once', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(100);
    center.phone('1000').picksUp();
    await center.wait(5_000);
    expect([caller.talksTo, center.media.requests.length]).toEqual([['PJSIP/1000'], 0]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is taken up when the member answers: the two are alone in the bridge', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(3_000);
    center.phone('1000').picksUp();
    await center.wait(100);
    expect([caller.talksTo, center.media.openLines]).toEqual([['PJSIP/1000'], 0]);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("lost: Asterisk's own music, and within two seconds the programme where it stopped", async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(10_000);
    const line = center.media.lines[0];
    center.media.refuses(1);
    line?.isLost();
    await center.wait(100);
    expect(center.holdSound(caller)).toBe('moh:moh');
    await center.wait(1_900);
    expect(center.holdSound(caller)).toBe('a');
    expect(center.media.lines[1]?.request.from).toBe(line?.heardNow());
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('lost again and again: tried less and less often, and never given up', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.media.refuses(20);
    center.media.lines[0]?.isLost();
    await center.wait(300_000);
    expect(center.media.requests.length).toBeLessThan(20);
    expect(center.holdSound(caller)).toBe('moh:moh');
    await center.wait(600_000);
    expect(center.holdSound(caller)).not.toMatch(/^moh/);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([1, 10, 45, 60])(
    'cut off together with Asterisk for %i s: heard again as soon as it is back',
    async (seconds) => {
      const center = await CallCenter.open();
      const caller = await center.entersSupport();
      await center.wait(10_000);
      const line = center.media.lines[0];
      center.pbx.losesConnection();
      center.media.refuses(1_000);
      line?.isLost();
      await center.wait(seconds * 1_000);
      center.media.refuses(0);
      center.pbx.reconnects();
      await center.wait(200);
      expect(center.holdSound(caller)).toBe('a');
      expect(center.media.lines[1]?.request.from).toBe(line?.heardNow());
      caller.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test("Asterisk's music could not be asked for while it was away: it is when only the line is missing", async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(10_000);
    center.pbx.losesConnection();
    center.media.refuses(1_000);
    center.media.lines[0]?.isLost();
    await center.wait(10_000);
    expect(center.holdSound(caller)).toBeNull();
    center.pbx.reconnects();
    await center.wait(200);
    expect(center.holdSound(caller)).toBe('moh:moh');
    center.media.refuses(0);
    await center.wait(60_000);
    expect(center.holdSound(caller)).not.toMatch(/^moh/);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['the caller hangs up', (_: CallCenter, caller: FakeCaller) => caller.hangsUp()],
    ['the member answers', (center: CallCenter) => center.phone('1000').picksUp()],
  ])('%s while it is being laid: nothing is left of it', async (_, act) => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.media.isSlow(1_500);
    const caller = await center.entersSupport();
    await center.wait(200);
    act(center, caller);
    await center.wait(200);
    if (!caller.isGone) expect(caller.talksTo).toEqual(['PJSIP/1000']);
    await center.wait(5_000);
    expect(center.media.openLines).toBe(0);
    if (!caller.isGone) caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("who calls before the recordings are read hears Asterisk's own music, then the tune they chose once", async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    await center.callerMusic.remember({ number: '5551', musicClass: 'default', track: 'c', atMs: center.clock.now() });
    const read = deferred<void>();
    center.sounds.reading = read.promise;
    center.sounds.addClass('default', ['a']);
    const caller = await center.entersSupport({ number: '5551' });
    await center.wait(1_000);
    expect([center.holdSound(caller), center.media.requests.length]).toEqual(['moh:moh', 0]);
    center.sounds.addClass('default', ['a', 'b', 'c']);
    center.sounds.reading = null;
    read.resolve();
    await center.wait(100);
    expect(center.holdSound(caller)).toBe('c');
    center.phone('1000').picksUp();
    await center.wait(100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('and a tune as soon as one is there, though the others are not', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.sounds.reading = deferred<void>().promise;
    center.sounds.addClass('default', []);
    const caller = await center.entersSupport();
    await center.wait(1_000);
    expect(center.holdSound(caller)).toBe('moh:moh');
    center.sounds.noteTrack('default', 'a');
    await center.wait(100);
    expect(center.holdSound(caller)).toBe('a');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('who is answered before they are read talks at once', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.sounds.reading = deferred<void>().promise;
    center.sounds.addClass('default', []);
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(100);
    expect([caller.talksTo, center.holdSound(caller)]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("SIGTERM: Asterisk's music until the next process, which lays a new one", async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    await center.stops(20_000);
    expect([center.holdSound(caller), center.media.openLines]).toEqual(['moh:moh', 0]);
    await center.begins();
    await center.wait(500);
    expect(center.holdSound(caller)).toBe('a');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("SIGTERM: Asterisk's music until the next process has read the recordings, too", async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    await center.stops(20_000);
    const read = deferred<void>();
    center.sounds.reading = read.promise;
    center.sounds.addClass('default', []);
    await center.begins();
    await center.wait(500);
    expect(center.holdSound(caller)).toBe('moh:moh');
    center.sounds.addClass('default', ['a', 'b', 'c']);
    center.sounds.reading = null;
    read.resolve();
    await center.wait(500);
    expect([center.holdSound(caller), center.media.requests.length]).toEqual(['a', 1]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the process is killed: the next one lays a new line in the same bridge', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    const bridge = center.media.requests[0]?.by;
    await center.restarts();
    await center.wait(500);
    expect([center.holdSound(caller), center.media.requests[0]?.by]).toEqual(['a', bridge]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("a class that is Asterisk's own: its music, and keys do nothing", async () => {
    const center = await CallCenter.open({ queue: { musicClass: 'jazz' } });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    caller.press('34');
    await center.wait(1_000);
    expect([center.holdSound(caller), center.media.requests.length, said(center)]).toEqual(['moh:jazz', 0, []]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a caller whose codec is not kept gets the nearest format', async () => {
    const center = await CallCenter.open({ settings: { soundFormats: ['alaw'] } });
    const caller = await center.entersSupport({ variables: { 'CHANNEL(audionativeformat)': '(g722)' } });
    await center.wait(1_000);
    expect([center.media.requests[0]?.programme.format, center.holdSound(caller)]).toEqual(['alaw', 'a']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('CHANNEL(musicclass) goes before the class of the queue', async () => {
    const musicClasses = ['default', 'piano'].map((name) => ({ name, fallback: 'moh', programme: {} }));
    const center = await CallCenter.open({ settings: { musicClasses } });
    center.sounds.addClass('piano', ['nocturne']);
    const caller = await center.entersSupport({ variables: { 'CHANNEL(musicclass)': 'piano' } });
    await center.wait(1_000);
    expect(center.holdSound(caller)).toBe('nocturne');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('key 3, the next tune', () => {
  test('is remembered for the number, and the next call begins with it; other callers keep theirs', async () => {
    const center = await CallCenter.open();
    const [ann, bob] = [await center.entersSupport({ number: '5551' }), await center.entersSupport({ number: '5552' })];
    await center.wait(5_000);
    ann.press('3');
    await center.wait(3_000);
    expect([center.holdSound(ann), center.holdSound(bob)]).toEqual(['b', 'a']);
    ann.hangsUp();
    await center.wait(1_000);
    const again = await center.entersSupport({ number: '5551' });
    await center.wait(1_000);
    expect(center.holdSound(again)).toBe('b');
    again.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('of a caller without a number is not remembered', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport({ number: null });
    await center.wait(5_000);
    caller.press('3');
    await center.wait(3_000);
    expect([center.holdSound(caller), center.callerMusic.choices]).toEqual(['b', []]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('while the database is slow the music begins without the memory, and the log tells it', async () => {
    const center = await CallCenter.open({ level: 'info' });
    await center.callerMusic.remember({ number: '5551', musicClass: 'default', track: 'b', atMs: center.clock.now() });
    const answered = deferred<void>();
    center.callerMusic.slow = answered.promise;
    const caller = await center.entersSupport({ number: '5551' });
    await center.wait(5_000);
    answered.resolve();
    await center.wait(5_000);
    expect(center.holdSound(caller)).toBe('a');
    const told = center.lines.filter(({ msg }) => String(msg).startsWith("The caller's tune is not known in time"));
    expect(told).toHaveLength(1);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('without the database nothing but the memory is lost', async () => {
    const center = await CallCenter.open();
    center.callerMusic.isAway = true;
    const caller = await center.entersSupport();
    await center.wait(5_000);
    caller.press('3');
    await center.wait(3_000);
    expect(center.holdSound(caller)).toBe('b');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('key 4, the place in line', () => {
  test('is said on the key, and by itself when the queue moves', async () => {
    const center = await CallCenter.open();
    const [ann, bob] = [await center.entersSupport(), await center.entersSupport()];
    await center.wait(20_000);
    center.sounds.said.length = 0;
    bob.press('4');
    await center.wait(12_000);
    expect(said(center)).toContain('queueapp/position ordinals/2');
    center.sounds.said.length = 0;
    ann.hangsUp();
    await center.wait(12_000);
    expect(said(center)).toContain('queueapp/position_first');
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is not said while a member is rung', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.sounds.said.length = 0;
    caller.press('4');
    await center.wait(5_000);
    expect([center.ringing(), said(center)]).toEqual([['1000'], []]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('key 2, personal information', () => {
  test('two callers press it in the same instant and are answered in the other order: each hears their own', async () => {
    const center = await CallCenter.open({ queue: { accounts: 'billing' } });
    center.accounts.addAccounts('5551', account('11', 100n));
    center.accounts.addAccounts('5552', account('22', 200n));
    const late = deferred<void>();
    center.accounts.delay('5551', late.promise);
    const [ann, bob] = [await center.entersSupport({ number: '5551' }), await center.entersSupport({ number: '5552' })];
    await center.wait(5_000);
    ann.press('2');
    bob.press('2');
    await center.wait(500);
    late.resolve();
    await center.wait(2_000);
    const told = (caller: typeof ann) =>
      center
        .programmeOf(caller)
        ?.nowPlaying(center.media.lineOf(caller.channelId)?.heardNow() ?? 0)
        .recordings.join(' ');
    expect(told(ann)).toContain('accounts/only numbers/1 numbers/1 ');
    expect(told(ann)).toContain('numbers/1 money');
    expect(told(bob)).toContain('accounts/only numbers/2 numbers/2 ');
    expect(told(bob)).toContain('numbers/2 money');
    ann.hangsUp();
    bob.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('of a queue without a source it is nobody’s key', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    caller.press('2');
    await center.wait(1_000);
    expect(center.accounts.requests).toEqual([]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the source does not answer: that is said', async () => {
    const center = await CallCenter.open({ queue: { accounts: 'billing' } });
    center.accounts.set('2000', { type: 'unavailable', reason: 'it is down' });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    caller.press('2');
    await center.wait(1_000);
    expect(said(center)).toContain('queueapp/accounts_unavailable');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the caller hangs up while the source is being asked', async () => {
    const center = await CallCenter.open({ queue: { accounts: 'billing' } });
    const release = center.accounts.hold();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    caller.press('2');
    await center.wait(100);
    caller.hangsUp();
    await center.wait(100);
    release();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the member puts the caller on hold', () => {
  test('the programme comes back where it stopped, again and again, and never says a place', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(5_000);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.sounds.said.length = 0;
    for (const hold of [1, 2]) {
      const stoppedAt = center.media.lines.at(-1)?.heardNow();
      center.phone('1000').holds();
      await center.wait(3_000);
      expect(center.holdSound(caller)).toBe('a');
      expect(center.media.lines).toHaveLength(hold + 1);
      expect(center.media.lines.at(-1)?.request.from).toBe(stoppedAt);
      center.phone('1000').unholds();
      await center.wait(1_000);
      expect([caller.talksTo, center.media.openLines]).toEqual([['PJSIP/1000'], 0]);
    }
    expect(said(center)).toEqual([]);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([0, 300])(
    'Asterisk’s own music, which begins %d ms after it has told of the hold, gives way to the programme, and is not heard after it',
    async (ms) => {
      const center = await CallCenter.open({ members: ['1000'] });
      const caller = await center.entersSupport();
      await center.wait(5_000);
      center.phone('1000').picksUp();
      await center.wait(1_000);
      center.pbx.holdTakesMs = ms;
      for (const _hold of [1, 2]) {
        center.phone('1000').holds();
        await center.wait(500);
        expect(center.holdSound(caller)).toBe('a');
        center.phone('1000').unholds();
        await center.wait(1_000);
        expect([caller.talksTo, caller.music, center.media.openLines]).toEqual([['PJSIP/1000'], null, 0]);
      }
      center.phone('1000').hangsUp();
      await center.wait(100);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test('on hold and back while the next process still reads the recordings: they talk on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.sounds.reading = deferred<void>().promise;
    center.sounds.addClass('default', []);
    await center.restarts();
    await center.wait(500);
    center.phone('1000').holds();
    await center.wait(1_000);
    center.phone('1000').unholds();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each(['caller', 'member'] as const)('the %s hangs up on hold: nothing is left', async (who) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.phone('1000').holds();
    await center.wait(1_000);
    if (who === 'caller') caller.hangsUp();
    else center.phone('1000').hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('exit keys', () => {
  const queue = { exitKeys: { '0': 'direct', '*': 'hangup' } };

  test.each([
    ['waiting', []],
    ['while a member is rung', ['1000']],
  ])('%s: EXITWITHKEY, and the step of the key', async (_, members) => {
    const center = await CallCenter.open({ members, queue });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    if (members.length === 0) center.phone('1000').registers();
    caller.press('0');
    await center.wait(200);
    expect(center.log()).toEqual(
      members.length === 0 ? ['ENTERQUEUE', 'EXITWITHKEY'] : ['ENTERQUEUE', 'RINGCANCELED', 'EXITWITHKEY'],
    );
    expect(caller.hears).toBe('tone:ring');
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('in the greeting', async () => {
    const center = await CallCenter.open({ queue });
    const caller = await center.calls();
    caller.press('1');
    await center.wait(100);
    expect(caller.hears).toBe('sound:team');
    caller.press('*');
    await center.wait(500);
    expect([caller.isGone, center.log()]).toEqual([true, ['ENTERQUEUE', 'EXITWITHKEY']]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('mean nothing in a conversation', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    caller.press('0');
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
