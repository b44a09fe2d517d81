import { describe, expect, test } from '@jest/globals';
import { type ChannelId, queueName } from '../../../src/core/ids.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** Seconds of a row's time since another one's. */
function secondsBetween(center: CallCenter, first: string, second: string): number {
  const at = (event: string) => center.store.events.find((each) => each.event === event)?.atMs ?? Number.NaN;
  return Math.round((at(second) - at(first)) / 1000);
}

describe('the programme after the death of its process', () => {
  test('goes on in the tune that would be heard by now, and what was said is not said again', async () => {
    const center = await CallCenter.open({
      queue: {
        programme: { advice: { firstAfterMs: 5_000, pauseMs: 20_000 }, position: { onChange: true, everyMs: 0 } },
      },
    });
    center.sounds.advice.set('first', ['one', 'two']);
    const caller = await center.entersSupport();
    await center.wait(62_000);
    expect(center.holdSound(caller)).toBe('b');
    center.dies();
    await center.wait(4_000);
    const saidBefore = center.sounds.said.length;
    await center.begins();
    await center.wait(1_000);
    expect(center.holdSound(caller)).toBe('b');
    const memory = center.programmeOf(caller)?.memory(8_000);
    expect(memory).toMatchObject({ tune: 'b', advice: ['first/one', 'first/two'] });
    // 62 s before, 4 s of silence and one more: tune b has begun 58.5 s after the first.
    expect(Math.abs((memory?.tuneMs ?? 0) - 8_000)).toBeLessThan(1_500);
    await center.wait(20_000);
    expect(center.sounds.said).toHaveLength(saidBefore);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk is asked for nothing that is known: what one caller costs', async () => {
    const center = await CallCenter.open();
    const callers = [];
    for (let n = 0; n < 10; n++) callers.push(await center.entersSupport({ number: `20${n}0` }));
    await center.wait(2_000);
    const before = center.pbx.wire.requests.length;
    await center.restarts();
    await center.wait(1_000);
    expect(callers.map((caller) => center.holdSound(caller))).toEqual(callers.map(() => 'a'));
    const asked = center.pbx.wire.requests.slice(before).map(({ name }) => name);
    expect(asked.filter((name) => name === 'stopMusic')).toHaveLength(10);
    expect(asked.filter((name) => name === 'snapshot')).toHaveLength(1);
    // Beside them the media channels' own (not counted here): the caller is in the bridge already.
    expect(asked.filter((name) => !['stopMusic', 'snapshot'].includes(name))).toEqual([]);
    for (const caller of callers) caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('consent that has been heard is not asked for again', async () => {
    const consent = ['sound:recorded'];
    const recording = { format: 'wav', start: 'at-connect', consent } as never;
    const center = await CallCenter.open({ queue: { recording } });
    const caller = await center.entersSupport();
    await center.wait(3_000);
    await center.restarts();
    await center.wait(3_000);
    expect(caller.heard.filter((media) => media === 'sound:recorded')).toHaveLength(1);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database was away all the time: the caller is told nothing of it, and hears the programme from its beginning', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    center.store.fail('keepHeard', 'unavailable', 1_000);
    await center.wait(70_000);
    expect(center.holdSound(caller)).toBe('b');
    await center.restarts();
    await center.wait(500);
    expect(center.holdSound(caller)).toBe('a');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('what ended while nobody was there', () => {
  test('a caller who waited: ABANDON at the time of the hang-up', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(5_000);
    center.dies();
    await center.wait(7_000);
    caller.hangsUp();
    await center.wait(30_000);
    await center.begins();
    expect(center.log()).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(secondsBetween(center, 'ENTERQUEUE', 'ABANDON')).toBe(12);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a caller whom the dialplan had sent from one queue into another: at the time of the hang-up', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 } });
    const caller = await center.entersSupport();
    await center.wait(6_000);
    expect(caller.continuedTo).toBe('next');
    center.pbx.comesBack(caller, ['queue', 'support']);
    await center.wait(2_000);
    center.dies();
    await center.wait(7_000);
    caller.hangsUp();
    await center.wait(30_000);
    await center.begins();
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT', 'ENTERQUEUE', 'ABANDON']);
    const [, second] = center.store.events.filter(({ event }) => event === 'ENTERQUEUE');
    const abandoned = center.store.events.find(({ event }) => event === 'ABANDON');
    expect(Math.round((Number(abandoned?.atMs) - Number(second?.atMs)) / 1000)).toBe(9);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['a caller who had only just entered', 'ENTERQUEUE', 'ABANDON'],
    ['a talk that had only just begun', 'CONNECT', 'COMPLETECALLER'],
  ] as const)('%s: the whole second of the hang-up is not before the beginning', async (_, begin, end) => {
    const center = await CallCenter.open({ members: begin === 'CONNECT' ? ['1000'] : [] });
    // Late in a second of Asterisk's, however the test's clock began.
    await center.wait(1_700 - (center.clock.now() % 1_000));
    const caller = await center.entersSupport();
    if (begin === 'CONNECT') center.phone('1000').picksUp();
    await center.wait(100);
    center.dies();
    caller.hangsUp();
    await center.wait(5_000);
    await center.begins();
    await center.wait(100);
    const times = [begin, end].map((event) => center.store.events.find((each) => each.event === event)?.atMs);
    expect(times[1]).toBe(times[0]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a switch that keeps no ends: the time of the recovery', async () => {
    const center = await CallCenter.open();
    center.pbx.notesEnds = false;
    const caller = await center.entersSupport();
    await center.wait(5_000);
    center.dies();
    caller.hangsUp();
    await center.wait(30_000);
    await center.begins();
    expect(secondsBetween(center, 'ENTERQUEUE', 'ABANDON')).toBe(35);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['the caller', 'the member', 'COMPLETECALLER'],
    ['the member', 'the caller', 'COMPLETEAGENT'],
  ] as const)('a talk that %s ended before %s: who went first has ended it, then', async (first, _, expected) => {
    const center = await CallCenter.open({ members: ['1000'], queue: { wrapUpMs: 60_000 } });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(5_000);
    center.dies();
    await center.wait(10_000);
    const hangUps = [() => caller.hangsUp(), () => center.phone('1000').hangsUp()];
    if (first === 'the member') hangUps.reverse();
    for (const hangUp of hangUps) {
      hangUp();
      await center.wait(4_000);
    }
    await center.wait(20_000);
    const next = await center.entersSupport({ number: '2001' });
    await center.begins();
    await center.wait(500);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', expected, 'WRAPUPSTART']);
    expect(secondsBetween(center, 'CONNECT', expected)).toBe(15);
    // The wrap-up counts from there, too: 28 s of it have passed.
    expect(center.ringing()).toEqual([]);
    await center.wait(32_000);
    expect(center.ringing()).toEqual(['1000']);
    next.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a talk whose caller has gone: the member is released at once, and has the wrap-up of that moment', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(5_000);
    center.dies();
    caller.hangsUp();
    await center.wait(10_000);
    expect(center.phone('1000').talking).toBeDefined();
    await center.begins();
    expect(center.phone('1000').talking).toBeUndefined();
    expect(secondsBetween(center, 'CONNECT', 'COMPLETECALLER')).toBe(5);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['the caller', 'COMPLETECALLER'],
    ['the member', 'COMPLETEAGENT'],
  ] as const)('the connection to Asterisk was lost, and %s hung up meanwhile', async (who, expected) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(5_000);
    center.pbx.losesConnection();
    await center.wait(3_000);
    if (who === 'the caller') caller.hangsUp();
    else center.phone('1000').hangsUp();
    await center.wait(57_000);
    center.pbx.reconnects();
    await center.wait(1_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', expected]);
    expect(secondsBetween(center, 'CONNECT', expected)).toBe(8);
    expect([caller.isGone, center.phone('1000').talking]).toEqual([true, undefined]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a hundred callers: each ABANDON once, with its own time', async () => {
    const center = await CallCenter.open({ settings: { callsMax: 200 } });
    const callers = [];
    for (let n = 0; n < 100; n++) callers.push(await center.entersSupport({ number: String(3000 + n) }));
    await center.wait(5_000);
    center.dies();
    const goneAtMs = new Map<string, number>();
    for (const caller of callers) {
      caller.hangsUp();
      goneAtMs.set(caller.channelId, center.clock.now());
      await center.wait(130);
    }
    await center.wait(20_000);
    await center.begins();
    const ends = center.store.events.filter(({ event }) => event === 'ABANDON');
    expect(ends).toHaveLength(100);
    for (const end of ends) {
      const uniqueId = 'uniqueId' in end ? (end.uniqueId ?? '') : '';
      expect(end.atMs).toBe(Math.floor((goneAtMs.get(uniqueId) ?? 0) / 1000) * 1000);
    }
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('notes of ends that Asterisk has kept', () => {
  const noted = (center: CallCenter) => (center.pbx.leftovers() as { notes: number }).notes;

  test('of a ring that was given up in the absence: removed', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { strategy: 'ringall' } });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1000', '1001']);
    center.dies();
    // As long as Asterisk rings them.
    await center.wait(60_000);
    expect(center.ringing()).toEqual([]);
    expect(noted(center)).toBe(2);
    await center.begins();
    await center.wait(100);
    expect(noted(center)).toBe(0);
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['a talk, ended by the member', (center: CallCenter) => center.phone('1000').hangsUp()],
    ['a talk, ended by the caller', (_: CallCenter, caller: FakeCaller) => caller.hangsUp()],
  ])('of %s and heard of just before the kill: removed', async (_, hangUp) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(5_000);
    hangUp(center, caller);
    await center.wait(1_000);
    expect(noted(center)).toBe(0);
    center.dies();
    // What was to be removed stays.
    expect(noted(center)).toBeGreaterThan(0);
    await center.wait(60 * 60_000);
    await center.begins();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('of a caller who gave up, and of rings that were missed, just before two kills one after the other: removed', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { ringTimeoutMs: 3_000, retryMs: 10_000 } });
    const caller = await center.entersSupport();
    await center.wait(4_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER']);
    caller.hangsUp();
    await center.wait(500);
    await center.restarts();
    await center.restarts();
    await center.wait(1_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'ABANDON']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('nothing is kept of who is only just entering, nor of a phone that a menu dials: the database would not know of them', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const held = center.store.hold('enter', 'late');
    const entering = await center.entersSupport();
    await held.arrived;
    const dials = await center.calls({ number: '2001' });
    dials.press('2');
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1000']);
    center.dies();
    entering.hangsUp();
    dials.hangsUp();
    await center.wait(60_000);
    expect(center.ringing()).toEqual([]);
    expect(noted(center)).toBe(0);
    await center.begins();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each(['before the kill', 'in the absence'])(
    'who was sent on %s has no place any more, and leaves none',
    async (when) => {
      const center = await CallCenter.open({ members: ['1000'] });
      const caller = await center.entersSupport();
      center.phone('1000').picksUp();
      await center.wait(5_000);
      if (when === 'in the absence') center.dies();
      const standIn = center.phone('1000').transfers('5550199');
      standIn.answers();
      await center.wait(10 * 60_000);
      if (when === 'in the absence') {
        await center.begins();
        await center.wait(10 * 60_000);
      }
      // So that the entry is none of the last.
      const another = await center.entersSupport({ number: '2001' });
      another.hangsUp();
      await center.wait(10_000);
      center.dies();
      caller.hangsUp();
      standIn.hangsUp();
      await center.wait(1_000);
      await center.begins();
      await center.wait(100);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );
});

describe('in the IVR when the process died', () => {
  const menu = { kind: 'menu', waitMs: 3_000, wrongKey: [], tries: 3, nothing: 'dialplan' } as const;
  const ivr: IvrDefinition = {
    start: 'welcome',
    calendars: {},
    steps: {
      welcome: {
        ...{ kind: 'play', answer: true, language: null, silenceMs: 0, tone: null },
        prompt: ['sound:welcome'],
        next: 'main',
      },
      main: { ...menu, prompt: ['sound:menu'], keys: { '1': 'team', '2': 'code' } },
      team: { ...menu, prompt: ['sound:teams'], keys: { '1': 'support' } },
      code: {
        ...{ kind: 'collect', digits: 4, endKey: null, firstDigitMs: 5_000, betweenDigitsMs: 3_000, tries: 3 },
        ...{ lookup: 'customers', invalid: [], again: [], found: 'team', failed: 'dialplan', unavailable: 'team' },
        prompt: ['sound:code'],
      },
      support: { kind: 'queue', queue: queueName('support'), prompt: [], next: 'dialplan' },
    },
  };

  test('a caller hears the last question again, and not the welcome', async () => {
    const center = await CallCenter.open({ settings: { ivr } });
    const caller = await center.calls();
    await center.wait(1_500);
    caller.press('1');
    await center.wait(500);
    expect(caller.heard).toEqual(['sound:welcome', 'sound:menu', 'sound:teams']);
    await center.restarts();
    await center.wait(500);
    expect(caller.heard.slice(3)).toEqual(['sound:teams']);
    caller.press('1');
    await center.wait(500);
    expect(center.log(caller)).toEqual(['ENTERQUEUE']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('in the welcome still: it is heard again', async () => {
    const center = await CallCenter.open({ settings: { ivr } });
    const caller = await center.calls();
    await center.wait(500);
    await center.restarts();
    await center.wait(500);
    expect(caller.heard).toEqual(['sound:welcome', 'sound:welcome']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a customer who has been found is kept, and the code is not asked for again', async () => {
    const center = await CallCenter.open({ settings: { ivr } });
    const customer = { id: '1', name: 'Ж "Sons", \\ Co', code: '1111', fields: { city: 'Riga' } };
    center.directory.set('1111', { type: 'found', customer });
    const caller = await center.calls();
    await center.wait(1_500);
    caller.press('2');
    await center.wait(500);
    caller.press('1111');
    await center.wait(500);
    expect(caller.heard.at(-1)).toBe('sound:teams');
    await center.restarts();
    await center.wait(500);
    caller.press('1');
    await center.wait(500);
    expect((await center.store.openEntries()).map((entry) => entry.customer)).toEqual([customer]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the step is not configured any more: from the beginning', async () => {
    const center = await CallCenter.open({ settings: { ivr } });
    const caller = await center.calls();
    await center.wait(1_500);
    caller.press('1');
    await center.wait(500);
    const { team: _, ...steps } = ivr.steps;
    Object.assign(center.settings, { ivr: { ...ivr, steps } });
    await center.restarts();
    await center.wait(500);
    expect(caller.heard.at(-1)).toBe('sound:welcome');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a caller who went through a question costs one request for it', async () => {
    const center = await CallCenter.open({ settings: { ivr } });
    const caller = await center.calls();
    await center.wait(1_500);
    caller.press('9');
    await center.wait(3_000);
    const kept = center.pbx.wire.requests.filter(
      ({ name, detail }) => name === 'setVariable' && detail.endsWith('QUEUEAPP_IVR'),
    );
    expect(kept).toHaveLength(1);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a ring that was cut in half', () => {
  /** Brings a ring for the only member to a point, at which the process dies. */
  const POINTS = {
    'reserve and create': async (center: CallCenter) => {
      const held = center.store.hold('reserve', 'at-once');
      await center.entersSupport();
      await held.arrived;
      expect(await center.store.openAttempts()).toHaveLength(1);
      expect(center.phone('1000').ringing).toHaveLength(0);
    },
    'create and dial': async (center: CallCenter) => {
      center.announcer.next({ outcome: 'acknowledged', afterMs: 200 });
      await center.entersSupport();
      await center.wait(100);
      expect(center.phone('1000').ringing.map(({ state }) => state)).toEqual(['Down']);
    },
    'dial and answer': async (center: CallCenter) => {
      await center.entersSupport();
      await center.wait(1_000);
      expect(center.phone('1000').ringing.map(({ state }) => state)).toEqual(['Ringing']);
    },
  };
  const points = Object.entries(POINTS);

  test.each(points)('between %s: the member is freed and rung again, from the beginning', async (_, reach) => {
    const center = await CallCenter.open({ members: ['1000'] });
    await reach(center);
    const legs = center.phone('1000').ringing;
    await center.restarts();
    await center.wait(1_000);
    expect(legs.map(({ isGone }) => isGone)).toEqual(legs.map(() => true));
    expect(center.phone('1000').ringing).toHaveLength(1);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test.each(points)(
    'between %s, and the caller hangs up: no phone is left ringing, no member held',
    async (_, reach) => {
      const center = await CallCenter.open({ members: ['1000'] });
      await reach(center);
      const [entry] = await center.store.openEntries();
      center.dies();
      await center.pbx.hangup(entry?.channelId as ChannelId);
      await center.wait(500);
      await center.begins();
      expect(center.phone('1000').ringing).toEqual([]);
      const next = await center.entersSupport({ number: '2001' });
      await center.wait(500);
      expect(center.ringing()).toEqual(['1000']);
      next.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
      expect(center.log().filter((event) => event !== 'RINGCANCELED')).toEqual([
        ...['ENTERQUEUE', 'ABANDON', 'ENTERQUEUE', 'ABANDON'],
      ]);
    },
  );

  test('between answer and bridge: they talk, and the answer is booked', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.pbx.wire.delayReplies(500, 'addToBridge');
    const caller = await center.entersSupport();
    await center.wait(2_000);
    center.phone('1000').picksUp();
    center.dies();
    center.pbx.wire.delayReplies(0);
    await center.begins();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });
});

test('a talk that goes on ends properly: queue_log, last hang-up, figures, and the node is level', async () => {
  const center = await CallCenter.open({ members: ['1000'], queue: { wrapUpMs: 10_000 } });
  const caller = await center.entersSupport();
  await center.wait(3_000);
  center.phone('1000').picksUp();
  await center.wait(5_000);
  const attempts = center.attempts();
  center.dies();
  await center.wait(2_000);
  await center.begins();
  expect(center.attempts()).toEqual(attempts);
  expect(center.announcer.told.findLast(({ what }) => what === 'reconciled')).toMatchObject({ attempts });
  expect(center.announcer.nodes.get('1000')).toMatchObject({ state: 'connected' });
  await center.wait(3_000);
  caller.hangsUp();
  await center.wait(100);
  const endedAtMs = center.clock.now() - 100;
  expect(center.announcer.nodes.get('1000')?.state).not.toBe('connected');
  expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'WRAPUPSTART']);
  expect(center.store.log.find(({ event }) => event === 'COMPLETECALLER')?.data).toEqual(['3', '10', '1']);
  const [member] = await center.store.memberships();
  expect([member?.lastHangupAtMs, member?.calls]).toEqual([endedAtMs, 1]);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});

test('killed between the last line of a conversation and the hang-up of the caller: the caller is hung up, and does not enter again', async () => {
  const center = await CallCenter.open({ members: ['1000'] });
  const caller = await center.entersSupport();
  await center.wait(500);
  center.phone('1000').picksUp();
  await center.wait(5_000);
  // The line is written, and the process dies before the caller is hung up.
  const hangup = center.pbx.hangup.bind(center.pbx);
  center.pbx.hangup = (channelId, cause) => {
    center.pbx.hangup = hangup;
    if (channelId !== caller.channelId) return hangup(channelId, cause);
    center.dies();
    return new Promise(() => undefined);
  };
  center.phone('1000').hangsUp();
  await center.wait(500);
  expect(center.store.events.filter(({ event }) => event === 'COMPLETEAGENT')).toHaveLength(1);
  expect(caller.isGone).toBe(false);
  await center.restarts();
  await center.wait(1_000);
  expect(caller.isGone).toBe(true);
  expect(center.store.events.filter(({ event }) => event === 'ENTERQUEUE')).toHaveLength(1);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
