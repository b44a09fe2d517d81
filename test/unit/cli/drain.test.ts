import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeApi } from '../../support/fake-api.ts';
import { ScriptedTerminal } from '../../support/scripted-terminal.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

const calls = { ivr: 0, waiting: 2, ringing: 1, talking: 3, leaving: 0 };
const alone = {
  process: 'host 1',
  draining: true,
  to: 'dialplan',
  since: '2026-11-20T12:00:00.000Z',
  limitSeconds: 1800,
  standbys: 0,
  calls,
};
const none = { ivr: 0, waiting: 0, ringing: 0, talking: 0, leaving: 0 };
/** What a program that is no queueapp answers, or a proxy with nothing behind it. */
const gone = () => api.answers('nothing', 502);

/** The looks of the command, each after what happens before it. */
function looks(...between: (() => void)[]) {
  api.terminal = new ScriptedTerminal({ between });
}

describe('queueapp drain', () => {
  test('without another process: says what will happen, how far it is, and that it is over', async () => {
    api.answers(alone);
    looks(
      () => undefined,
      () => api.answers({ ...alone, calls: { ...none, talking: 1 } }),
      () => undefined,
      () => api.answers({ ...alone, calls: none }),
      gone,
    );
    const { status, out } = await api.run('drain');
    expect(status).toBe(0);
    expect(out.split('\n')).toEqual([
      'No other process is standby: 3 talks, 2 waiting, 1 ringing; who waits goes back to the dialplan, talks are waited for (at most 30 min)',
      '3 talks, 2 waiting, 1 ringing',
      '1 talk',
      'no calls',
      'Done: the process has ended',
      '',
    ]);
    expect(api.asked.slice(0, 2).map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /drain', 'POST /drain']);
    expect(api.terminal.isReleased).toBe(true);
  });

  test('with a standby: handed over; the one that answers at the same address then is another process', async () => {
    api.answers({ ...alone, to: 'process', standbys: 1, limitSeconds: 20 });
    looks(
      () => undefined,
      () => api.answers({ ...alone, draining: false, process: 'host 2' }),
    );
    const { status, out } = await api.run('drain');
    expect(status).toBe(0);
    expect(out.split('\n')).toEqual([
      'Another process is standby and takes over: 3 talks, 2 waiting, 1 ringing; nobody is sent away',
      'Handing over: 3 talks, 2 waiting, 1 ringing',
      'Handed over: the process has ended',
      '',
    ]);
  });

  test('the standby that has the address now says so', async () => {
    api.answers({ ...alone, to: 'process', standbys: 2 });
    looks(() => api.answers({ error: { code: 'STANDBY', message: 'This process is a standby' } }, 503));
    const { status, out } = await api.run('drain');
    expect(status).toBe(0);
    expect(out).toContain('2 other processes are standby');
    expect(out).toContain('Handed over');
  });

  test('the database is away: nobody can take over', async () => {
    api.answers({ ...alone, standbys: null });
    const { out } = await api.run('drain', '--no-wait');
    expect(out).toMatch(/^The database is away, so nobody can take over: /);
  });

  test('--no-wait begins it and does not look again', async () => {
    api.answers(alone);
    expect((await api.run('drain', '--no-wait')).status).toBe(0);
    expect(api.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /drain', 'POST /drain']);
  });

  test('who has seen enough ends the command, not the drain', async () => {
    api.answers(alone);
    looks();
    expect((await api.run('drain')).out).toMatch(/The drain goes on; queueapp drain --cancel takes it back\n$/);
  });

  test('taken back by somebody else: 1, and says so', async () => {
    api.answers(alone);
    looks(() => api.answers({ ...alone, draining: false }));
    expect(await api.run('drain')).toMatchObject({ status: 1, error: expect.stringContaining('taken back') });
  });

  test('--json prints one document at the end', async () => {
    api.answers({ ...alone, calls: none });
    looks(gone);
    expect(JSON.parse((await api.run('drain', '--json')).out)).toMatchObject({ ended: true, calls: none });
  });

  test('--cancel takes it back; when everything is handed over already: 1', async () => {
    api.answers({ ...alone, draining: false });
    expect(await api.run('drain', '--cancel')).toMatchObject({ status: 0, out: 'Calls are taken again\n' });
    expect(api.asked.at(-1)).toMatchObject({ method: 'POST', path: '/drain/cancel' });
    api.answers(alone);
    expect(await api.run('drain', '--cancel')).toMatchObject({ status: 1, error: expect.stringContaining('too late') });
  });
});
