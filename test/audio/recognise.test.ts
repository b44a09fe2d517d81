import { describe, expect, test } from '@jest/globals';
import { silences } from '../support/audio/levels.ts';
import { concat, fromAlaw, fromMulaw, type Pcm, silence, slice, toAlaw, toMulaw } from '../support/audio/pcm.ts';
import { closest, type Heard, loadPrompts, recognise } from '../support/audio/recognise.ts';
import { Joined } from '../support/audio/timeline.ts';

const prompts = loadPrompts();
const overMulaw = (pcm: Pcm): Pcm => ({ ...pcm, samples: pcm.samples.map((sample) => fromMulaw(toMulaw(sample))) });
const overAlaw = (pcm: Pcm): Pcm => ({ ...pcm, samples: pcm.samples.map((sample) => fromAlaw(toAlaw(sample))) });

// Noise of a fixed sequence (a linear congruential generator), so that a failure can be repeated.
function withNoise(pcm: Pcm, rmsDbfs: number): Pcm {
  const amplitude = 10 ** (rmsDbfs / 20) * Math.sqrt(3);
  let state = 1;
  return {
    ...pcm,
    samples: pcm.samples.map((sample) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return sample + amplitude * (state / 2 ** 31 - 1);
    }),
  };
}

/** Compares at so many places, one after another, without any skill. */
function products(whole: Float32Array, part: Float32Array, places: number): number {
  let best = 0;
  for (let place = 0; place < places; place++) {
    let sum = 0;
    for (let index = 0; index < part.length; index++) sum += (whole[place + index] ?? 0) * (part[index] ?? 0);
    best = Math.max(best, sum);
  }
  return best;
}

function prompt(name: string): Pcm {
  const found = prompts.get(name);
  if (!found) throw new Error(`There is no prompt ${name}`);
  return found;
}

