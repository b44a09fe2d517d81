import { once } from 'node:events';
import { createServer } from 'node:net';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../log.ts';
import { apiRoutes } from './api-routes.ts';
import type { ApplicationFace } from './application-face.ts';
import { errorAnswer } from './errors.ts';
import { Metrics } from './metrics.ts';
import { aliveSchema } from './schemas.ts';
import { readinessSchema } from './status-schemas.ts';
import { readinessJson } from './views.ts';

export interface HttpServerOptions {
  readonly face: ApplicationFace;
  readonly apiToken: string | null;
  /** Where lines of queue_log are counted. @default counters of its own */
  readonly metrics?: Metrics;
  readonly version: string;
  readonly log: Logger;
}

/** Largest body that is read; the longest request of ours has some 150 bytes. */
const BODY_BYTES_MAX = 16 * 1024;
/** Longest time in which a client may send its request. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Builds the server without opening a port: `/healthz`, `/readyz`, `/metrics`, `/openapi.json` and the API. */
export async function createHttpServer({
  face,
  apiToken,
  version,
  metrics = new Metrics(version),
  log,
}: HttpServerOptions): Promise<FastifyInstance> {
  const server = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 2 * REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    // A body or parameter of the wrong type is refused, not bent into shape.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  server.setErrorHandler((error, request, reply) => {
    const { status, body } = errorAnswer(error);
    if (status >= 500) log.error({ err: error, method: request.method, url: request.url }, 'An HTTP request failed');
    return reply.code(status).send(body);
  });
  server.setNotFoundHandler(async (request) => {
    throw new AppError('ROUTE_UNKNOWN', `There is nothing at ${request.method} ${request.url.slice(0, 200)}`);
  });
  await server.register(swagger, { openapi: description(version) });
  openRoutes(server, face, metrics);
  await server.register(
    (api, _options, done) => {
      apiRoutes(api, { face, apiToken });
      done();
    },
    { prefix: '/api/v1' },
  );
  return server;
}

/** Routes that anybody who reaches the port may read: no secret, no personal data. */
function openRoutes(server: FastifyInstance, face: ApplicationFace, metrics: Metrics): void {
  const alive = { operationId: 'alive', summary: 'Whether the process lives', response: { 200: aliveSchema } };
  server.get('/healthz', { schema: alive }, async () => ({ alive: true }));

  const ready = {
    operationId: 'ready',
    summary: 'Whether calls can be taken, and what is missing',
    response: { 200: readinessSchema, 503: readinessSchema },
  };
  server.get('/readyz', { schema: ready }, async (_request, reply) => {
    const readiness = readinessJson(face.status());
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  server.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await metrics.text(face, systemClock.now());
    return reply.header('content-type', metrics.contentType).send(text);
  });

  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}

function description(version: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'queueapp', version, description: 'Queues, members and calls of a running queueapp.' },
    components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
  };
}

/**
 * Opens the port and returns the address in use, which matters for port 0.
 * @throws AppError HTTP_ADDRESS when the port is taken or the address is not this machine's
 */
export async function listen(server: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw addressError(error, { host, port });
  }
}

/**
 * Finds out whether the port can be opened, and leaves it closed.
 * @throws AppError HTTP_ADDRESS as {@link listen}
 */
export async function assertAddress(address: { host: string; port: number }): Promise<void> {
  const probe = createServer().listen(address);
  try {
    await once(probe, 'listening');
  } catch (error) {
    throw addressError(error, address);
  }
  probe.close();
  await once(probe, 'close');
}

function addressError(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = LISTEN_REASONS[code];
  if (reason === undefined) return error;
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const message = `${place} ${reason(port)}, or set another address in http.listen or HTTP_LISTEN`;
  return new AppError('HTTP_ADDRESS', message, { details: { host, port }, cause: error });
}

const LISTEN_REASONS: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) => `is in use by another program: stop it (ss -ltnp 'sport = :${port}' shows it)`,
  EADDRNOTAVAIL: () => 'is no address of this machine: correct it',
  EACCES: () => 'may not be opened by this user: take a port above 1023',
  ENOTFOUND: () => 'names a host that does not resolve: correct it',
};
