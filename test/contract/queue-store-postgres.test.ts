import { ChangeListener } from '../../db/change-listener.ts';
import { Database } from '../../db/database.ts';
import { PostgresQueueStore } from '../../db/queue-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { logOf } from '../support/queue-log.ts';
import { describeQueueStore } from './queue-store.suite.ts';

describeQueueStore('PostgreSQL', async () => {
  const postgres = await startTestPostgres();
  // How long a call may be kept waiting is no measure of a busy machine.
  const common = { databaseUrl: postgres.databaseUrl, connectTimeoutMs: 20_000, clock: systemClock, log: silentLog() };
  const database = new Database({ ...common, pool: 8, statementTimeoutMs: 20_000 });
  const changes = new ChangeListener(common);
  const anybody = await postgres.client();
  return {
    store: new PostgresQueueStore(database, changes),
    async addExtension({ number, interface: interfaceName, name, jid, subscribers }) {
      const columns = 'number, interface, name, jid, subscribers';
      await anybody.query(`insert into extension (${columns}) values ($1, $2, $3, $4, $5)`, [
        number,
        interfaceName,
        name,
        jid,
        subscribers,
      ]);
    },
    async nameExtension({ number }, name) {
      await anybody.query('update extension set name = $2 where number = $1', [number, name]);
    },
    async setPaused(queue, extension, isPaused, reason = '') {
      await anybody.query(
        "update queue_member set paused = $3, paused_reason = nullif($4, '') where queue = $1 and extension = $2",
        [queue, extension, isPaused, reason],
      );
    },
    async logIn(queue, { number }, pausedReason) {
      await anybody.query(
        'insert into queue_member (queue, extension, paused, paused_reason) values ($1, $2, $3::text is not null, $3)',
        [queue, number, pausedReason ?? null],
      );
    },
    async logOut(queue, { number }) {
      await anybody.query('delete from queue_member where queue = $1 and extension = $2', [queue, number]);
    },
    logOf: (queue) => logOf(anybody, queue),
    async holdSwitch(name) {
      const holder = await postgres.client();
      await holder.query(
        `insert into switch_lease (switch, epoch, holder, backend_pid, backend_start)
          select $1, 1, 'somebody', pid, backend_start from pg_stat_activity where pid = pg_backend_pid()`,
        [name],
      );
      return {
        async says({ isDraining, isAsteriskLost }) {
          await anybody.query(
            'update switch_lease set is_draining = $2, asterisk_lost_at = case when $3 then now() end where switch = $1',
            [name, isDraining, isAsteriskLost],
          );
        },
        async ends() {
          await holder.end();
          const { rows } = await anybody.query<{ pid: number }>(
            'select backend_pid as pid from switch_lease where switch = $1',
            [name],
          );
          const look = async () =>
            (await anybody.query('select from pg_stat_activity where pid = $1', [rows[0]?.pid])).rows;
          await eventually('the session is gone', async () => (await look()).length === 0);
        },
      };
    },
    async close() {
      await changes.close();
      await database.close();
      await postgres.close();
    },
  };
});
