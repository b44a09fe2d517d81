import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { csv } from '../../../src/cli/csv.ts';
import { moment } from '../../../src/cli/moment.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { ScriptedTerminal } from '../../support/scripted-terminal.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12, 1, 5);

const line = (id: string, event: string, data: readonly string[]) => ({
  id,
  time: '2026-11-20T12:00:31.250Z',
  callid: '1.1',
  queue: 'support',
  agent: 'Ann "A", B',
  event,
  data: [...data, '', '', '', '', ''].slice(0, 5),
});
const connect = line('7', 'CONNECT', ['5', '1.2', '3']);
const local = new Date('2026-11-20T12:00:31.250Z').toLocaleString('sv-SE');

let api: FakeApi;
beforeAll(async () => {
  api = await FakeApi.open();
});
afterAll(() => api.close());
beforeEach(() => {
  api.asked.length = 0;
  api.terminal = new ScriptedTerminal();
});
const query = (index = -1) => new URL(api.asked.at(index)?.path ?? '', 'http://x').searchParams;

describe('queueapp log', () => {
  test('shows lines one below the other, on the clocks of this machine', async () => {
    api.answers([connect, line('8', 'ABANDON', [])]);
    const { status, out } = await api.run('log');
    expect(status).toBe(0);
    expect(out).toBe(
      `${local}  support       CONNECT           Ann "A", B        1.1                   5|1.2|3\n` +
        `${local}  support       ABANDON           Ann "A", B        1.1\n`,
    );
  });

  test('asks for what is wanted', async () => {
    api.answers([]);
    const asked = ['--queue', 'support', '--event', 'connect', '--member', 'Ann', '--call', '1.1', '--limit', '5'];
    await api.run('log', ...asked, '--since', '2h', '--until', '2026-11-20T12:00:00Z');
    expect(Object.fromEntries(query())).toEqual({
      queue: 'support',
      event: 'CONNECT',
      member: 'Ann',
      call: '1.1',
      limit: '5',
      since: '2026-11-20T10:01:05.000Z',
      until: '2026-11-20T12:00:00.000Z',
    });
  });

  test('writes CSV and JSON', async () => {
    api.answers([connect]);
    expect((await api.run('log', '--csv')).out).toBe(
      'time,callid,queue,agent,event,data1,data2,data3,data4,data5\r\n' +
        '2026-11-20T12:00:31.250Z,1.1,support,"Ann ""A"", B",CONNECT,5,1.2,3,,\r\n',
    );
    expect(JSON.parse((await api.run('log', '--json')).out)).toEqual([connect]);
  });

  test('follows: each line once, until it is enough', async () => {
    api.answers([connect]);
    api.terminal = new ScriptedTerminal({
      between: [() => api.answers([line('8', 'ABANDON', ['1'])]), () => api.answers([]), () => api.answers([connect])],
    });
    const { out } = await api.run('log', '--follow', '--json', '--queue', 'support');
    const shown = out
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { id: string }).id);
    expect(shown).toEqual(['7', '8', '7']);
    expect(api.asked.map((_, index) => query(index).get('after'))).toEqual([null, '7', '8', '8']);
    expect(query(2).get('queue')).toBe('support');
    expect(api.terminal.isReleased).toBe(true);
  });

  test('follows from now on where there is no line yet', async () => {
    api.answers([]);
    api.terminal = new ScriptedTerminal({ between: [() => undefined] });
    await api.run('log', '--follow');
    expect([query().get('after'), query().get('since')]).toEqual(['0', '2026-11-20T12:01:05.000Z']);
  });

  test.each([
    [['--since', 'soon']],
    [['--until', '2026-13-45']],
    [['--limit', '0']],
    [['--limit', '20000']],
    [['--limit', 'x']],
  ])('%j is wrong usage', async (options) => {
    expect((await api.run('log', ...options)).status).toBe(2);
    expect(api.asked).toEqual([]);
  });
});

describe('queueapp report', () => {
  const answer = {
    ...{ report: 'queues', from: '', to: '', timeZone: 'UTC', columns: ['queue', 'offered', 'wait average'] },
    rows: [
      ['support', 8, 12.5],
      ['sales', 0, null],
    ],
    cut: false,
  };

  test('without a name says what there is', async () => {
    const { status, out } = await api.run('report');
    expect([status, api.asked]).toEqual([0, []]);
    for (const name of ['queues', 'members', 'unanswered', 'pauses']) expect(out).toMatch(new RegExp(`^${name} `, 'm'));
  });

  test('is a table, CSV or JSON', async () => {
    api.answers(answer);
    expect((await api.run('report', 'queues')).out).toBe(
      'queue    offered  wait average\nsupport  8        12.5\nsales    0        -\n',
    );
    expect((await api.run('report', 'queues', '--csv')).out).toBe(
      'queue,offered,wait average\r\nsupport,8,12.5\r\nsales,0,\r\n',
    );
    expect(JSON.parse((await api.run('report', 'queues', '--json')).out)).toEqual(answer);
    api.answers({ ...answer, rows: [] });
    expect((await api.run('report', 'queues')).out).toBe('Nothing\n');
    api.answers({ ...answer, cut: true });
    expect((await api.run('report', 'queues')).error).toContain('There is more');
  });

  test('asks for today, or the time that is said, on the clocks that are said', async () => {
    api.answers(answer);
    await api.run('report', 'queues');
    expect([query().get('from'), query().get('to')]).toEqual([
      new Date(2026, 10, 20).toISOString(),
      '2026-11-20T12:01:05.000Z',
    ]);
    await api.run(
      'report',
      'hours',
      '--from',
      '2026-11-19T00:00Z',
      '--to',
      '2h',
      '--queue',
      'a&b',
      '--time-zone',
      'Asia/Kolkata',
    );
    expect(api.asked.at(-1)?.path).toMatch(/^\/reports\/hours\?/);
    expect(Object.fromEntries(query())).toEqual({
      ...{ from: '2026-11-19T00:00:00.000Z', to: '2026-11-20T10:01:05.000Z', queue: 'a&b' },
      timeZone: 'Asia/Kolkata',
    });
    expect((await api.run('report', 'nonsense')).status).toBe(2);
  });
});

