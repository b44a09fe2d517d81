import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../db/embedded.ts';
import { migrate } from '../../../db/migrate.ts';
import { queueName } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { fillUp } from '../../support/fill-up.ts';
import { keptLog } from '../../support/log-lines.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { numberedEntry, PLAIN_ENTRANCE } from '../../support/store-requests.ts';

const queue = queueName('support');

let folder: string;
let disk: SmallDisk;
let server: EmbeddedPostgres;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueapp-full-disk-'));
  disk = SmallDisk.mount(folder, 320);
  await chmod(folder, 0o755);
  server = await startEmbeddedPostgres({ dataDir: folder, log: silentLog() });
  await migrate({ databaseUrl: server.databaseUrl, log: silentLog() });
});
afterEach(async () => {
  disk.clear();
  await server.stop();
  disk.unmount();
  await rm(folder, { recursive: true });
});

const place = (serial: number) => numberedEntry(serial, { queue, joinedAtMs: systemClock.now() });

test('a database that answers and has no room is away until it has, and that is told once', async () => {
  const { log, lines } = keptLog('info', systemClock);
  const database = await openTestDatabase(server.databaseUrl, { log });
  const anybody = new Client({ connectionString: server.databaseUrl });
  await anybody.connect();
  try {
    const store = database.queueStore;
    await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
    await store.enter(place(1), PLAIN_ENTRANCE);
    const query = (text: string) => anybody.query(text);
    await fillUp(disk, ['queue_log', 'queue_entry'], { admin: query, query });
    const noRoom = { code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('No space left on device') };
    for (let serial = 2; serial < 5; serial++) {
      await expect(store.enter(place(serial), PLAIN_ENTRANCE)).rejects.toMatchObject(noRoom);
      // What needs no room is answered, as ever.
      expect(await store.openEntries()).toHaveLength(1);
      await expect(database.ping()).rejects.toMatchObject(noRoom);
      expect(database.outage()).toMatchObject({ isAway: true, reason: noRoom.message });
    }
    disk.clear();
    await eventually('it takes something again', () =>
      database.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(database.outage().isAway).toBe(false);
    expect(await store.enter(place(5), PLAIN_ENTRANCE)).toMatchObject({ position: 2 });
    const told = lines.filter((line) => line['lost'] === 'database' || line['back'] === 'database');
    expect(told.map(({ level }) => level)).toEqual(['warn', 'info']);
  } finally {
    await anybody.end();
    await database.close();
  }
});
