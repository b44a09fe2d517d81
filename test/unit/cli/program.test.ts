import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckedPart } from '../../../src/cli/check-report.ts';
import { runCommandLine } from '../../../src/cli/program.ts';
import { configInvalid } from '../../../src/config/findings.ts';
import { AppError } from '../../../src/errors.ts';
import type { ImportOptions, Report } from '../../../src/import/report.ts';
import { ScriptedTerminal } from '../../support/scripted-terminal.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12, 1, 5);
const TOKEN = 'a-token-of-the-tests';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Overrides {
  readonly env?: NodeJS.ProcessEnv;
  readonly start?: () => Promise<void>;
  readonly checked?: readonly CheckedPart[];
  readonly report?: Report;
}

/** Runs a command and returns its exit status and what it wrote. */
async function run(args: readonly string[], { env = {}, start, checked = [], report }: Overrides = {}) {
  let out = '';
  let error = '';
  const started: (string | undefined)[] = [];
  const imports: ImportOptions[] = [];
  const status = await runCommandLine(args, {
    env,
    streams: {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        error += text;
      },
    },
    version: '1.2.3',
    now: () => NOW_MS,
    live: () => new ScriptedTerminal(),
    async start({ file }) {
      started.push(file);
      await start?.();
    },
    check: async () => checked,
    async importConfiguration(options) {
      imports.push(options);
      if (report === undefined) throw new AppError('IMPORT_SOURCE', 'queues.conf:1:1: is a folder; name a file');
      return report;
    },
  });
  return { status, out, error, started, imports };
}

describe('Usage', () => {
  test.each([
    ...['start', 'check', 'import', 'status', 'queues', 'members', 'calls', 'login', 'logout'],
    ...['pause', 'unpause', 'penalty', 'ring-in-use', 'wrap-up', 'priority', 'drop', 'drain'],
  ])('%s has --help and --json', async (command) => {
    const { status, out, error } = await run([command, '--help']);
    expect([status, error]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`Usage: queueapp ${command} `));
    expect(out).toContain('--json');
  });

  test('--help lists the commands and the exit statuses', async () => {
    const { status, out } = await run(['--help']);
    expect(status).toBe(0);
    for (const word of [
      'start',
      'check',
      'import',
      'status',
      'queues',
      'members',
      'calls',
      'login',
      'logout',
      '78 wrong configuration',
    ])
      expect(out).toContain(word);
  });

  test('--version tells the version', async () => {
    expect(await run(['--version'])).toMatchObject({ status: 0, out: '1.2.3\n' });
  });

  test.each([
    [['nonsense']],
    [['status', '--nonsense']],
    [['login', '1000']],
    [['logout']],
    [['pause']],
    [['penalty', '1000', 'support']],
    [['penalty', '1000', 'support', 'high']],
    [['penalty', '1000', 'support', '1e3']],
    [['login', '1000', 'support', '--penalty', '0x10']],
    [['ring-in-use', '1000', 'support', 'perhaps']],
    [['wrap-up', '1000', 'begin']],
    [['status', 'extra']],
    [[]],
  ])('%j is wrong usage', async (args) => {
    const { status, out, error } = await run(args);
    expect([status, out]).toEqual([2, '']);
    expect(error).not.toBe('');
  });
});

