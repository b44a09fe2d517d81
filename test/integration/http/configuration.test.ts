import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { configInvalid } from '../../../src/config/findings.ts';
import { AppError } from '../../../src/errors.ts';
import type { SettingsRequest, StepRequest } from '../../../src/http/application-face.ts';
import { configurationRoutes } from '../../../src/http/configuration-routes.ts';
import { errorAnswer } from '../../../src/http/errors.ts';

let server: FastifyInstance;
let asked: (SettingsRequest | StepRequest)[];
let failure: Error | null;

beforeEach(() => {
  asked = [];
  failure = null;
  server = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
  server.setErrorHandler((error, _request, reply) => {
    const { status, body } = errorAnswer(error);
    return reply.code(status).send(body);
  });
  configurationRoutes(server, {
    async reload() {
      if (failure !== null) throw failure;
      return {
        changes: [{ setting: 'queues.sales', change: 'new' }],
        waiting: [],
        warnings: ['odd'],
        refused: ['wrong'],
      };
    },
    queueSettings(queue) {
      if (queue !== 'support') throw new AppError('QUEUE_UNKNOWN', `There is no queue ${queue}`);
      return { queue, isOfFile: true, settings: { retry: '3s', programme: { order: 'random' } } };
    },
    async changeQueueSettings(request) {
      asked.push(request);
      return { queue: request.queue, isOfFile: false, settings: request.set };
    },
    step(step) {
      if (step !== 'main') throw new AppError('STEP_UNKNOWN', `There is no step ${step}`);
      return { step, isOfFile: true, isInDatabase: false, definition: { play: ['a', 'b'], hangup: true } };
    },
    async changeStep(request) {
      asked.push(request);
      return { step: request.step, isOfFile: false, isInDatabase: true, definition: request.set };
    },
  });
});
afterEach(() => server.close());

test('reload answers what changed', async () => {
  const answer = await server.inject({ method: 'POST', url: '/reload' });
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    { changes: [{ setting: 'queues.sales', change: 'new' }], waiting: [], warnings: ['odd'], refused: ['wrong'] },
  ]);
});

test('a wrong file is 422 with everything that is wrong', async () => {
  const finding = { file: 'queueapp.yaml', line: 3, column: 5, path: ['xmpp', 'subscribers', 0], reason: 'is wrong' };
  failure = configInvalid([finding, { ...finding, line: null, column: null, file: 'environment' }]);
  const answer = await server.inject({ method: 'POST', url: '/reload' });
  expect([answer.statusCode, answer.json().error.code]).toEqual([422, 'CONFIG_INVALID']);
  expect(answer.json().error.findings).toEqual([
    { ...finding, file: 'environment', line: null, column: null },
    finding,
  ]);
});

test('settings of a queue are read, set and taken back', async () => {
  const read = await server.inject('/queues/support/settings');
  expect(read.json()).toEqual({
    queue: 'support',
    ofFile: true,
    settings: { retry: '3s', programme: { order: 'random' } },
  });
  expect((await server.inject('/queues/sales/settings')).statusCode).toBe(404);
  const set = { retry: 5, 'exit-keys': { '1': 'main' } };
  const answer = await server.inject({
    method: 'POST',
    url: '/queues/a%2Fb/settings',
    payload: { set, unset: ['weight', 'programme.order'], create: true },
  });
  expect(answer.json()).toEqual({ queue: 'a/b', ofFile: false, settings: set });
  expect(asked).toEqual([
    { queue: 'a/b', set, unset: [['weight'], ['programme', 'order']], unsetAll: false, create: true },
  ]);
});

test.each([{}, { set: 5 }, { set: [] }, { unset: 'retry' }, { unset: [''] }, { sett: {} }, { create: 'yes' }])(
  '%j is refused',
  async (payload) => {
    const answer = await server.inject({ method: 'POST', url: '/queues/support/settings', payload });
    expect([answer.statusCode, answer.json().error.code, asked]).toEqual([400, 'REQUEST_INVALID', []]);
    const ofStep = await server.inject({ method: 'POST', url: '/steps/main', payload });
    expect([ofStep.statusCode, ofStep.json().error.code, asked]).toEqual([400, 'REQUEST_INVALID', []]);
  },
);

test('a step is read, set, and its row removed', async () => {
  const definition = { play: ['a', 'b'], hangup: true };
  expect((await server.inject('/steps/main')).json()).toEqual({
    ...{ step: 'main', ofFile: true, inDatabase: false },
    definition,
  });
  for (const name of ['__proto__', 'a%20b', 'x'.repeat(65)])
    expect((await server.inject(`/steps/${name}`)).statusCode).toBe(400);
  const unknown = await server.inject('/steps/nowhere');
  expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'STEP_UNKNOWN']);
  const set = { menu: { keys: { '3': 'news' } } };
  const answer = await server.inject({
    ...{ method: 'POST', url: '/steps/main' },
    payload: { set, unset: ['menu.keys.2'], create: true },
  });
  expect(answer.json()).toEqual({ step: 'main', ofFile: false, inDatabase: true, definition: set });
  await server.inject({ method: 'POST', url: '/steps/main', payload: { unsetAll: true } });
  expect(asked).toEqual([
    { step: 'main', set, unset: [['menu', 'keys', '2']], unsetAll: false, create: true },
    { step: 'main', set: {}, unset: [], unsetAll: true, create: false },
  ]);
});
