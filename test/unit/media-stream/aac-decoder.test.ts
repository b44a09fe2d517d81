import { expect, test } from '@jest/globals';
import { AacDecoder } from '../../../stasis/media/stream/aac-decoder.ts';

test('Without ffmpeg AAC fails with what to do, and pieces are taken all the same', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    const reason = await new Promise<string>((resolve) => {
      const decoder = new AacDecoder({ block: () => {}, title: () => {}, aheadMs: () => 0, failed: resolve });
      decoder.decode(new Uint8Array(100)).catch(() => {});
    });
    expect(reason).toBe('AAC needs the program ffmpeg, which is not installed (apt-get install ffmpeg)');
  } finally {
    process.env['PATH'] = path;
  }
});