describe('start', () => {
  test('runs the application with the file that is named', async () => {
    expect(await run(['start', '--config', 'other.yaml'])).toMatchObject({
      status: 0,
      started: ['other.yaml'],
      out: '',
      error: '',
    });
  });

  test('ends with 78 and one line for each fault of the configuration', async () => {
    const findings = [
      {
        file: 'queueapp.yaml',
        line: 12,
        column: 5,
        path: ['queues', 'support', 'ring-timeout'],
        reason: 'expected a duration such as 15s, got "fast"',
      },
      { file: 'environment', line: null, column: null, path: ['ARI_PASSWORD'], reason: 'is not set' },
    ];
    const start = () => Promise.reject(configInvalid(findings));
    const { status, error } = await run(['start'], { start });
    expect(status).toBe(78);
    expect(error).toBe(
      'environment ARI_PASSWORD: is not set\nqueueapp.yaml:12:5 queues.support.ring-timeout: expected a duration such as 15s, got "fast"\n',
    );
    const json = await run(['start', '--json'], { start });
    expect([json.status, json.error]).toEqual([78, '']);
    expect(JSON.parse(json.out)).toMatchObject({
      error: { code: 'CONFIG_INVALID', findings: [{ path: ['ARI_PASSWORD'] }, { line: 12 }] },
    });
  });

  test('ends with 1 and one line for any other failure', async () => {
    const start = () => Promise.reject(new AppError('HTTP_ADDRESS', '127.0.0.1:8080 is in use\nand more'));
    expect(await run(['start'], { start })).toMatchObject({
      status: 1,
      out: '',
      error: 'HTTP_ADDRESS: 127.0.0.1:8080 is in use\n',
    });
    const fault = () => Promise.reject(new TypeError('x is not a function'));
    expect(await run(['start'], { start: fault })).toMatchObject({
      status: 1,
      error: 'INTERNAL: x is not a function\n',
    });
  });
});

describe('check', () => {
  const well: CheckedPart = { part: 'configuration', summary: 'queueapp.yaml: 1 queue', findings: [] };
  const wrong = { what: 'ARI refuses the password', mend: 'Correct ARI_PASSWORD' };

  test('writes a line for each part', async () => {
    const checked: CheckedPart[] = [well, { part: 'asterisk', summary: '', findings: [wrong] }];
    const { status, out } = await run(['check'], { checked });
    expect([status, out]).toEqual([
      1,
      '✓ configuration: queueapp.yaml: 1 queue\n✗ asterisk: ARI refuses the password\n  → Correct ARI_PASSWORD\n',
    ]);
  });

  test('ends with 0 when all is well, and with 78 when the configuration is wrong', async () => {
    expect((await run(['check'], { checked: [well] })).status).toBe(0);
    expect(
      (await run(['check'], { checked: [{ part: 'configuration', summary: '', findings: [wrong] }] })).status,
    ).toBe(78);
  });

  test('--json tells the same to programs', async () => {
    const checked: CheckedPart[] = [well, { part: 'asterisk', summary: '', findings: [wrong] }];
    const { status, out } = await run(['check', '--json'], { checked });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      checks: [
        { part: 'configuration', ok: true, summary: 'queueapp.yaml: 1 queue', findings: [] },
        { part: 'asterisk', ok: false, summary: '', findings: [wrong] },
      ],
    });
  });

  test('of several switches each has its name', async () => {
    const checked: CheckedPart[] = [
      { part: 'asterisk', name: 'berlin', summary: '22.10.1', findings: [] },
      { part: 'asterisk', name: 'paris', summary: '', findings: [wrong] },
    ];
    expect((await run(['check'], { checked })).out).toBe(
      `✓ asterisk berlin: 22.10.1\n✗ asterisk paris: ${wrong.what}\n  → ${wrong.mend}\n`,
    );
    const { checks } = JSON.parse((await run(['check', '--json'], { checked })).out);
    expect(checks.map(({ name }: CheckedPart) => name)).toEqual(['berlin', 'paris']);
  });
});

