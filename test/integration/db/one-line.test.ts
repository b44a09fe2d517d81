import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { keptLog } from '../../support/log-lines.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const WRITES = 100;
const queue = queueName('support');

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.close());

test('PostgreSQL stopped for a while under a hundred calls: one line at the loss, one at the end with what was written', async () => {
  const { log, lines } = keptLog('info', systemClock);
  const database = await openTestDatabase(postgres.databaseUrl, { log });
  try {
    await database.queueStore.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
    await postgres.stop();
    const full = { event: 'FULL', queue, callId: 'call', atMs: 0 } as const;
    for (let call = 0; call < WRITES; call++) {
      await database.queueStore.record({ ...full, callId: `call-${call}`, uniqueId: `1.${call}` } as never);
      await expect(database.queueStore.memberships()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    }
    expect(database.pendingWrites()).toBe(WRITES);
    await postgres.start();
    await eventually('all is written', () => database.pendingWrites() === 0);
    await database.ping();
    await eventually('the end is told', () => lines.some((line) => 'back' in line));
    expect(lines).toMatchObject([
      { level: 'warn', lost: 'database' },
      { level: 'info', back: 'database', written: WRITES, foundNothing: 0, refused: 0 },
    ]);
  } finally {
    await database.close();
  }
});
