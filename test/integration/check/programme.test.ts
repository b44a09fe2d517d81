import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkAccounts, tryAccountStatements } from '../../../src/check/accounts.ts';
import { checkMusic } from '../../../src/check/music.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-check-programme-'));
const REST = 'queues: { support: {} }\nivr: { start: one, steps: { one: { play: a, hangup: true } } }\n';

let server: Server;
let answer: RequestListener;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});

beforeEach(() => {
  rmSync(join(folder, 'music'), { recursive: true, force: true });
  mkdirSync(join(folder, 'music'));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function load(text: string) {
  const file = join(folder, 'queueapp.yaml');
  writeFileSync(file, `${text}\n${REST}`);
  return loadConfig({ file, env: { ARI_PASSWORD: 'x', BILLING: 'Bearer 1' } });
}

const put = (path: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), 'sound');
};
const music = async (text: string) => {
  const { findings, summary } = await checkMusic(load(text).config);
  return {
    summary: summary.replaceAll(folder, 'FOLDER'),
    findings: findings.map(({ what }) => what.replaceAll(folder, 'FOLDER')),
  };
};

describe('Music', () => {
  test('The shipped class is in order', async () => {
    const { findings, summary } = await checkMusic(load('').config);
    expect(findings).toEqual([]);
    expect(summary).toMatch(/^default: [1-9]\d* tracks, [1-9]\d* pieces of advice$/);
  });

  test('Tracks and advice are counted: files of one name are one, what is no sound is none', async () => {
    for (const path of ['a.wav', 'a.ulaw', 'b.MP3', 'README.md', 'advice/first/1.wav', 'advice/last/2.flac'])
      put(`music/${path}`);
    expect(await music('music-classes: { hold: { folder: music, advice: music/advice } }')).toEqual({
      summary: 'hold: 2 tracks, 2 pieces of advice',
      findings: [],
    });
  });

  test('What would not be heard is named with what may be meant', async () => {
    for (const path of ['a.wav', 'song.m4a', 'advice/First/1.wav', 'advice/loose.wav']) put(`music/${path}`);
    const { summary, findings } = await music('music-classes: { hold: { folder: music, advice: music/advice } }');
    expect(findings).toEqual([]);
    expect(summary.split('\n  ! ')).toEqual([
      'hold: 1 track, 0 pieces of advice',
      expect.stringMatching(/^FOLDER\/music\/song\.m4a is of a kind that is not read/),
      expect.stringMatching(/^FOLDER\/music\/advice\/First is not heard: .*; did you mean "first"\?$/),
      'FOLDER/music/advice holds sound files beside its folders, which are not heard',
    ]);
  });

  test('Folders that are not there, and one without a track, are wrong', async () => {
    const { findings } = await music(
      'sounds: { folder: nowhere, asterisk-folder: /nowhere/either }\nmusic-classes: { a: { folder: gone }, b: { folder: music, advice: gone } }',
    );
    expect(findings).toEqual([
      expect.stringMatching(/^sounds\.folder: FOLDER\/nowhere /),
      expect.stringMatching(/^sounds\.asterisk-folder: \/nowhere\/either /),
      expect.stringMatching(/^music-classes\.a\.folder: FOLDER\/gone /),
      'music-classes.b.folder: FOLDER/music holds no track',
      expect.stringMatching(/^music-classes\.b\.advice: FOLDER\/gone /),
    ]);
  });

  test('A stream that answers is in order, whatever its folder holds', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).write('sound without an end');
    const { summary, findings } = await music(`music-classes: { radio: { stream: '${base}/live', folder: music } }`);
    expect(findings).toEqual([]);
    expect(summary).toMatch(/^radio: 0 tracks, its stream answers\n {2}! .* holds no track: silence while/);
  });

  test.each<[string, RequestListener, string]>([
    ['404', (_, response) => response.writeHead(404).end(), 'it answers 404'],
    [
      'a page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(),
      'it sends text/html, no sound',
    ],
    ['a cut connection', (request) => request.socket.destroy(), 'UND_ERR_SOCKET'],
  ])('A stream that gives %s is odd, not wrong', async (_, listener, fault) => {
    answer = listener;
    const { summary, findings } = await music(`music-classes: { radio: { stream: '${base}/live' } }`);
    expect(findings).toEqual([]);
    expect(summary).toBe(
      `radio: its stream does not answer\n  ! music-classes.radio.stream: ${fault}; Asterisk's own music would be heard`,
    );
  });

  test('Without music classes Asterisk plays all by itself', async () => {
    expect((await music('music-classes: {}')).summary).toBe('no music classes: Asterisk plays all music itself');
  });
});

describe('Accounts', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.close());

  const check = async (text: string, databaseUrl: string | null = postgres.databaseUrl) => {
    const { config, secrets } = load(text);
    const statements = databaseUrl === null ? null : await tryAccountStatements(config, databaseUrl);
    const part = await checkAccounts(config, secrets, Promise.resolve(statements));
    return { summary: part?.summary, findings: part?.findings.map(({ what }) => what) };
  };
  const sql = (statement: string) => `accounts: { own: { sql: "${statement}" } }`;

  test('Without a source there is nothing to say', async () => {
    const { config, secrets } = load('');
    expect(await checkAccounts(config, secrets, Promise.resolve([]))).toBeNull();
  });

  test('The statement of the shipped file can be carried out on a fresh database', async () => {
    const { config } = loadConfig({ file: shippedPath('install/queueapp.yaml'), env: { ARI_PASSWORD: 'x' } });
    expect(Object.keys(config.accounts)).toHaveLength(1);
    expect(await tryAccountStatements(config as Config, postgres.databaseUrl)).toEqual([]);
  });

  test.each([
    ['select number from acount where phone = $1', 'accounts.own.sql: relation "acount" does not exist'],
    ['select balance from account where phone = $1', 'accounts.own.sql: column "number" does not exist'],
    ['selekt $1', 'accounts.own.sql: syntax error at or near "$1"'],
    ['delete from account where phone = $1 returning *', 'accounts.own.sql: syntax error at or near "from"'],
  ])('%s is told', async (statement, what) => {
    expect(await check(sql(statement))).toEqual({ summary: '', findings: [what] });
  });

  test('A statement is planned, not carried out', async () => {
    const { findings, summary } = await check(sql("select '1' as number, pg_sleep(60) from account where $1 <> ''"));
    expect([findings, summary]).toEqual([[], 'own answers']);
  });

  test('A source by HTTP is asked for nobody, with its headers; what it says of nobody is no matter', async () => {
    const asked: unknown[] = [];
    answer = (request, response) => {
      asked.push([request.url, request.headers.authorization]);
      response.writeHead(404).end();
    };
    const text = `accounts: { billing: { http: "${base}/a?n={number}", headers: { authorization: { env: BILLING } } }, own: { sql: "select number from account where phone = $1" } }`;
    expect(await check(text)).toEqual({ summary: 'billing, own answer', findings: [] });
    expect(asked).toEqual([['/a?n=0', 'Bearer 1']]);
    expect(await check(text, null)).toEqual({
      summary: 'billing answers\n  ! The statement of own is not tried: no database that is ready',
      findings: [],
    });
  });

  test('A source by HTTP that refuses is told', async () => {
    answer = (_, response) => response.writeHead(401).end();
    const { findings } = await check(`accounts: { billing: { http: "${base}/a?n={number}" } }`);
    expect(findings).toEqual(['accounts.billing.http: the source answered 401']);
  });
});
