import { closeSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { usageOf } from '../../support/soak/usage.ts';

test('a process’s memory, files and threads are what it has', () => {
  const before = usageOf(process.pid);
  expect(before.memoryMiB * 2 ** 20).toBeGreaterThan(process.memoryUsage().rss * 0.7);
  expect(before.memoryMiB * 2 ** 20).toBeLessThan(process.memoryUsage().rss * 1.3);
  expect(before.threads).toBeGreaterThan(1);
  const files = Array.from({ length: 20 }, () => openSync(import.meta.filename, 'r'));
  try {
    expect(usageOf(process.pid).files).toBe(before.files + 20);
  } finally {
    for (const file of files) closeSync(file);
  }
});
