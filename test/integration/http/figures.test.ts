import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '../../../src/http/server.ts';
import { silentLog } from '../../../src/log.ts';
import { FakeApplication, STARTED_MS, TOKEN } from '../../support/fakes/fake-application.ts';

const headers = { authorization: `Bearer ${TOKEN}` };

describe('figures by HTTP', () => {
  let application: FakeApplication;
  let server: FastifyInstance;
  beforeEach(async () => {
    application = new FakeApplication();
    server = await createHttpServer({ face: application, apiToken: TOKEN, version: '1.2.3', log: silentLog() });
  });
  afterEach(() => server.close());
  const get = async (path: string) => (await server.inject({ url: `/api/v1/${path}`, headers })).json();

  test('SL3: queues have them in the units that people use', async () => {
    expect((await get('queues'))[0].figures).toEqual({
      completed: 4,
      abandoned: 2,
      completedInLevel: 3,
      abandonedInLevel: 1,
      serviceLevelSeconds: 20,
      inLevelPercent: 75,
      inLevelOfAllPercent: 66.7,
      holdSeconds: 12.3,
      talkSeconds: null,
      since: '2026-11-20T12:00:00.000Z',
    });
  });

  test('members have those of the database in place of what was read at the login', async () => {
    expect((await get('members'))[0].queues[0]).toMatchObject({
      calls: 4,
      lastCall: '2026-11-20T12:00:09.000Z',
      lastPaused: null,
    });
  });

  test('without the database queues and members are told all the same', async () => {
    application.figures.isAway = true;
    expect((await get('queues'))[0]).toMatchObject({ queue: 'support', waiting: 1, figures: null });
    expect((await get('members'))[0].queues[0]).toMatchObject({ calls: 7, lastCall: null });
  });

  test('begin anew for a queue that there is', async () => {
    const reset = (queue: string) =>
      server.inject({ method: 'POST', url: `/api/v1/queues/${queue}/reset-counters`, headers, payload: {} });
    expect((await reset('support')).json()).toEqual({ queue: 'support', outcome: 'done' });
    const unknown = await reset('nowhere');
    expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'QUEUE_UNKNOWN']);
  });

  test('lines of queue_log are found by what is asked for', async () => {
    expect(await get('queue-log')).toEqual([
      {
        id: '7',
        time: '2026-11-20T12:00:00.000Z',
        callid: '1.1',
        queue: 'support',
        agent: 'Ann',
        event: 'CONNECT',
        data: ['5', '1.2', '3', '', ''],
      },
    ]);
    await get(
      'queue-log?queue=support&member=Ann&since=2026-11-20T12:00:00Z&until=2026-11-20T14:00:00%2B02:00&limit=5',
    );
    await get('queue-log?after=6&limit=99999');
    expect(application.figures.asked).toEqual([
      { limit: 100, take: 'last' },
      { queue: 'support', member: 'Ann', sinceMs: STARTED_MS, untilMs: STARTED_MS, limit: 5, take: 'last' },
      { afterLineId: '6', limit: 10_000, take: 'first' },
    ]);
  });

  test.each(['limit=0', 'limit=-1', 'limit=x', 'since=yesterday', 'after=1;drop', 'nonsense=1', 'queue='])(
    'lines are refused for %s',
    async (query) => {
      const answer = await server.inject({ url: `/api/v1/queue-log?${query}`, headers });
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'REQUEST_INVALID']);
      expect(application.figures.asked).toEqual([]);
    },
  );

  test('a report of a time', async () => {
    const day = 'from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z';
    expect(await get(`reports/queues?${day}&queue=support&timeZone=Europe/Berlin&limit=50`)).toEqual({
      report: 'queues',
      from: '2026-11-20T00:00:00.000Z',
      to: '2026-11-21T00:00:00.000Z',
      timeZone: 'Europe/Berlin',
      columns: ['queue', 'offered'],
      rows: [['support', 8]],
      cut: false,
    });
    await get(`reports/queues?${day}`);
    const asked = { report: 'queues', fromMs: Date.UTC(2026, 10, 20), toMs: Date.UTC(2026, 10, 21) };
    expect(application.figures.reported).toEqual([
      { ...asked, queue: 'support', timeZone: 'Europe/Berlin', limit: 50 },
      { ...asked, queue: null, timeZone: 'UTC', limit: 1000 },
    ]);
    for (const wrong of [`nonsense?${day}`, 'queues', `queues?${day}&timeZone=Mars/Olympus`, `queues?${day}&limit=0`]) {
      const answer = await server.inject({ url: `/api/v1/reports/${wrong}`, headers });
      expect([wrong, answer.statusCode, answer.json().error.code]).toEqual([wrong, 400, 'REQUEST_INVALID']);
    }
  });

  test('nothing of it is told without the token', async () => {
    for (const [method, url] of [
      ['GET', '/api/v1/queue-log'],
      ['POST', '/api/v1/queues/support/reset-counters'],
    ] as const) {
      expect((await server.inject({ method, url })).statusCode).toBe(401);
    }
  });
});
