import { momentOf, type Statement } from './statement.ts';

/** What is older than a moment; at most so many rows. */
export interface OlderThan {
  readonly beforeMs: number;
  readonly limit: number;
}

/** What makes the token of a number. */
interface Keyed {
  readonly key: Uint8Array;
}

export type Removal = Statement<{ removed: number }>;

/** Ended entries, with their attempts. */
export function removeEnded({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'remove-ended',
    text: `with old as (
        select entry_id from queue_entry where state = 'ended' and ended_at < ${momentOf('$1')}
        order by ended_at limit $2 for update skip locked),
      removed as (delete from queue_entry e using old where e.entry_id = old.entry_id returning 1)
      select count(*)::int as removed from removed`,
    values: [beforeMs, limit],
  };
}

/** Ended attempts whose entry stays. */
export function removeAttempts({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'remove-attempts',
    text: `with old as (
        select attempt_id from ring_attempt where state = 'ended' and ended_at < ${momentOf('$1')}
        order by ended_at limit $2 for update skip locked),
      removed as (delete from ring_attempt a using old where a.attempt_id = old.attempt_id returning 1)
      select count(*)::int as removed from removed`,
    values: [beforeMs, limit],
  };
}

/** The customer of ended entries. */
export function forgetCustomers({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'forget-customers',
    text: `with old as (
        select entry_id from queue_entry where state = 'ended' and customer is not null and ended_at < ${momentOf('$1')}
        order by ended_at limit $2 for update skip locked),
      changed as (update queue_entry e set customer = null from old where e.entry_id = old.entry_id returning 1)
      select count(*)::int as removed from changed`,
    values: [beforeMs, limit],
  };
}

/** Number and name of the callers of ended entries. */
export function forgetNumbers({ beforeMs, limit, key }: OlderThan & Keyed): Removal {
  return {
    name: 'forget-numbers',
    text: `with old as (
        select entry_id from queue_entry where state = 'ended' and (caller_name is not null or is_personal_number(caller_number))
          and ended_at < ${momentOf('$1')} order by ended_at limit $2 for update skip locked),
      changed as (
        update queue_entry e set caller_number = erased_number($3, e.caller_number), caller_name = null
        from old where e.entry_id = old.entry_id returning 1)
      select count(*)::int as removed from changed`,
    values: [beforeMs, limit, key],
  };
}

/** Number and name of callers in queue_log; the line stays. */
export function forgetLoggedNumbers({ beforeMs, limit, key }: OlderThan & Keyed): Removal {
  return {
    name: 'forget-logged-numbers',
    text: `with old as (
        select id from queue_log where is_caller_line(event, data1) and (is_personal_number(data2) or coalesce(data4, '') <> '')
          and time < ${momentOf('$1')} at time zone 'UTC' order by time limit $2 for update skip locked),
      changed as (
        update queue_log l set data2 = erased_number($3, l.data2), data4 = '' from old where l.id = old.id returning 1)
      select count(*)::int as removed from changed`,
    values: [beforeMs, limit, key],
  };
}

/** Recordings whose files are to be removed from now on. */
export function removeRecordings({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'remove-recordings',
    text: `with old as (
        select recording_id from recording where removal_wanted_at is null and ended_at < ${momentOf('$1')}
        order by ended_at limit $2 for update skip locked),
      changed as (
        update recording r set removal_wanted_at = now() from old where r.recording_id = old.recording_id returning 1)
      select count(*)::int as removed from changed`,
    values: [beforeMs, limit],
  };
}

/** Lines of queue_log. */
export function removeLines({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'remove-lines',
    text: `with old as (
        select id from queue_log where time < ${momentOf('$1')} at time zone 'UTC'
        order by time limit $2 for update skip locked),
      removed as (delete from queue_log l using old where l.id = old.id returning 1)
      select count(*)::int as removed from removed`,
    values: [beforeMs, limit],
  };
}

/** Tunes that no call has begun with since. */
export function removeUnusedTracks({ beforeMs, limit }: OlderThan): Removal {
  return {
    name: 'remove-unused-tracks',
    text: `with old as (
        select number, music_class from caller_music where used_at < ${momentOf('$1')}
        order by used_at limit $2 for update skip locked),
      removed as (delete from caller_music m using old
        where m.number = old.number and m.music_class = old.music_class returning 1)
      select count(*)::int as removed from removed`,
    values: [beforeMs, limit],
  };
}
