import type { FastifyInstance } from 'fastify';
import { type CallId, callId } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import { described } from './described.ts';
import { flag, group, text } from './schemas.ts';

/** `unknown-call`: there is no such call, or it does not wait in a queue. */
export type WaitingCallOutcome = 'done' | 'unknown-call';

/** What can be done with callers who wait, or for whom a phone rings. */
export interface WaitingCallFace {
  changePriority(request: {
    readonly callId: CallId;
    readonly priority: number;
    /** The place changes, too. */
    readonly isImmediate: boolean;
  }): Promise<WaitingCallOutcome>;
  withdraw(request: { readonly callId: CallId; readonly info: string }): Promise<WaitingCallOutcome>;
}

const PRIORITY_MAX = 1_000_000;
/** As long as app_queue's line keeps it. */
const INFO_LENGTH_MAX = 40;

const paramsSchema = {
  type: 'object',
  required: ['callId'],
  properties: { callId: { type: 'string', pattern: '^[0-9A-Za-z._-]{1,100}$', description: 'Id of a call' } },
} as const;

const priorityBody = {
  type: 'object',
  additionalProperties: false,
  required: ['priority'],
  properties: {
    priority: { type: 'integer', minimum: -PRIORITY_MAX, maximum: PRIORITY_MAX, description: 'Higher goes first' },
    atOnce: { type: 'boolean', description: 'Whether the place changes, too; otherwise only the number does' },
  },
} as const;

const withdrawBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    info: {
      type: 'string',
      maxLength: INFO_LENGTH_MAX,
      description: 'Why: QUEUE_WITHDRAW_INFO and the line of the log',
    },
  },
} as const;

const prioritySchema = group({
  callId: text('Id of the call'),
  priority: { type: 'integer', description: 'Its priority now' },
  atOnce: flag('Whether the place has changed, too'),
});
const withdrawnSchema = group({ callId: text('Id of the call'), withdrawn: flag('Always true') });

/** Another priority for a waiting caller, and the way out of the queue. */
export function callRoutes(server: FastifyInstance, face: WaitingCallFace): void {
  const options = (operationId: string, summary: string, { body, answer }: { body: object; answer: object }) => {
    const { schema } = described(operationId, summary, answer);
    return { schema: { ...schema, params: paramsSchema, body } };
  };
  server.post<{ Params: { callId: string }; Body: { priority: number; atOnce?: boolean } }>(
    '/calls/:callId/priority',
    options('changePriority', 'Gives a waiting caller another priority', {
      body: priorityBody,
      answer: prioritySchema,
    }),
    async ({ params, body: { priority, atOnce = false } }) => {
      const id = callId(params.callId);
      refuseUnknown(id, await face.changePriority({ callId: id, priority, isImmediate: atOnce }));
      return { callId: id, priority, atOnce };
    },
  );
  server.post<{ Params: { callId: string }; Body: { info?: string } }>(
    '/calls/:callId/withdraw',
    options('withdraw', 'Takes a waiting caller out of the queue, back to the dialplan', {
      body: withdrawBody,
      answer: withdrawnSchema,
    }),
    async ({ params, body: { info = '' } }) => {
      const id = callId(params.callId);
      refuseUnknown(id, await face.withdraw({ callId: id, info }));
      return { callId: id, withdrawn: true };
    },
  );
}

function refuseUnknown(id: CallId, outcome: WaitingCallOutcome): void {
  if (outcome === 'done') return;
  throw new AppError('CALL_UNKNOWN', `No caller waits in a queue whose call is ${id}`, { details: { callId: id } });
}
