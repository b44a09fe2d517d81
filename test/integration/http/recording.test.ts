import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { callId, entryId, extensionNumber, queueName, recordingId } from '../../../src/core/ids.ts';
import { AppError } from '../../../src/errors.ts';
import { errorAnswer } from '../../../src/http/errors.ts';
import { recordingRoutes } from '../../../src/http/recording-routes.ts';

const AT_MS = Date.UTC(2026, 10, 20, 12);
let server: FastifyInstance;
let asked: unknown[];

beforeEach(() => {
  asked = [];
  server = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
  server.setErrorHandler((error, _request, reply) => {
    const { status, body } = errorAnswer(error);
    return reply.code(status).send(body);
  });
  recordingRoutes(server, {
    async control(call, action) {
      asked.push([call, action]);
      if (call === 'silent') throw new AppError('RECORDING_REFUSED', 'Nothing is recorded of this call now');
      return call === 'nobody' ? 'unknown-call' : 'paused';
    },
    async list(query) {
      asked.push(query);
      return [
        {
          recordingId: recordingId('r1'),
          callId: callId('c1'),
          entryId: entryId('e1'),
          uniqueId: '1.1',
          queue: queueName('support'),
          extension: extensionNumber('1000'),
          part: 'member',
          file: 'support/Müller.wav',
          startedAtMs: AT_MS,
          endedAtMs: null,
          state: 'recording',
          error: null,
          bytes: null,
        },
        {
          recordingId: recordingId('r0'),
          callId: callId('c0'),
          entryId: entryId('e0'),
          uniqueId: '1.0',
          queue: queueName('support'),
          extension: extensionNumber('1000'),
          part: 'together',
          file: 'support/Maier.wav',
          startedAtMs: AT_MS,
          endedAtMs: AT_MS + 65_400,
          state: 'done',
          error: null,
          bytes: 1_046_400,
        },
      ];
    },
  });
});
afterEach(() => server.close());

const post = (url: string) => server.inject({ method: 'POST', url: `/calls/${url}` });
const get = (url: string) => server.inject({ method: 'GET', url });

test('an action is carried out and its state answered; what can’t be done has its code', async () => {
  expect((await post('c1/recording/pause')).json()).toEqual({ callId: 'c1', state: 'paused' });
  expect(asked).toEqual([['c1', 'pause']]);
  const unknown = await post('nobody/recording/start');
  expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'CALL_UNKNOWN']);
  const refused = await post('silent/recording/resume');
  expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'RECORDING_REFUSED']);
});

test.each(['c1/recording/erase', 'c%2F1/recording/pause', 'c~1/recording/pause'])(
  '%s is refused before anybody is asked',
  async (url) => {
    const answer = await post(url);
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(asked).toEqual([]);
  },
);

test('the list is of all calls or of one, and never without an end', async () => {
  const [first, second] = (await get('/recordings')).json();
  expect(first).toEqual({
    recordingId: 'r1',
    callId: 'c1',
    entryId: 'e1',
    uniqueId: '1.1',
    queue: 'support',
    extension: '1000',
    part: 'member',
    file: 'support/Müller.wav',
    state: 'recording',
    error: null,
    started: '2026-11-20T12:00:00.000Z',
    ended: null,
    seconds: null,
    bytes: null,
  });
  expect(second).toMatchObject({ ended: '2026-11-20T12:01:05.400Z', seconds: 65, bytes: 1_046_400 });
  await get('/recordings?call=c1&limit=5');
  await get('/recordings?limit=999999');
  expect(asked).toEqual([{ limit: 20 }, { callId: 'c1', limit: 5 }, { limit: 1000 }]);
});

test.each(['?limit=0', '?limit=-1', '?limit=all', '?call=a%20b', '?offset=1'])(
  '/recordings%s is refused',
  async (query) => {
    expect((await get(`/recordings${query}`)).statusCode).toBe(400);
    expect(asked).toEqual([]);
  },
);
