import { describe, expect, test } from '@jest/globals';
import { gainAt, type Ramp } from '../../../src/core/programme/fades.ts';
import { renderTimeline } from '../../../src/core/programme/render.ts';
import { type Music, WIRE, WIRE_FORMATS, type WireFormat } from '../../../src/core/programme/sound.ts';
import { type Clip, clipGainAt, EMPTY_TIMELINE, levelAt, type Timeline } from '../../../src/core/programme/timeline.ts';
import { linearOf, soundOf, TestStream, wireOf } from '../../support/programme-stage.ts';
import { fc } from '../../support/property.ts';

const noise = (seed: number, length = 4000) =>
  Int16Array.from({ length }, (_, index) => (((index + 7) * (seed * 7919 + 31_337)) % 65_536) - 32_768);

function clip(sound: Music, start: number, { gain = 1, fades = [] }: { gain?: number; fades?: Ramp[] } = {}): Clip {
  return { sound, start, end: start + sound.samples.length, offset: 0, gain, fades, dry: null };
}

function rendered(timeline: Timeline, format: WireFormat, length: number, from = 0): Buffer {
  const out = Buffer.alloc(length * WIRE[format].bytesPerSample);
  renderTimeline(timeline, format, from, length, out, 0);
  return out;
}

/** What should be heard, sample by sample, by the definition alone; `nudge` tells how a sum that lies between two samples is rounded. */
function defined({
  timeline,
  format,
  length,
  nudge,
}: {
  timeline: Timeline;
  format: WireFormat;
  length: number;
  nudge: number;
}): Buffer {
  const { music, voice } = timeline;
  const samples = new Int16Array(length);
  for (let at = 0; at < length; at += 1) {
    let sum = nudge;
    for (const each of music) sum += partOf(each, at) * levelAt(timeline, at);
    for (const each of voice) sum += partOf(each, at);
    samples[at] = Math.max(-32_768, Math.min(32_767, Math.floor(sum + 0.5)));
  }
  return Buffer.from(wireOf(samples, format));
}

function partOf(each: Clip, at: number): number {
  if (at < each.start || at >= each.end) return 0;
  return (each.sound.samples[each.offset + at - each.start] ?? 0) * clipGainAt(each, at);
}

