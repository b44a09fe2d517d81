import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createStack } from '../../../install/private-stack/create-stack.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { withClient } from '../../../install/private-stack/postgres.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { freePort } from '../../support/phones/processes.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RunningCommand } from './command.ts';

jest.setTimeout(180_000);

interface Check {
  readonly part: string;
  readonly ok: boolean;
  readonly summary: string;
  readonly findings: readonly { readonly what: string; readonly mend: string }[];
}

let stack: Stack;
const folder = mkdtempSync(join(tmpdir(), 'queueapp-check-'));

beforeAll(async () => {
  stack = await createStack({ name: `t-${process.pid}-check` });
}, 180_000);

afterAll(async () => {
  await stack?.down();
  rmSync(folder, { recursive: true, force: true });
});

const queueapp = (args: readonly string[], env: Record<string, string> = {}) =>
  new RunningCommand(args, { ...stack.env, ...env }).end();

/** The parts that are wrong, and what is said of them. */
async function faults(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const { status, out } = await queueapp(['check', '--json'], env);
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Check[] };
  expect([ok, status]).toEqual(ok ? [true, 0] : [false, 1]);
  const wrong = checks.filter((check) => !check.ok);
  return Object.fromEntries(
    wrong.map(({ part, findings }) => [part, findings.map(({ what, mend }) => `${what} → ${mend}`).join('\n')]),
  );
}

/** Changes a file of the stack for the time of `work`, with the server started again before and after. */
async function withEdit<T>(
  { file, server, edit }: { file: string; server: 'asterisk' | 'xmpp'; edit: (text: string) => string },
  work: () => Promise<T>,
): Promise<T> {
  const path = join(stack.state.folder, file);
  const before = readFileSync(path, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
  try {
    await stack.restart(server);
    return await work();
  } finally {
    writeFileSync(path, before);
    await stack.restart(server);
  }
}

test('With everything in order each part has its ✓, and the exit status is 0', async () => {
  const { status, out, error } = await queueapp(['check']);
  expect([status, error]).toEqual([0, '']);
  const lines = out.split('\n').filter((line) => !line.startsWith('  '));
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    '✓ configuration',
    '✓ asterisk',
    '✓ database',
    '✓ xmpp',
    '✓ sounds',
    '✓ music',
    '✓ accounts',
    '',
  ]);
  expect(out).toContain('7 steps');
  expect(out).toMatch(/all \d+ prompts/);
  for (const secret of [stack.env.ARI_PASSWORD, stack.env.XMPP_PASSWORD, stack.env.API_TOKEN])
    expect(out).not.toContain(secret);
});

describe('Configuration', () => {
  test('A wrong file ends with 78, and nothing else is tried', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'queues: { support: { ring-timeout: fast } }\n');
    const { status, out } = await queueapp(['check', '--config', file]);
    expect(status).toBe(78);
    expect(out).toContain(
      `✗ configuration: ${file}:1:22 queues.support.ring-timeout: expected a duration such as 15s, got "fast"`,
    );
    expect(out).toContain(`✗ configuration: ${file}:1:1 ivr: is missing`);
    expect(out).not.toContain('asterisk');
  });

  test('start ends with 78 and one line for each fault', async () => {
    const { status, out, error } = await queueapp(['start'], { LOG_LEVEL: 'loud', ARI_PASSWORD: '' });
    expect([status, out]).toEqual([78, '']);
    expect(error.trim().split('\n')).toEqual([
      'environment LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"',
      "environment ARI_PASSWORD: is not set: the user's password in ari.conf",
    ]);
  });
});

