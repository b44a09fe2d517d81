import { describe, expect, test } from '@jest/globals';
import { callId, entryId, extensionNumber, queueName, recordingId } from '../../src/core/ids.ts';
import type { StoredRecording } from '../../src/ports/recordings.ts';
import { next, type QueueStoreUnderTest, START_MS } from './queue-store.scene.ts';

/** What was recorded; part of the suite in queue-store.suite.ts. `open` gives the store of the running suite. */
export function describeRecordings(open: () => QueueStoreUnderTest): void {
  describe('recordings', () => {
    function recording(changes: Partial<StoredRecording> = {}): StoredRecording {
      const serial = next();
      return {
        recordingId: recordingId(`recording-${serial}`),
        callId: callId(`call-${serial}`),
        entryId: entryId(`entry-${serial}`),
        uniqueId: `1763640000.${serial}`,
        queue: queueName('support'),
        extension: extensionNumber('1000'),
        part: 'together',
        file: `support/2026-11-29/Müller-${serial}.wav`,
        startedAtMs: START_MS + Number(serial),
        endedAtMs: null,
        state: 'recording',
        error: null,
        ...changes,
      };
    }
    const openOf = async ({ callId }: StoredRecording) =>
      (await open().store.openRecordings()).filter((each) => each.callId === callId);
    const allOf = ({ callId }: StoredRecording) => open().store.recordings({ callId, limit: 10 });

    test('one is open until it has ended, and is found by its call', async () => {
      const { store } = open();
      const begun = recording();
      await store.saveRecording(begun);
      expect(await openOf(begun)).toEqual([begun]);
      const paused = { ...begun, state: 'paused' } as const;
      await store.saveRecording(paused);
      expect(await openOf(begun)).toEqual([paused]);
      const done = { ...begun, state: 'done', endedAtMs: START_MS + 60_250 } as const;
      await store.saveRecording(done);
      expect(await openOf(begun)).toEqual([]);
      expect(await allOf(begun)).toEqual([done]);
    });

    test('one that failed says why, and what is said of it later changes nothing', async () => {
      const { store } = open();
      const failed = recording({
        state: 'failed',
        endedAtMs: START_MS + 60_000,
        error: 'ended: is the disk full? \ud800',
      });
      await store.saveRecording(failed);
      await store.saveRecording({ ...failed, state: 'done', endedAtMs: START_MS + 70_000, error: null });
      await store.saveRecording({ ...failed, state: 'recording', endedAtMs: null });
      const [kept] = await allOf(failed);
      expect(kept).toMatchObject({ state: 'failed', endedAtMs: START_MS + 60_000 });
      expect(kept?.error).toContain('is the disk full?');
    });

    test('they are listed newest first, as many as asked for', async () => {
      const { store } = open();
      const first = recording({ part: 'caller' });
      const second = recording({ callId: first.callId, part: 'member' });
      await store.saveRecording(first);
      await store.saveRecording(second);
      expect(await allOf(first)).toEqual([second, first]);
      expect(await store.recordings({ callId: first.callId, limit: 1 })).toEqual([second]);
      expect(await store.recordings({ callId: callId('never'), limit: 10 })).toEqual([]);
      expect((await store.recordings({ limit: 2 })).length).toBe(2);
    });
  });
}
