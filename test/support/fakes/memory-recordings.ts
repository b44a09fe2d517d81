import type { RecordingQuery, StoredRecording } from '../../../src/ports/recordings.ts';

/** The rows of recordings of the queue store in memory. */
export class MemoryRecordings {
  readonly #rows = new Map<string, StoredRecording>();

  /** What has ended is not changed any more. */
  save(recording: StoredRecording): void {
    const known = this.#rows.get(recording.recordingId);
    if (known === undefined) this.#rows.set(recording.recordingId, recording);
    else if (known.endedAtMs === null) {
      const { state, endedAtMs, error } = recording;
      this.#rows.set(recording.recordingId, { ...known, state, endedAtMs, error });
    }
  }

  /** The oldest first. */
  open(): readonly StoredRecording[] {
    return [...this.#rows.values()]
      .filter(({ endedAtMs }) => endedAtMs === null)
      .sort((a, b) => a.startedAtMs - b.startedAtMs || (a.recordingId < b.recordingId ? -1 : 1));
  }

  /** The newest first. */
  list({ callId, limit }: RecordingQuery): readonly StoredRecording[] {
    return [...this.#rows.values()]
      .filter((recording) => callId === undefined || recording.callId === callId)
      .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.recordingId < b.recordingId ? -1 : 1))
      .slice(0, limit);
  }
}
