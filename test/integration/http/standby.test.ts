import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '../../../src/http/server.ts';
import { standbyFace } from '../../../src/http/standby-face.ts';
import { silentLog } from '../../../src/log.ts';
import { allUp, TOKEN } from '../../support/fakes/fake-application.ts';

const headers = { authorization: `Bearer ${TOKEN}` };
const unused = { state: 'off', sinceMs: 0, reason: 'a standby does not connect to it' } as const;
let server: FastifyInstance;

beforeEach(async () => {
  const face = standbyFace(() => ({
    ...allUp,
    role: 'standby',
    ownSwitch: null,
    parts: { ...allUp.parts, asterisk: unused, xmpp: unused },
  }));
  server = await createHttpServer({ face, apiToken: TOKEN, version: '1.2.3', log: silentLog() });
});
afterEach(() => server.close());

test('lives, is not ready, and says that it is a standby and who acts', async () => {
  expect((await server.inject('/healthz')).statusCode).toBe(200);
  const answer = await server.inject('/readyz');
  expect([answer.statusCode, answer.json()]).toMatchObject([
    503,
    { ready: false, role: 'standby', missing: [], switches: [{ holder: 'host 1', own: false, standbys: 1 }] },
  ]);
  const status = await server.inject({ url: '/api/v1/status', headers });
  expect([status.statusCode, status.json()]).toMatchObject([200, { role: 'standby', switch: null }]);
  const metrics = await server.inject('/metrics');
  expect(metrics.body).toContain('queueapp_role{role="standby"} 1');
  expect(metrics.body).toContain('queueapp_lease_own{switch="main"} 0');
});

test.each([
  ['GET', '/queues'],
  ['GET', '/members'],
  ['GET', '/calls'],
  ['GET', '/drain'],
  ['POST', '/drain'],
  ['GET', '/queue-log'],
  ['POST', '/reload'],
] as const)('%s %s is the business of the process that acts: 503 with its name', async (method, url) => {
  const answer = await server.inject({ method, url: `/api/v1${url}`, headers });
  expect([answer.statusCode, answer.json()]).toEqual([
    503,
    { error: { code: 'STANDBY', message: 'This process is a standby and has no calls: host 1 acts' } },
  ]);
});
