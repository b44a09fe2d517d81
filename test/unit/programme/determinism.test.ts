import { describe, expect, test } from '@jest/globals';
import { ANNOUNCEMENT_DEFAULTS } from '../../../src/core/programme/announcement-settings.ts';
import type { Programme } from '../../../src/core/programme/programme.ts';
import { type Sound, WIRE_FORMATS } from '../../../src/core/programme/sound.ts';
import type { MediaRequest } from '../../../src/ports/media-out.ts';
import {
  type Event,
  hear,
  tone as newTone,
  programmeOf,
  seconds,
  TestShelf,
  type ToneOptions,
} from '../../support/programme-stage.ts';
import { fc } from '../../support/property.ts';

const LENGTH = seconds(40);

const tones = new Map<string, Sound>();
function tone(name: string, options: ToneOptions): Sound {
  const key = JSON.stringify([name, options]);
  const sound = tones.get(key) ?? newTone(name, options);
  tones.set(key, sound);
  return sound;
}

/** Two long tunes, a short one and one shorter than its fades; advice of the first, middle and last folder; announcements of all kinds. */
function busyProgramme({
  format = 'slin',
  seed = 0.3,
  isAnnounced = true,
}: {
  format?: (typeof WIRE_FORMATS)[number];
  seed?: number;
  isAnnounced?: boolean;
} = {}): Programme {
  const make = (name: string, hz: number, length: number) => tone(name, { hz, seconds: length, format });
  const shelf = new TestShelf(make('a', 400, 12), make('b', 500, 9), make('c', 600, 3), make('d', 700, 0.7));
  shelf.folders.first = [make('one', 1000, 1.3), make('two', 1100, 0.4)];
  shelf.folders.middle = [make('three', 1200, 0.9), make('four', 1300, 0.1)];
  shelf.folders.last = [make('five', 1400, 0.5)];
  return programmeOf({
    shelf,
    format,
    random: () => seed,
    settings: {
      order: 'random',
      advice: { firstAfterMs: 3000, pauseMs: 2500 },
      keyPauses: { nextTuneMs: 700, accountsMs: 1000, positionMs: 1500 },
      position: { everyMs: 9000 },
    },
    sayPosition: (place) => [make('place', 1500, 0.6), make(`${place}`, 1500 + place, 0.3)],
    announcements: {
      settings: {
        ...ANNOUNCEMENT_DEFAULTS,
        frequencyMs: isAnnounced ? 7000 : 0,
        minFrequencyMs: 2000,
        periodic: { prompts: ['p', 'q'], frequencyMs: 4000, startDelayMs: 1000, order: 'random', relative: true },
      },
      waitedMs: 0,
      say: {
        position: (place) => [make(`at ${place}`, 1500 + place, 0.5)],
        moreThan: () => [make('more', 1550, 0.5)],
        holdTime: (at) => [make(`${Math.floor(at / 80_000)} min`, 1600 + Math.floor(at / 80_000), 0.4)],
        thanks: () => [make('thanks', 1700, 0.3)],
        periodic: (name) => [make(name, name === 'p' ? 1750 : 1780, 0.6)],
      },
    },
  });
}

const what = fc.oneof(
  fc.constantFrom(...'0123456789*#').map((digit) => (programme: Programme, at: number) => programme.press(digit, at)),
  fc.constant((programme: Programme, at: number) => programme.press('3', at)),
  fc
    .option(fc.integer({ min: -1, max: 9 }))
    .map((place) => (programme: Programme, at: number) => programme.position(place, at)),
  fc.integer({ min: 0, max: 4 }).map(
    (count) => (programme: Programme, at: number) =>
      programme.tellAccounts(
        Array.from({ length: count }, () => tone('account', { hz: 1800, seconds: 0.4 })),
        at,
      ),
  ),
  fc.constant((programme: Programme, at: number) => programme.cut(at)),
  fc.constant((programme: Programme, at: number) => programme.goOn(at)),
  fc.constant((programme: Programme, at: number) => {
    programme.pause(at);
    programme.resume(at, { hour: 22, minute: 0 });
  }),
);
const events: fc.Arbitrary<Event[]> = fc.array(fc.record({ at: fc.nat(LENGTH - 1), happens: what }), { maxLength: 25 });

describe('A programme', () => {
  test('sounds the same however it is rendered: block by block, ahead of the ear, and anew from where a key changed it', () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 40, max: 4000 }),
        fc.nat(seconds(1.5)),
        fc.boolean(),
        (happening, block, ahead, isAnnounced) => {
          const plain = hear(busyProgramme({ isAnnounced }), { to: LENGTH, events: happening, block: LENGTH });
          const asSent = hear(busyProgramme({ isAnnounced }), { to: LENGTH, events: happening, block, ahead });
          expect(asSent.equals(plain)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test('can be rendered anew from any sample of the last two seconds, and is the same then', () => {
    const rewind = fc.record({ at: fc.nat(LENGTH), back: fc.nat(seconds(2)) });
    fc.assert(
      fc.property(
        fc.array(fc.nat(LENGTH - 1), { maxLength: 8 }),
        fc.array(rewind, { maxLength: 12 }),
        (keys, rewinds) => {
          const programme = busyProgramme();
          const pressed = keys.map((at) => ({ at, happens: () => programme.press('3', at) }));
          const plain = hear(busyProgramme(), {
            to: LENGTH,
            events: keys.map((at) => ({ at, happens: (each) => each.press('3', at) })),
          });
          const looked = rewinds.map(({ at, back }) => ({
            at,
            happens: () => {
              const from = Math.max(0, at - back);
              const again = Buffer.alloc((at - from) * 2);
              programme.render(from, at - from, again, 0);
              expect(again.equals(plain.subarray(from * 2, at * 2))).toBe(true);
            },
          }));
          hear(programme, { to: LENGTH, events: [...pressed, ...looked] });
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test.each(WIRE_FORMATS)('differs with the caller in %s, but not from time to time', (format) => {
    const once = (seed: number) => hear(busyProgramme({ format, seed }), { to: LENGTH });
    expect(once(0.1).equals(once(0.1))).toBe(true);
    expect(once(0.1).equals(once(0.7))).toBe(false);
  });

  test('is what the wire asks for', () => {
    const programme: MediaRequest['programme'] = busyProgramme();
    expect(programme.format).toBe('slin');
  });
});
