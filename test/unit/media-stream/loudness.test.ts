import { expect, test } from '@jest/globals';
import { LoudnessMeter, SilenceWatch } from '../../../stasis/media/stream/loudness.ts';

const SECOND = 8000;
const tone = (seconds: number, amplitude: number) =>
  Float32Array.from({ length: seconds * SECOND }, (_, i) => amplitude * Math.sin((2 * Math.PI * 440 * i) / SECOND));

test('Sound above −60 dBFS is loud, below it is silence', () => {
  const meter = new LoudnessMeter();
  // A sine of amplitude 0.0016 has −58.9 dBFS, of 0.0012 −61.4.
  expect(meter.measure(tone(1, 0.0016), 0)).toEqual([{ at: 0, isLoud: true }]);
  expect(meter.measure(tone(1, 0.0012), SECOND)).toEqual([{ at: SECOND, isLoud: false }]);
  expect(meter.measure(tone(1, 0), 2 * SECOND)).toEqual([]);
  expect(meter.measure(tone(1, 0.3), 3 * SECOND)).toEqual([{ at: 3 * SECOND, isLoud: true }]);
});

test('It is silent when what is heard has been silence for long enough, not when it is decoded', () => {
  const watch = new SilenceWatch(10 * SECOND);
  watch.add([{ at: 0, isLoud: true }]);
  watch.add([
    { at: 5 * SECOND, isLoud: false },
    { at: 20 * SECOND, isLoud: true },
  ]);
  const silentAt = [0, 5, 14.9, 15, 19.9, 20, 30].map((second) => watch.isSilent(second * SECOND));
  expect(silentAt).toEqual([false, false, false, true, true, false, false]);
});

test('A stream that begins with silence is silent after it has lasted', () => {
  const watch = new SilenceWatch(10 * SECOND);
  watch.add(new LoudnessMeter().measure(tone(1, 0), 0));
  expect(watch.isSilent(9.9 * SECOND)).toBe(false);
  expect(watch.isSilent(10 * SECOND)).toBe(true);
});
