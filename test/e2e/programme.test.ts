import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { durationMs } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { Site } from '../support/e2e/site.ts';
import { trackHeard, writeToneClass } from '../support/e2e/tone-class.ts';
import type { Caller } from '../support/phones/caller.ts';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'queueapp-tones-'));

/** What the caller has been hearing for the last second. */
async function hearsNow(caller: Caller) {
  const recording = await caller.recording();
  const endMs = durationMs(recording);
  return trackHeard(recording, endMs - 1_000, endMs);
}

describe('the programme of a waiting caller', () => {
  let site: Site;
  beforeAll(async () => {
    writeToneClass(folder);
    site = await Site.up({
      name: 'programme',
      configure: (shipped) => `${shipped}\nmusic-classes:\n  default:\n    folder: ${folder}\n`,
    });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(async () => {
    await site?.down();
    rmSync(folder, { recursive: true });
  });

  test('two callers at once hear what each of them chose', async () => {
    const ann = await site.caller('0001', { from: { number: '5550101', name: 'Ann' } });
    const bob = await site.caller('0001', { from: { number: '5550102', name: 'Bob' } });
    await eventually('both hear the first track', async () => {
      return (await hearsNow(ann)) === 'a-low' && (await hearsNow(bob)) === 'a-low';
    });
    await ann.press('3');
    await eventually('Ann hears the next tune', async () => (await hearsNow(ann)) === 'b-middle');
    expect(await hearsNow(bob)).toBe('a-low');
  });
});
