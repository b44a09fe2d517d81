import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeApi } from '../../support/fake-api.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

test.each([
  ['start', 'recording', 'is recorded'],
  ['start', 'consent', 'will be recorded when the caller has been told'],
  ['pause', 'paused', 'is recorded; the recording is paused'],
  ['resume', 'recording', 'is recorded'],
  ['stop', 'off', 'is not recorded'],
])('%s asks for it, and says how it stands: %s', async (action, state, words) => {
  api.answers({ callId: 'c 1', state });
  const { status, out } = await api.run('recording', action, 'c 1');
  expect([status, out]).toEqual([0, `c 1 ${words}\n`]);
  expect(api.asked).toEqual([{ method: 'POST', path: `/calls/c%201/recording/${action}`, body: {} }]);
});

test('what can’t be done is said in one line', async () => {
  api.answers({ error: { code: 'RECORDING_REFUSED', message: 'Nothing is recorded of this call now' } }, 409);
  const { status, error } = await api.run('recording', 'pause', 'c1');
  expect([status, error.trim()]).toEqual([1, 'RECORDING_REFUSED: Nothing is recorded of this call now']);
});

const recording = {
  recordingId: 'r1',
  callId: 'c1',
  entryId: 'e1',
  uniqueId: '1763640000.1',
  queue: 'support',
  extension: '1000',
  part: 'together',
  file: 'support/2026-11-20/12-00-00-1000-c1.wav',
  state: 'done',
  error: null,
  started: '2026-11-20T12:00:00.000Z',
  ended: '2026-11-20T12:01:05.000Z',
  seconds: 65,
  bytes: 1_040_000,
};

test('list shows what was recorded, and why something was not', async () => {
  const failed = { ...recording, callId: 'c2', state: 'failed', error: 'No\u001b[2J room' };
  api.answers([recording, failed, { ...recording, callId: 'c3', state: 'recording', ended: null, bytes: null }]);
  const { status, out } = await api.run('recording', 'list', '--call', 'c1', '--limit', '3');
  expect([status, out]).toEqual([
    0,
    `started                   length  size    queue    member  state                call  file
2026-11-20T12:00:00.000Z  1m 5s   1.0 MB  support  1000    done                 c1    support/2026-11-20/12-00-00-1000-c1.wav
2026-11-20T12:00:00.000Z  1m 5s   1.0 MB  support  1000    failed: No?[2J room  c2    support/2026-11-20/12-00-00-1000-c1.wav
2026-11-20T12:00:00.000Z  -       -       support  1000    recording            c3    support/2026-11-20/12-00-00-1000-c1.wav
`,
  ]);
  expect(api.asked).toEqual([{ method: 'GET', path: '/recordings?call=c1&limit=3', body: null }]);
  api.answers([]);
  expect((await api.run('recording', 'list')).out).toBe('No recordings\n');
  expect(api.asked.at(-1)?.path).toBe('/recordings');
});
