import { describe, expect, test } from '@jest/globals';
import { Drain, type DrainEnd } from '../../../src/drain.ts';
import { callCounts } from '../../../stasis/calls/application-view.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const LIMITS = { ringsMs: 20_000, talksMs: 30 * 60_000 };

/** A call centre and the drain of its process; `standbys` is what the database says. */
async function scene({ members = ['1000'], standbys = 0 as number | 'away' } = {}) {
  const center = await CallCenter.open({ members });
  const { application } = center;
  const state = { standbys, told: [] as boolean[], end: null as DrainEnd | null };
  const drain = new Drain({
    calls: {
      counts: () => callCounts(application),
      drain: (request) => application.drain(request),
      cancelDrain: () => application.cancelDrain(),
      handOver: () => application.handOver(),
    },
    async standbys() {
      if (state.standbys === 'away') throw new Error('The database is away');
      return state.standbys;
    },
    tell: (isDraining) => state.told.push(isDraining),
    limits: () => LIMITS,
    clock: center.clock,
    log: center.logger,
  });
  drain.ended.then(
    (end) => {
      state.end = end;
    },
    () => undefined,
  );
  return { center, drain, state };
}

async function talk(center: CallCenter) {
  const caller = await center.entersSupport();
  center.phone('1000').picksUp();
  await center.wait(1_000);
  expect(caller.talksTo).toEqual(['PJSIP/1000']);
  return caller;
}

describe('drain without another process', () => {
  test('says before what it would do, waits for the talk, and is over when it is', async () => {
    const { center, drain, state } = await scene();
    await talk(center);
    const waiting = await center.entersSupport();
    expect(await drain.view()).toMatchObject({
      isDraining: false,
      way: 'dialplan',
      calls: { talking: 1, waiting: 1 },
      limitMs: LIMITS.talksMs,
    });
    expect(await drain.begin()).toMatchObject({ isDraining: true, way: 'dialplan', standbys: 0 });
    await center.wait(60_000);
    expect([waiting.continuedTo, state.end, state.told]).toEqual(['next', null, [true]]);
    center.phone('1000').hangsUp();
    await center.wait(1_000);
    expect(state.end).toBe('empty');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the time is over: the talk is left to the next start', async () => {
    const { center, drain, state } = await scene();
    const talking = await talk(center);
    await drain.begin();
    await center.wait(LIMITS.talksMs + 1_000);
    expect([state.end, talking.talksTo]).toEqual(['time-over', ['PJSIP/1000']]);
  });

  test('a standby that comes meanwhile takes over at once', async () => {
    const { center, drain, state } = await scene();
    const talking = await talk(center);
    await drain.begin();
    await center.wait(5_000);
    state.standbys = 1;
    await center.wait(500);
    expect([state.end, talking.talksTo]).toEqual(['handed-over', ['PJSIP/1000']]);
  });

  test('while the database is away nobody can take over', async () => {
    const { center, drain, state } = await scene({ standbys: 'away' });
    expect(await drain.begin()).toMatchObject({ way: 'dialplan', standbys: null });
    await center.wait(1_000);
    expect(state.end).toBe('empty');
  });

  test('taken back: others are told, calls are rung again, and nothing ends', async () => {
    const { center, drain, state } = await scene();
    const talking = await talk(center);
    await drain.begin();
    expect(await drain.cancel()).toMatchObject({ isDraining: false });
    talking.hangsUp();
    await center.wait(60_000);
    await center.entersSupport();
    await center.wait(100);
    expect([state.end, state.told, center.ringing()]).toEqual([null, [true, false], ['1000']]);
  });
});

describe('drain with a standby', () => {
  test('waits for rings, then hands over; talks and places stay', async () => {
    const { center, drain, state } = await scene({ members: ['1000', '1001'], standbys: 1 });
    const talking = await talk(center);
    await center.entersSupport();
    const waiting = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    expect(await drain.begin()).toMatchObject({ way: 'process', limitMs: LIMITS.ringsMs });
    await center.wait(5_000);
    expect(state.end).toBeNull();
    center.phone('1001').picksUp();
    await center.wait(1_000);
    expect(state.end).toBe('handed-over');
    expect([talking.talksTo, waiting.continuedTo]).toEqual([['PJSIP/1000'], null]);
    expect(await drain.cancel()).toMatchObject({ isDraining: true });
  });

  test('the standby goes before the handover: who waits goes to the dialplan after all', async () => {
    const { center, drain, state } = await scene({ members: ['1000', '1001'], standbys: 1 });
    await talk(center);
    await center.entersSupport();
    const waiting = await center.entersSupport();
    await drain.begin();
    state.standbys = 0;
    await center.wait(4_000);
    expect(waiting.continuedTo).toBeNull();
    await center.wait(2_000);
    expect([waiting.continuedTo, waiting.variable('QUEUESTATUS'), state.end]).toEqual(['next', 'UNAVAILABLE', null]);
  });

  test.each(['away', 0] as const)('the standby is not seen for a moment (%s): nobody is sent away', async (seen) => {
    const { center, drain, state } = await scene({ members: ['1000', '1001'], standbys: 1 });
    await talk(center);
    await center.entersSupport();
    const waiting = await center.entersSupport();
    await drain.begin();
    state.standbys = seen;
    center.phone('1001').picksUp();
    await center.wait(3_000);
    expect([waiting.continuedTo, state.end]).toEqual([null, null]);
    state.standbys = 1;
    await center.wait(500);
    expect([waiting.continuedTo, state.end]).toEqual([null, 'handed-over']);
  });
});
