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
}): Statement<TakenLease> {
  const { switchName, epoch, beat, holder } = request;
  return {
    name: 'take-lease',
    text: `update switch_lease set epoch = epoch + 1, beat = beat + 1, holder = $4, http_url = null, is_draining = false, ${OWN_SESSION},
        taken_at = clock_timestamp(), seen_at = clock_timestamp()
      where switch = $1 and epoch = $2 and beat = $3
      returning epoch::float8 as epoch, beat::float8 as beat, ${TAKEN} as taken`,
    values: [switchName, epoch, beat, holder],
  };
}

/** A lease as it was taken. */
export interface TakenLease {
  readonly epoch: number;
  readonly beat: number;
  /** Tells takings of the same epoch apart: a database that is set back counts epochs anew. Compared for being the same, never for earlier or later. */
  readonly taken: string;
}

const TAKEN = 'extract(epoch from taken_at)::text';
const IS_HELD = `switch = $1 and epoch = $2 and ${TAKEN} = $3`;
/** How the row stands beside what was held; no row when the database has no such lease. */
const SEEN = `select l.epoch::float8 as epoch, (select beat::float8 from beaten) as beat from switch_lease l where l.switch = $1`;

/** The lease of a holder. */
interface HeldLease {
  readonly switchName: SwitchName;
  readonly epoch: number;
  readonly taken: string;
}

export interface BeatRow {
  readonly epoch: number;
  /** `null`: the lease is held no more. */
  readonly beat: number | null;
}

/** A sign of life, with what the holder tells. */
export function beatLease(
  { switchName, epoch, taken }: HeldLease,
  { httpUrl, isSwitchLost, isDraining }: HolderFacts,
): Statement<BeatRow> {
  return {
    name: 'beat-lease',
    text: `with beaten as (
        update switch_lease set beat = beat + 1, seen_at = clock_timestamp(), http_url = $4, is_draining = $6,
          asterisk_lost_at = case $5::boolean when true then coalesce(asterisk_lost_at, clock_timestamp()) when false then null
            else asterisk_lost_at end
        where ${IS_HELD} returning beat)
      ${SEEN}`,
    values: [switchName, epoch, taken, httpUrl, isSwitchLost, isDraining],
  };
}

/** The same on a new session: from now on it is this one's end that tells of the holder's. */
export function reclaimLease({ switchName, epoch, taken }: HeldLease): Statement<BeatRow> {
  return {
    name: 'reclaim-lease',
    text: `with beaten as (
        update switch_lease set beat = beat + 1, seen_at = clock_timestamp(), ${OWN_SESSION} where ${IS_HELD} returning beat)
      ${SEEN}`,
    values: [switchName, epoch, taken],
  };
}

/** Gives the lease back. */
export function releaseLease({ switchName, epoch, taken }: HeldLease): Statement<object> {
  return {
    name: 'release-lease',
    text: `update switch_lease set holder = null, http_url = null, backend_pid = null, backend_start = null, postmaster_start = null,
        is_draining = false
      where ${IS_HELD}`,
    values: [switchName, epoch, taken],
  };
}
