import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ANNOUNCEMENT_DEFAULTS, type AnnouncementSettings } from '../../../src/core/programme/announcement-settings.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const NUMBERS = ['1000', '1001', '1002'] as const;
const aPhone = fc.constantFrom(...NUMBERS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('calls' as const) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('gives up' as const), which: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('picks up' as const), number: aPhone }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('puts down' as const), number: aPhone }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('logs in or out' as const), number: aPhone }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('loses the switch' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('finds the switch' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restarts' as const) }) },
);
/** What happens, and how much later the next thing does; 0 is in the same instant. */
const aDay = fc.array(fc.tuple(step, fc.constantFrom(0, 0, 1, 100, 1_000, 6_000)), { minLength: 5, maxLength: 40 });

const ANNOUNCEMENTS: AnnouncementSettings = {
  ...ANNOUNCEMENT_DEFAULTS,
  frequencyMs: 6_000,
  minFrequencyMs: 2_000,
  periodic: { ...ANNOUNCEMENT_DEFAULTS.periodic, frequencyMs: 5_000, startDelayMs: 500 },
  beforeConversation: ['sound:connecting'],
};
/** What callers hear: the programme, the same with announcements, or Asterisk's music with them. */
const aSound = fc.constantFrom(
  {},
  { announcements: ANNOUNCEMENTS },
  { announcements: { ...ANNOUNCEMENTS, beforeConversation: [] }, musicClass: 'plain' },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(center: CallCenter, callers: FakeCaller[], what: Step): Promise<void> {
  const { pbx } = center;
  switch (what.does) {
    case 'calls':
      callers.push(pbx.incomingCall({ args: ['queue', 'support'], number: String(2000 + callers.length) }));
      return;
    case 'gives up': {
      const caller = callers.filter((each) => !each.isGone).at(what.which % 3);
      return caller?.hangsUp();
    }
    case 'picks up':
      if (center.phone(what.number).ringing.length > 0) center.phone(what.number).picksUp();
      return;
    case 'puts down': {
      const phone = center.phone(what.number);
      if (phone.talking !== undefined || phone.ringing.length > 0) phone.hangsUp();
      return;
    }
    case 'logs in or out': {
      const members = await center.store.memberships();
      const isIn = members.some((each) => each.extension.number === what.number);
      return isIn ? await center.logsOut(what.number) : await center.logsIn(what.number);
    }
    case 'loses the switch':
      if (pbx.isConnected()) pbx.losesConnection();
      return;
    case 'finds the switch':
      if (!pbx.isConnected()) pbx.reconnects();
      return;
    case 'restarts':
      return await center.restarts();
  }
}

/** People who talk hear each other and nothing else. */
function expectNothingOverTalk(center: CallCenter, callers: readonly FakeCaller[]): void {
  if (!center.pbx.isConnected()) return;
  const talking = callers.filter((caller) => !caller.isGone && caller.talksTo.length > 0);
  expect(talking.map(({ music, hears }) => [music, hears])).toEqual(talking.map(() => [null, undefined]));
}

/** Nobody waits in silence. */
function expectEveryWaitingCallerToHearSomething(center: CallCenter, callers: readonly FakeCaller[]): void {
  const waiting = center.application.calls.list().filter(({ phase }) => phase.name === 'waiting');
  const hears = waiting.map(({ channelId }) => {
    const caller = callers.find((each) => each.channelId === channelId);
    return caller && (caller.hears ?? center.holdSound(caller));
  });
  expect(hears.filter((sound) => sound == null)).toEqual([]);
}

// fast-check prints seed, path and the shortest day that fails.
test('whatever happens in whatever order: nobody waits in silence or talks over music, at the end nothing is left, and each entry is closed once', async () => {
  await fc.assert(
    fc.asyncProperty(aDay, aSound, async (day, sound) => {
      const center = await CallCenter.open({
        members: ['1000', '1001'],
        queue: { ringTimeoutMs: 5_000, retryMs: 1_000, ...sound },
      });
      const callers: FakeCaller[] = [];
      for (const [what, afterMs] of day) {
        await take(center, callers, what);
        if (afterMs > 0) await center.wait(afterMs);
        if (afterMs >= 100) expectNothingOverTalk(center, callers);
      }
      if (!center.pbx.isConnected()) center.pbx.reconnects();
      // A programme whose line was lost again and again is tried after half a minute.
      await center.wait(40_000);
      expectEveryWaitingCallerToHearSomething(center, callers);
      for (const caller of callers) if (!caller.isGone) caller.hangsUp();
      await center.wait(30_000);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
      expect(NUMBERS.flatMap((number) => [...center.phone(number).ringing])).toEqual([]);
    }),
    { seed: 20_261_121, numRuns: 200 },
  );
}, 60_000);
