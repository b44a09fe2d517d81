import { describe, expect, test } from '@jest/globals';
import { RECORDING_DEFAULTS } from '../../../src/core/queue/recording.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { CallCenter, CLOSING, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();
// Some eighty whole stories each, on whatever machine.
const TURNS_MAX = 30;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** Lets a story run to the n-th request of any kind (to the switch or to the database), and does something at that instant. */
async function interruptAt(
  center: CallCenter,
  n: number,
  { before, interrupt }: { before: boolean; interrupt: () => void },
) {
  let seen = 0;
  let isDone = false;
  const count = () => {
    if (isDone || ++seen < n) return false;
    isDone = true;
    return true;
  };
  const { pbx, store } = center;
  const request = pbx.wire.request.bind(pbx.wire);
  pbx.wire.request = async (name, detail, effect) => {
    const isIt = count();
    if (isIt && before) interrupt();
    const reply = request(name, detail, effect);
    if (isIt && !before) interrupt();
    return await reply;
  };
  for (const method of ['enter', 'reserve', 'miss', 'answer', 'connect', 'complete', 'leave'] as const) {
    const original = store[method].bind(store) as (...given: never[]) => Promise<never>;
    Object.assign(store, {
      [method]: async (...given: never[]) => {
        const isIt = count();
        if (isIt && before) interrupt();
        const reply = original(...given);
        if (isIt && !before) interrupt();
        return await reply;
      },
    });
  }
  return { isDone: () => isDone };
}

/** Queues whose calls go different ways. */
const KINDS: readonly { readonly name: string; readonly queue: Partial<QueueSettings> }[] = [
  { name: 'one after another', queue: {} },
  { name: 'ringall', queue: { strategy: 'ringall' } },
  {
    name: 'the member is told who calls',
    queue: { memberDelayMs: 300, memberAnnounce: ['sound:call'], reportHoldTime: true },
  },
  {
    name: 'recorded, with variables',
    queue: { recording: RECORDING_DEFAULTS, setVariables: ['interface', 'entry', 'queue'] },
  },
];

interface When {
  /** At which request, and whether before it has an effect. */
  readonly n: number;
  readonly before: boolean;
  readonly queue?: Partial<QueueSettings>;
}

/** A call whose first member does not answer, whose second does (or, with ringall, at the same time), and who hangs up. */
async function story({ n, before, queue = {} }: When, act: (center: CallCenter, caller: FakeCaller) => void) {
  const center = await CallCenter.open({ members: ['1000', '1001'], queue: { ringTimeoutMs: 5_000, ...queue } });
  center.phone('1000').hasContacts({ type: 'ring' }, { type: 'ring' });
  center.phone('1001').hasContacts({ type: 'answer', afterMs: 1_000 }, { type: 'ring' });
  await center.wait(1);
  // The caller must be known before the first request, which arrival itself makes.
  let caller: FakeCaller | null = null;
  const interrupt = () => caller !== null && act(center, caller);
  const { isDone } = await interruptAt(center, n, { before, interrupt });
  caller = center.pbx.incomingCall({ args: [] });
  await center.wait(1_000);
  caller.press('1');
  await center.wait(12_000);
  const wasDone = isDone();
  center.phone('1001').talking && center.phone('1001').hangsUp();
  await center.wait(2_000);
  caller.hangsUp();
  await center.wait(10_000);
  return { center, caller, wasDone };
}

describe('the caller hangs up at the n-th request', () => {
  test.each(
    KINDS.flatMap((kind) => [
      { ...kind, before: true },
      { ...kind, before: false },
    ]),
  )(
    '$name, before it has an effect: $before. Nothing is left, each entry is closed once',
    async ({ before, queue }) => {
      let n = 0;
      for (let wasDone = true; wasDone; ) {
        n++;
        const told = await story({ n, before, queue }, (_, caller) => caller.hangsUp());
        ({ wasDone } = told);
        const left = await told.center.leftovers();
        expect({ n, left }).toEqual({ n, left: NOTHING_LEFT });
      }
      expect(n).toBeGreaterThan(25);
    },
  );
});

describe('the member logs out of the switch at the n-th request', () => {
  test.each([true, false])('both phones are unplugged, before: %s', async (before) => {
    let n = 0;
    for (let wasDone = true; wasDone; ) {
      n++;
      const told = await story({ n, before }, ({ pbx }) => {
        for (const number of ['1000', '1001']) {
          const phone = pbx.phone(number);
          while (phone.ringing.length > 0 || phone.talking) phone.hangsUp();
        }
      });
      ({ wasDone } = told);
      expect({ n, left: await told.center.leftovers() }).toEqual({ n, left: NOTHING_LEFT });
    }
  });
});

describe('SIGTERM at the n-th request', () => {
  test('nothing rejects unheard; the next process ends every call properly', async () => {
    let n = 0;
    for (let wasDone = true; wasDone; ) {
      n++;
      let stopped: Promise<void> | null = null;
      const told = await story({ n, before: false }, ({ application }) => {
        stopped ??= application.stop(20_000);
      });
      ({ wasDone } = told);
      await told.center.wait(20_000);
      await stopped;
      await told.center.begins();
      await told.center.wait(60_000);
      expect({ n, left: await told.center.leftovers() }).toEqual({ n, left: NOTHING_LEFT });
    }
  });
});

describe('the process is killed at the n-th request', () => {
  test.each(KINDS)('$name: the next process ends every call properly', async ({ queue }) => {
    let n = 0;
    for (let wasDone = true; wasDone; ) {
      n++;
      const told = await story({ n, before: false, queue }, (center) => {
        center.dies();
        center.clock.after(500, () => {
          center.begins().catch((err: unknown) => center.logger.fatal({ err }, 'The next process did not begin'));
        });
      });
      ({ wasDone } = told);
      await told.center.wait(60_000);
      expect({ n, left: await told.center.leftovers() }).toEqual({ n, left: NOTHING_LEFT });
    }
  });
});

describe('an offer meets the end of the wait', () => {
  test.each(['hang-up', 'nobody'])('%s, any number of turns after the reservation: the member is free', async (end) => {
    for (let count = 0; count < TURNS_MAX; count++) {
      const center = await CallCenter.open({ members: ['1000'], queue: { whenNobody: 'leave' } });
      const held = center.store.hold('reserve');
      const caller = await center.entersSupport();
      await held.arrived;
      held.release();
      await turns(count);
      if (end === 'hang-up') caller.hangsUp();
      else center.application.room.board.replaceMemberships([]);
      await center.wait(60_000);
      caller.hangsUp();
      await center.wait(10_000);
      await center.logsIn('1000');
      await center.wait(1_000);
      expect({ count, left: await center.leftovers() }).toEqual({ count, left: NOTHING_LEFT });
      expect(center.log().filter((event) => CLOSING.includes(event))).toHaveLength(1);
    }
  });

  test('the end of the wait, any number of turns before the reservation', async () => {
    for (let count = 0; count < TURNS_MAX; count++) {
      const center = await CallCenter.open({ members: ['1000'], queue: { whenNobody: 'leave' } });
      const held = center.store.hold('reserve');
      await center.entersSupport();
      await held.arrived;
      center.application.room.board.replaceMemberships([]);
      await turns(count);
      held.release();
      await center.wait(60_000);
      await center.logsIn('1000');
      expect({ count, left: await center.leftovers() }).toEqual({ count, left: NOTHING_LEFT });
    }
  });
});
