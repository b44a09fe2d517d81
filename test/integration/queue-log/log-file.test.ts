import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredLogLine } from '../../../src/core/queue/queue-log-line.ts';
import { AppError } from '../../../src/errors.ts';
import { createLog, silentLog } from '../../../src/log.ts';
import type { LogCursor, QueueLog } from '../../../src/ports/queue-log.ts';
import { LogFile, type Rotation } from '../../../src/queue-log/log-file.ts';
import { LogTail } from '../../../src/queue-log/log-tail.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const NO_ROTATION: Rotation = { bytes: 0, isDaily: false, keep: 3 };
const START_MS = Date.UTC(2026, 10, 20, 12);

const line = (number: number): StoredLogLine => ({
  lineId: String(number),
  atMs: START_MS + number * 1000,
  callid: `1.${number}`,
  queuename: 'support',
  agent: 'NONE',
  event: 'ABANDON',
  data: ['1', '1', '7', '', ''],
});
const textOf = (...numbers: number[]) =>
  numbers.map((number) => `${1795176000 + number}|1.${number}|support|NONE|ABANDON|1|1|7\n`).join('');

/** Table queue_log in memory: lines are numbered from 1, one transaction each. */
class FakeQueueLog implements QueueLog {
  readonly lines: StoredLogLine[] = [];
  isAway = false;

  write(count: number): void {
    for (let index = 0; index < count; index++) this.lines.push(line(this.lines.length + 1));
  }

  async end(): Promise<LogCursor> {
    this.#look();
    return this.#cursor(this.lines.length);
  }

  async after({ lineId }: LogCursor, limit: number) {
    this.#look();
    const lines = this.lines.slice(Number(lineId), Number(lineId) + limit);
    return { lines, cursor: this.#cursor(Number(lineId) + lines.length) };
  }

  async adopt(cursor: LogCursor) {
    return cursor;
  }

  async find() {
    return this.lines;
  }

  #look(): void {
    if (this.isAway) throw new AppError('DATABASE_UNAVAILABLE', 'The database is away');
  }

  #cursor(number: number): LogCursor {
    return { transaction: String(number), lineId: String(number) };
  }
}

