import { expect, test } from '@jest/globals';
import { XmppConnection } from '../../../xmpp/client/connection.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/log-lines.ts';

/** The longest wait between two tries. */
const TRY_MS = 30_000;

test('nothing listens where the XMPP server should be, for ten minutes: one line, and a reminder', async () => {
  const clock = new FakeClock();
  const { log, lines } = keptLog('debug', clock);
  const tries = () => lines.filter(({ msg }) => msg === 'No XMPP session').length;
  const connection = new XmppConnection(
    {
      // Port 9 is nobody's on a machine of our days.
      service: 'xmpp://127.0.0.1:9',
      domain: 'example.test',
      username: 'queueapp',
      password: 'secret',
      resource: 'queueapp',
      tls: {},
      clock,
      random: () => 0.5,
      log,
    },
    { onOnline: () => undefined, onOffline: () => undefined, onStanza: () => undefined },
  );
  connection.start();
  const endMs = clock.now() + 10 * 60_000;
  while (clock.now() <= endMs) {
    const before = tries();
    await clock.advance(TRY_MS);
    await eventually('it was tried again', () => tries() > before);
  }
  expect(tries()).toBeGreaterThan(20);
  expect(lines.filter(({ level }) => level !== 'debug')).toMatchObject([
    { level: 'warn', lost: 'xmpp', reason: expect.stringContaining('ECONNREFUSED') },
    { level: 'warn', away: 'xmpp', msg: 'XMPP is still away' },
  ]);
  await connection.stop();
  expect(clock.pendingTimers).toBe(0);
});
