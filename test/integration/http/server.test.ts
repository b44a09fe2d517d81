import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { AppError, isAppError } from '../../../src/errors.ts';
import { createHttpServer, listen } from '../../../src/http/server.ts';
import { silentLog } from '../../../src/log.ts';
import { allUp, FakeApplication, STARTED_MS, TOKEN, up } from '../../support/fakes/fake-application.ts';

const bearer = { authorization: `Bearer ${TOKEN}` };

describe('the HTTP server', () => {
  let application: FakeApplication;
  let server: FastifyInstance;

  beforeEach(async () => {
    application = new FakeApplication();
    server = await createHttpServer({ face: application, apiToken: TOKEN, version: '1.2.3', log: silentLog() });
  });

  afterEach(() => server.close());

  const login = (extension: string, payload: unknown, headers: Record<string, string> = bearer) =>
    server.inject({ method: 'POST', url: `/api/v1/members/${extension}/login`, headers, payload: payload as object });

  test('says that it lives, to anybody', async () => {
    const answer = await server.inject('/healthz');
    expect([answer.statusCode, answer.json()]).toEqual([200, { alive: true }]);
  });

  test('is ready with everything up', async () => {
    const answer = await server.inject('/readyz');
    const part = { state: 'up', since: '2026-11-20T12:00:00.000Z', reason: null };
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        ready: true,
        role: 'active',
        stopping: false,
        missing: [],
        parts: { asterisk: part, database: part, xmpp: part },
        waiting: { 'database-writes': 12, 'queue-log-file': null, 'recordings-to-remove': 0 },
        music: [
          { class: 'default', tracks: 4, broken: 1, stream: null },
          { class: 'radio', tracks: 0, broken: 0, stream: { playing: true, since: '2026-11-20T12:00:00.000Z' } },
        ],
        switches: [
          {
            ...{ switch: 'main', own: true, holder: 'host 1', holderThere: true, epoch: 7 },
            ...{ draining: false, asteriskLost: null, standbys: 1, callers: 2 },
          },
        ],
      },
    ]);
  });

  test.each(['asterisk', 'database'] as const)('is not ready without %s and says since when and why', async (part) => {
    const down = { state: 'down', sinceMs: STARTED_MS + 5000, reason: 'connection refused' } as const;
    application.current = { ...allUp, parts: { ...allUp.parts, [part]: down } };
    const answer = await server.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      ready: false,
      stopping: false,
      missing: [{ part, since: '2026-11-20T12:00:05.000Z', reason: 'connection refused' }],
    });
  });

  test('stays ready without XMPP, but names it; XMPP that is not configured is not missing', async () => {
    application.current = { ...allUp, parts: { ...allUp.parts, xmpp: { ...up, state: 'down', reason: 'gone' } } };
    const away = await server.inject('/readyz');
    expect([away.statusCode, away.json().missing[0].part]).toEqual([200, 'xmpp']);
    application.current = { ...allUp, parts: { ...allUp.parts, xmpp: { ...up, state: 'off' } } };
    expect((await server.inject('/readyz')).json().missing).toEqual([]);
  });

  test('stays ready while the database is slow, and says since when and how slow', async () => {
    const database = {
      state: 'slow',
      sinceMs: STARTED_MS + 5000,
      reason: 'the simplest statement takes 2.0 s',
    } as const;
    application.current = { ...allUp, parts: { ...allUp.parts, database } };
    const answer = await server.inject('/readyz');
    const told = { state: 'slow', since: '2026-11-20T12:00:05.000Z', reason: database.reason };
    expect([answer.statusCode, answer.json().missing, answer.json().parts.database]).toEqual([200, [], told]);
    expect((await server.inject('/metrics')).body).toContain('queueapp_part_up{part="database"} 1');
  });

  test('is not ready while it is drained', async () => {
    application.current = { ...allUp, role: 'draining' };
    const answer = await server.inject('/readyz');
    expect([answer.statusCode, answer.json().role]).toEqual([503, 'draining']);
  });

  test('is not ready while it is being stopped', async () => {
    application.current = { ...allUp, isStopping: true };
    const answer = await server.inject('/readyz');
    expect([answer.statusCode, answer.json().stopping]).toEqual([503, true]);
  });

  test.each([
    ['no header', {}],
    ['another token', { authorization: 'Bearer a-token-of-the-testz' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['the token with something behind it', { authorization: `Bearer ${TOKEN}x` }],
  ])('refuses the API with %s', async (_what, headers) => {
    for (const url of ['/api/v1/status', '/api/v1/queues', '/api/v1/members', '/api/v1/calls']) {
      const answer = await server.inject({ url, headers: headers as Record<string, string> });
      expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'API_TOKEN_WRONG']);
    }
    const answer = await login('1000', { queue: 'support' }, headers as Record<string, string>);
    expect(answer.statusCode).toBe(401);
    expect(application.loggedIn).toEqual([]);
  });

  test('keeps the API off without a token, and says how it is switched on', async () => {
    const options = { face: application, apiToken: null, version: '1', log: silentLog() };
    await using withoutToken = await createHttpServer(options);
    const answer = await withoutToken.inject({ url: '/api/v1/status', headers: bearer });
    expect(answer.statusCode).toBe(503);
    expect(answer.json().error).toMatchObject({ code: 'API_OFF', message: expect.stringContaining('API_TOKEN') });
    expect((await withoutToken.inject('/healthz')).statusCode).toBe(200);
  });

  test('tells status, queues, members and calls, with times that people and programs read', async () => {
    const get = async (what: string) => (await server.inject({ url: `/api/v1/${what}`, headers: bearer })).json();
    expect(await get('status')).toEqual({
      version: '1.2.3',
      started: '2026-11-20T12:00:00.000Z',
      ready: true,
      stopping: false,
      process: 'host 1',
      role: 'active',
      draining: false,
      calls: 2,
      callsBy: { ivr: 0, waiting: 1, ringing: 0, talking: 1, leaving: 0 },
      pending: [
        {
          ...{ what: 'database-writes', waiting: 12, limit: 50_000, where: 'data/unwritten.jsonl', lost: 0 },
          ...{ since: '2026-11-20T12:00:00.000Z', reason: 'connection refused' },
        },
        {
          ...{ what: 'queue-log-file', waiting: null, limit: null, where: '/log', lost: 0 },
          ...{ since: '2026-11-20T12:00:00.000Z', reason: 'full' },
        },
        { what: 'recordings-to-remove', waiting: 0, limit: null, where: null, lost: 0, since: null, reason: null },
      ],
      switch: 'main',
      switches: [
        {
          ...{ switch: 'main', own: true, holder: 'host 1', holderThere: true, epoch: 7 },
          ...{ draining: false, asteriskLost: null, standbys: 1, callers: 2, url: 'http://127.0.0.1:8080' },
          ...{ since: '2026-11-20T12:00:00.000Z', seen: '2026-11-20T12:00:00.000Z' },
        },
      ],
      switchesAsOf: '2026-11-20T12:00:00.000Z',
      parts: {
        asterisk: { state: 'up', since: '2026-11-20T12:00:00.000Z', reason: null },
        database: { state: 'up', since: '2026-11-20T12:00:00.000Z', reason: null },
        xmpp: { state: 'up', since: '2026-11-20T12:00:00.000Z', reason: null },
      },
      music: [
        {
          class: 'default',
          tracks: 4,
          advice: 9,
          broken: [{ path: '/music/a.mp3', reason: 'holds no sound' }],
          stream: null,
        },
        {
          class: 'radio',
          tracks: 0,
          advice: 0,
          broken: [],
          stream: { playing: true, title: 'Ann – <Song>', since: '2026-11-20T12:00:00.000Z', reason: null },
        },
      ],
      refusedRows: [{ table: 'ivr_step', row: 'main', reason: 'ivr.steps.main.menu.wait: expected a duration' }],
    });
    expect(await get('queues')).toMatchObject([
      { queue: 'support', waiting: 1, oldestJoined: '2026-11-20T12:00:00.250Z' },
    ]);
    expect(await get('members')).toMatchObject([
      {
        extension: '1000',
        jid: null,
        deviceState: 'INUSE',
        lastHangup: null,
        wrapUpUntil: null,
        queues: [
          {
            queue: 'support',
            penalty: 0,
            paused: true,
            pausedReason: 'lunch',
            pausedSince: '2026-11-20T12:00:00.000Z',
            asideUntil: '2026-11-20T12:00:30.000Z',
            ringInUse: null,
            calls: 4,
            loggedIn: '2026-11-20T12:00:00.000Z',
          },
        ],
      },
    ]);
    expect(await get('calls')).toMatchObject([
      {
        callId: 'c1',
        switch: 'main',
        customer: { name: 'Company <1> & "sons" 🎉' },
        position: null,
        since: '2026-11-20T12:00:00.001Z',
      },
    ]);
  });

  test('logs an extension in and out', async () => {
    const first = await login('1000', { queue: 'support' });
    expect([first.statusCode, first.json()]).toEqual([
      200,
      { extension: '1000', queue: 'support', outcome: 'logged-in' },
    ]);
    expect(application.loggedIn).toMatchObject([{ extension: '1000', queue: 'support', penalty: 0 }]);
    const out = () =>
      server.inject({
        method: 'POST',
        url: '/api/v1/members/1000/logout',
        headers: bearer,
        payload: { queue: 'support' },
      });
    expect((await out()).json().outcome).toBe('logged-out');
    expect((await out()).json().outcome).toBe('not-logged-in');
  });

  const ask = (action: string, payload: object, extension = '1000') =>
    server.inject({ method: 'POST', url: `/api/v1/members/${extension}/${action}`, headers: bearer, payload });

  test('logs in with a penalty, and paused', async () => {
    await login('1000', { queue: 'support', penalty: 1_000_000_000, paused: true, reason: 'training' });
    await login('1000', { queue: 'support', paused: true });
    await login('1000', { queue: 'support', paused: false, reason: 'none' });
    const request = { extension: '1000', queue: 'support' };
    expect(application.loggedIn).toEqual([
      { ...request, penalty: 1_000_000_000, pausedReason: 'training' },
      { ...request, penalty: 0, pausedReason: '' },
      { ...request, penalty: 0, pausedReason: undefined },
    ]);
  });

  test.each([
    [
      'pause',
      { queue: 'support', reason: 'lunch' },
      { what: 'pause', queue: 'support', isPaused: true, reason: 'lunch' },
    ],
    ['pause', {}, { what: 'pause', queue: null, isPaused: true, reason: '' }],
    ['unpause', {}, { what: 'pause', queue: null, isPaused: false, reason: '' }],
    ['penalty', { queue: 'support', penalty: 5 }, { what: 'setPenalty', queue: 'support', penalty: 5 }],
    ['ring-in-use', { queue: 'support', ringInUse: null }, { what: 'setRingInUse', queue: 'support', ringInUse: null }],
    ['end-wrap-up', {}, { what: 'endWrapUp' }],
  ])('%s of %j is handed on, and what became of it is told', async (action, payload, handedOn) => {
    const first = await ask(action, payload);
    expect([first.statusCode, first.json()]).toEqual([
      200,
      { extension: '1000', queue: 'queue' in payload ? payload.queue : null, outcome: 'done' },
    ]);
    expect((await ask(action, payload)).json().outcome).toBe('already');
    expect(application.asked[0]).toEqual({ extension: '1000', ...handedOn });
    const stranger = await ask(action, payload, '4711');
    expect([stranger.statusCode, stranger.json().error.code]).toEqual([404, 'EXTENSION_UNKNOWN']);
  });

  test('another priority and withdrawal of a waiting caller', async () => {
    const about = (action: string, payload: object, id = 'c1') =>
      server.inject({ method: 'POST', url: `/api/v1/calls/${id}/${action}`, headers: bearer, payload });
    const priority = await about('priority', { priority: -5, atOnce: true });
    expect([priority.statusCode, priority.json()]).toEqual([200, { callId: 'c1', priority: -5, atOnce: true }]);
    await about('priority', { priority: 1_000_000 });
    const withdrawn = await about('withdraw', { info: 'supervisor' });
    expect([withdrawn.statusCode, withdrawn.json()]).toEqual([200, { callId: 'c1', withdrawn: true }]);
    expect(application.asked).toEqual([
      { what: 'changePriority', callId: 'c1', priority: -5, isImmediate: true },
      { what: 'changePriority', callId: 'c1', priority: 1_000_000, isImmediate: false },
      { what: 'withdraw', callId: 'c1', info: 'supervisor' },
    ]);
    for (const payload of [{}, { priority: 2 ** 31 }, { priority: 'high' }, { priority: 0.5 }])
      expect((await about('priority', payload)).json().error.code).toBe('REQUEST_INVALID');
    expect((await about('withdraw', { info: 'x'.repeat(41) })).statusCode).toBe(400);
    const unknown = await about('withdraw', {}, 'c2');
    expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'CALL_UNKNOWN']);
  });

  test('says that a member is not in the queue, or that there is no such queue', async () => {
    const away = await ask('pause', { queue: 'sales' });
    expect([away.statusCode, away.json().error]).toEqual([
      404,
      { code: 'MEMBER_UNKNOWN', message: 'Extension 1000 is not in queue sales' },
    ]);
    expect((await ask('penalty', { queue: 'nowhere', penalty: 1 })).json().error.code).toBe('QUEUE_UNKNOWN');
  });

  test.each([2 ** 31, -1, 'high', 1.5, null, 1_000_000_001])('refuses a penalty of %j', async (penalty) => {
    for (const action of ['penalty', 'login']) {
      const answer = await ask(action, { queue: 'support', penalty });
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'REQUEST_INVALID']);
    }
    expect([application.asked, application.loggedIn]).toEqual([[], []]);
  });

  test('names the extension or queue that does not exist', async () => {
    const extension = await login('4711', { queue: 'support' });
    expect([extension.statusCode, extension.json().error.code]).toEqual([404, 'EXTENSION_UNKNOWN']);
    const queue = await login('1000', { queue: 'sales' });
    expect([queue.statusCode, queue.json().error]).toEqual([
      404,
      { code: 'QUEUE_UNKNOWN', message: 'There is no queue sales' },
    ]);
  });

  test.each([
    ['no queue', {}],
    ['a queue that is a number', { queue: 1 }],
    ['a field that is not known', { queue: 'support', extra: true }],
    ['a list', []],
    ['a name without end', { queue: 'q'.repeat(129) }],
  ])('refuses a body with %s', async (_what, payload) => {
    const answer = await login('1000', payload);
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(application.loggedIn).toEqual([]);
  });

  test('refuses broken JSON, a body that is too large, and an extension with blanks', async () => {
    const post = (payload: string, extension = '1000') =>
      server.inject({
        method: 'POST',
        url: `/api/v1/members/${extension}/login`,
        headers: { ...bearer, 'content-type': 'application/json' },
        payload,
      });
    expect((await post('{"queue":')).statusCode).toBe(400);
    expect((await post(JSON.stringify({ queue: 'x'.repeat(20_000) }))).statusCode).toBe(413);
    expect((await post('{"queue":"support"}', '10%2000')).statusCode).toBe(400);
  });

  test('says 503 with the reason when the database is away, and 500 without any detail for a fault of its own', async () => {
    application.failure = new AppError('DATABASE_UNAVAILABLE', 'The database does not answer');
    const away = await server.inject({ url: '/api/v1/queues', headers: bearer });
    expect([away.statusCode, away.json().error.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
    application.failure = new TypeError('secret of /etc/queueapp');
    const fault = await server.inject({ url: '/api/v1/queues', headers: bearer });
    expect([fault.statusCode, fault.json().error.code]).toEqual([500, 'INTERNAL']);
    expect(fault.body).not.toContain('secret');
  });

  test('answers an unknown address in its own words', async () => {
    const answer = await server.inject('/api/v2/status');
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'ROUTE_UNKNOWN']);
  });

  test('describes every route in /openapi.json, with the token where it is needed', async () => {
    const { openapi, paths } = (await server.inject('/openapi.json')).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual([
      '/api/v1/calls',
      '/api/v1/calls/{callId}/priority',
      '/api/v1/calls/{callId}/recording/{action}',
      '/api/v1/calls/{callId}/withdraw',
      '/api/v1/drain',
      '/api/v1/drain/cancel',
      '/api/v1/members',
      '/api/v1/members/{extension}/end-wrap-up',
      '/api/v1/members/{extension}/login',
      '/api/v1/members/{extension}/logout',
      '/api/v1/members/{extension}/pause',
      '/api/v1/members/{extension}/penalty',
      '/api/v1/members/{extension}/ring-in-use',
      '/api/v1/members/{extension}/unpause',
      '/api/v1/personal-data/erase',
      '/api/v1/personal-data/list',
      '/api/v1/queue-log',
      '/api/v1/queues',
      '/api/v1/queues/{queue}/reset-counters',
      '/api/v1/queues/{queue}/settings',
      '/api/v1/recordings',
      '/api/v1/reload',
      '/api/v1/reports/{report}',
      '/api/v1/status',
      '/api/v1/steps/{step}',
      '/healthz',
      '/readyz',
    ]);
    for (const [path, methods] of Object.entries<Record<string, { security?: object[]; responses: object }>>(paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation.security !== undefined).toBe(path.startsWith('/api/'));
        expect(operation.responses).toHaveProperty('200');
      }
    }
  });

  test('listens on a free port, and says in one line what to do when a port is in use', async () => {
    const address = await listen(server, { host: '127.0.0.1', port: 0 });
    const port = Number(new URL(address).port);
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ alive: true });

    const second = await createHttpServer({ face: application, apiToken: TOKEN, version: '1', log: silentLog() });
    const error = await listen(second, { host: '127.0.0.1', port }).catch((thrown: unknown) => thrown);
    await second.close();
    expect(isAppError(error, 'HTTP_ADDRESS')).toBe(true);
    expect((error as AppError).message).toBe(
      `127.0.0.1:${port} is in use by another program: stop it (ss -ltnp 'sport = :${port}' shows it), or set another address in http.listen or HTTP_LISTEN`,
    );
  });

  test('says that an address is not of this machine', async () => {
    const error = await listen(server, { host: '192.0.2.1', port: 0 }).catch((thrown: unknown) => thrown);
    expect(isAppError(error, 'HTTP_ADDRESS')).toBe(true);
    expect((error as AppError).message).toContain('is no address of this machine');
  });
});
