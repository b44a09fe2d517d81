import type { Application } from '../stasis/calls/application.ts';
import { recordingBytes } from './core/queue/recording.ts';
import { AppError } from './errors.ts';
import type { ListedRecording, RecordingFace } from './http/recording-routes.ts';
import type { StoredRecording } from './ports/recordings.ts';

/** Recordings, as the API and the command line see them. */
export function recordingFace({ room, calls }: Application): RecordingFace {
  return {
    async control(callId, action) {
      const recording = room.recordings.of(callId);
      if (recording !== undefined) return await recording.ask(action);
      if (!calls.list().some((call) => call.callId === callId)) return 'unknown-call';
      const why = 'It is in no conversation, or its queue has no recording in the configuration';
      throw new AppError('RECORDING_REFUSED', why, { details: { callId, action } });
    },
    list: async (query) => (await room.store.recordings(query)).map(withSize),
  };
}

/** While it goes on nothing is said of it. */
function withSize(recording: StoredRecording): ListedRecording {
  const { file, startedAtMs, endedAtMs } = recording;
  return { ...recording, bytes: endedAtMs === null ? null : recordingBytes(file, endedAtMs - startedAtMs) };
}