describe('The questions to the running application', () => {
  let server: Server;
  let url: string;
  let requests: { method: string; url: string; authorization: string | undefined; body: string }[];
  let answer: { status: number; body: string };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      body,
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  beforeEach(async () => {
    requests = [];
    answer = { status: 200, body: '[]' };
    server = createServer((request, response) => {
      respond(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (...args: string[]) => run(args, { env: { HTTP_URL: url, API_TOKEN: TOKEN } });
  const answers = (body: unknown, status = 200) => {
    answer = { status, body: JSON.stringify(body) };
  };
  const since = '2026-11-20T12:00:00.000Z';

  test('status', async () => {
    const part = { state: 'up', since, reason: null };
    const body = {
      version: '1.2.3',
      started: since,
      ready: false,
      stopping: false,
      process: 'host 1',
      role: 'active',
      draining: false,
      calls: 3,
      callsBy: { ivr: 1, waiting: 1, ringing: 0, talking: 1, leaving: 0 },
      pending: [
        {
          ...{ what: 'database-writes', waiting: 12, limit: 1000, where: 'data/unwritten.jsonl', lost: 2 },
          ...{ since, reason: 'connection refused' },
        },
        { what: 'xmpp-nodes', waiting: 0, limit: 5000, where: null, since: null, reason: null, lost: 0 },
        { what: 'queue-log-file', waiting: null, limit: null, where: '/log', since, reason: 'full', lost: 0 },
        { what: 'recordings-to-remove', waiting: null, limit: null, where: null, since: null, reason: null, lost: 0 },
      ],
      switch: 'main',
      switches: [
        {
          ...{ switch: 'berlin', own: false, holder: 'other 2', holderThere: false, since, seen: since, epoch: 3 },
          ...{ draining: true, asteriskLost: since, standbys: 0, callers: 1, url: null },
        },
        {
          ...{ switch: 'main', own: true, holder: 'host 1', holderThere: true, since, seen: since, epoch: 7 },
          ...{ draining: false, asteriskLost: null, standbys: 1, callers: 2, url: 'http://127.0.0.1:8080' },
        },
        {
          ...{ switch: 'rome', own: false, holder: null, holderThere: false, since: null, seen: null, epoch: 0 },
          ...{ draining: false, asteriskLost: null, standbys: 2, callers: 0, url: null },
        },
      ],
      switchesAsOf: since,
      parts: {
        asterisk: part,
        database: { ...part, state: 'down', reason: 'connection refused' },
        xmpp: { ...part, state: 'off' },
      },
      music: [
        {
          class: 'default',
          tracks: 4,
          advice: 9,
          broken: [{ path: '/m/\u001b[2Ja.mp3', reason: 'holds no sound' }],
          stream: null,
        },
        {
          class: 'radio',
          tracks: 1,
          advice: 0,
          broken: [],
          stream: { playing: true, title: 'Ann: Song', since, reason: null },
        },
        {
          class: 'news',
          tracks: 1,
          advice: 0,
          broken: [],
          stream: { playing: false, title: null, since, reason: '404' },
        },
      ],
      refusedRows: [
        { table: 'ivr_step', row: 'main', reason: 'ivr.steps.main.menu.wait: expected a duration, got "\u001b"' },
      ],
    };
    answers(body);
    const { status, out } = await ask('status');
    expect([status, out]).toEqual([
      0,
      'queueapp 1.2.3 (host 1), not ready, up for 1m 5s: 1 talk, 1 waiting, 1 in menus\n✓ asterisk is up for 1m 5s\n✗ database is down for 1m 5s: connection refused\n- xmpp: not configured\n… 12 writes for the database wait of at most 1000 in data/unwritten.jsonl, for 1m 5s: connection refused\n✗ 2 writes for the database were lost since the start\n… lines for the file of queue_log wait in /log, for 1m 5s: full\n⇄ switch berlin: held by other 2 for 1m 5s, epoch 3, which has no session with the database, draining, its Asterisk out of reach for 1m 5s, no standby, 1 caller in queues\n⇄ switch main: held by this process (host 1) for 1m 5s, epoch 7, 1 standby, 2 callers in queues\n✗ switch rome: held by nobody, epoch 0, 2 standbys, 0 callers in queues\n  (as it was 1m 5s ago: the database does not answer)\n✗ table ivr_step, wrong and not used: ivr.steps.main.menu.wait: expected a duration, got "?"\n♪ music class default: 4 tunes, 9 pieces of advice\n  ✗ /m/?[2Ja.mp3: holds no sound\n♪ music class radio: 1 tunes, 0 pieces of advice, stream plays Ann: Song\n♪ music class news: 1 tunes, 0 pieces of advice, stream does not play (404): its files instead\n',
    ]);
    expect(requests).toEqual([{ method: 'GET', url: '/api/v1/status', authorization: `Bearer ${TOKEN}`, body: '' }]);
    expect(JSON.parse((await ask('status', '--json')).out)).toEqual(body);
    const slow = { ...part, state: 'slow', reason: 'the simplest statement takes 2.0 s' };
    answers({ ...body, parts: { ...body.parts, database: slow } });
    expect((await ask('status')).out).toContain('\n! database is slow for 1m 5s: the simplest statement takes 2.0 s\n');
  });

  const usual = {
    queue: 'support',
    penalty: 0,
    paused: false,
    pausedReason: null,
    pausedSince: null,
    asideUntil: null,
    ringInUse: null,
    calls: 0,
    lastCall: null,
    lastPaused: null,
    loggedIn: since,
  };

  test('queues, members and calls are tables; names of callers cannot move the cursor', async () => {
    answers([
      {
        queue: 'support',
        title: 'Support',
        strategy: 'leastrecent',
        waiting: 2,
        ringing: 0,
        talking: 1,
        members: 3,
        available: 0,
        oldestJoined: since,
        figures: {
          ...{ completed: 4, abandoned: 2, completedInLevel: 3, abandonedInLevel: 1, serviceLevelSeconds: 20 },
          ...{ inLevelPercent: 75, inLevelOfAllPercent: 66.7, holdSeconds: 12.3, talkSeconds: null },
          since: '2026-11-20T12:00:00.000Z',
        },
      },
    ]);
    expect((await ask('queues')).out).toBe(
      'queue    title    strategy     waiting  longest  ringing  talking  members  available  completed  abandoned  in level    hold  talk\nsupport  Support  leastrecent  2        1m 5s    0        1        3        0          4          2          75% in 20s  12s   -\n',
    );
    answers([
      {
        extension: '1000',
        interface: 'PJSIP/1000',
        jid: 'a@b',
        deviceState: 'INUSE',
        activity: 'talking',
        wrapUpUntil: null,
        lastHangup: null,
        queues: [{ ...usual, paused: true }],
      },
    ]);
    expect((await ask('members')).out).toContain(
      '1000       support (in 1m 5s, paused)  INUSE  talking  -          PJSIP/1000  a@b',
    );
    const soon = new Date(NOW_MS + 12_000).toISOString();
    answers([
      {
        extension: '1000',
        interface: 'PJSIP/1000',
        jid: null,
        deviceState: 'NOT_INUSE',
        activity: 'wrap-up',
        wrapUpUntil: soon,
        lastHangup: since,
        queues: [
          {
            ...usual,
            penalty: 2,
            calls: 3,
            lastCall: since,
            paused: true,
            lastPaused: since,
            pausedReason: 'lunch\u001b[2J',
            pausedSince: since,
          },
          { ...usual, queue: 'sales', calls: 1, asideUntil: soon, ringInUse: true },
          { ...usual, queue: 'other', asideUntil: since, ringInUse: false, lastPaused: since },
        ],
      },
    ]);
    const members = (await ask('members')).out;
    expect(members).toContain(
      'support (in 1m 5s, penalty 2, 3 calls, last 1m 5s ago, paused 1m 5s: lunch?[2J), sales (in 1m 5s, 1 call, ring-in-use yes, aside for 12s)',
    );
    expect(members).toContain(
      'other (in 1m 5s, ring-in-use no, last pause 1m 5s ago)  NOT_INUSE  wrap-up (12s left)  1m 5s ago  PJSIP/1000  -',
    );
    answers([
      {
        callId: 'c1',
        switch: 'main',
        phase: 'waiting',
        caller: { number: null, name: null },
        customer: { id: '1', name: 'Evil\u001b[2J\n"Co" 🎉', code: null },
        queue: 'support',
        position: 1,
        extension: null,
        hears: 'bossa.flac',
        started: since,
        since,
      },
    ]);
    const { out } = await ask('calls');
    expect(out).toMatch(/^c1 +main +waiting/m);
    expect(out).toContain('(withheld)  Evil?[2J?"Co" 🎉 (id 1)');
    expect(out).toContain('bossa.flac');
    expect(out.split('\n')).toHaveLength(3);
  });

  test.each([
    ['queues', 'No queues\n'],
    ['members', 'No extensions\n'],
    ['calls', 'No calls\n'],
  ])('%s says in words that there are none', async (command, sentence) => {
    expect((await ask(command)).out).toBe(sentence);
  });

  test('login and logout', async () => {
    answers({ extension: '1000', queue: 'support', outcome: 'logged-in' });
    expect(await ask('login', '1000', 'support')).toMatchObject({ status: 0, out: '1000 is logged in to support\n' });
    answers({ extension: '10/00', queue: 'support', outcome: 'not-logged-in' });
    expect(await ask('logout', '10/00', 'support')).toMatchObject({
      status: 0,
      out: '10/00 was not logged in to support\n',
    });
    expect(requests.map(({ method, url: asked, body }) => [method, asked, body])).toEqual([
      ['POST', '/api/v1/members/1000/login', '{"queue":"support"}'],
      ['POST', '/api/v1/members/10%2F00/logout', '{"queue":"support"}'],
    ]);
  });

  test.each([
    [
      'login 1000 support --penalty 3 --paused --reason lunch',
      'login',
      { queue: 'support', penalty: 3, paused: true, reason: 'lunch' },
      'logged-in',
      '1000 is logged in to support',
    ],
    [
      'pause 1000 support --reason lunch',
      'pause',
      { queue: 'support', reason: 'lunch' },
      'done',
      '1000 is paused in support',
    ],
    ['pause 1000', 'pause', {}, 'already', '1000 is already paused in all queues'],
    ['unpause 1000 support', 'unpause', { queue: 'support' }, 'done', '1000 is back in support'],
    ['unpause 1000', 'unpause', {}, 'already', '1000 was not paused in all queues'],
    [
      'penalty 1000 support 7',
      'penalty',
      { queue: 'support', penalty: 7 },
      'done',
      '1000 has now penalty 7 in support',
    ],
    [
      'penalty 1000 support -1',
      'penalty',
      { queue: 'support', penalty: -1 },
      'already',
      '1000 has already penalty -1 in support',
    ],
    [
      'ring-in-use 1000 support yes',
      'ring-in-use',
      { queue: 'support', ringInUse: true },
      'done',
      '1000 is rung in use in support',
    ],
    [
      'ring-in-use 1000 support no',
      'ring-in-use',
      { queue: 'support', ringInUse: false },
      'already',
      '1000 is not rung in use in support already',
    ],
    [
      'ring-in-use 1000 support default',
      'ring-in-use',
      { queue: 'support', ringInUse: null },
      'done',
      '1000 is rung in use as support says',
    ],
    ['wrap-up 1000 end', 'end-wrap-up', {}, 'done', 'The wrap-up of 1000 is over'],
    ['wrap-up 1000 end', 'end-wrap-up', {}, 'already', '1000 is in no wrap-up'],
  ])('%s', async (line, action, body, outcome, sentence) => {
    const told = { extension: '1000', queue: null, outcome };
    answers(told);
    expect(await ask(...line.split(' '))).toMatchObject({ status: 0, error: '', out: `${sentence}\n` });
    expect(requests).toMatchObject([{ method: 'POST', url: `/api/v1/members/1000/${action}` }]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(body);
    expect(JSON.parse((await ask(...line.split(' '), '--json')).out)).toEqual(told);
  });

  test('priority and drop of a waiting caller', async () => {
    answers({});
    expect((await ask('priority', 'c1', '5')).out).toBe('c1 has priority 5, and keeps the place\n');
    expect((await ask('priority', 'c1', '-5', '--at-once')).out).toBe('c1 has priority -5 and stands there\n');
    expect((await ask('drop', 'c1', '--info', 'supervisor')).out).toBe('c1 leaves the queue\n');
    expect((await ask('drop', 'c 1')).out).toBe('c 1 leaves the queue\n');
    expect(requests.map(({ url: asked, body }) => [asked, body])).toEqual([
      ['/api/v1/calls/c1/priority', '{"priority":5,"atOnce":false}'],
      ['/api/v1/calls/c1/priority', '{"priority":-5,"atOnce":true}'],
      ['/api/v1/calls/c1/withdraw', '{"info":"supervisor"}'],
      ['/api/v1/calls/c%201/withdraw', '{}'],
    ]);
    expect((await ask('priority', 'c1', 'high')).status).toBe(2);
  });

  test('a refusal of the application is one line and exit status 1', async () => {
    answers({ error: { code: 'EXTENSION_UNKNOWN', message: 'There is no extension 4711' } }, 404);
    expect(await ask('login', '4711', 'support')).toMatchObject({
      status: 1,
      out: '',
      error: 'EXTENSION_UNKNOWN: There is no extension 4711\n',
    });
    expect(JSON.parse((await ask('login', '4711', 'support', '--json')).out)).toEqual({
      error: { code: 'EXTENSION_UNKNOWN', message: 'There is no extension 4711' },
    });
  });

  test('another server at that address is told as such', async () => {
    answer = { status: 502, body: '<html>' };
    expect(await ask('status')).toMatchObject({
      status: 1,
      error: `APPLICATION_UNREACHABLE: ${url} answers 502, but is no queueapp\n`,
    });
  });

  test('an application that does not run is told as such', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await ask('status')).toMatchObject({
      status: 1,
      error: `APPLICATION_UNREACHABLE: queueapp does not answer at ${url} (nothing listens): is it running there?\n`,
    });
    const env = { HTTP_URL: 'http://queueapp.invalid:8080', API_TOKEN: TOKEN };
    expect((await run(['status'], { env })).error).toContain('(the host name does not resolve)');
  });

  test('without API_TOKEN nothing is sent', async () => {
    const { status, error } = await run(['status'], { env: { HTTP_URL: url } });
    expect([status, error]).toEqual([
      1,
      'API_TOKEN_WRONG: API_TOKEN is not set: give it the same value as the running application has\n',
    ]);
    expect(requests).toEqual([]);
  });

  test('the address is HTTP_URL, else HTTP_LISTEN, else http.listen of the file', async () => {
    const { port } = server.address() as AddressInfo;
    const file = join(folder, 'queueapp.yaml');
    writeFileSync(
      file,
      `http: { listen: 0.0.0.0:${port} }\nqueues: { a: {} }\nivr: { start: one, steps: { one: { play: x, hangup: true } } }\n`,
    );
    expect((await run(['queues'], { env: { HTTP_LISTEN: `127.0.0.1:${port}`, API_TOKEN: TOKEN } })).status).toBe(0);
    expect((await run(['queues', '--config', file], { env: { API_TOKEN: TOKEN } })).status).toBe(0);
    expect((await run(['queues'], { env: { QUEUEAPP_CONFIG: file, API_TOKEN: TOKEN } })).status).toBe(0);
    expect(requests).toHaveLength(3);
    expect(await run(['queues'], { env: { HTTP_URL: 'nonsense', API_TOKEN: TOKEN } })).toMatchObject({
      status: 78,
      error: 'environment HTTP_URL: expected an address such as http://127.0.0.1:8080\n',
    });
  });
});

describe('import', () => {
  const place = { file: '/etc/asterisk/queues.conf', line: 3, section: '[sales]' };
  const report: Report = {
    read: ['/etc/asterisk/queues.conf'],
    entries: [
      {
        ...place,
        option: 'timeout',
        value: '15',
        verdict: 'taken',
        note: null,
        path: ['queues', 'sales', 'ring-timeout'],
      },
      {
        ...place,
        option: 'digit',
        value: '\u001b[2J#',
        verdict: 'left',
        note: 'a key means something else',
        path: null,
      },
      { ...place, option: 'retry', value: '0', verdict: 'changed', note: '5', path: ['queues', 'sales', 'retry'] },
      {
        ...place,
        option: 'strategy',
        value: 'ringall',
        verdict: 'default',
        note: 'so',
        path: ['queues', 'sales', 'strategy'],
      },
    ],
    remarks: [{ file: 'queues.conf', line: 9, text: '#tryinclude: there is no file x' }],
    warnings: [{ file: 'out.yaml', line: 2, column: 1, path: ['queues'], reason: 'is odd' }],
    rows: { extensions: 1, members: 2, customers: 0 },
    written: ['queueapp-import.yaml'],
  };

  test('says in words what was taken, changed and left, with file and line; nothing moves the cursor', async () => {
    const { status, out, error } = await run(['import', 'queues.conf'], { report });
    expect([status, error]).toEqual([0, '']);
    expect(out).toBe(`read     /etc/asterisk/queues.conf

/etc/asterisk/queues.conf [sales]
  taken    line 3: timeout = 15 → queues.sales.ring-timeout
  left     line 3: digit = ?[2J#
           a key means something else
  changed  line 3: retry = 0 → queues.sales.retry
           5
  default  line 3: strategy = ringall → queues.sales.strategy
           so

note     queues.conf:9 #tryinclude: there is no file x
odd      out.yaml:2:1 queues: is odd
written  queueapp-import.yaml
1 taken, 1 changed, 1 defaults written out, 1 left; rows: 1 extension, 2 memberships, 0 customers
`);
  });

  test('says the same as JSON, by what became of it', async () => {
    const { status, out } = await run(['import', 'queues.conf', '--json'], { report });
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      taken: [{ option: 'timeout', line: 3, path: ['queues', 'sales', 'ring-timeout'] }],
      changed: [{ option: 'retry' }],
      defaults: [{ option: 'strategy' }],
      left: [{ option: 'digit', note: 'a key means something else' }],
      rows: { extensions: 1, members: 2, customers: 0 },
      written: ['queueapp-import.yaml'],
    });
  });

  test('hands on what was asked for', async () => {
    const args =
      '--rules r --music m --queues q --database postgres://h/d --asterisk-data /a --output o --members-sql s';
    const { imports } = await run(['import', ...args.split(' '), '--force', '--dry-run'], { report });
    expect(imports).toEqual([
      {
        ...{ files: [], named: { queues: 'q', queuerules: 'r', musiconhold: 'm' }, database: 'postgres://h/d' },
        ...{ dataFolder: '/a', output: 'o', sql: 's', force: true, isDryRun: true },
      },
    ]);
    expect((await run(['import', 'queues.conf'], { report })).imports).toMatchObject([
      {
        files: ['queues.conf'],
        output: 'queueapp-import.yaml',
        sql: 'queueapp-import.sql',
        force: false,
        isDryRun: false,
      },
    ]);
  });

  test('without anything to import is wrong usage; what can not be read is a failure', async () => {
    expect(await run(['import'])).toMatchObject({
      status: 2,
      error: expect.stringContaining('name files of Asterisk'),
    });
    expect(await run(['import', 'x'])).toMatchObject({
      status: 1,
      out: '',
      error: expect.stringContaining('IMPORT_SOURCE'),
    });
  });
});
