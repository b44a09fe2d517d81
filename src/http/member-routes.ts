import type { FastifyInstance } from 'fastify';
import { extensionNumber, queueName } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import { described } from './described.ts';
import type { LoginOutcome, LogoutOutcome, MemberFace, MemberOutcome, MembershipRequest } from './member-face.ts';
import { group, oneOf, text, textOrNull } from './schemas.ts';

/** Greatest penalty; the database's column holds no more. */
const PENALTY_MAX = 1_000_000_000;
/** A pause's reason; the database keeps so much. */
const REASON_LENGTH_MAX = 100;

export const extensionParamsSchema = {
  type: 'object',
  required: ['extension'],
  properties: {
    extension: { type: 'string', pattern: '^[0-9A-Za-z*#+._-]{1,40}$', description: 'Number of an extension' },
  },
} as const;

const queue = { type: 'string', minLength: 1, maxLength: 128, description: 'Name of a queue' } as const;
const reason = { type: 'string', maxLength: REASON_LENGTH_MAX, description: 'Why' } as const;
const penalty = {
  type: 'integer',
  minimum: 0,
  maximum: PENALTY_MAX,
  description: 'Lower is asked first; 0 when left out',
} as const;

const body = (required: readonly string[], properties: object) => {
  return { type: 'object', additionalProperties: false, required, properties };
};

const loginSchema = group({
  extension: text('Number of the extension'),
  queue: text('Name of the queue'),
  outcome: oneOf(['logged-in', 'already', 'logged-out', 'not-logged-in'], 'What became of it'),
});

const changeSchema = group({
  extension: text('Number of the extension'),
  queue: textOrNull('Name of the queue; null: all queues of the member'),
  outcome: oneOf(['done', 'already'], 'already: it was so before'),
});

interface Route<Body> {
  Params: { extension: string };
  Body: Body;
}

/** What can be done with members: login, logout, pause, penalty, ring-in-use, and the end of a wrap-up. */
export function memberRoutes(server: FastifyInstance, face: MemberFace): void {
  membershipRoutes(server, face);
  pauseRoutes(server, face);
  server.post<Route<{ queue: string; penalty: number }>>(
    '/members/:extension/penalty',
    options('setPenalty', 'Sets the penalty of a member', { body: body(['queue', 'penalty'], { queue, penalty }) }),
    async ({ params, body: { penalty: value, ...asked } }) => {
      const membership = membershipOf(params, asked);
      return changeJson(membership, await face.setPenalty({ ...membership, penalty: value }));
    },
  );
  const ringInUse = { type: ['boolean', 'null'], description: 'null: as the queue says' };
  server.post<Route<{ queue: string; ringInUse: boolean | null }>>(
    '/members/:extension/ring-in-use',
    options('setRingInUse', 'Whether a member is rung while talking or ringing', {
      body: body(['queue', 'ringInUse'], { queue, ringInUse }),
    }),
    async ({ params, body: { ringInUse: value, ...asked } }) => {
      const membership = membershipOf(params, asked);
      return changeJson(membership, await face.setRingInUse({ ...membership, ringInUse: value }));
    },
  );
  server.post<Route<object>>(
    '/members/:extension/end-wrap-up',
    options('endWrapUp', "Ends a member's wrap-up: calls may come at once", {}),
    async ({ params }) => {
      const extension = extensionNumber(params.extension);
      return changeJson({ extension, queue: null }, await face.endWrapUp({ extension }));
    },
  );
}

function membershipRoutes(server: FastifyInstance, face: MemberFace): void {
  const paused = { type: 'boolean', description: 'Whether the member begins paused' };
  server.post<Route<{ queue: string; penalty?: number; paused?: boolean; reason?: string }>>(
    '/members/:extension/login',
    options('login', 'Logs an extension in to a queue', {
      body: body(['queue'], { queue, penalty, paused, reason }),
      answer: loginSchema,
    }),
    async ({ params, body: asked }) => {
      const membership = membershipOf(params, asked);
      const pausedReason = asked.paused === true ? (asked.reason ?? '') : undefined;
      const outcome = await face.login({ ...membership, penalty: asked.penalty ?? 0, pausedReason });
      return { ...membership, outcome: knownOf(membership, outcome) };
    },
  );
  server.post<Route<{ queue: string }>>(
    '/members/:extension/logout',
    options('logout', 'Logs an extension out of a queue', { body: body(['queue'], { queue }), answer: loginSchema }),
    async ({ params, body: asked }) => {
      const membership = membershipOf(params, asked);
      return { ...membership, outcome: knownOf(membership, await face.logout(membership)) };
    },
  );
}

function pauseRoutes(server: FastifyInstance, face: MemberFace): void {
  const words = { pause: 'Pauses a member in one queue or in all', unpause: 'Ends the pause' } as const;
  for (const name of ['pause', 'unpause'] as const) {
    server.post<Route<{ queue?: string; reason?: string }>>(
      `/members/:extension/${name}`,
      options(name, words[name], { body: body([], { queue, reason }) }),
      async ({ params, body: asked }) => {
        const extension = extensionNumber(params.extension);
        const meant = { extension, queue: asked.queue === undefined ? null : queueName(asked.queue) };
        const request = { ...meant, isPaused: name === 'pause', reason: asked.reason ?? '' };
        return changeJson(meant, await face.pause(request));
      },
    );
  }
}

function options(
  operationId: string,
  summary: string,
  { body: asked, answer = changeSchema }: { body?: object; answer?: object },
) {
  const { schema } = described(operationId, summary, answer);
  return { schema: { ...schema, params: extensionParamsSchema, ...(asked === undefined ? {} : { body: asked }) } };
}

function membershipOf(params: { extension: string }, asked: { queue: string }): MembershipRequest {
  return { extension: extensionNumber(params.extension), queue: queueName(asked.queue) };
}

type Meant = Pick<MembershipRequest, 'extension'> & { readonly queue: MembershipRequest['queue'] | null };

function changeJson(meant: Meant, outcome: MemberOutcome) {
  const known = knownOf(meant, outcome);
  if (known === 'not-logged-in') {
    const where = meant.queue === null ? 'in no queue' : `not in queue ${meant.queue}`;
    throw new AppError('MEMBER_UNKNOWN', `Extension ${meant.extension} is ${where}`, { details: { ...meant } });
  }
  return { ...meant, outcome: known };
}

type Known<Outcome> = Exclude<Outcome, 'unknown-extension' | 'unknown-queue'>;

function knownOf<Outcome extends LoginOutcome | LogoutOutcome | MemberOutcome>(
  meant: Meant,
  outcome: Outcome,
): Known<Outcome> {
  const { extension, queue: name } = meant;
  if (outcome === 'unknown-extension') {
    throw new AppError('EXTENSION_UNKNOWN', `There is no extension ${extension}`, { details: { ...meant } });
  }
  if (outcome === 'unknown-queue') {
    throw new AppError('QUEUE_UNKNOWN', `There is no queue ${name}`, { details: { ...meant } });
  }
  return outcome as Known<Outcome>;
}