describe('queue_log as a file', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let queueLog: FakeQueueLog;
  let tail: LogTail;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queueapp-queue-log-'));
    path = join(folder, 'logs', 'queue_log');
    clock = new FakeClock();
    queueLog = new FakeQueueLog();
    tail = newTail();
  });
  afterEach(async () => {
    await tail.close();
    await rm(folder, { recursive: true, force: true });
  });

  function newTail(rotation = NO_ROTATION, log = silentLog()): LogTail {
    const style = { hasCallerName: false, hasLegacyTransfer: false };
    const sink = new LogFile({ path, rotation, style, clock, log });
    return new LogTail({ queueLog, sink, what: path, clock, log });
  }
  /** A new process, and its first look. */
  const look = async () => {
    await tail.close();
    tail = newTail();
    await tail.start();
  };
  /** The look that follows by itself. */
  const nextLook = async () => {
    await clock.advance(1_000);
    await tail.settled();
  };
  const content = (file = path) => readFile(file, 'utf8');

  test('gets lines from the first start on, a second after they are written at the latest', async () => {
    queueLog.write(2);
    await tail.start();
    expect(await content()).toBe('');
    queueLog.write(2);
    await nextLook();
    expect(await content()).toBe(textOf(3, 4));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  test('goes on after a restart where it was, with what was written in between', async () => {
    await tail.start();
    queueLog.write(1);
    await tail.close();
    queueLog.write(2);
    tail = newTail();
    await tail.start();
    expect(await content()).toBe(textOf(1, 2, 3));
  });

  test('gets more lines than one look reads', async () => {
    await tail.start();
    queueLog.write(1_203);
    await look();
    expect((await content()).split('\n')).toHaveLength(1_204);
  });

  test('waits while the database is away, and says nothing about it', async () => {
    await tail.start();
    queueLog.write(1);
    queueLog.isAway = true;
    await nextLook();
    await nextLook();
    expect(await content()).toBe('');
    queueLog.isAway = false;
    await nextLook();
    expect(await content()).toBe(textOf(1));
  });

  describe('after a crash', () => {
    /** The file as it was when the position was written last, and then more of the batch. */
    async function crashWith(written: string): Promise<void> {
      await tail.start();
      queueLog.write(1);
      await tail.close();
      await appendFile(path, written);
      queueLog.write(3);
      tail = newTail();
      await tail.start();
    }

    test.each([
      ['nothing', ''],
      ['one line', textOf(2)],
      ['half a line', textOf(2).slice(0, 17)],
      ['one line and a half', textOf(2, 3).slice(0, -9)],
      ['all', textOf(2, 3, 4)],
    ])('between lines and position, with %s of them written, no line is lost or doubled', async (_what, written) => {
      await crashWith(written);
      expect(await content()).toBe(textOf(1, 2, 3, 4));
    });

    test('what somebody else has written stays, and half a line of theirs ends', async () => {
      await crashWith('1795176000|MANAGER|own|NONE');
      expect(await content()).toBe(`${textOf(1)}1795176000|MANAGER|own|NONE\n${textOf(2, 3, 4)}`);
    });

    test('a position that can not be read is said, and lines go on from here', async () => {
      await tail.start();
      await tail.close();
      await writeFile(`${path}.position`, '{"cursor":');
      queueLog.write(1);
      tail = newTail();
      await tail.start();
      queueLog.write(1);
      await look();
      expect(await content()).toBe(textOf(2));
    });
  });

  describe('is put aside', () => {
    const rotating = async (rotation: Rotation) => {
      await tail.close();
      tail = newTail(rotation);
      await tail.start();
      queueLog.write(1);
      await tail.close();
    };

    test('from a size on, and as many as are wanted are kept', async () => {
      await tail.start();
      for (let count = 0; count < 5; count++) await rotating({ bytes: 1, isDaily: false, keep: 2 });
      expect(await content()).toBe(textOf(5));
      expect(await content(`${path}.1`)).toBe(textOf(4));
      expect(await content(`${path}.2`)).toBe(textOf(3));
      expect((await readdir(join(folder, 'logs'))).sort()).toEqual([
        'queue_log',
        'queue_log.1',
        'queue_log.2',
        'queue_log.position',
      ]);
    });

    test('with the first line of a day', async () => {
      await tail.start();
      queueLog.write(1);
      await tail.close();
      const today = new Date(clock.now());
      await utimes(path, today, today);
      await rotating({ bytes: 0, isDaily: true, keep: 3 });
      const yesterday = new Date(clock.now() - 86_400_000);
      await utimes(path, yesterday, yesterday);
      await rotating({ bytes: 0, isDaily: true, keep: 3 });
      expect(await content(`${path}.1`)).toBe(textOf(1, 2));
      expect(await content()).toBe(textOf(3));
    });

    test.each([
      ['moved away, as logrotate does without telling anybody', async () => rename(path, `${path}-20261120`)],
      ['moved away and made anew', async () => rename(path, `${path}-20261120`).then(() => writeFile(path, ''))],
      ['copied and truncated', async () => truncate(path)],
      ['removed', async () => rm(path)],
    ])('by others: %s', async (_how, rotate) => {
      await tail.start();
      queueLog.write(2);
      await look();
      await rotate();
      queueLog.write(1);
      await look();
      expect(await content()).toBe(textOf(3));
    });
  });

  describe('on a disk that is full', () => {
    const mountPoint = () => join(folder, 'logs');
    const asRoot = (command: string, ...args: string[]) => {
      const isRoot = process.getuid?.() === 0;
      execFileSync(isRoot ? command : 'sudo', isRoot ? args : ['-n', command, ...args]);
    };
    beforeEach(async () => {
      execFileSync('mkdir', ['-p', mountPoint()]);
      asRoot('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0777', 'tmpfs', mountPoint());
    });
    afterEach(async () => {
      await tail.close();
      asRoot('umount', mountPoint());
    });

    test('lines are written when there is room again, each once; it is said once', async () => {
      const said: string[] = [];
      const lines = new Writable({
        write(chunk, _encoding, done) {
          said.push((JSON.parse(String(chunk)) as { msg: string }).msg);
          done();
        },
      });
      await tail.close();
      tail = newTail(NO_ROTATION, createLog({ level: 'info', personalData: false }, lines));
      await tail.start();
      const ballast = join(mountPoint(), 'ballast');
      await writeFile(ballast, Buffer.alloc(48 * 1024));
      queueLog.write(400);
      for (let count = 0; count < 5; count++) await nextLook();
      const torn = await content();
      expect(torn.length).toBeGreaterThan(0);
      expect(torn.length).toBeLessThan(16 * 1024);
      expect(said).toEqual([expect.stringContaining('can not be written')]);
      await rm(ballast);
      queueLog.write(1);
      await nextLook();
      const all = Array.from({ length: 401 }, (_, index) => index + 1);
      expect(await content()).toBe(textOf(...all));
      expect(said).toEqual([expect.any(String), expect.stringContaining('written again')]);
    });
  });
});
