import { expect, test } from '@jest/globals';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/log-lines.ts';

/** The longest wait between two tries. */
const TRY_MS = 5_000;

test('nothing listens where Asterisk should be, for ten minutes: one line, and a reminder', async () => {
  const clock = new FakeClock();
  const { log, lines } = keptLog('debug', clock);
  const told = () => lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg);
  const tries = () => lines.filter(({ msg }) => msg === 'Can not connect to Asterisk').length;
  const pbx = new AriPbx({
    // Port 9 is nobody's on a machine of our days.
    settings: { url: 'http://127.0.0.1:9/ari/', username: 'user', password: 'secret', application: 'queueapp' },
    clock,
    random: () => 0.5,
    log,
  });
  pbx.start();
  const endMs = clock.now() + 10 * 60_000;
  while (clock.now() <= endMs) {
    const before = tries();
    await clock.advance(TRY_MS);
    await eventually('it was tried again', () => tries() > before);
  }
  expect(tries()).toBeGreaterThan(100);
  expect(told()).toEqual([
    'Asterisk is out of reach: calls go on there, nothing new begins until it is back',
    'Asterisk is still out of reach',
  ]);
  expect(pbx.outage).toMatchObject({ isAway: true, reason: expect.stringContaining('ECONNREFUSED') });
  await pbx[Symbol.asyncDispose]();
  expect(clock.pendingTimers).toBe(0);
});
