import type { FastifyInstance } from 'fastify';
import { extensionNumber, queueName } from '../core/ids.ts';
import { AppError } from '../errors.ts';
import type { ApplicationFace, LoginOutcome, LogoutOutcome, MembershipRequest } from './application-face.ts';
import { checkBearer } from './bearer.ts';
import { described } from './described.ts';
import { personalDataRoutes } from './personal-data-routes.ts';
import {
  callsSchema,
  extensionParamsSchema,
  loginSchema,
  membersSchema,
  queueBodySchema,
  queuesSchema,
  statusSchema,
} from './schemas.ts';
import { callJson, memberJson, queueJson, statusJson } from './views.ts';

export interface ApiOptions {
  readonly face: ApplicationFace;
  /** `null`: the API is off, and every answer says so. */
  readonly apiToken: string | null;
}

interface MembershipRoute {
  Params: { extension: string };
  Body: { queue: string };
}

/** The routes below `/api/v1`; each needs the bearer token. */
export function apiRoutes(server: FastifyInstance, { face, apiToken }: ApiOptions): void {
  // Before the body is read: whoever has no token costs no more than a header.
  server.addHook('onRequest', async (request) => checkBearer(request.headers.authorization, apiToken));

  server.get('/status', described('status', 'How the application and its parts stand', statusSchema), async () =>
    statusJson(face.status()),
  );
  server.get(
    '/queues',
    described('queues', 'The queues, their callers and members in numbers', queuesSchema),
    async () => (await face.queues()).map(queueJson),
  );
  server.get('/members', described('members', 'The extensions and where they are logged in', membersSchema), async () =>
    (await face.members()).map(memberJson),
  );
  server.get('/calls', described('calls', 'The calls in the application', callsSchema), async () =>
    (await face.calls()).map(callJson),
  );
  server.post<MembershipRoute>(
    '/members/:extension/login',
    membershipOptions('login', 'Logs an extension in to a queue'),
    async (request) => {
      const membership = membershipOf(request);
      return outcomeJson(membership, await face.login(membership));
    },
  );
  server.post<MembershipRoute>(
    '/members/:extension/logout',
    membershipOptions('logout', 'Logs an extension out of a queue'),
    async (request) => {
      const membership = membershipOf(request);
      return outcomeJson(membership, await face.logout(membership));
    },
  );
  personalDataRoutes(server, face.personalData);
}

function membershipOptions(operationId: string, summary: string) {
  const { schema } = described(operationId, summary, loginSchema);
  return { schema: { ...schema, params: extensionParamsSchema, body: queueBodySchema } };
}

function membershipOf({ params, body }: { params: { extension: string }; body: { queue: string } }): MembershipRequest {
  return { extension: extensionNumber(params.extension), queue: queueName(body.queue) };
}

function outcomeJson(membership: MembershipRequest, outcome: LoginOutcome | LogoutOutcome) {
  const { extension, queue } = membership;
  if (outcome === 'unknown-extension') {
    throw new AppError('EXTENSION_UNKNOWN', `There is no extension ${extension}`, { details: { ...membership } });
  }
  if (outcome === 'unknown-queue') {
    throw new AppError('QUEUE_UNKNOWN', `There is no queue ${queue}`, { details: { ...membership } });
  }
  return { extension, queue, outcome };
}
