import type { FastifyInstance } from 'fastify';
import type { ApplicationFace } from './application-face.ts';
import { checkBearer } from './bearer.ts';
import { callRoutes } from './call-routes.ts';
import { configurationRoutes } from './configuration-routes.ts';
import { described } from './described.ts';
import { drainRoutes } from './drain-routes.ts';
import { memberFigures } from './figures-json.ts';
import { figuresRoutes } from './figures-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { personalDataRoutes } from './personal-data-routes.ts';
import { recordingRoutes } from './recording-routes.ts';
import { reportRoutes } from './report-routes.ts';
import { callsSchema, membersSchema, queuesSchema } from './schemas.ts';
import { statusSchema } from './status-schemas.ts';
import { callJson, memberJson, queueJson, statusJson } from './views.ts';

export interface ApiOptions {
  readonly face: ApplicationFace;
  /** `null`: the API is off, and every answer says so. */
  readonly apiToken: string | null;
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
    async () => {
      const [queues, figures] = await Promise.all([face.queues(), face.figures.queues()]);
      return queues.map((queue) => queueJson(queue, figures?.find((each) => each.queue === queue.queue) ?? null));
    },
  );
  const members = described('members', 'The extensions and where they are logged in', membersSchema);
  server.get('/members', members, async () => {
    const figures = memberFigures(await face.figures.queues());
    return (await face.members()).map((member) => memberJson(member, figures));
  });
  server.get('/calls', described('calls', 'The calls in the application', callsSchema), async () =>
    (await face.calls()).map(callJson),
  );
  memberRoutes(server, face);
  callRoutes(server, face);
  figuresRoutes(server, face.figures);
  reportRoutes(server, face.figures);
  personalDataRoutes(server, face.personalData);
  recordingRoutes(server, face.recordings);
  configurationRoutes(server, face.configuration);
  drainRoutes(server, face.drain);
}
