import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withLock } from '../../../install/private-stack/lock.ts';
import { choosePorts, type Ports } from '../../../install/private-stack/ports.ts';

describe('The lock of a stack', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'queueapp-lock-'));
    file = join(folder, 'deep/x.lock');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held by one at a time, and leaves no file', async () => {
    let inside = 0;
    let most = 0;
    let runs = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      runs += 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withLock(file, work)));
    expect({ most, runs, left: existsSync(file) }).toEqual({ most: 1, runs: 12, left: false });
  });

  it('is given back when the work fails, and passes the failure on', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    await expect(withLock(file, () => Promise.resolve('done'))).resolves.toBe('done');
  });
});

describe('The ports of stacks', () => {
  it('are all different, below the range of outgoing connections, with audio in blocks of their own', async () => {
    const stacks: Ports[] = [];
    for (let count = 0; count < 12; count += 1) stacks.push(await choosePorts(stacks));
    const single = stacks.flatMap(({ rtpFirst: _first, rtpLast: _last, ...rest }) => Object.values(rest));
    expect(new Set(single).size).toBe(single.length);
    for (const port of single) expect(port).toBeLessThan(32_768);
    const blocks = stacks.map(({ rtpFirst, rtpLast }) => [rtpFirst, rtpLast] as const).sort(([a], [b]) => a - b);
    blocks.forEach(([first, last], index) => {
      expect(last - first).toBe(499);
      expect(first).toBeGreaterThan(blocks[index - 1]?.[1] ?? 19_999);
      expect(last).toBeLessThan(32_768);
    });
  });

  it('are found, shared if need be, however many stacks there are', async () => {
    const all = { sip: 1, ari: 2, xmpp: 3, xmppDirectTls: 4, postgres: 5, http: 6, rtpFirst: 20_000, rtpLast: 31_999 };
    const { rtpFirst, rtpLast } = await choosePorts([all], true);
    expect(rtpLast - rtpFirst).toBe(1_999);
    expect(rtpFirst).toBeGreaterThanOrEqual(20_000);
    expect(rtpLast).toBeLessThan(32_000);
  });
});
