import { describe, expect, test } from '@jest/globals';
import { mediaChannelId, queueName } from '../../../src/core/ids.ts';
import { CallCenter, centerSettings, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

type Stored = 'waiting' | 'ringing' | 'talking';
type Left = 'caller and member up' | 'caller, no member up' | 'caller gone' | 'caller gone, member up';

interface Cell {
  readonly stored: Stored;
  readonly left: Left;
  readonly outcome: string;
  /** What queue_log has after the takeover. */
  readonly log: readonly string[];
  readonly goesOn: 'waits' | 'is rung for' | 'talks' | 'is served' | 'is gone';
}

/** The table of `adoptEntry`, cell by cell. */
const TABLE: readonly Cell[] = [
  {
    ...{ stored: 'waiting', left: 'caller, no member up', outcome: 'same place, the programme goes on' },
    ...{ log: ['ENTERQUEUE'], goesOn: 'waits' },
  },
  {
    ...{ stored: 'waiting', left: 'caller gone', outcome: 'ABANDON' },
    ...{ log: ['ENTERQUEUE', 'ABANDON'], goesOn: 'is gone' },
  },
  {
    ...{ stored: 'ringing', left: 'caller and member up', outcome: 'they talk, CONNECT now' },
    ...{ log: ['ENTERQUEUE', 'CONNECT'], goesOn: 'talks' },
  },
  {
    ...{ stored: 'ringing', left: 'caller, no member up', outcome: 'legs hung up, same place' },
    ...{ log: ['ENTERQUEUE'], goesOn: 'is rung for' },
  },
  {
    ...{ stored: 'ringing', left: 'caller gone', outcome: 'ABANDON, legs hung up' },
    ...{ log: ['ENTERQUEUE', 'RINGCANCELED', 'ABANDON'], goesOn: 'is gone' },
  },
  {
    ...{ stored: 'ringing', left: 'caller gone, member up', outcome: 'ABANDON, legs hung up' },
    ...{ log: ['ENTERQUEUE', 'RINGCANCELED', 'ABANDON'], goesOn: 'is gone' },
  },
  {
    ...{ stored: 'talking', left: 'caller and member up', outcome: 'they talk on' },
    ...{ log: ['ENTERQUEUE', 'CONNECT'], goesOn: 'talks' },
  },
  {
    ...{ stored: 'talking', left: 'caller, no member up', outcome: 'COMPLETEAGENT, the call goes on' },
    ...{ log: ['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'], goesOn: 'is served' },
  },
  {
    ...{ stored: 'talking', left: 'caller gone, member up', outcome: 'COMPLETECALLER, member hung up' },
    ...{ log: ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER'], goesOn: 'is gone' },
  },
];

/** A caller as the database has them; the only member is 1000, whose phone answers to nothing by itself. */
async function reach(stored: Stored) {
  const center = await CallCenter.open({
    members: stored === 'waiting' ? [] : ['1000'],
    queue: { afterConversation: 'dialplan' },
  });
  const caller = await center.entersSupport();
  await center.wait(2_000);
  if (stored === 'talking') center.phone('1000').picksUp();
  await center.wait(2_000);
  const [entry] = await center.store.openEntries();
  expect(entry?.state).toBe(stored);
  const legs = [...center.phone('1000').ringing];
  return { center, caller, entry, legs };
}

/** Brings it about while no process is there. */
function leave(center: CallCenter, caller: FakeCaller, stored: Stored, left: Left): void {
  const phone = center.phone('1000');
  const isMemberUp = left.endsWith('member up') && !left.endsWith('no member up');
  if (stored === 'ringing' && isMemberUp) phone.picksUp();
  if (stored === 'talking' && !isMemberUp) phone.hangsUp();
  if (left.startsWith('caller gone')) caller.hangsUp();
}

describe('what becomes of an entry whose process is gone', () => {
  test.each(TABLE)('$stored in the database, $left in Asterisk: $outcome', async ({ stored, left, log, goesOn }) => {
    const { center, caller, entry, legs } = await reach(stored);
    center.dies();
    leave(center, caller, stored, left);
    await center.wait(3_000);
    await center.begins();
    await center.wait(1_000);
    const phone = center.phone('1000');
    expect(center.log()).toEqual(log);
    if (goesOn === 'talks') expect(caller.talksTo).toEqual(['PJSIP/1000']);
    else expect([caller.talksTo, phone.talking]).toEqual([[], undefined]);
    expect(center.holdSound(caller)).toBe(goesOn === 'waits' || goesOn === 'is rung for' ? 'a' : null);
    expect([caller.isGone, caller.continuedTo]).toEqual([goesOn === 'is gone', goesOn === 'is served' ? 'next' : null]);
    // Rung anew, never on with the old leg.
    expect(phone.ringing).toHaveLength(goesOn === 'is rung for' ? 1 : 0);
    if (goesOn !== 'talks') expect(legs.map(({ isGone }) => isGone)).toEqual(legs.map(() => true));
    const [now] = await center.store.openEntries();
    if (goesOn === 'waits' || goesOn === 'is rung for' || goesOn === 'talks')
      expect(now).toMatchObject({
        ...{ entryId: entry?.entryId, joinedAtMs: entry?.joinedAtMs, originalPosition: entry?.originalPosition },
        state: { waits: 'waiting', 'is rung for': 'ringing', talks: 'talking' }[goesOn],
      });
    else expect(now).toBeUndefined();
    // Whoever is left ends it as always.
    if (!caller.isGone && caller.continuedTo === null) caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('waiting in the database, and a phone of a ring that is booked as over has answered: it is hung up, and rung anew', async () => {
    const { center, caller, entry, legs } = await reach('ringing');
    center.dies();
    // The ring was booked as missed, and the process died before it could hang up.
    for (const { attemptId } of await center.store.openAttempts())
      await center.store.miss({ attemptId, outcome: 'no-answer', ringMs: 4_000, atMs: center.clock.now() });
    center.phone('1000').picksUp();
    await center.begins();
    await center.wait(1_000);
    expect(legs.map(({ isGone }) => isGone)).toEqual([true]);
    expect([caller.talksTo, center.holdSound(caller), center.phone('1000').ringing.length]).toEqual([[], 'a', 1]);
    expect((await center.store.openEntries()).map(({ entryId }) => entryId)).toEqual([entry?.entryId]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('talking in the database, and the two are not joined yet: they are', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    // The answer is written; the request that joins them is lost with the process.
    const addToBridge = center.pbx.addToBridge;
    center.pbx.addToBridge = () => new Promise(() => undefined);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect((await center.store.openEntries())[0]?.state).toBe('talking');
    expect(caller.talksTo).toEqual([]);
    center.dies();
    center.pbx.addToBridge = addToBridge;
    await center.begins();
    await center.wait(1_000);
    expect([caller.talksTo, center.holdSound(caller)]).toEqual([['PJSIP/1000'], null]);
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test.each([
    ['waiting', ['ENTERQUEUE', 'ABANDON']],
    ['ringing', ['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']],
    ['talking', ['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']],
  ] as const)(
    '%s in a queue that is not configured any more: closed, legs hung up, and the call begins anew',
    async (stored, log) => {
      const { center, caller } = await reach(stored);
      center.dies();
      const { queues } = centerSettings({ name: queueName('other') });
      Object.assign(center.settings, { queues, defaultQueue: 'other' });
      await center.begins();
      await center.wait(1_000);
      expect(center.log()).toEqual(log);
      expect([center.phone('1000').talking, center.ringing(), caller.talksTo]).toEqual([undefined, [], []]);
      expect([caller.isGone, caller.continuedTo]).toEqual([false, 'next']);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );
});

describe('the connection to Asterisk is cut in the middle of a ring', () => {
  test.each(['before', 'after'] as const)(
    'between reserve and create, and is back %s the reservation: the caller keeps the place, the member is rung once',
    async (when) => {
      const center = await CallCenter.open({ members: ['1000'] });
      const held = center.store.hold('reserve', 'at-once');
      const caller = await center.entersSupport();
      await held.arrived;
      center.pbx.losesConnection();
      if (when === 'after') held.release();
      await center.wait(5_000);
      expect(center.ringing()).toEqual([]);
      center.pbx.reconnects();
      await center.wait(100);
      if (when === 'before') held.release();
      await center.wait(2_000);
      expect(center.phone('1000').ringing).toHaveLength(1);
      expect(await center.store.openAttempts()).toHaveLength(1);
      center.phone('1000').picksUp();
      await center.wait(1_000);
      expect(caller.talksTo).toEqual(['PJSIP/1000']);
      caller.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
      expect(center.log().filter((event) => !event.startsWith('RING'))).toEqual([
        ...['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER'],
      ]);
    },
  );
});

test.each([10, 60, 110, 160, 210])(
  'the connection is lost again %i ms into the takeover, with sound of the dead process to be cleared away: the next one does it',
  async (afterMs) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    const inMenu = await center.calls({ number: '2001' });
    await center.wait(1_000);
    center.dies();
    const sound = mediaChannelId('00000000-0000-4000-8000-000000000001');
    await center.pbx.createMedia({ channelId: sound, format: 'ulaw' });
    center.pbx.mediaConnects(sound);
    center.pbx.wire.delayReplies(50);
    await center.begins();
    await center.wait(afterMs);
    center.pbx.losesConnection();
    await center.wait(5_000);
    center.pbx.wire.delayReplies(0);
    center.pbx.reconnects();
    await center.wait(2_000);
    expect(center.ringing()).toEqual(['1000']);
    expect((await center.pbx.snapshot()).channels.map(({ channelId }) => channelId)).not.toContain(sound);
    for (const each of [caller, inMenu]) each.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  },
);