describe('Rendering', () => {
  test.each(WIRE_FORMATS)('%s: nothing is silence', (format) => {
    const wanted = { ulaw: 0xff, alaw: 0xd5, slin: 0, slin16: 0 }[format];
    expect([...rendered(EMPTY_TIMELINE, format, 700)].every((byte) => byte === wanted)).toBe(true);
  });

  test.each(WIRE_FORMATS)('%s: one tune by itself is its prepared bytes, untouched', (format) => {
    const sound = soundOf('a', noise(1), format);
    // Bytes that no mixing would produce show that they are taken as they are.
    const marked = { ...sound, wire: sound.wire.map((byte) => byte ^ 0x35) };
    expect(rendered({ ...EMPTY_TIMELINE, music: [clip(marked, 0)] }, format, 3000, 500)).toEqual(
      Buffer.from(marked.wire.slice(500 * WIRE[format].bytesPerSample, 3500 * WIRE[format].bytesPerSample)),
    );
  });

  test.each(WIRE_FORMATS)('%s: what is mixed is what the definition says, sample by sample', (format) => {
    const ramp = fc.record({
      from: fc.nat(4000),
      length: fc.integer({ min: 1, max: 3000 }),
      start: fc.double({ min: 0, max: 1, noNaN: true }),
      end: fc.constantFrom(0, 0.1, 1),
    });
    const clips = fc.array(
      fc.record({
        start: fc.nat(3000),
        gain: fc.constantFrom(1, 0.9),
        fades: fc.array(ramp, { maxLength: 2 }),
        seed: fc.nat(5),
        length: fc.integer({ min: 1, max: 4000 }),
      }),
      { maxLength: 4 },
    );
    const made = clips.map((all) =>
      all.map(({ start, seed, length, ...rest }) => clip(soundOf('a', noise(seed, length), format), start, rest)),
    );
    const level = fc.array(ramp, { maxLength: 3 }).map((ramps) => ramps.sort((a, b) => a.from - b.from));
    fc.assert(
      fc.property(made, made, level, (music, voice, ramps) => {
        const timeline = { music, voice, level: ramps };
        const got = rendered(timeline, format, 5000);
        const [low, high] = [-1e-6, 1e-6].map((nudge) => defined({ timeline, format, length: 5000, nudge }));
        const { bytesPerSample } = WIRE[format];
        for (let at = 0; at < got.length; at += bytesPerSample) {
          const isOneOf = [low, high].some(
            (wanted) => wanted?.compare(got, at, at + bytesPerSample, at, at + bytesPerSample) === 0,
          );
          if (!isOneOf) throw new Error(`Sample ${at / bytesPerSample} is wrong`);
        }
      }),
      { numRuns: 40, verbose: 0 },
    );
  });

  test('what is too loud is cut at the loudest, and does not turn over', () => {
    const loud = soundOf('a', new Int16Array(100).fill(30_000));
    const low = soundOf('b', new Int16Array(100).fill(-30_000));
    expect(
      linearOf(rendered({ ...EMPTY_TIMELINE, music: [clip(loud, 0), clip(loud, 0)] }, 'slin', 100), 'slin')[50],
    ).toBe(32_767);
    expect(
      linearOf(rendered({ ...EMPTY_TIMELINE, music: [clip(low, 0), clip(low, 0)] }, 'slin', 100), 'slin')[50],
    ).toBe(-32_768);
  });

  test('only the stretch that was asked for is written', () => {
    const out = Buffer.alloc(300, 0x7e);
    renderTimeline({ ...EMPTY_TIMELINE, music: [clip(soundOf('a', noise(2), 'ulaw'), 0)] }, 'ulaw', 10, 100, out, 50);
    expect(out.subarray(0, 50).every((byte) => byte === 0x7e)).toBe(true);
    expect(out.subarray(150).every((byte) => byte === 0x7e)).toBe(true);
    expect(out.subarray(50, 150).every((byte) => byte === 0x7e)).toBe(false);
  });

  test('a stream is read round its ring', () => {
    const stream = new TestStream('radio', (index) => (index % 30_000) - 15_000, 1);
    stream.decode(12_000);
    const live: Clip = { ...clip(stream, 0), offset: 5000, end: Infinity, dry: { fade: null } };
    const heard = linearOf(rendered({ ...EMPTY_TIMELINE, music: [live] }, 'slin', 6000), 'slin');
    expect(heard[0]).toBe(5000 - 15_000);
    expect([...heard].every((sample, index) => sample === 5000 + index - 15_000)).toBe(true);
  });

  test('a stream that has not been decoded far enough ends softly with what is there, and stays silent', () => {
    const stream = new TestStream('radio', () => 10_000, 4);
    stream.decode(4000);
    const live: Clip = { ...clip(stream, 0), offset: 1000, end: Infinity, dry: { fade: null } };
    const timeline = { ...EMPTY_TIMELINE, music: [live] };
    const first = linearOf(rendered(timeline, 'slin', 2500), 'slin');
    const second = linearOf(rendered(timeline, 'slin', 2500, 2500), 'slin');
    stream.decode(4000);
    const third = linearOf(rendered(timeline, 'slin', 1000, 5000), 'slin');
    const heard = [...first, ...second, ...third];
    expect(heard[2500]).toBe(10_000);
    expect(Math.abs(heard[2999] ?? Number.NaN)).toBeLessThan(200);
    expect(heard.slice(3000).every((sample) => sample === 0)).toBe(true);
    const largest = heard.reduce(
      (most, sample, index) => Math.max(most, Math.abs(sample - (heard[index - 1] ?? sample))),
      0,
    );
    // Twenty milliseconds from 10,000 to nothing: π/2 · 10,000 / 160.
    expect(largest).toBeLessThan(100);
    expect(gainAt(live.dry?.fade ?? { from: 0, length: 1, start: 5, end: 5 }, 3000)).toBe(0);
  });
});
