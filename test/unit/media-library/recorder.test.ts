import { describe, expect, test } from '@jest/globals';
import { Recorder } from '../../../stasis/media/library/decode/recorder.ts';

const RATE = 8000;

function recorded(samples: Float32Array, { gain = 1, maxMs = 60_000 } = {}): Int16Array {
  const recorder = new Recorder(RATE, { gain, maxMs });
  recorder.add({ sampleRate: RATE, samples });
  return recorder.finish();
}

function constant(value: number, length = 800): Float32Array {
  return new Float32Array(length).fill(value);
}

const middleOf = (samples: Int16Array) => samples[samples.length >> 1] as number;

describe('The recorder', () => {
  test('keeps the level when the gain is 1, to the last bit', () => {
    for (const value of [-1, -0.9, -0.1, 0, 0.5, 1])
      expect(middleOf(recorded(constant(value)))).toBe(Math.round(value * 32_767));
  });

  test('makes quieter by the gain', () => {
    expect(middleOf(recorded(constant(0.8), { gain: 0.25 }))).toBe(Math.round(0.2 * 32_767));
  });

  test('bends the wave when it makes louder: never over full scale, never the wrong way round, no step at the knee', () => {
    const ramp = Float32Array.from({ length: 2000 }, (_, index) => index / 2000);
    const louder = recorded(ramp, { gain: 3 });
    const rising = louder.subarray(50, 1900);
    const steps = [...rising].slice(1).map((sample, index) => sample - (rising[index] as number));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(Math.ceil((3 / 2000) * 32_767));
    expect(Math.max(...louder)).toBeLessThanOrEqual(32_767);
    expect(Math.min(...recorded(constant(-1), { gain: 10 }))).toBeGreaterThanOrEqual(-32_768);
  });

  test('begins and ends without a step: 5 ms up, 5 ms down', () => {
    const samples = recorded(constant(1));
    const steps = [...samples].slice(1).map((sample, index) => Math.abs(sample - (samples[index] as number)));
    expect(samples[0]).toBe(0);
    expect(samples.at(-1)).toBe(0);
    expect(Math.max(...steps)).toBeLessThan(32_767 / 20);
    expect(samples[40]).toBe(32_767);
    expect(samples.at(-41)).toBe(32_767);
  });

  test('of sound that is shorter than its edges something is left', () => {
    expect(recorded(constant(1, 1))).toHaveLength(1);
    expect(recorded(new Float32Array(0))).toHaveLength(0);
    expect(Math.max(...recorded(constant(1, 20)))).toBeGreaterThan(20_000);
  });

  test('is full at its limit, and takes no more', () => {
    const recorder = new Recorder(RATE, { gain: 1, maxMs: 50 });
    for (let round = 0; round < 3; round += 1) recorder.add({ sampleRate: RATE, samples: constant(0.5, 300) });
    expect(recorder.isFull).toBe(true);
    expect(recorder.finish()).toHaveLength(400);
  });

  test('goes on when a file changes its sample rate in its middle', () => {
    const recorder = new Recorder(RATE, { gain: 1, maxMs: 60_000 });
    recorder.add({ sampleRate: 44_100, samples: constant(0.5, 44_100) });
    recorder.add({ sampleRate: 48_000, samples: constant(0.5, 48_000) });
    recorder.add({ sampleRate: RATE, samples: constant(0.5, RATE) });
    const samples = recorder.finish();
    expect(samples).toHaveLength(3 * RATE);
    expect(samples[RATE / 2]).toBe(Math.round(0.5 * 32_767));
    expect(samples[2.5 * RATE]).toBe(Math.round(0.5 * 32_767));
  });

  test('lies in shared memory', () => {
    expect(Object.prototype.toString.call(recorded(constant(1)).buffer)).toBe('[object SharedArrayBuffer]');
  });
});
