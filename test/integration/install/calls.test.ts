import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createStack, openStack } from '../../../install/private-stack/create-stack.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { run } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { eventually } from '../../support/eventually.ts';
import { dial } from '../../support/phones/caller.ts';
import { freePort } from '../../support/phones/processes.ts';

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
}

// One real call by sipp, held for a while; true when it was answered and ended as it should.
const call = async ({ number, user, password, shown }: Call): Promise<boolean> => {
  const { SIP_HOST, SIP_PORT } = stack.env;
  const sipp = spawn('sipp', [
    // The keys first: sipp reads the scenario as soon as it meets it.
    ...['-key', 'shown', shown, '-key', 'shown_name', 'Any Name', '-au', user, '-ap', password],
    ...[`${SIP_HOST}:${SIP_PORT}`, '-sf', join(CHECKOUT, 'test/integration/install/caller.xml'), '-s', number],
    ...['-i', '127.0.0.1', '-p', String(await freePort()), '-mp', String(await freePort())],
    ...['-m', '1', '-d', '300', '-timeout', '60', '-timeout_error', '-nostdin'],
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
  /** A call that goes on until it is hung up. */
  const calls = (number: string, shown: string) => {
    const { SIP_HOST: host, SIP_PORT: port, SIP_PASSWORD: password } = stack.env;
    const account = { host, port: Number(port), user: 'caller', password };
    return dial({ account, from: { number: shown }, number });
  };

  it.each(['4711', '2000', '+49301234567'])('proves itself by the digest and shows the number %s', async (shown) => {
    await using caller = await calls('9001', shown);
    await eventually('the channel with the number', async () => {
      const [line = ''] = (await channels()).split('\n');
      const [name, context, , , state, , , number] = line.split('!');
      return /^PJSIP\/caller-/.test(name ?? '') && context === 'from-outside' && state === 'Up' && number === shown;
    });
    expect(await caller.hangup()).toMatchObject({ by: 'this end', how: 'bye' });
  });

  it('is refused with a wrong password', async () => {
    expect(await call({ number: '9001', user: 'caller', password: 'wrong', shown: '4711' })).toBe(false);
  });

  it('is told by a voice when the application is not connected, instead of being hung up on', async () => {
    await using caller = await calls('0000', '4711');
    await caller.hears('wait_a_moment', { limitMs: 60_000 });
    expect(await caller.hangup()).toMatchObject({ by: 'this end', how: 'bye' });
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
