import type { Application } from '../stasis/calls/application.ts';
import { AppError } from './errors.ts';
import type { RecordingFace } from './http/recording-routes.ts';

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
    list: (query) => room.store.recordings(query),
  };
}
