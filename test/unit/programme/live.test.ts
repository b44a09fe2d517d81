import { describe, expect, test } from '@jest/globals';
import type { Programme } from '../../../src/core/programme/programme.ts';
import {
  type Event,
  linearOf,
  programmeOf,
  seconds,
  TestShelf,
  TestStream,
  tone,
} from '../../support/programme-stage.ts';

const BLOCK = 160;
const file = (name: string, amplitude = 3000) => tone(name, { hz: 0, seconds: 60, amplitude });

interface Listening {
  readonly to: number;
  readonly events?: readonly Event[];
  /** Whether the stream delivers at an instant in seconds. */
  readonly delivers?: (at: number) => boolean;
}

/** Decodes and renders side by side, 20 ms at a time, 600 ms ahead of the ear from the first moment on. */
function listen(programme: Programme, stream: TestStream, { to, events = [], delivers = () => true }: Listening) {
  const heard = Buffer.alloc(seconds(to) * 2);
  const waiting = [...events].sort((a, b) => a.at - b.at);
  const names: string[] = [];
  let rendered = 0;
  for (let at = 0; at < seconds(to); at += BLOCK) {
    if (delivers(at / 8000)) stream.decode(BLOCK);
    while (waiting[0] !== undefined && waiting[0].at <= at) waiting.shift()?.happens(programme, at);
    rendered = Math.min(rendered, programme.takeChangedFrom());
    const end = Math.min(seconds(to), at + 4800);
    programme.render(rendered, end - rendered, heard, rendered * 2);
    rendered = end;
    const name = programme.nowPlaying(at).tunes.at(-1)?.name ?? 'silence';
    if (names.at(-1) !== name) names.push(name);
  }
  return { names, samples: linearOf(heard, 'slin') };
}

function classWithStream(...music: ReturnType<typeof file>[]): { shelf: TestShelf; stream: TestStream } {
  const stream = new TestStream('radio', () => 9000);
  const shelf = new TestShelf(...music);
  shelf.stream = stream;
  stream.decode(seconds(3));
  return { shelf, stream };
}

function largestStep(samples: Int16Array): number {
  let largest = 0;
  for (let index = 1; index < samples.length; index += 1) {
    largest = Math.max(largest, Math.abs((samples[index] ?? 0) - (samples[index - 1] ?? 0)));
  }
  return largest;
}

describe('A class with a stream', () => {
  test('plays it, all the time, 1.6 seconds behind what was decoded', () => {
    const stream = new TestStream('radio', (index) => (index / 8) % 20_000);
    const shelf = new TestShelf(file('a'));
    shelf.stream = stream;
    stream.decode(seconds(3));
    const { names, samples } = listen(programmeOf({ shelf }), stream, { to: 8 });
    expect(names).toEqual(['radio']);
    // Sample 0 of the programme is sample 11,200 of the stream, which has the value of its index by eight.
    expect(Math.abs((samples[seconds(4)] ?? 0) - (11_200 + 160 + seconds(4)) / 8)).toBeLessThan(40);
  });

  test('goes over to its files when the stream is lost, without a click, and back when it plays again', () => {
    const { shelf, stream } = classWithStream(file('a'), file('b'));
    const lose = {
      at: seconds(5),
      happens: () => {
        stream.isPlaying = false;
      },
    };
    const find = {
      at: seconds(8),
      happens: () => {
        stream.isPlaying = true;
      },
    };
    const { names, samples } = listen(programmeOf({ shelf }), stream, {
      to: 16,
      events: [lose, find],
      delivers: (at) => at < 5 || at > 8,
    });
    expect(names).toEqual(['radio', 'a', 'radio']);
    expect(samples[seconds(8)]).toBe(3000);
    expect(samples[seconds(15)]).toBe(9000);
    // What is left of the stream ends within 20 ms: π/2 · 9000 / 160.
    expect(largestStep(samples)).toBeLessThan(95);
  });

  test('goes over to its files, too, when nothing comes any more though the stream counts as playing', () => {
    const { shelf, stream } = classWithStream(file('a'));
    const { names, samples } = listen(programmeOf({ shelf }), stream, { to: 9, delivers: (at) => at < 5 });
    expect(names).toEqual(['radio', 'a']);
    expect(samples[seconds(8)]).toBe(3000);
    expect(largestStep(samples)).toBeLessThan(95);
  });

  test('is silent without files while the stream is away, and plays it again afterwards', () => {
    const { shelf, stream } = classWithStream();
    const { names, samples } = listen(programmeOf({ shelf }), stream, { to: 16, delivers: (at) => at < 5 || at > 8 });
    expect(names).toEqual(['radio', 'silence', 'radio']);
    expect(samples[seconds(7)]).toBe(0);
    expect(samples[seconds(15)]).toBe(9000);
    expect(largestStep(samples)).toBeLessThan(95);
  });

  test('begins with a file while the stream does not play yet', () => {
    const { shelf, stream } = classWithStream(file('a'));
    stream.isPlaying = false;
    const find = {
      at: seconds(3),
      happens: () => {
        stream.isPlaying = true;
      },
    };
    expect(listen(programmeOf({ shelf }), stream, { to: 6, events: [find] }).names).toEqual(['a', 'radio']);
  });

  test('goes through its files by key, and behind the last one comes the stream again', () => {
    const { shelf, stream } = classWithStream(file('a'), file('b'));
    const effects: unknown[] = [];
    const press = (at: number): Event => ({
      at: seconds(at),
      happens: (each, sample) => effects.push(each.press('3', sample)),
    });
    const { names } = listen(programmeOf({ shelf }), stream, { to: 30, events: [press(5), press(12), press(20)] });
    expect(names).toEqual(['radio', 'a', 'b', 'radio']);
    expect(effects).toEqual(['a', 'b', 'radio'].map((track) => ({ type: 'next-tune', track })));
  });

  test('leaves the file that the caller has chosen, in an earlier call, too', () => {
    const { shelf, stream } = classWithStream(file('a'), file('b'));
    expect(listen(programmeOf({ shelf, startTrack: 'b' }), stream, { to: 20 }).names).toEqual(['b']);
    const again = classWithStream(file('a'));
    expect(listen(programmeOf({ shelf: again.shelf, startTrack: 'radio' }), again.stream, { to: 5 }).names).toEqual([
      'radio',
    ]);
  });

  test('plays the newest of it after a pause', () => {
    const { shelf, stream } = classWithStream(file('a'));
    const programme = programmeOf({ shelf });
    listen(programme, stream, { to: 5 });
    programme.pause(seconds(5));
    stream.decode(seconds(100));
    programme.resume(seconds(5), { hour: 9, minute: 2 });
    const out = Buffer.alloc(seconds(0.3) * 2);
    programme.render(seconds(5), seconds(0.3), out, 0);
    expect(programme.nowPlaying(seconds(5.1)).tunes).toMatchObject([{ name: 'radio' }]);
    expect(linearOf(out, 'slin')[seconds(0.29)]).toBeGreaterThan(1000);
  });
});
