import type {
  LoggedCallTrace,
  PersonalSubject,
  PlaceTrace,
  RecordingTrace,
  TuneTrace,
} from '../../src/ports/personal-data.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** Whose traces, up to which moment: what comes later is not meant. */
export interface Scope {
  readonly subject: PersonalSubject;
  readonly beforeMs: number;
}

/** How many rows of each kind one statement may touch. */
export interface Bounded {
  readonly limit: number;
}

const IS_OF: Readonly<Record<PersonalSubject['kind'], string>> = {
  number: 'is_personal_number(e.caller_number) and btrim(e.caller_number) = btrim($1)',
  customer: "e.customer is not null and e.customer ->> 'id' = $1",
};

const LOGGED = 'is_caller_line(l.event, l.data1) and is_personal_number(l.data2) and btrim(l.data2) = btrim($1)';

export function selectPlaces({ subject, beforeMs, limit }: Scope & Bounded): Statement<PlaceTrace> {
  return {
    name: `personal-places-${subject.kind}`,
    text: `select entry_id as "entryId", call_id as "callId", queue, ${asMs('joined_at')} as "joinedAtMs",
        caller_number as number, caller_name as name, customer, state <> 'ended' as "isOpen"
      from queue_entry e where ${IS_OF[subject.kind]} and joined_at <= ${momentOf('$2')}
      order by joined_at, entry_id limit $3`,
    values: [subject.value, beforeMs, limit],
  };
}

/** Calls of a number in queue_log; of a customer, as long as the places are there that tie the customer to a call. */
export function selectLoggedCalls({ subject, beforeMs, limit }: Scope & Bounded): Statement<LoggedCallTrace> {
  const ofCustomer = `is_caller_line(l.event, l.data1) and l.callid in (
    select left(e.unique_id, 80) from queue_entry e where ${IS_OF.customer} and e.joined_at <= ${momentOf('$2')})`;
  return {
    name: `personal-calls-${subject.kind}`,
    text: `select l.callid as "uniqueId", l.queuename as queue, ${asMs("(l.time at time zone 'UTC')")} as "enteredAtMs",
        l.data2 as number, coalesce(l.data4, '') as name
      from queue_log l where ${subject.kind === 'number' ? LOGGED : ofCustomer}
        and l.time <= ${momentOf('$2')} at time zone 'UTC'
      order by l.time, l.id limit $3`,
    values: [subject.value, beforeMs, limit],
  };
}

export function selectTunes(number: string, { limit }: Bounded): Statement<TuneTrace> {
  return {
    name: 'personal-tunes',
    text: `select music_class as "musicClass", track, ${asMs('chosen_at')} as "chosenAtMs"
      from caller_music where number = $1 order by music_class limit $2`,
    values: [number, limit],
  };
}

/** Recordings of the calls that queue_log or the places tie to the number or customer. */
export function selectRecordings({ subject, beforeMs, limit }: Scope & Bounded): Statement<RecordingTrace> {
  const ofLog = `union select callid from queue_log l where ${LOGGED}`;
  return {
    name: `personal-recordings-${subject.kind}`,
    text: `select r.call_id as "callId", r.queue, r.file, ${asMs('r.started_at')} as "startedAtMs"
      from recording r where r.removed_at is null and r.started_at <= ${momentOf('$2')} and left(r.unique_id, 80) in (
        select left(e.unique_id, 80) from queue_entry e where ${IS_OF[subject.kind]} ${subject.kind === 'number' ? ofLog : ''})
      order by r.started_at, r.recording_id limit $3`,
    values: [subject.value, beforeMs, limit],
  };
}

/** Calls that go on, by queue_log's callid. */
export function selectOpenCalls({ subject, beforeMs }: Scope): Statement<{ uniqueId: string }> {
  return {
    name: `personal-open-calls-${subject.kind}`,
    text: `select left(e.unique_id, 80) as "uniqueId" from queue_entry e
      where ${IS_OF[subject.kind]} and state <> 'ended' and joined_at <= ${momentOf('$2')}`,
    values: [subject.value, beforeMs],
  };
}

