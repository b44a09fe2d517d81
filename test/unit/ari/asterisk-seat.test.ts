import { expect, test } from '@jest/globals';
import { AsteriskSeat } from '../../../src/asterisk-seat.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A process at its end, whose connection to Asterisk notes what becomes of it. */
function atTheEnd({ isAwaited = true, isConnected = true } = {}) {
  const clock = new FakeClock();
  const done: string[] = [];
  const listeners = new Set<(event: PbxEvent) => void>();
  const seat = new AsteriskSeat(clock);
  seat.isAwaited = () => isAwaited;
  seat.take({
    isConnected: () => isConnected,
    expectSuccessor: () => void done.push('expects a successor'),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      done.push('closed');
    },
  });
  const says = (event: PbxEvent) => {
    for (const listener of [...listeners]) listener(event);
  };
  const leaving = seat.leave().then(() => void done.push('left'));
  return { clock, done, listeners, says, leaving };
}

/** The end of each story: nothing waits or listens any more. */
async function isOver({ clock, listeners, leaving }: ReturnType<typeof atTheEnd>): Promise<void> {
  await leaving;
  expect([clock.pendingTimers, listeners.size]).toEqual([0, 0]);
}

test('a process that never connected has nothing to leave', async () => {
  await new AsteriskSeat(new FakeClock()).leave();
});

test.each([
  ['no other process waits for it', { isAwaited: false }],
  ['it is not connected', { isConnected: false }],
])('%s: the connection is closed at once', async (_, how) => {
  const end = atTheEnd(how);
  await isOver(end);
  expect(end.done).toEqual(['closed', 'left']);
});

test.each([
  ['another process has taken the name', { type: 'replaced' }],
  ['Asterisk has gone', { type: 'disconnected' }],
] as const)('awaited, the connection is kept until %s, whatever else is told', async (_, event) => {
  const end = atTheEnd();
  await end.clock.advance(4_999);
  end.says({ type: 'connected' });
  end.says({ type: 'device-state', device: 'PJSIP/1000', state: 'INUSE' });
  await end.clock.settle();
  expect(end.done).toEqual(['expects a successor']);
  end.says(event);
  await isOver(end);
  expect(end.done).toEqual(['expects a successor', 'closed', 'left']);
});

test('awaited, and nobody comes: after five seconds new calls shall take the fallback', async () => {
  const end = atTheEnd();
  await end.clock.advance(4_999);
  expect(end.done).toEqual(['expects a successor']);
  await end.clock.advance(1);
  await isOver(end);
  expect(end.done).toEqual(['expects a successor', 'closed', 'left']);
});