describe('Asterisk', () => {
  test('A wrong ARI password', async () => {
    const { asterisk, ...others } = await faults({ ARI_PASSWORD: 'wrong' });
    expect(others).toEqual({});
    expect(asterisk).toContain('Asterisk refuses the user queueapp or the password');
    expect(asterisk).toContain('ARI_PASSWORD');
  });

  test('A host name that does not resolve', async () => {
    const { asterisk, ...others } = await faults({ ARI_URL: 'http://asterisk.invalid:8088' });
    expect(others).toEqual({});
    expect(asterisk).toMatch(/^The host name asterisk\.invalid does not resolve.* → Correct ARI_URL/);
  });

  test('A port where nothing listens', async () => {
    const { asterisk } = await faults({ ARI_URL: `http://127.0.0.1:${await freePort()}` });
    expect(asterisk).toMatch(/^Nothing listens at .* → Start Asterisk/);
  });

  test('Several switches: each is tried by its own address and password, and named; of one that is not reached no sounds', async () => {
    const [file, nobody] = [join(folder, 'switches.yaml'), `http://127.0.0.1:${await freePort()}`];
    const entries = [
      ['berlin', stack.env.ARI_URL],
      ['paris', nobody],
    ];
    const shipped = readFileSync(stack.env.QUEUEAPP_CONFIG, 'utf8');
    writeFileSync(
      file,
      `${shipped}\nswitches:\n${entries.map(([name, url]) => `  - { name: ${name}, url: "${url}" }\n`).join('')}`,
    );
    const check = async (env: Record<string, string>) => {
      const { out } = await queueapp(['check', '--json', '--config', file], env);
      const { checks } = JSON.parse(out) as { checks: (Check & { name?: string })[] };
      return checks.flatMap(({ part, name, ok, findings }) =>
        name === undefined
          ? []
          : [{ which: `${part} ${name}`, ok, said: findings.map((each) => Object.values(each)).join() }],
      );
    };
    // The address of the section `asterisk` counts for nothing then.
    const both = await check({ ARI_URL: nobody, ARI_PASSWORD: 'other', ARI_PASSWORD_BERLIN: stack.env.ARI_PASSWORD });
    expect(both.map(({ which, ok }) => [which, ok])).toEqual([
      ['asterisk berlin', true],
      ['asterisk paris', false],
      ['sounds berlin', true],
    ]);
    expect(both[1]?.said).toMatch(/^Nothing listens at .*check the port in url of the switch paris$/);
    const own = await check({ QUEUEAPP_SWITCH: 'berlin' });
    expect(own.map(({ which, ok }) => [which, ok])).toEqual([
      ['asterisk berlin', true],
      ['sounds berlin', true],
    ]);
    const [refused] = await check({ QUEUEAPP_SWITCH: 'berlin', ARI_PASSWORD_BERLIN: 'wrong' });
    expect(refused?.said).toContain('Make its username and ARI_PASSWORD_BERLIN those of a section of ari.conf');
  });

  test('An ARI module that is missing', async () => {
    const withoutPlaybacks = (text: string) => text.replace('load = res_ari_playbacks.so\n', '');
    const wrong = await withEdit(
      { file: 'asterisk/etc/modules.conf', server: 'asterisk', edit: withoutPlaybacks },
      faults,
    );
    expect(Object.keys(wrong)).toEqual(['asterisk']);
    expect(wrong['asterisk']).toContain("Asterisk's module res_ari_playbacks.so does not run");
    expect(wrong['asterisk']).toContain('Add "load = res_ari_playbacks.so" to modules.conf');
  });

  test('A sessionlimit that is too small', async () => {
    const small = (text: string) => text.replace(/^sessionlimit = \d+$/m, 'sessionlimit = 60');
    const wrong = await withEdit({ file: 'asterisk/etc/http.conf', server: 'asterisk', edit: small }, faults);
    expect(Object.keys(wrong)).toEqual(['asterisk']);
    expect(wrong['asterisk']).toMatch(/keeps only (5\d|60) connections at a time/);
    expect(wrong['asterisk']).toContain('Set sessionlimit = 5000');
  });
});

