-- Callers' places and the offers of calls to members. Here every race is decided.
create table queue_entry (
  entry_id text collate "C" primary key check (char_length(entry_id) between 1 and 100),
  call_id text not null check (char_length(call_id) between 1 and 100),
  queue text not null references queue (name) on update cascade,
  channel_id text not null check (char_length(channel_id) between 1 and 150),
  unique_id text not null check (char_length(unique_id) between 1 and 150),
  caller_number text check (char_length(caller_number) <= 100),
  caller_name text check (char_length(caller_name) <= 1000),
  customer jsonb,
  priority integer not null default 0 check (priority between -1000000 and 1000000),
  joined_at timestamptz not null,
  original_position integer not null check (original_position > 0),
  state text not null check (state in ('waiting', 'ringing', 'talking', 'ended')),
  attempt_id text,
  ended_at timestamptz,
  outcome text check (outcome in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'WITHDRAW', 'COMPLETEAGENT', 'COMPLETECALLER')),
  check ((state = 'ended') = (ended_at is not null) and (ended_at is null) = (outcome is null)),
  check (state = 'ended' or (state = 'waiting') = (attempt_id is null))
);

comment on table queue_entry is 'One row per place of a caller in a queue; ended ones are removed after some time';
comment on column queue_entry.priority is 'Higher goes first; among equals joined_at, then entry_id, decide';
comment on column queue_entry.attempt_id is 'The attempt that holds the entry while ringing or talking, or held it when it ended';

create index queue_entry_open on queue_entry (queue, priority desc, joined_at, entry_id) where state <> 'ended';
create index queue_entry_ended on queue_entry (ended_at) where state = 'ended';
create index queue_entry_call on queue_entry (call_id);

create table ring_attempt (
  attempt_id text primary key check (char_length(attempt_id) between 1 and 100),
  entry_id text not null references queue_entry (entry_id) on delete cascade,
  queue text not null,
  extension text not null,
  interface text not null,
  state text not null check (state in ('ringing', 'talking', 'ended')),
  started_at timestamptz not null,
  connected_at timestamptz,
  ended_at timestamptz,
  outcome text,
  member_channel_id text check (char_length(member_channel_id) <= 150),
  member_unique_id text check (char_length(member_unique_id) <= 150),
  check ((state = 'ended') = (ended_at is not null) and (ended_at is null) = (outcome is null))
);

comment on table ring_attempt is 'One offer of one call to one member';

-- A member never has two calls, a call never two members: whoever inserts second gets nothing.
create unique index ring_attempt_live_extension on ring_attempt (extension) where state <> 'ended';
create unique index ring_attempt_live_entry on ring_attempt (entry_id) where state <> 'ended';
create index ring_attempt_entry on ring_attempt (entry_id);

-- Entering must count under a lock. In one plain statement the count would see the snapshot from before the lock was
-- granted; inside a function each statement sees what is committed by then (READ COMMITTED).
-- A repeated call with the same entry id gives the first answer again. Position 0 means full, -1 no such queue.
create function enter_queue(
  p_entry_id text, p_call_id text, p_queue text, p_channel_id text, p_unique_id text, p_caller_number text,
  p_caller_name text, p_customer jsonb, p_priority integer, p_joined_at timestamptz, p_max_length integer
) returns integer language plpgsql as $$
declare
  v_position integer;
  v_waiting integer;
begin
  perform from queue where name = p_queue for no key update;
  if not found then
    return -1;
  end if;
  select original_position into v_position from queue_entry where entry_id = p_entry_id;
  if found then
    return v_position;
  end if;
  select count(*), 1 + count(*) filter (where priority >= p_priority) into v_waiting, v_position
    from queue_entry where queue = p_queue and state in ('waiting', 'ringing');
  if p_max_length > 0 and v_waiting >= p_max_length then
    return 0;
  end if;
  insert into queue_entry (entry_id, call_id, queue, channel_id, unique_id, caller_number, caller_name, customer,
      priority, joined_at, original_position, state)
    values (p_entry_id, p_call_id, p_queue, p_channel_id, p_unique_id, p_caller_number, p_caller_name, p_customer,
      p_priority, p_joined_at, v_position, 'waiting');
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    values (p_joined_at at time zone 'UTC', left(p_unique_id, 80), p_queue, 'NONE', 'ENTERQUEUE', '',
      coalesce(p_caller_number, ''), v_position::text, '', '');
  return v_position;
end $$;
