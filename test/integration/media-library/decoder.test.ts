import { afterAll, expect, jest, test } from '@jest/globals';
import { DECODE_LIMIT_MS, Decoder } from '../../../stasis/media/library/decode/decoder.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SoundFiles } from './sound-files.ts';

jest.setTimeout(180_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

test('A decoder that does not come to an end loses its thread; the next track gets a new one, and nothing is left', async () => {
  const clock = new FakeClock();
  const decoder = new Decoder(clock);
  const limits = { maxMs: 600_000, leastMs: 0, maxBytes: 2 ** 28 };
  const job = { formats: ['ulaw'], gain: 1, ...limits, isUrgent: false } as const;
  const long = files.tone('long.flac', { seconds: 300 });
  const short = files.tone('short.wav');
  const answers = Promise.all([
    decoder.decode({ ...job, files: [{ path: long, ending: 'flac' }] }),
    decoder.decode({ ...job, files: [{ path: short, ending: 'wav' }] }),
  ]);
  await clock.advance(DECODE_LIMIT_MS);
  expect(await answers).toMatchObject([
    { type: 'failed', reason: 'could not be decoded within 5 minutes' },
    { type: 'decoded', durationMs: 2000 },
  ]);
  expect(clock.pendingTimers).toBe(0);
  await decoder.close();
  expect(await decoder.decode({ ...job, files: [] })).toEqual({ type: 'failed', reason: 'the decoder is closed' });
});