describe('queueapp reset-counters', () => {
  test('says what it did', async () => {
    api.answers({ queue: 'my queue', outcome: 'done' });
    expect((await api.run('reset-counters', 'support')).out).toBe('The figures of support begin anew\n');
    expect(api.asked).toEqual([{ method: 'POST', path: '/queues/support/reset-counters', body: {} }]);
  });
});

describe('--watch', () => {
  const queue = (waiting: number) => ({
    ...{ queue: 'support', title: 'Support', strategy: 'ringall', waiting, ringing: 0, talking: 0, members: 2 },
    ...{ available: 1, oldestJoined: null, figures: null },
  });

  test('on a terminal writes over what was there, each time in one go, and gives the screen back', async () => {
    const written: string[] = [];
    api.answers([queue(1)]);
    api.terminal = new ScriptedTerminal({ isTerminal: true, between: [() => api.answers([queue(2)])] });
    const { out } = await api.run('queues', '--watch');
    written.push(...out.split('\u001b[H').slice(1));
    expect(written).toHaveLength(2);
    expect(out.startsWith('\u001b[?1049h\u001b[?25l\u001b[H')).toBe(true);
    // No frame erases the screen before it writes: each line is written over, then what is left of it erased.
    expect(out).not.toContain('\u001b[2J');
    for (const frame of written)
      expect(
        frame
          .split('\r\n')
          .slice(0, -1)
          .every((row) => row.endsWith('\u001b[K')),
      ).toBe(true);
    expect(written[1]).toContain('ringall   2');
    expect(out.split('\u001b[?25h\u001b[?1049l')[1]).toContain('ringall   2');
    expect(api.terminal.isReleased).toBe(true);
  });

  test('leaves out what does not fit', async () => {
    api.answers(Array.from({ length: 30 }, (_, index) => queue(index)));
    api.terminal = new ScriptedTerminal({ isTerminal: true, rows: 10 });
    const frame = (await api.run('queues', '--watch')).out.split('\u001b[J')[0] ?? '';
    expect(frame.split('\r\n')).toHaveLength(10);
    expect(frame).toContain('…');
  });

  test('in a pipe writes one table after the other, and with --json a document on each line', async () => {
    api.answers([queue(1)]);
    const twice = () => new ScriptedTerminal({ between: [() => undefined] });
    api.terminal = twice();
    const { out } = await api.run('queues', '--watch');
    expect(out).not.toContain('\u001b');
    expect(out.match(/^support/gm)).toHaveLength(2);
    api.terminal = twice();
    const documents = (await api.run('queues', '--watch', '--json')).out.trim().split('\n');
    expect(documents.map((text) => JSON.parse(text) as unknown)).toEqual([[queue(1)], [queue(1)]]);
  });

  test('goes on when the application does not answer for a while, but not without a token', async () => {
    api.answers('not JSON of ours', 502);
    api.terminal = new ScriptedTerminal({ between: [() => api.answers([queue(3)])] });
    const { status, out, error } = await api.run('calls', '--watch', '--json');
    expect([status, error]).toEqual([0, expect.stringContaining('502')]);
    expect(out).toContain('"waiting":3');
    api.answers({ error: { code: 'API_TOKEN_WRONG', message: 'The token is wrong' } }, 401);
    expect(await api.run('queues', '--watch')).toMatchObject({
      status: 1,
      error: 'API_TOKEN_WRONG: The token is wrong\n',
    });
  });
});

describe('A moment', () => {
  test.each([
    ['now', NOW_MS],
    ['90s', NOW_MS - 90_000],
    ['30m', NOW_MS - 1_800_000],
    ['2h', NOW_MS - 7_200_000],
    ['7d', NOW_MS - 604_800_000],
    ['1w', NOW_MS - 604_800_000],
    ['today', new Date(2026, 10, 20).getTime()],
    ['yesterday', new Date(2026, 10, 19).getTime()],
    ['2026-11-20', new Date(2026, 10, 20).getTime()],
    ['2026-11-20 08:30', new Date(2026, 10, 20, 8, 30).getTime()],
    ['2026-11-20T08:30:15Z', Date.UTC(2026, 10, 20, 8, 30, 15)],
    ['2026-11-20 08:30+02:00', Date.UTC(2026, 10, 20, 6, 30)],
  ])('%s', (text, ms) => {
    expect(moment(text, NOW_MS)).toBe(ms);
  });

  test.each(['', 'tomorrow', '5', '5y', '2026-02-30T99:00', '20.11.2026', '2026-11-20 8:30'])('not %j', (text) => {
    expect(() => moment(text, NOW_MS)).toThrow('expected a time');
  });
});

describe('CSV', () => {
  test('keeps text, numbers and what is missing apart, and lets nothing become a formula', () => {
    expect(csv([['a,b', 'say "x"', 'two\nlines', '', null, 1.5, -2]])).toBe(
      '"a,b","say ""x""","two\nlines",,,1.5,-2\r\n',
    );
    expect(csv([['=1+1', '+49 30 1234', '-5', '@cmd', '-rm']])).toBe("'=1+1,+49 30 1234,-5,'@cmd,'-rm\r\n");
  });
});
