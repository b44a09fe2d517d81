import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeApi } from '../../support/fake-api.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

const at = '2026-11-20T12:00:00.000Z';
const elsewhere = ['backups'];
const traces = {
  places: [
    {
      entryId: 'e1',
      callId: 'c1',
      queue: 'support',
      joined: at,
      number: '2000',
      name: 'A\u001b[2Jlice',
      customer: { id: '1', name: 'Company 1', code: '1111', fields: { city: 'Riga' } },
      open: true,
    },
  ],
  calls: [{ uniqueId: '1763640000.1', queue: 'support', entered: at, number: '2000', name: '' }],
  tunes: [{ musicClass: 'default', track: 'harbour', chosen: at }],
  recordings: [{ callId: 'c1', queue: 'support', file: 'support/2000.wav', started: at }],
  more: false,
  elsewhere,
};

test('list shows what there is, without anything that moves the cursor', async () => {
  api.answers(traces);
  const { status, out } = await api.run('personal-data', 'list', '+49 2000');
  expect([status, out]).toEqual([
    0,
    `Places in line
joined                    queue    number  name       customer                                call
${at}  support  2000    A?[2Jlice  Company 1 (id 1, code 1111), city Riga  goes on

Calls in queue_log
entered                   queue    callid        number  name
${at}  support  1763640000.1  2000    -

Recordings
started                   queue    call  file
${at}  support  c1    support/2000.wav

Tunes
chosen                    music class  track
${at}  default      harbour

Out of reach, if there is any:
- backups
`,
  ]);
  // Not in the address, which proxies and logs keep.
  expect(api.asked).toEqual([{ method: 'POST', path: '/personal-data/list', body: { number: '+49 2000' } }]);
  expect(JSON.parse((await api.run('personal-data', 'list', '2000', '--json')).out)).toEqual(traces);
});

test('list says that there is nothing, and that there is more', async () => {
  api.answers({ places: [], calls: [], tunes: [], recordings: [], more: false, elsewhere });
  expect((await api.run('personal-data', 'list', '2000')).out).toMatch(/^Nothing\n/);
  api.answers({ ...traces, more: true });
  expect((await api.run('personal-data', 'list', '2000')).out).toContain('There is more than this list holds.\n');
});

test('erase erases by number or customer when told so, and says what waits', async () => {
  api.answers({ erased: { places: 2, lines: 5, tunes: 1, recordings: 3, fileLines: 4 }, open: 1, elsewhere });
  const { status, out } = await api.run('personal-data', 'erase', '--customer', '7', '--yes');
  expect([status, out]).toEqual([
    0,
    'Erased: 2 places in line, 5 lines of queue_log, 4 of its file, 1 tunes, 3 recordings.\nCalls that go on: 1. Their traces are erased within ten minutes of their end.\n\nOut of reach, if there is any:\n- backups\n',
  ]);
  expect(api.asked).toEqual([{ method: 'POST', path: '/personal-data/erase', body: { customer: '7' } }]);
});

test('erase without --yes erases nothing and is wrong usage', async () => {
  const { status, out, error } = await api.run('personal-data', 'erase', '2000');
  expect([status, out, api.asked]).toEqual([2, '', []]);
  expect(error).toMatch(/^error: this can not be undone: say --yes/);
});

test.each([
  [['personal-data', 'list']],
  [['personal-data', 'list', '2000', '--customer', '1']],
  [['personal-data', 'erase', '--yes']],
  [['personal-data']],
  [['personal-data', 'forget', '2000']],
])('%j is wrong usage', async (args) => {
  const { status, error } = await api.run(...args);
  expect([status, api.asked]).toEqual([2, []]);
  expect(error).not.toBe('');
});

test('a refusal keeps its code and words', async () => {
  api.answers({ error: { code: 'REQUEST_INVALID', message: '"anonymous" is no number' } }, 400);
  expect(await api.run('personal-data', 'list', 'anonymous')).toEqual({
    status: 1,
    out: '',
    error: 'REQUEST_INVALID: "anonymous" is no number\n',
  });
});
