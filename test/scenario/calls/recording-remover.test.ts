import { beforeEach, expect, test } from '@jest/globals';
import { type RecordingId, recordingId } from '../../../src/core/ids.ts';
import { AppError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { Presence } from '../../../src/ports/pbx.ts';
import { RecordingRemover } from '../../../src/recording-remover.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const EVERY_MS = 10 * 60_000;

let clock: FakeClock;
/** What is to be removed, by id, and the file. */
let rows: Map<RecordingId, string>;
let files: Set<string>;
let failure: AppError | null;
let refused: ReadonlySet<string>;
let asked: string[];
let remover: RecordingRemover;

beforeEach(() => {
  clock = new FakeClock();
  rows = new Map();
  files = new Set();
  failure = null;
  refused = new Set();
  asked = [];
  remover = new RecordingRemover({
    removals: {
      unwanted: async (limit) => [...rows].slice(0, limit).map(([id, file]) => ({ recordingId: id, file })),
      async removed(id) {
        rows.delete(id);
      },
    },
    pbx: {
      async deleteRecording(name): Promise<Presence> {
        asked.push(name);
        if (failure !== null) throw failure;
        if (refused.has(name)) throw new AppError('ARI_REFUSED', `Asterisk refuses ${name}`);
        return files.delete(name) ? 'done' : 'gone';
      },
    },
    clock,
    log: silentLog(),
  });
});

function recorded(count: number): void {
  for (let n = 0; n < count; n++) {
    rows.set(recordingId(`r${n}`), `support/a.b/${n}.wav`);
    files.add(`support/a.b/${n}`);
  }
}

test('files go by their name without the ending, many in one round; one that is gone already counts as removed', async () => {
  recorded(250);
  files.delete('support/a.b/7');
  expect(await remover.run()).toBe(250);
  expect([rows.size, files.size, asked[0]]).toEqual([0, 0, 'support/a.b/0']);
  expect(await remover.run()).toBe(0);
});

test('while Asterisk is away they wait for the next round, ten minutes later', async () => {
  recorded(2);
  failure = new AppError('ARI_UNAVAILABLE', 'away');
  remover.start();
  expect(await remover.run()).toBe(0);
  expect(asked).toHaveLength(1);
  failure = null;
  await clock.advance(EVERY_MS - 1);
  expect(rows.size).toBe(2);
  await clock.advance(1);
  expect([rows.size, files.size]).toEqual([0, 0]);
  await remover.close();
  expect(clock.pendingTimers).toBe(0);
});

test('one that Asterisk refuses keeps no other from going, and is tried again in a later round', async () => {
  recorded(3);
  refused = new Set(['support/a.b/1']);
  remover.start();
  expect(await remover.run()).toBe(2);
  expect([...rows.values()]).toEqual(['support/a.b/1.wav']);
  expect(await remover.run()).toBe(0);
  expect(asked).toHaveLength(3);
  refused = new Set();
  await clock.advance(EVERY_MS);
  expect(rows.size).toBe(0);
  await remover.close();
});

test('two who ask at once remove each file once', async () => {
  recorded(5);
  expect((await Promise.all([remover.run(), remover.run()])).sort()).toEqual([0, 5]);
  expect(asked).toHaveLength(5);
});
