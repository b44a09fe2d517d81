import { expect, test } from '@jest/globals';
import { ANNOUNCEMENT_DEFAULTS, type AnnouncementSettings } from '../../../src/core/programme/announcement-settings.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { fc } from '../../support/property.ts';
import { aPause, aStep, NUMBERS, soundsOverTalk, take } from '../../support/random-day.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const aDay = fc.array(fc.tuple(aStep, aPause), { minLength: 5, maxLength: 40 });

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

/** Nobody waits in silence. */
function expectEveryWaitingCallerToHearSomething(center: CallCenter, callers: readonly FakeCaller[]): void {
  const waiting = center.application.calls.list().filter(({ phase }) => phase.name === 'waiting');
  const hears = waiting.map(({ channelId }) => {
    const caller = callers.find((each) => each.channelId === channelId);
    return caller && (caller.hears ?? center.holdSound(caller));
  });
  expect(hears.filter((sound) => sound == null)).toEqual([]);
}

const calls = (center: CallCenter) => (number: string) =>
  center.pbx.incomingCall({ args: ['queue', 'support'], number });

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
        await take(center, callers, what, calls(center));
        if (afterMs > 0) await center.wait(afterMs);
        if (afterMs >= 100) expect(soundsOverTalk(center, callers)).toEqual([]);
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
}, 300_000);
