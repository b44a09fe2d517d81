import type { SwitchName } from '../../src/core/ids.ts';
import type { HolderFacts } from '../../src/ports/lease.ts';
import type { Statement } from './statement.ts';

export interface LookRow {
  readonly switchName: string;
  readonly epoch: number;
  readonly beat: number;
  readonly holder: string | null;
  readonly isSessionGone: boolean;
}

/** Makes the rows of switches that have none. */
export function defineSwitches(switches: readonly SwitchName[]): Statement<object> {
  return {
    name: 'define-switches',
    text: 'insert into switch_lease (switch) select unnest($1::text[]) on conflict do nothing',
    values: [switches],
  };
}

/** How it stands with these leases, in the order asked for. What started when is compared for being the same, never for earlier or later. */
export function lookAtLeases(switches: readonly SwitchName[]): Statement<LookRow> {
  return {
    name: 'look-at-leases',
    // Of another user's session only the process id can be seen.
    text: `select l.switch as "switchName", l.epoch::float8 as epoch, l.beat::float8 as beat, l.holder,
        coalesce(l.postmaster_start = pg_postmaster_start_time(), false) and not exists (
          select from pg_stat_activity a where a.pid = l.backend_pid and coalesce(a.backend_start = l.backend_start, true)
        ) as "isSessionGone"
      from switch_lease l where l.switch = any($1) order by array_position($1::text[], l.switch)`,
    values: [switches],
  };
}

const OWN_SESSION = `backend_pid = pg_backend_pid(), postmaster_start = pg_postmaster_start_time(),
  backend_start = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid())`;

/** Takes a lease, if nothing has happened to it since the look. `epoch` is part of a key: this waits for statements of the old holder. */
export function takeLease(request: {
  readonly switchName: SwitchName;
  readonly epoch: number;
  readonly beat: number;
  readonly holder: string;
}): Statement<{ readonly epoch: number }> {
  const { switchName, epoch, beat, holder } = request;
  return {
    name: 'take-lease',
    text: `update switch_lease set epoch = epoch + 1, beat = beat + 1, holder = $4, http_url = null, is_draining = false, ${OWN_SESSION},
        taken_at = clock_timestamp(), seen_at = clock_timestamp()
      where switch = $1 and epoch = $2 and beat = $3 returning epoch::float8 as epoch`,
    values: [switchName, epoch, beat, holder],
  };
}

/** A sign of life, with what the holder tells; no row when the lease is another's. */
export function beatLease(
  { switchName, epoch }: { readonly switchName: SwitchName; readonly epoch: number },
  { httpUrl, isSwitchLost, isDraining }: HolderFacts,
): Statement<{ readonly beat: number }> {
  return {
    name: 'beat-lease',
    text: `update switch_lease set beat = beat + 1, seen_at = clock_timestamp(), http_url = $3, is_draining = $5,
        asterisk_lost_at = case $4::boolean when true then coalesce(asterisk_lost_at, clock_timestamp()) when false then null
          else asterisk_lost_at end
      where switch = $1 and epoch = $2 returning beat::float8 as beat`,
    values: [switchName, epoch, httpUrl, isSwitchLost, isDraining],
  };
}

/** The same on a new session: from now on it is this one's end that tells of the holder's. */
export function reclaimLease({
  switchName,
  epoch,
}: {
  readonly switchName: SwitchName;
  readonly epoch: number;
}): Statement<{ readonly beat: number }> {
  return {
    name: 'reclaim-lease',
    text: `update switch_lease set beat = beat + 1, seen_at = clock_timestamp(), ${OWN_SESSION}
      where switch = $1 and epoch = $2 returning beat::float8 as beat`,
    values: [switchName, epoch],
  };
}

/** Gives the lease back. */
export function releaseLease({
  switchName,
  epoch,
}: {
  readonly switchName: SwitchName;
  readonly epoch: number;
}): Statement<object> {
  return {
    name: 'release-lease',
    text: `update switch_lease set holder = null, http_url = null, backend_pid = null, backend_start = null, postmaster_start = null,
        is_draining = false
      where switch = $1 and epoch = $2`,
    values: [switchName, epoch],
  };
}