describe('a caller who listens', () => {
  test('knows a prompt whose first packets were lost when there is silence in front of it, and not otherwise', () => {
    const heard = overMulaw(
      concat(slice(prompt('wait_a_moment'), 60, Number.POSITIVE_INFINITY), prompt('logon_failed')),
    );
    const names = (pcm: Pcm) => recognise(pcm, prompts).map(({ name }) => name);
    expect(names(heard)).toEqual(['logon_failed']);
    expect(names(new Joined(heard, [{ atMs: 0, heardMs: 500 }]).led(300).pcm)).toEqual([
      'wait_a_moment',
      'logon_failed',
    ]);
  });

  test('knows a prompt of two phrases whose pause took a little longer or shorter', () => {
    const whole = prompt('logon');
    const [pause] = silences(whole, { thresholdDbfs: -45, minimumMs: 80 });
    if (!pause) throw new Error('logon has no pause');
    const middleMs = (pause.fromMs + pause.toMs) / 2;
    const begin = slice(whole, 0, middleMs);
    const end = slice(whole, middleMs, Number.POSITIVE_INFINITY);
    const names = (pcm: Pcm) => recognise(overMulaw(pcm), prompts).map(({ name }) => name);
    const [longer, shorter] = [concat(begin, silence(60), end), concat(slice(whole, 0, middleMs - 40), end)];
    expect(closest(longer, prompts)[0]?.score).toBeLessThan(0.8);
    expect(names(concat(silence(500), longer, silence(500)))).toEqual(['logon']);
    expect(names(concat(silence(500), shorter, silence(500)))).toEqual(['logon']);
    expect(names(concat(silence(500), begin, silence(2_500)))).toEqual([]);
    expect(names(concat(silence(500), begin, silence(400), end, silence(500)))).toEqual([]);
    expect(names(concat(silence(500), begin, slice(prompt('bye'), 0, 1_000), silence(1_500)))).toEqual([]);
  });

  test('knows a prompt of which beats were lost, or came twice, in the middle of a word', () => {
    const whole = prompt('inform_code');
    const names = (pcm: Pcm) =>
      recognise(overMulaw(concat(silence(500), pcm, silence(900))), prompts).map(({ name }) => name);
    const [begin, end] = [slice(whole, 0, 700), slice(whole, 700, Number.POSITIVE_INFINITY)];
    const without = (ms: number) => concat(begin, slice(end, ms, Number.POSITIVE_INFINITY));
    const twice = concat(begin, slice(whole, 660, 700), end);
    expect(closest(concat(without(20), silence(900)), prompts)[0]?.score).toBeLessThan(0.8);
    expect(names(without(20))).toEqual(['inform_code']);
    expect(names(without(60))).toEqual(['inform_code']);
    expect(names(twice)).toEqual(['inform_code']);
    expect(names(concat(begin, silence(35), end))).toEqual(['inform_code']);
    // Not when a word is wrong or missing, or the end is late.
    expect(names(begin)).toEqual([]);
    expect(names(end)).toEqual([]);
    expect(names(without(700))).toEqual([]);
    expect(names(concat(begin, silence(400), end))).toEqual([]);
    expect(names(concat(begin, slice(prompt('bye'), 0, 1_000), slice(end, 1_000, Number.POSITIVE_INFINITY)))).toEqual(
      [],
    );
  });

  test.each([...prompts.keys()])('knows %s after µ-law and noise, and takes it for no other prompt', (name) => {
    const heard = withNoise(overMulaw(concat(silence(700), prompt(name), silence(300))), -32);
    const [first, second] = closest(heard, prompts);
    expect(first?.name).toBe(name);
    expect(first?.score).toBeGreaterThanOrEqual(0.8);
    expect(first?.offsetMs).toBeCloseTo(700, 0);
    expect(second?.score).toBeLessThan(0.5);
  });

  test('knows the prompts of a whole call in their order, repeated ones too', () => {
    const script = [
      'welcome',
      'ivr_menu',
      'inform_code',
      'invalid_code',
      'try_again',
      'invalid_code',
      'try_again',
      'invalid_code',
      'bye',
    ];
    const call = concat(silence(1000), ...script.flatMap((name) => [prompt(name), silence(150)]));
    expect(recognise(withNoise(overAlaw(call), -35), prompts).map(({ name }) => name)).toEqual(script);
  });

  test('knows a prompt that a key cut short by its first second', () => {
    const cut = { sampleRate: 8000, samples: prompt('ivr_menu').samples.slice(0, 9000) };
    const heard = overMulaw(concat(silence(400), cut, prompt('inform_code')));
    expect(recognise(heard, prompts).map(({ name }) => name)).toEqual(['inform_code']);
    expect(recognise(heard, prompts, { headMs: 1000 }).map(({ name }) => name)).toEqual(['ivr_menu', 'inform_code']);
  });

  test.each([...prompts.keys()])('tells %s from the others by its first second', (name) => {
    const heads = recognise(overMulaw(concat(silence(300), prompt(name))), prompts, { headMs: 1000, threshold: 0.6 });
    expect(heads.map((head) => head.name)).toEqual([name]);
  });

  test('knows a prompt after which somebody hung up at once', () => {
    const heard = overMulaw(concat(silence(400), prompt('bye')));
    expect(recognise({ ...heard, samples: heard.samples.slice(0, -1600) }, prompts).map(({ name }) => name)).toEqual([
      'bye',
    ]);
    expect(recognise({ ...heard, samples: heard.samples.slice(0, -8000) }, prompts)).toEqual([]);
  });

  test('hears nothing in silence and in noise', () => {
    expect(recognise(silence(5000), prompts)).toEqual([]);
    expect(recognise(withNoise(silence(5000), -20), prompts, { threshold: 0.3 })).toEqual([]);
  });

  test('finds five seconds of speech in a minute with a tenth of what it takes to compare sample by sample', () => {
    const minute = withNoise(concat(silence(53_000), prompt('ivr_menu'), silence(7_000)), -40);
    const wanted = prompt('ivr_menu');
    // Processor time on the same machine: how fast that is, and what others do on it meanwhile, counts for both.
    const spent = (work: () => unknown) => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const places = minute.samples.length - wanted.samples.length;
    const bit = () => products(minute.samples, wanted.samples, Math.floor(places / 400));
    let found: readonly Heard[] = [];
    const search = () => {
      found = closest(minute, new Map([['ivr_menu', wanted]]));
    };
    const rounds = [1, 2, 3].map(() => ({ search: spent(search), bit: spent(bit) }));
    const least = (of: 'search' | 'bit') => Math.min(...rounds.map((round) => round[of]));
    expect(least('search')).toBeLessThan(40 * least('bit'));
    expect(found[0]?.offsetMs).toBeCloseTo(53_000, 0);
  });
});
