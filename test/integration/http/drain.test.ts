import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '../../../src/http/server.ts';
import { silentLog } from '../../../src/log.ts';
import { FakeApplication, TOKEN } from '../../support/fakes/fake-application.ts';

const bearer = { authorization: `Bearer ${TOKEN}` };
let server: FastifyInstance;

beforeEach(async () => {
  const face = new FakeApplication();
  server = await createHttpServer({ face, apiToken: TOKEN, version: '1.2.3', log: silentLog() });
});
afterEach(() => server.close());

const ask = (method: 'GET' | 'POST', url: string) => server.inject({ method, url: `/api/v1${url}`, headers: bearer });

test('tells what a drain would do, begins it, and takes it back', async () => {
  const plan = {
    process: 'host 1',
    draining: false,
    to: 'dialplan',
    since: null,
    limitSeconds: 1800,
    standbys: 0,
    calls: { ivr: 0, waiting: 2, ringing: 0, talking: 1, leaving: 0 },
  };
  expect((await ask('GET', '/drain')).json()).toEqual(plan);
  const begun = { ...plan, draining: true, since: '2026-11-20T12:00:00.000Z' };
  expect((await ask('POST', '/drain')).json()).toEqual(begun);
  expect((await ask('GET', '/drain')).json()).toEqual(begun);
  expect((await ask('POST', '/drain/cancel')).json()).toEqual(plan);
});

test.each([
  ['GET', '/drain'],
  ['POST', '/drain'],
  ['POST', '/drain/cancel'],
] as const)('%s %s needs the token, and stands in the description', async (method, url) => {
  expect((await server.inject({ method, url: `/api/v1${url}` })).statusCode).toBe(401);
  const { paths } = (await server.inject({ url: '/openapi.json' })).json() as { paths: Record<string, object> };
  expect(paths[`/api/v1${url}`]).toHaveProperty(method.toLowerCase());
});
