import type { RecordingQuery, StoredRecording } from '../../src/ports/recordings.ts';
import { storableText, storableTextOrNull } from '../text.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

const UNIQUE_ID_LENGTH_MAX = 150;
const FILE_LENGTH_MAX = 4000;
const ERROR_LENGTH_MAX = 1000;

/** A row of recording. */
export type RecordingRow = Readonly<Record<keyof StoredRecording, unknown>>;

const COLUMNS = `recording_id as "recordingId", call_id as "callId", entry_id as "entryId", unique_id as "uniqueId", queue,
  extension, part, file, state, error, ${asMs('started_at')} as "startedAtMs", ${asMs('ended_at')} as "endedAtMs"`;

/** Writes how a recording stands; a late word on one that has ended changes nothing. */
export function saveRecording(recording: StoredRecording): Statement<object> {
  const { recordingId, callId, entryId, queue, extension, part, state } = recording;
  return {
    name: 'save-recording',
    text: `insert into recording (recording_id, call_id, entry_id, unique_id, queue, extension, part, file, state, started_at,
        ended_at, error)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${momentOf('$10')}, ${momentOf('$11')}, $12)
      on conflict (recording_id) do update
        set state = excluded.state, ended_at = excluded.ended_at, error = excluded.error where recording.ended_at is null`,
    values: [
      recordingId,
      callId,
      entryId,
      storableText(recording.uniqueId, UNIQUE_ID_LENGTH_MAX),
      queue,
      extension,
      part,
      storableText(recording.file, FILE_LENGTH_MAX),
      state,
      recording.startedAtMs,
      recording.endedAtMs,
      storableTextOrNull(recording.error, ERROR_LENGTH_MAX),
    ],
  };
}

export function selectOpenRecordings(): Statement<RecordingRow> {
  return {
    name: 'open-recordings',
    text: `select ${COLUMNS} from recording where ended_at is null order by started_at, recording_id`,
    values: [],
  };
}

/** Newest first. */
export function selectRecordings({ callId, limit }: RecordingQuery): Statement<RecordingRow> {
  return {
    name: 'recordings',
    text: `select ${COLUMNS} from recording where $1::text is null or call_id = $1
      order by started_at desc, recording_id limit $2`,
    values: [callId ?? null, limit],
  };
}

/** The row as the rest of the program knows it. */
export function toRecording(row: RecordingRow): StoredRecording {
  return {
    recordingId: row.recordingId as StoredRecording['recordingId'],
    callId: row.callId as StoredRecording['callId'],
    entryId: row.entryId as StoredRecording['entryId'],
    uniqueId: row.uniqueId as string,
    queue: row.queue as StoredRecording['queue'],
    extension: row.extension as StoredRecording['extension'],
    part: row.part as StoredRecording['part'],
    file: row.file as string,
    startedAtMs: row.startedAtMs as number,
    endedAtMs: row.endedAtMs as number | null,
    state: row.state as StoredRecording['state'],
    error: row.error as string | null,
  };
}

/** Files that are to be removed; one that is still written waits for its end. */
export function selectUnwantedRecordings(limit: number): Statement<{ recordingId: string; file: string }> {
  return {
    name: 'unwanted-recordings',
    text: `select recording_id as "recordingId", file from recording
      where removal_wanted_at is not null and removed_at is null and ended_at is not null
      order by removal_wanted_at, recording_id limit $1`,
    values: [limit],
  };
}

export function countUnwantedRecordings(): Statement<{ count: number }> {
  return {
    name: 'count-unwanted-recordings',
    text: `select count(*)::int as count from recording
      where removal_wanted_at is not null and removed_at is null and ended_at is not null`,
    values: [],
  };
}

export function noteRemovedRecording(recordingId: string, atMs: number): Statement<object> {
  return {
    name: 'note-removed-recording',
    text: `update recording set removed_at = ${momentOf('$2')}, file = 'removed' where recording_id = $1`,
    values: [recordingId, atMs],
  };
}
