import { describe, expect, test } from '@jest/globals';
import type { Programme } from '../../../src/core/programme/programme.ts';
import {
  amplitudeOf,
  hear,
  listened,
  pcmOf,
  programmeOf,
  seconds,
  TestShelf,
  tone,
} from '../../support/programme-stage.ts';

const rising = (name: string) => {
  const sound = tone(name, { hz: 0, seconds: 60 });
  // Each sample tells where it stands in the tune.
  for (let index = 0; index < sound.samples.length; index += 1) sound.samples[index] = 10_000 + (index >> 5);
  return { ...sound, wire: new Uint8Array(sound.samples.buffer) };
};
const voice = tone('voice', { hz: 1500, seconds: 2 });
const place = tone('place', { hz: 1800, seconds: 2 });

/** Renders from a sample on, as a new line does. */
function goOnHearing(programme: Programme, from: number, to: number): Buffer {
  const bytes = Buffer.alloc((to - from) * 2);
  programme.render(from, to - from, bytes, 0);
  return bytes;
}

describe('After a pause', () => {
  test('the music goes on where it stopped, and comes from nothing to its level within a second', () => {
    const programme = programmeOf({ shelf: new TestShelf(rising('a')) });
    hear(programme, { to: seconds(7) });
    const stoppedAt = seconds(6.8);
    programme.pause(stoppedAt);
    programme.resume(stoppedAt, { hour: 9, minute: 30 });
    const heard = pcmOf(goOnHearing(programme, stoppedAt, seconds(10)), 'slin').samples.map(
      (sample) => sample * 32_768,
    );
    expect(heard[0]).toBe(0);
    expect(Math.abs((heard[seconds(1 / 3)] ?? 0) / (10_000 + ((stoppedAt + seconds(1 / 3)) >> 5)) - 0.5)).toBeLessThan(
      0.005,
    );
    expect(heard[seconds(2)]).toBe(10_000 + ((stoppedAt + seconds(2)) >> 5));
  });

  test('what was being said is said again from its beginning, after the music has come back', () => {
    const programme = programmeOf({ shelf: new TestShelf(tone('a', { hz: 400, seconds: 60 })) });
    hear(programme, {
      to: seconds(7),
      events: [{ at: seconds(5), happens: (each, at) => each.tellAccounts([voice], at) }],
    });
    programme.pause(seconds(6.7));
    programme.resume(seconds(6.7));
    const heard = pcmOf(goOnHearing(programme, seconds(6.7), seconds(13)), 'slin');
    // One second for the music to come, one for it to go; then the whole of it.
    expect(amplitudeOf(heard, 1500, 0, seconds(1.99))).toBeLessThan(5);
    expect(amplitudeOf(heard, 1500, seconds(2.02), seconds(3.98))).toBeGreaterThan(7000);
    expect(amplitudeOf(heard, 1500, seconds(4.01), seconds(6.3))).toBeLessThan(5);
  });

  test('the position is said anew as it is then, advice after its pause, and not at all without a place', () => {
    const shelf = new TestShelf(tone('a', { hz: 400, seconds: 60 }));
    shelf.folders.first = [voice];
    const programme = programmeOf({
      shelf,
      sayPosition: (n) => [tone(`${n}`, { hz: 1700 + 100 * n, seconds: 2 })],
      settings: { advice: { firstAfterMs: 5000, pauseMs: 8000 } },
    });
    hear(programme, { to: seconds(7), events: [{ at: 0, happens: (each, at) => each.position(4, at) }] });
    // Advice is being said.
    expect(programme.nowPlaying(seconds(6.5)).telling).toBe('advice');
    programme.pause(seconds(6.5));
    programme.position(1, seconds(6.5));
    programme.resume(seconds(6.5));
    const heard = pcmOf(goOnHearing(programme, seconds(6.5), seconds(20)), 'slin');
    // Told at 2 s, so again from 10 s on; the music goes down first.
    expect(amplitudeOf(heard, 1800, seconds(4.52), seconds(6.48))).toBeGreaterThan(7000);
    expect(amplitudeOf(heard, 1500, seconds(9.02), seconds(10.98))).toBeGreaterThan(7000);
    const held = programmeOf({ shelf: new TestShelf(tone('a', { hz: 400, seconds: 60 })), sayPosition: () => [place] });
    const listening = listened(held, {
      to: seconds(30),
      events: [
        { at: 0, happens: (each, at) => each.position(4, at) },
        {
          at: seconds(3),
          happens: (each, at) => {
            each.pause(at);
            each.position(null, at);
            each.resume(at);
          },
        },
      ],
    });
    expect(amplitudeOf(listening, 1800, seconds(2.02), seconds(2.98))).toBeGreaterThan(7000);
    expect(amplitudeOf(listening, 1800, seconds(3.1), seconds(30))).toBeLessThan(5);
  });

  test('the hour is the one of the clock on the wall', () => {
    const shelf = new TestShelf(tone('a', { hz: 400, seconds: 60 }));
    shelf.folders.firstMorning = [tone('morning', { hz: 900, seconds: 1 })];
    shelf.folders.firstEvening = [tone('evening', { hz: 1100, seconds: 1 })];
    const programme = programmeOf({ shelf, settings: { advice: { firstAfterMs: 5000 } } });
    hear(programme, { to: seconds(3) });
    programme.pause(seconds(3));
    programme.resume(seconds(3), { hour: 22, minute: 15 });
    hear(programme, { to: seconds(7) });
    expect(programme.nowPlaying(seconds(6.5)).recordings).toEqual(['evening']);
  });
});
