import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LogErasure } from '../../../src/ports/log-copies.ts';
import { LogFileEraser } from '../../../src/queue-log/log-file-eraser.ts';

let folder: string;
let path: string;
let eraser: LogFileEraser;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueapp-eraser-'));
  path = join(folder, 'queue_log');
  eraser = new LogFileEraser(path);
});
afterEach(() => rm(folder, { recursive: true }));

const KEY = new Uint8Array(32).fill(1);
const erasure = (over: Partial<LogErasure> = {}): LogErasure => ({
  number: '2000',
  uniqueIds: new Set(),
  openIds: new Set(),
  beforeMs: 2_000_000_000_000,
  key: KEY,
  ...over,
});

const LINES = `1795176030|1.1|NONE|NONE|INFO|IVRSTART|2000|0000
1795176031|1.1|support|NONE|ENTERQUEUE||2000|1|Älice
1795176042|1.1|support|Ann|CONNECT|11|2000|9
1795176050|1.2|support|NONE|ENTERQUEUE||20001|1|Bob
1795176051|1.3|support|NONE|ENTERQUEUE||2000|2
1795176060|1.4|support|NONE|ENTERQUEUE|||1
not a line of ours, 2000
`;

test('number and name of the caller are written over in their place, nothing else changes', async () => {
  await writeFile(path, LINES);
  const before = await stat(path);
  expect(await eraser.erase(erasure())).toBe(3);
  const after = await stat(path);
  expect([after.size, after.ino]).toEqual([before.size, before.ino]);
  const lines = (await readFile(path, 'utf8')).split('\n');
  const [, token = ''] = /ENTERQUEUE\|\|(x[0-9a-f]{3})\|1\|/.exec(lines[1] ?? '') ?? [];
  expect(token).toHaveLength(4);
  expect(lines[1]).toMatch(/^1795176031\|1\.1\|support\|NONE\|ENTERQUEUE\|\|x[0-9a-f]{3}\|1\|x[0-9a-f]{5}$/);
  expect(lines[0]).toBe(`1795176030|1.1|NONE|NONE|INFO|IVRSTART|${token}|0000`);
  // The same caller is the same token.
  expect(lines[4]).toBe(`1795176051|1.3|support|NONE|ENTERQUEUE||${token}|2`);
  const untouched = LINES.split('\n');
  for (const index of [2, 3, 5, 6, 7]) expect(lines[index]).toBe(untouched[index]);
  expect(await eraser.erase(erasure())).toBe(0);
});

test('calls that go on stay, and so do newer lines; calls that are named go whatever number they have', async () => {
  await writeFile(path, LINES);
  expect(await eraser.erase(erasure({ openIds: new Set(['1.1']) }))).toBe(1);
  await writeFile(path, LINES);
  expect(await eraser.erase(erasure({ beforeMs: 1_795_176_040_000 }))).toBe(2);
  await writeFile(path, LINES);
  expect(await eraser.erase(erasure({ number: null, uniqueIds: new Set(['1.2', '1.4']) }))).toBe(1);
  expect(await readFile(path, 'utf8')).toMatch(/1\.2\|support\|NONE\|ENTERQUEUE\|\|x[0-9a-f]{4}\|1\|x[0-9a-f]{2}\n/);
});

test('files that were put aside are read, too; others beside them are not', async () => {
  for (const name of ['queue_log', 'queue_log.1', 'queue_log.12', 'queue_log-20261129'])
    await writeFile(join(folder, name), LINES);
  const others = ['queue_log.position', 'queue_log.1.gz', 'queue_log_of_another', 'other'];
  for (const name of others) await writeFile(join(folder, name), LINES);
  expect(await eraser.erase(erasure())).toBe(12);
  for (const name of others) expect(await readFile(join(folder, name), 'utf8')).toBe(LINES);
});

test('without a file there is nothing to do', async () => {
  expect(await eraser.erase(erasure())).toBe(0);
  expect(await new LogFileEraser(join(folder, 'nowhere', 'queue_log')).erase(erasure())).toBe(0);
});

test('a long file is read in pieces: lines over their ends, a line without an end, one that is too long', async () => {
  const line = '1795176031|1.1|support|NONE|ENTERQUEUE||2000|1\n';
  const other = '1795176031|1.2|support|Ann|RINGNOANSWER|15000\n';
  await writeFile(path, `${(other.repeat(9) + line).repeat(6_000)}${'y'.repeat(3_000_000)}\n${line}${line.trim()}`);
  const { size } = await stat(path);
  expect(size).toBeGreaterThan(5_500_000);
  expect(await eraser.erase(erasure())).toBe(6_001);
  const text = await readFile(path, 'utf8');
  expect([text.length, text.split('|2000|').length - 1]).toEqual([size, 1]);
  // The last line was being written; when it has ended it is found.
  await appendFile(path, '\n');
  expect(await eraser.erase(erasure())).toBe(1);
});

test('lines that are appended and files that are put aside meanwhile lose nothing', async () => {
  const line = (n: number) => `1795176031|1.${n}|support|NONE|ENTERQUEUE||2000|${n}\n`;
  let written = 0;
  await writeFile(path, '');
  const writing = (async () => {
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 50; n++) await appendFile(path, line(written++));
      if (round === 10) await rename(path, `${path}.1`);
    }
  })();
  for (let tries = 0; tries < 20; tries++) await eraser.erase(erasure());
  await writing;
  await eraser.erase(erasure());
  const text = (await readFile(`${path}.1`, 'utf8')) + (await readFile(path, 'utf8'));
  const lines = text.trim().split('\n');
  expect(lines).toHaveLength(written);
  for (const [n, each] of lines.entries())
    expect(each).toMatch(new RegExp(`^1795176031\\|1\\.${n}\\|support\\|NONE\\|ENTERQUEUE\\|\\|x[0-9a-f]{3}\\|${n}$`));
});
