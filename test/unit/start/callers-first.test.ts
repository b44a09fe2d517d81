import { expect, test } from '@jest/globals';
import { callersFirst } from '../../../src/callers-first.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const listeners = new Set<(event: PbxEvent) => void>();
  const subscribe = (listener: (event: PbxEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  let isOver = false;
  const over = callersFirst({ subscribe }, clock).then(() => {
    isOver = true;
  });
  return { clock, listeners, over, isOver: () => isOver };
}

test('over at the first connection, and nothing is left behind', async () => {
  const { clock, listeners, over, isOver } = start();
  for (const listener of listeners) listener({ type: 'disconnected' });
  await clock.advance(999);
  expect(isOver()).toBe(false);
  for (const listener of listeners) listener({ type: 'connected' });
  await over;
  expect(listeners.size).toBe(0);
});

test('an Asterisk that is away is waited for a second', async () => {
  const { clock, listeners, over, isOver } = start();
  await clock.advance(999);
  expect(isOver()).toBe(false);
  await clock.advance(1);
  await over;
  expect(listeners.size).toBe(0);
});