/** In a number's place the line gets its token; the name goes. Calls that go on keep their lines until they are over. */
export function eraseLoggedCalls({ subject, beforeMs, key, limit }: Scope & Bounded & Keyed): Statement<ErasedCalls> {
  return {
    name: 'erase-logged-calls',
    text: `with found as (
        select l.id, l.callid from queue_log l where ${LOGGED} and l.time <= ${momentOf('$2')} at time zone 'UTC'
          and not exists (select from queue_entry e where left(e.unique_id, 80) = l.callid and e.state <> 'ended')
        order by l.id limit $4 for update),
      changed as (
        update queue_log l set data2 = erased_number($3, l.data2), data4 = '' from found
        where l.id = found.id returning 1),
      ${unwanted('select callid from found')}
      select (select count(*)::int from changed) as lines, 0 as places, (select count(*)::int from recordings) as recordings,
        array(select callid from found) as "uniqueIds"`,
    values: [subject.value, beforeMs, key, limit],
  };
}

/** Places with everything personal gone, and the lines of a customer's calls: the place is what ties them together. */
export function erasePlaces({ subject, beforeMs, key, limit }: Scope & Bounded & Keyed): Statement<ErasedCalls> {
  return {
    name: `erase-places-${subject.kind}`,
    text: `with found as materialized (
        select e.entry_id, left(e.unique_id, 80) as callid from queue_entry e
        where ${IS_OF[subject.kind]} and e.state = 'ended' and e.joined_at <= ${momentOf('$2')}
        order by e.entry_id limit $4 for update),
      lines as (
        update queue_log l set data2 = erased_number($3, l.data2), data4 = ''
        where l.callid in (select callid from found) and is_caller_line(l.event, l.data1)
          and (is_personal_number(l.data2) or coalesce(l.data4, '') <> '') returning 1),
      places as (
        update queue_entry e set caller_number = erased_number($3, e.caller_number), caller_name = null, customer = null
        from found where e.entry_id = found.entry_id returning 1),
      ${unwanted('select callid from found')}
      select (select count(*)::int from places) as places, (select count(*)::int from lines) as lines,
        (select count(*)::int from recordings) as recordings, array(select callid from found) as "uniqueIds"`,
    values: [subject.value, beforeMs, key, limit],
  };
}

/** Their recordings are to be removed. */
function unwanted(callids: string): string {
  return `recordings as (
    update recording r set removal_wanted_at = now() where left(r.unique_id, 80) in (${callids})
      and r.removal_wanted_at is null returning 1)`;
}

export function eraseTunes(number: string, beforeMs: number): Statement<Changed> {
  return {
    name: 'erase-tunes',
    text: `with gone as (delete from caller_music where number = $1 and chosen_at <= ${momentOf('$2')} returning 1)
      select count(*)::int as changed from gone`,
    values: [number, beforeMs],
  };
}

/** An erasure that can't be finished yet; asked for again, the earlier key and the later moment count. */
export function wantErasure({ subject, beforeMs, key }: Scope & Keyed): Statement<object> {
  return {
    name: 'want-erasure',
    text: `insert into erasure (kind, value, key, asked_at) values ($1, $2, $3, ${momentOf('$4')})
      on conflict (kind, value) do update set asked_at = greatest(erasure.asked_at, excluded.asked_at)`,
    values: [subject.kind, subject.value, key, beforeMs],
  };
}

export interface WantedErasure {
  readonly kind: PersonalSubject['kind'];
  readonly value: string;
  readonly key: Buffer;
  readonly beforeMs: number;
}

export function selectWantedErasures({ limit }: Bounded): Statement<WantedErasure> {
  return {
    name: 'wanted-erasures',
    text: `select kind, value, key, ${asMs('asked_at')} as "beforeMs" from erasure order by asked_at limit $1`,
    values: [limit],
  };
}

/** Unless it was asked for again meanwhile. */
export function forgetErasure({ subject, beforeMs }: Scope): Statement<object> {
  return {
    name: 'forget-erasure',
    text: `delete from erasure where kind = $1 and value = $2 and asked_at <= ${momentOf('$3')}`,
    values: [subject.kind, subject.value, beforeMs],
  };
}

export interface Keyed {
  /** What makes a number's token; never stored beyond the erasure. */
  readonly key: Uint8Array;
}

export interface Changed {
  readonly changed: number;
}

/** What one batch has erased, and of which calls. */
export interface ErasedCalls {
  readonly places: number;
  readonly lines: number;
  readonly recordings: number;
  /** queue_log's callid, one for each row that was found. */
  readonly uniqueIds: readonly string[];
}
