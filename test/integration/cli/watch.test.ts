import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { eventually } from '../../support/eventually.ts';

jest.setTimeout(180_000);

/** For a process that reads all of its TypeScript first, and then shows something every two seconds. */
const LIMIT_MS = 120_000;
const COMMAND = `${process.execPath} --import tsx src/main.ts`;

let server: Server;
let asked = 0;
beforeAll(async () => {
  const queue = {
    ...{ queue: 'support', title: 'Support', strategy: 'ringall', waiting: 0, ringing: 0, talking: 0, members: 2 },
    ...{ available: 1, oldestJoined: null, figures: null },
  };
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify([{ ...queue, waiting: ++asked }]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A shell's command, and what it has written so far. */
function run(command: string) {
  const { port } = server.address() as AddressInfo;
  const env = {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    HTTP_URL: `http://127.0.0.1:${port}`,
    API_TOKEN: 'x',
    TERM: 'xterm',
  };
  const child = spawn('sh', ['-c', command], { cwd: CHECKOUT, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const running = {
    child,
    out: '',
    error: '',
    ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
  };
  child.stdout.on('data', (chunk) => {
    running.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    running.error += String(chunk);
  });
  return running;
}

const frames = (out: string) => out.split('\u001b[H').length - 1;

describe('queues --watch as a process', () => {
  test.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ])('on a terminal shows it anew, ends with 0 at %s, and leaves the terminal as it was', async (_what, key) => {
    const command = run(`script -qfec "${COMMAND} queues --watch" /dev/null`);
    await eventually('three frames', () => frames(command.out) >= 3, LIMIT_MS);
    command.child.stdin.write(key);
    expect(await command.ended).toBe(0);
    expect(command.out).toContain('\u001b[?1049h\u001b[?25l');
    // After the alternate screen the last table stays for whoever looks at it later.
    expect(command.out.split('\u001b[?25h\u001b[?1049l')[1]).toMatch(/^[\d:]{8}\r\nqueue .*\r\nsupport .*/);
    expect(command.error).toBe('');
  });

  test('in a pipe ends without a word when its reader has enough', async () => {
    const command = run(`${COMMAND} queues --watch | head -n 3`);
    expect(await command.ended).toBe(0);
    expect(command.out.split('\n')).toEqual([
      expect.stringMatching(/^[\d:]{8}$/),
      expect.any(String),
      expect.any(String),
      '',
    ]);
    expect([command.out.includes('\u001b'), command.error]).toEqual([false, '']);
  });

  test('in a pipe ends with 0 at SIGTERM', async () => {
    const command = run(`exec ${COMMAND} queues --watch --json`);
    await eventually('two documents', () => command.out.trim().split('\n').length >= 2, LIMIT_MS);
    command.child.kill('SIGTERM');
    expect(await command.ended).toBe(0);
  });
});
