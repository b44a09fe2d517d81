import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { AppError } from '../../../src/errors.ts';
import { errorAnswer } from '../../../src/http/errors.ts';
import { personalDataRoutes } from '../../../src/http/personal-data-routes.ts';
import type { PersonalSubject } from '../../../src/ports/personal-data.ts';

const AT_MS = Date.UTC(2026, 10, 20, 12);
let server: FastifyInstance;
let asked: PersonalSubject[];

beforeEach(() => {
  asked = [];
  server = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
  server.setErrorHandler((error, _request, reply) => {
    const { status, body } = errorAnswer(error);
    return reply.code(status).send(body);
  });
  personalDataRoutes(server, {
    async list(subject) {
      asked.push(subject);
      if (subject.value === 'anonymous') throw new AppError('REQUEST_INVALID', 'anonymous is no number');
      return {
        places: [
          {
            entryId: 'e1',
            callId: 'c1',
            queue: 'support',
            joinedAtMs: AT_MS,
            number: null,
            name: null,
            customer: { id: '1', name: 'Company <1>', code: null, fields: { city: 'Riga', äöü: '🎉' } },
            isOpen: false,
          },
        ],
        calls: [{ uniqueId: '1.1', queue: 'support', enteredAtMs: AT_MS, number: '2000', name: '' }],
        tunes: [{ musicClass: 'default', track: 'harbour', chosenAtMs: AT_MS }],
        recordings: [{ callId: 'c1', queue: 'support', file: 'support/a.wav', startedAtMs: AT_MS }],
        isMore: true,
      };
    },
    async erase(subject) {
      asked.push(subject);
      return { places: 1, lines: 2, tunes: 3, recordings: 5, fileLines: 6, open: 4 };
    },
    elsewhere: () => ['backups'],
  });
});
afterEach(() => server.close());

const post = (url: string, payload: object) => server.inject({ method: 'POST', url: `/personal-data/${url}`, payload });

test('list answers everything that was found', async () => {
  const at = '2026-11-20T12:00:00.000Z';
  const answer = await post('list', { number: '2000' });
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    {
      places: [
        {
          entryId: 'e1',
          callId: 'c1',
          queue: 'support',
          joined: at,
          number: null,
          name: null,
          customer: { id: '1', name: 'Company <1>', code: null, fields: { city: 'Riga', äöü: '🎉' } },
          open: false,
        },
      ],
      calls: [{ uniqueId: '1.1', queue: 'support', entered: at, number: '2000', name: '' }],
      tunes: [{ musicClass: 'default', track: 'harbour', chosen: at }],
      recordings: [{ callId: 'c1', queue: 'support', file: 'support/a.wav', started: at }],
      more: true,
      elsewhere: ['backups'],
    },
  ]);
});

test('erase answers how much', async () => {
  const answer = await post('erase', { customer: '1' });
  expect(answer.json()).toEqual({
    erased: { places: 1, lines: 2, tunes: 3, recordings: 5, fileLines: 6 },
    open: 4,
    elsewhere: ['backups'],
  });
  expect(asked).toEqual([{ kind: 'customer', value: '1' }]);
});

test.each([{}, { number: '1', customer: '1' }, { number: '' }, { number: 'x'.repeat(101) }, { numbers: '1' }])(
  '%j is refused',
  async (body) => {
    const answer = await post('erase', body);
    expect([answer.statusCode, answer.json().error.code, asked]).toEqual([400, 'REQUEST_INVALID', []]);
  },
);

test('a number that is none is refused with the reason', async () => {
  const answer = await post('list', { number: 'anonymous' });
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    { error: { code: 'REQUEST_INVALID', message: 'anonymous is no number' } },
  ]);
});
