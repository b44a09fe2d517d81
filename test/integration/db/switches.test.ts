import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresLeases } from '../../../db/leases.ts';
import { switchName } from '../../../src/core/ids.ts';
import { silentLog } from '../../../src/log.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

/** Long: nobody is to lose one here because the machine stood still. */
const LEASE_MS = 12_000;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.close());

test('who acts on which switch, who would take over, who is being drained', async () => {
  const database = await openTestDatabase(postgres.databaseUrl);
  const leases = new PostgresLeases({ databaseUrl: postgres.databaseUrl, leaseMs: LEASE_MS, log: silentLog() });
  const ended = new AbortController();
  const options = { signal: ended.signal, onLost: () => undefined };
  const [berlin, rome] = [switchName('berlin'), switchName('rome')];
  const lease = await leases.take([berlin], options);
  let isStandby = false;
  const standby = leases.take([berlin], { ...options, onStandby: () => (isStandby = true) });
  standby.catch(() => undefined);
  const any = leases.take([berlin, rome], options);
  try {
    await eventually('the standby waits', () => isStandby);
    lease.tell({ isDraining: true, httpUrl: 'http://127.0.0.1:1' });
    // The third has found Rome free.
    const other = await any;
    const seen = await eventually('the beat that tells', async () => {
      const list = await database.switches.list();
      return list[0]?.isDraining && list[0].standbys === 1 ? list : undefined;
    });
    expect(seen).toMatchObject([
      { switchName: 'berlin', isHolderThere: true, epoch: 1, standbys: 1, callers: 0, httpUrl: 'http://127.0.0.1:1' },
      { switchName: 'rome', isHolderThere: true, epoch: 1, standbys: 0, isDraining: false, asteriskLostAtMs: null },
    ]);
    expect(seen[0]?.holder).toMatch(new RegExp(` ${process.pid}$`));
    expect(seen[0]?.takenAtMs).toBeGreaterThan(Date.now() - 60_000);
    await other.release();
    expect((await database.switches.list())[1]).toMatchObject({ holder: null, isHolderThere: false });
  } finally {
    ended.abort();
    await lease.release();
    await database.close();
  }
});
