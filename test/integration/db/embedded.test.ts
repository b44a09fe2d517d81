import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../db/embedded.ts';
import { silentLog } from '../../../src/log.ts';
import { eventually } from '../../support/eventually.ts';

// Each test has PostgreSQL set up anew, which takes a busy machine ten seconds and more.
jest.setTimeout(120_000);

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const log = silentLog();

describe('startEmbeddedPostgres', () => {
  let dataDir: string;
  const servers: EmbeddedPostgres[] = [];
  const start = async (folder = dataDir) => {
    const server = await startEmbeddedPostgres({ dataDir: folder, log });
    servers.push(server);
    return server;
  };
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'queueapp-embedded-'));
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
    await rm(dataDir, { recursive: true });
  });

  test('keeps its data over a restart, on loopback, with a password that only the owner reads', async () => {
    const first = await start();
    await query(first.databaseUrl, 'create table kept as select 1 as one');
    const addresses = await query(first.databaseUrl, "select setting from pg_settings where name = 'listen_addresses'");
    await first.stop();
    await first.stop();
    const second = await start();
    expect(await query(second.databaseUrl, 'select one from kept')).toEqual([{ one: 1 }]);
    expect(addresses).toEqual([{ setting: '127.0.0.1' }]);
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    const wrong = new URL(second.databaseUrl);
    wrong.password = 'password';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('a second process, or a second call, on the same folder is refused and disturbs nothing', async () => {
    const first = await start();
    const message = expect.stringMatching(new RegExp(`^Process ${process.pid} .*DATABASE_URL`));
    await expect(start()).rejects.toMatchObject({ code: 'DATABASE_FOLDER_IN_USE', message });
    expect(await query(first.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('adopts the server of a process that was killed, with everything in it', async () => {
    const url = await startInOtherProcess(dataDir, 'SIGKILL');
    await query(url, 'create table kept as select 1 as one');
    const adopted = await start();
    expect(adopted.databaseUrl).toBe(url);
    expect(await query(adopted.databaseUrl, 'select one from kept')).toEqual([{ one: 1 }]);
    await adopted.stop();
    await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is started again, at the same address, when it is killed, and not any more after its stop', async () => {
    const server = await start();
    await query(server.databaseUrl, 'create table kept as select 1 as one');
    const pidFile = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
    const pid = async () => Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
    const before = await pid();
    process.kill(before, 'SIGKILL');
    const found = await eventually(
      'it answers again',
      () => query(server.databaseUrl, 'select one from kept').catch(() => null),
      60_000,
    );
    expect(found).toEqual([{ one: 1 }]);
    expect(await pid()).not.toBe(before);
    await server.stop();
    await expect(query(server.databaseUrl, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await pid()).toBe(0);
  });

  test('starts after the whole machine went down: files of processes that are gone do not matter', async () => {
    const first = await start();
    await first.stop();
    const cluster = join(dataDir, 'postgres', 'cluster');
    // The numbers belong to other programs now: this very process.
    await writeFile(join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    await writeFile(join(dataDir, 'owner'), `${process.pid} 1 other\n`);
    const second = await start();
    expect(await query(second.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('says what is wrong when the password is lost', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'password'));
    await expect(start()).rejects.toMatchObject({
      code: 'DATABASE_START',
      message: expect.stringContaining('password'),
    });
    await expect(readFile(join(dataDir, 'owner'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('says what the server says when that does not start', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'postgres', 'cluster', 'postgresql.conf');
    await writeFile(file, `${await readFile(file, 'utf8')}\nshared_buffers = nonsense\n`);
    await expect(start()).rejects.toMatchObject({
      code: 'DATABASE_START',
      message: expect.stringContaining('shared_buffers'),
    });
  });

  test('works in a home folder that nobody else may enter', async () => {
    const home = await mkdtemp(join(homedir(), '.queueapp-embedded-'));
    try {
      const server = await start(home);
      expect(await query(server.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
      const folder = await query(server.databaseUrl, 'show data_directory');
      await server.stop();
      const cluster = String(folder[0]?.['data_directory']);
      if (!cluster.startsWith(home)) await rm(dirname(cluster), { recursive: true });
    } finally {
      await rm(home, { recursive: true });
    }
  });
});

async function query(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the server in another process, which then ends by that signal; tells the database's address. */
async function startInOtherProcess(dataDir: string, signal: 'SIGKILL'): Promise<string> {
  const script = `
    import { startEmbeddedPostgres } from './db/embedded.ts';
    import { silentLog } from './src/log.ts';
    const { databaseUrl } = await startEmbeddedPostgres({ dataDir: process.argv[1], log: silentLog() });
    process.stdout.write(databaseUrl);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script, dataDir], {
    cwd: ROOT,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  try {
    return await eventually(`the other process has started: ${errors}`, () => output, 60_000);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