describe('Sounds', () => {
  test('A prompt of the configuration that has no file', async () => {
    const file = join(folder, 'queueapp.yaml');
    const shipped = readFileSync(join(CHECKOUT, 'install/queueapp.yaml'), 'utf8');
    writeFileSync(file, shipped.replace('play: queueapp/welcome', 'play: [queueapp/welcome, queueapp/wellcome]'));
    const { sounds, ...others } = await faults({ QUEUEAPP_CONFIG: file });
    expect(others).toEqual({});
    expect(sounds).toMatch(
      /^There is no sound queueapp\/wellcome in language en \(ivr\.steps\.welcome\) → .*wellcome\.wav/,
    );
    expect(sounds?.split('\n')).toHaveLength(1);
  });

  test('A language without prompts', async () => {
    const file = join(folder, 'german.yaml');
    const shipped = readFileSync(join(CHECKOUT, 'install/queueapp.yaml'), 'utf8');
    writeFileSync(file, shipped.replace(/^language: en/m, 'language: de'));
    const { sounds } = await faults({ QUEUEAPP_CONFIG: file });
    expect(sounds).toContain('There is no sound queueapp/welcome in language de');
  });

  test('A folder of prompts that is not linked into Asterisk', async () => {
    const link = join(stack.state.folder, 'asterisk/data/sounds/en/queueapp');
    const aside = join(stack.state.folder, 'queueapp-sounds');
    renameSync(link, aside);
    let wrong: Record<string, string>;
    try {
      await stack.restart('asterisk');
      wrong = await faults();
    } finally {
      renameSync(aside, link);
      await stack.restart('asterisk');
    }
    expect(Object.keys(wrong)).toEqual(['sounds']);
    for (const name of ['welcome', 'ivr_menu', 'all_lines_busy', 'logon_failed', 'nobody_available']) {
      expect(wrong['sounds']).toContain(`There is no sound queueapp/${name} in language en`);
    }
  });
});

