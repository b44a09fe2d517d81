/**
 * A process that wants the lease of switch `main`, for tests: `node --import tsx contender.ts`, with DATABASE_URL and LEASE_MS. It writes one line for
 * each thing: `held EPOCH`, and while it holds the lease `act EPOCH NANOSECONDS` again and again, by the clock that all processes of the machine share.
 */
import { writeSync } from 'node:fs';
import { PostgresLeases } from '../../../db/leases.ts';
import { switchName } from '../../../src/core/ids.ts';
import { silentLog } from '../../../src/log.ts';

const ACT_MS = 5;
const STDOUT = 1;

const say = (line: string) => writeSync(STDOUT, `${line}\n`);
const stopping = new AbortController();
const leases = new PostgresLeases({
  databaseUrl: process.env['DATABASE_URL'] ?? '',
  leaseMs: Number(process.env['LEASE_MS']),
  log: silentLog(),
});
const lease = await leases.take([switchName('main')], {
  signal: stopping.signal,
  onStandby: () => say('standby'),
  onLost: () => process.exit(75),
});
say(`held ${lease.epoch}`);

/**
 * What a process does that must be the only one: when it is sure at once, or as soon as it is. The deed has the moment before the question: from
 * there on the answer counts, and a process may be frozen between its answer and whatever comes next.
 */
function act(): void {
  const [atNs, wallMs] = [process.hrtime.bigint(), Date.now()];
  const asked = lease.confirm();
  if (asked === undefined) say(`act ${lease.epoch} ${atNs} ${wallMs}`);
  else asked.then(act).catch(() => undefined);
}

const acting = setInterval(act, ACT_MS);
process.once('SIGTERM', () => {
  clearInterval(acting);
  lease.release().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
