import { describe, expect, test } from '@jest/globals';
import type { Pcm } from '../../support/audio/pcm.ts';
import { amplitudeOf, listened, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

const AMPLITUDE = 8000;
const WINDOW = 160;
const db = (ratio: number): number => 20 * Math.log10(ratio);

/** The specified curve: a quarter of a sine from one gain to another, between two instants in seconds. */
function specified(from: number, to: number, begins: number, ends: number): (at: number) => number {
  return (at) => {
    const part = Math.max(0, Math.min(1, (at - begins) / (ends - begins)));
    return from + (to - from) * Math.sin((Math.PI / 2) * part);
  };
}

/** Where the level of a tone, 20 ms by 20 ms, is more than 1 dB from a curve; below −40 dB only that it is as quiet. */
function deviations(
  pcm: Pcm,
  hz: number,
  curve: (at: number) => number,
  [from, to]: readonly [number, number],
): string[] {
  const wrong: string[] = [];
  for (let at = seconds(from); at + WINDOW <= seconds(to); at += WINDOW) {
    const measured = amplitudeOf(pcm, hz, at, at + WINDOW) / AMPLITUDE;
    const wanted = curve((at + WINDOW / 2) / 8000);
    const isRight = wanted < 0.01 ? measured < 0.02 : Math.abs(db(measured / wanted)) < 1;
    if (!isRight) wrong.push(`${at / 8000} s: ${db(measured).toFixed(1)} dB instead of ${db(wanted).toFixed(1)}`);
  }
  return wrong;
}

const tune = (name: string, hz: number, length = 60) => tone(name, { hz, seconds: length, amplitude: AMPLITUDE });
const voice = tone('voice', { hz: 1500, seconds: 2, amplitude: AMPLITUDE });

describe('Something said over the music', () => {
  const programme = programmeOf({ shelf: new TestShelf(tune('a', 400)) });
  const heard = listened(programme, {
    to: seconds(12),
    events: [{ at: seconds(5), happens: (each, at) => each.tellAccounts([voice], at) }],
  });

  test('finds the music on its way to a tenth, keeps it there, and lets it come back: within 1 dB all the time', () => {
    const down = specified(1, 0.1, 5, 6);
    const up = specified(0.1, 1, 8, 9);
    expect(deviations(heard, 400, (at) => (at < 7 ? down(at) : up(at)), [1, 12])).toEqual([]);
  });

  test('begins after the second in which the music fades, at nine tenths', () => {
    const level = (from: number, to: number) => amplitudeOf(heard, 1500, seconds(from), seconds(to)) / AMPLITUDE;
    expect(level(5, 6)).toBeLessThan(0.005);
    expect(Math.abs(db(level(6.02, 7.98) / 0.9))).toBeLessThan(0.1);
    expect(level(8, 9)).toBeLessThan(0.005);
  });

  test('leaves the music 20 dB below where it was', () => {
    expect(db(amplitudeOf(heard, 400, seconds(6), seconds(8)) / AMPLITUDE)).toBeCloseTo(-20, 1);
  });
});

describe('The programme begins', () => {
  test('with music that comes in within a second', () => {
    const heard = listened(programmeOf({ shelf: new TestShelf(tune('a', 400)) }), { to: seconds(3) });
    expect(deviations(heard, 400, specified(0, 1, 0, 1), [0, 3])).toEqual([]);
  });
});

describe('The next tune', () => {
  const pressed = {
    at: seconds(5),
    happens: (each: ReturnType<typeof programmeOf>, at: number) => each.press('3', at),
  };

  test('comes half a second after the old one has begun to go, each within its second: within 1 dB all the time', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a', 400), tune('b', 600)) });
    const heard = listened(programme, { to: seconds(10), events: [pressed] });
    expect(deviations(heard, 400, specified(1, 0, 5, 6), [1, 10])).toEqual([]);
    expect(deviations(heard, 600, specified(0, 1, 5.5, 6.5), [1, 10])).toEqual([]);
  });

  test('is 3 dB down within 200 ms and audible within 600 ms of the key', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a', 400), tune('b', 600)) });
    const heard = listened(programme, { to: seconds(10), events: [pressed] });
    expect(db(amplitudeOf(heard, 400, seconds(5.18), seconds(5.2)) / AMPLITUDE)).toBeLessThan(-3);
    expect(db(amplitudeOf(heard, 600, seconds(5.58), seconds(5.6)) / AMPLITUDE)).toBeGreaterThan(-20);
  });

  test('comes in the same way at the end of the old one, before that has ended', () => {
    const heard = listened(programmeOf({ shelf: new TestShelf(tune('a', 400, 8), tune('b', 600)) }), {
      to: seconds(11),
    });
    expect(deviations(heard, 400, specified(1, 0, 7, 8), [1, 11])).toEqual([]);
    expect(deviations(heard, 600, specified(0, 1, 7.5, 8.5), [1, 11])).toEqual([]);
  });

  test('begins anew when there is only one', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a', 400)) });
    expect(listened(programme, { to: seconds(6), events: [pressed] }).samples.length).toBe(seconds(6));
    expect(programme.nowPlaying(seconds(5.9)).tunes.map(({ name }) => name)).toEqual(['a', 'a']);
    const heard = listened(programmeOf({ shelf: new TestShelf(tune('a', 400)) }), {
      to: seconds(10),
      events: [pressed],
    });
    // Half a second later 400 Hz are at the same phase again: what is heard is the sum of both.
    const sum = (at: number) => specified(1, 0, 5, 6)(at) + specified(0, 1, 5.5, 6.5)(at);
    expect(deviations(heard, 400, sum, [1, 10])).toEqual([]);
  });
});

