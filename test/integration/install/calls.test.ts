import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createStack, openStack } from '../../../install/private-stack/create-stack.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { run, waitUntil } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';

jest.setTimeout(180_000);

const NAME = `t-${process.pid}-calls`;
let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ name: NAME });
});

afterAll(async () => {
  await openStack(NAME)?.down();
});

interface Call {
  readonly number: string;
  readonly user: string;
  readonly password: string;
  readonly shown: string;
  /** @default 300 */
  readonly heldMs?: number;
}

/** Of a call that is looked at meanwhile: the console takes its time on a busy machine. */
const LOOKED_AT_MS = 4_000;

const freeUdpPort = (): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(String(port)));
    });
  });

// One real call by sipp, held for a while; true when it was answered and ended as it should.
const call = async ({ number, user, password, shown, heldMs = 300 }: Call): Promise<boolean> => {
  const { SIP_HOST, SIP_PORT } = stack.env;
  const sipp = spawn('sipp', [
    // The keys first: sipp reads the scenario as soon as it meets it.
    ...['-key', 'shown', shown, '-key', 'shown_name', 'Any Name', '-au', user, '-ap', password],
    ...[`${SIP_HOST}:${SIP_PORT}`, '-sf', join(CHECKOUT, 'test/integration/install/caller.xml'), '-s', number],
    ...['-i', '127.0.0.1', '-p', await freeUdpPort(), '-mp', await freeUdpPort()],
    ...['-m', '1', '-d', String(heldMs), '-timeout', '20', '-timeout_error', '-nostdin'],
  ]);
  sipp.stdout.resume();
  sipp.stderr.resume();
  return new Promise((resolve, reject) => {
    sipp.once('error', reject);
    sipp.once('close', (code) => resolve(code === 0));
  });
};

const channels = (): Promise<string> => run(stack.env.ASTERISK, ['-rx', 'core show channels concise'], { cure: '' });

describe('A caller from outside', () => {
  const caller = () => ({ user: 'caller', password: stack.env.SIP_PASSWORD, heldMs: LOOKED_AT_MS });

  it.each(['4711', '2000', '+49301234567'])('proves itself by the digest and shows the number %s', async (shown) => {
    const ended = call({ ...caller(), number: '9001', shown });
    const seen = await waitUntil(async () => {
      const [line = ''] = (await channels()).split('\n');
      const [name, context, , , state, , , number] = line.split('!');
      return /^PJSIP\/caller-/.test(name ?? '') && context === 'from-outside' && state === 'Up' && number === shown;
    }, 10_000);
    expect(seen).toBe(true);
    expect(await ended).toBe(true);
  });

  it('is refused with a wrong password', async () => {
    expect(await call({ number: '9001', user: 'caller', password: 'wrong', shown: '4711' })).toBe(false);
  });

  it('is told by a voice when the application is not connected, instead of being hung up on', async () => {
    const ended = call({ ...caller(), number: '0000', shown: '4711' });
    const heard = await waitUntil(async () => (await channels()).includes('!Playback!queueapp/wait_a_moment'), 10_000);
    expect(heard).toBe(true);
    expect(await ended).toBe(true);
  });
});

describe('A phone', () => {
  it('calls under its own number, and cannot pass for another one', async () => {
    const phone = { number: '9001', user: '1000', password: stack.env.SIP_PASSWORD };
    expect(await call({ ...phone, shown: '1000' })).toBe(true);
    expect(await call({ ...phone, shown: '2000' })).toBe(false);
  });

  it.each(['*56466*', '*564633*', '0001', '0002'])('gets an answer when it dials %s', async (number) => {
    expect(await call({ number, user: '1000', password: stack.env.SIP_PASSWORD, shown: '1000' })).toBe(true);
  });
});