describe('Database', () => {
  const urlOf = (change: (url: URL) => void): string => {
    const url = new URL(stack.env.DATABASE_URL);
    change(url);
    return url.href;
  };
  const named = (name: string) => urlOf((url) => Object.assign(url, { pathname: `/${name}` }));
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });

  afterAll(() => postgres?.close());

  /** A database with all tables, of which `sql` changes what it says of its version. */
  const withVersion = async (sql: string) => {
    const databaseUrl = await postgres.createDatabase('migrated');
    await withClient(databaseUrl, (client) => client.query(sql));
    return databaseUrl;
  };

  test('A schema that is too old', async () => {
    const old = await withVersion(
      'delete from schema_migration where version = (select max(version) from schema_migration)',
    );
    const { database, ...others } = await faults({ DATABASE_URL: old });
    expect(others).toEqual({});
    expect(database).toMatch(/^The schema of .* is too old \(\d+ instead of \d+\) → Run queueapp start/);
  });

  test('A schema of a newer program', async () => {
    const newer = await withVersion(
      "insert into schema_migration (version, name, checksum, oldest_usable) values (9999, '9999-x.sql', '', 9999)",
    );
    expect((await faults({ DATABASE_URL: newer }))['database']).toContain('is of a newer program (9999');
  });

  test("Settings in a queue's row that can't be used", async () => {
    const wrong = await withVersion(
      `insert into queue (name, title, settings) values ('support', 'Support', '{"retry": "soon", "weight": 1}'), ('a.b', 'A', '{}')`,
    );
    const { database, ...others } = await faults({ DATABASE_URL: wrong });
    expect(others).toEqual({});
    expect(database).toContain(
      'queues.support.retry: expected a duration such as 15s, got "soon" → Correct it: queueapp unset support retry',
    );
    expect(database).toContain('queues."a.b"');
  });

  test("Rows of the IVR's steps: which were read, prompts of theirs that are missing, and what in them can't be used", async () => {
    const right = await withVersion(
      `insert into queue (name, title) values ('sales', 'Sales');
       insert into ivr_step (name, definition) values ('main', '{"play": "queueapp/wellcome", "next": "news"}'),
         ('news', '{"queue": "sales"}')`,
    );
    const { status, out } = await queueapp(['check'], { DATABASE_URL: right });
    expect(status).toBe(1);
    expect(out).toMatch(/^✓ database: .*\n {2}rows of queue that count: sales \(made by its row\)$/m);
    expect(out).toMatch(/^ {2}rows of ivr_step that count: main \(in place of the file's\), news$/m);
    expect(out).toMatch(/^✗ sounds: There is no sound queueapp\/wellcome in language en \(ivr\.steps\.main\)$/m);
    const wrong = await withVersion(
      `insert into ivr_step (name, definition) values ('news', '{"queue": "sales"}'), ('main', '{"menu": {"keys": 5}}')`,
    );
    const { database, ...others } = await faults({ DATABASE_URL: wrong });
    expect(others).toEqual({});
    expect(database).toContain('The row of a step is not used: ivr.steps.news.queue: there is no queue "sales"');
    expect(database).toMatch(
      /ivr\.steps\.main\.menu\.keys: .* → Correct it: queueapp set-step main or unset-step main --all/,
    );
  });

  test('A database without tables', async () => {
    const empty = await postgres.createDatabase('empty');
    expect((await faults({ DATABASE_URL: empty }))['database']).toMatch(/ has no tables yet → Run queueapp start/);
  });

  test('A wrong password, a database that is not there, a host that does not resolve, a port where nothing listens', async () => {
    const password = await faults({ DATABASE_URL: urlOf((url) => Object.assign(url, { password: 'wrong' })) });
    expect(password).toEqual({ database: expect.stringContaining('PostgreSQL refuses user or password') });
    expect(await faults({ DATABASE_URL: named('nowhere') })).toEqual({
      database: expect.stringContaining('There is no such database'),
    });
    const host = await faults({ DATABASE_URL: 'postgres://a:b@postgres.invalid/queueapp' });
    expect(host).toEqual({
      database: expect.stringContaining('The host name of postgres.invalid/queueapp does not resolve'),
    });
    const port = await freePort();
    const nothing = await faults({ DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/queueapp` });
    expect(nothing).toEqual({ database: expect.stringContaining(`Nothing listens at 127.0.0.1:${port}/queueapp`) });
  });

  test('Without DATABASE_URL it says where its own PostgreSQL will be set up, and makes nothing', async () => {
    const data = join(folder, 'data');
    const { status, out } = await queueapp(['check'], { DATABASE_URL: '', QUEUEAPP_DATA: data });
    expect(status).toBe(0);
    expect(out).toContain(`✓ database: its own PostgreSQL in ${data}, set up at the first start`);
    expect(() => readFileSync(data)).toThrow('ENOENT');
  });
});

describe('XMPP', () => {
  const config = { file: 'xmpp/prosody.cfg.lua', server: 'xmpp' } as const;

  test('A pubsub service that is missing', async () => {
    const edit = (text: string) =>
      text.replace(/^Component "pubsub\.queueapp\.test" "pubsub"$/m, 'Component "else.queueapp.test" "pubsub"');
    const wrong = await withEdit({ ...config, edit }, faults);
    expect(Object.keys(wrong)).toEqual(['xmpp']);
    expect(wrong['xmpp']).toContain('There is no pubsub service pubsub.queueapp.test');
    expect(wrong['xmpp']).toContain('Component "pubsub.queueapp.test" "pubsub"');
  });

  test('An account that may not create nodes', async () => {
    const edit = (text: string) => text.replace(/^( {2}admins = ).*$/m, '$1{ "somebody@queueapp.test" }');
    const wrong = await withEdit({ ...config, edit }, faults);
    expect(Object.keys(wrong)).toEqual(['xmpp']);
    expect(wrong['xmpp']).toContain('queueapp@queueapp.test may not create nodes on pubsub.queueapp.test');
    expect(wrong['xmpp']).toContain('admins = { "queueapp@queueapp.test" }');
  });

  test('A wrong password, and a host name that does not resolve', async () => {
    expect(await faults({ XMPP_PASSWORD: 'wrong' })).toEqual({
      xmpp: expect.stringContaining('refused the login of queueapp@queueapp.test'),
    });
    expect(await faults({ XMPP_SERVICE: 'xmpp://xmpp.invalid:5222' })).toEqual({
      xmpp: expect.stringContaining('The host name xmpp.invalid'),
    });
  });

  test('Without an account it says that nobody is told of calls, which is no fault', async () => {
    const { status, out } = await queueapp(['check'], { XMPP_SERVICE: '', XMPP_JID: '', XMPP_PASSWORD: '' });
    expect(status).toBe(0);
    expect(out).toContain('✓ xmpp: not configured');
  });
});