describe('Curves on top of each other', () => {
  test('a tune that changes while the music goes down follows both', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a', 400), tune('b', 600)) });
    const heard = listened(programme, {
      to: seconds(14),
      events: [
        // Nothing to hear in it: the sudden beginning of a tone would be measured at all frequencies.
        {
          at: seconds(5),
          happens: (each, at) => each.tellAccounts([tone('silence', { hz: 0, seconds: 2, amplitude: 0 })], at),
        },
        { at: seconds(5.4), happens: (each, at) => each.press('3', at) },
      ],
    });
    const duck = (at: number) => (at < 7 ? specified(1, 0.1, 5, 6)(at) : specified(0.1, 1, 8, 9)(at));
    expect(deviations(heard, 400, (at) => duck(at) * specified(1, 0, 5.4, 6.4)(at), [1, 14])).toEqual([]);
    expect(deviations(heard, 600, (at) => duck(at) * specified(0, 1, 5.9, 6.9)(at), [1, 14])).toEqual([]);
  });

  test('what is said while the music comes back takes it down again from where it is', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a', 400)) });
    const tell = (each: ReturnType<typeof programmeOf>, at: number) => each.tellAccounts([voice], at);
    const heard = listened(programme, {
      to: seconds(14),
      events: [
        { at: seconds(5), happens: tell },
        { at: seconds(8.3), happens: tell },
      ],
    });
    const risen = specified(0.1, 1, 8, 9)(8.3);
    const again = (at: number) => (at < 10 ? specified(risen, 0.1, 8.3, 9.3)(at) : specified(0.1, 1, 11.3, 12.3)(at));
    const curve = (at: number) =>
      at < 8.3 ? (at < 7 ? specified(1, 0.1, 5, 6) : specified(0.1, 1, 8, 9))(at) : again(at);
    expect(deviations(heard, 400, curve, [1, 14])).toEqual([]);
  });

  test('between two things that wait the music stays down', () => {
    const programme = programmeOf({
      shelf: new TestShelf(tune('a', 400)),
      sayPosition: () => [tone('place', { hz: 1200, seconds: 1 })],
    });
    const heard = listened(programme, {
      to: seconds(14),
      events: [
        { at: seconds(5), happens: (each, at) => each.tellAccounts([voice], at) },
        { at: seconds(6.5), happens: (each, at) => each.position(3, at) },
      ],
    });
    const curve = (at: number) => (at < 7 ? specified(1, 0.1, 5, 6) : specified(0.1, 1, 9.3, 10.3))(at);
    expect(deviations(heard, 400, curve, [1, 14])).toEqual([]);
    expect(amplitudeOf(heard, 1200, seconds(8.4), seconds(9.2))).toBeGreaterThan(7000);
  });
});
