import type { FastifyInstance } from 'fastify';
import { type CallId, callId } from '../core/ids.ts';
import type { RecordingPart } from '../core/queue/recording.ts';
import { AppError } from '../errors.ts';
import type { RecordingQuery, StoredRecording } from '../ports/recordings.ts';
import { described } from './described.ts';
import { group, listOf, oneOf, text, textOrNull, time, timeOrNull, wholeOrNull } from './schemas.ts';

/** What can be asked of the recording of a conversation. */
export const RECORDING_ACTIONS = ['start', 'pause', 'resume', 'stop'] as const;
export type RecordingAction = (typeof RECORDING_ACTIONS)[number];

/** How it stands then; `consent`: it begins when the caller has been told. */
export const RECORDING_STATES = ['off', 'consent', 'recording', 'paused'] as const;
export type RecordingState = (typeof RECORDING_STATES)[number];

/** The recordings of the running application. */
export interface RecordingFace {
  /** @throws AppError RECORDING_REFUSED, or what Asterisk says */
  control(callId: CallId, action: RecordingAction): Promise<RecordingState | 'unknown-call'>;
  list(query: RecordingQuery): Promise<readonly ListedRecording[]>;
}

/** A recording, and about how much room its file takes; `null` while it goes on, and when it has been removed. */
export interface ListedRecording extends StoredRecording {
  readonly bytes: number | null;
}

interface ControlRoute {
  Params: { callId: string; action: RecordingAction };
}

interface ListRoute {
  Querystring: { call?: string; limit?: string };
}

const PARTS = ['together', 'caller', 'member'] as const satisfies readonly RecordingPart[];
const CALL_ID = '^[0-9A-Za-z._-]{1,100}$';
const LIST_MAX = 1000;
const LIST_DEFAULT = 20;

const stateSchema = group({
  callId: text('Id of the call'),
  state: oneOf(RECORDING_STATES, 'How its recording stands; consent: it begins when the caller has been told'),
});

const listSchema = listOf(
  group({
    recordingId: text('Id of the recording'),
    callId: text('Id of the call'),
    entryId: text('Id of the place in line'),
    uniqueId: text('callid of the lines in queue_log'),
    queue: text('Name of the queue'),
    extension: text('The member'),
    part: oneOf(PARTS, 'Who is heard: both together, or one of them'),
    file: text("Path below Asterisk's folder of recordings"),
    state: oneOf(['recording', 'paused', 'done', 'failed'], 'How it stands'),
    error: textOrNull('Why it failed'),
    started: time('When it began'),
    ended: timeOrNull('When it ended; null while it goes on'),
    seconds: wholeOrNull('Its length; null while it goes on'),
    bytes: wholeOrNull('About how much room the file takes; null while it goes on, and when it has been removed'),
  }),
);

/** Recordings: begun, paused and stopped by hand, and what was recorded. */
export function recordingRoutes(server: FastifyInstance, face: RecordingFace): void {
  const control = described(
    'controlRecording',
    'Starts, pauses, resumes or stops the recording of a call',
    stateSchema,
  );
  const list = described('recordings', 'What was recorded, newest first', listSchema);
  server.post<ControlRoute>(
    '/calls/:callId/recording/:action',
    { schema: { ...control.schema, params: controlParamsSchema } },
    async ({ params }) => {
      const state = await face.control(callId(params.callId), params.action);
      if (state !== 'unknown-call') return { callId: params.callId, state };
      const { callId: asked } = params;
      throw new AppError('CALL_UNKNOWN', `There is no call ${asked}`, { details: { callId: asked } });
    },
  );
  server.get<ListRoute>(
    '/recordings',
    { schema: { ...list.schema, querystring: listQuerySchema } },
    async ({ query: { call, limit } }) => {
      const most = limit === undefined ? LIST_DEFAULT : Math.min(LIST_MAX, Number(limit));
      return (await face.list({ limit: most, ...(call === undefined ? {} : { callId: callId(call) }) })).map(
        recordingJson,
      );
    },
  );
}

const controlParamsSchema = {
  type: 'object',
  required: ['callId', 'action'],
  properties: {
    callId: { type: 'string', pattern: CALL_ID, description: 'Id of a call, as `GET /calls` has it' },
    action: { type: 'string', enum: RECORDING_ACTIONS, description: 'What is to be done' },
  },
} as const;

const listQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    call: { type: 'string', pattern: CALL_ID, description: 'Only of this call' },
    limit: { type: 'string', pattern: '^[1-9][0-9]{0,5}$', description: `At most so many, up to ${LIST_MAX}` },
  },
} as const;

function recordingJson({ startedAtMs, endedAtMs, ...recording }: ListedRecording) {
  const ended = endedAtMs === null ? null : new Date(endedAtMs).toISOString();
  const seconds = endedAtMs === null ? null : Math.max(0, Math.round((endedAtMs - startedAtMs) / 1000));
  return { ...recording, started: new Date(startedAtMs).toISOString(), ended, seconds };
}

export type RecordingJson = ReturnType<typeof recordingJson>;
export interface RecordingStateJson {
  readonly callId: string;
  readonly state: RecordingState;
}
