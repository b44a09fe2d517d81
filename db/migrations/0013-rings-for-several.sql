-- ringall: several members ring for one caller; how many is counted on the entry's row, where the race is decided.
alter table queue_entry add column ringing integer not null default 0;
comment on column queue_entry.ringing is 'Attempts that ring for this caller now';
-- A caller who was cut off takes the old place once.
alter table queue_entry add column resumed_by text;
comment on column queue_entry.resumed_by is 'Entry that has taken this place over, when the caller was cut off and called again';

-- Entering with all that a call may bring. Counts under a lock, as enter_queue with its eleven parameters does, which the version
-- before still calls. A repeated call with the same entry id gets the first answer again.
create function enter_queue(
  p_entry jsonb, p_joined_at timestamptz, p_placed_at timestamptz, p_max_length integer, p_resume_since timestamptz, p_wanted integer,
  p_by_last_call boolean
) returns table (place integer, placed_priority integer, placed_at timestamptz, known_extension text) language plpgsql as $$
declare
  v_queue text := p_entry->>'queue';
  v_number text := p_entry->>'callerNumber';
  v_priority integer := (p_entry->>'placedPriority')::integer;
  v_placed_at timestamptz := p_placed_at;
  v_old queue_entry;
  v_known text := p_entry->>'knownExtension';
  v_waiting integer;
  v_place integer;
begin
  perform from queue q where q.name = v_queue for no key update;
  if not found then
    return query select -1, 0, p_placed_at, null::text;
    return;
  end if;
  return query select e.original_position, e.placed_priority, e.placed_at, e.known_extension from queue_entry e where e.entry_id = p_entry->>'entryId';
  if found then
    return;
  end if;
  select count(*) into v_waiting from queue_entry e where e.queue = v_queue and e.state in ('waiting', 'ringing');
  if p_max_length > 0 and v_waiting >= p_max_length then
    return query select 0, 0, p_placed_at, null::text;
    return;
  end if;
  if p_by_last_call then
    select a.extension into v_known from queue_entry e join ring_attempt a on a.attempt_id = e.attempt_id
      where e.customer->>'id' = p_entry->'customer'->>'id' and e.state = 'ended' and e.outcome in ('COMPLETEAGENT', 'COMPLETECALLER')
      order by e.ended_at desc limit 1;
  end if;
  if v_number is not null then
    select * into v_old from queue_entry e where e.queue = v_queue and e.caller_number = v_number and e.state = 'ended'
      and e.outcome = 'ABANDON' and e.ended_at >= p_resume_since and e.resumed_by is null
      order by e.ended_at desc limit 1 for update skip locked;
  end if;
  if v_old.entry_id is not null then
    v_priority := greatest(v_priority, v_old.placed_priority);
    v_placed_at := least(v_placed_at, v_old.placed_at);
    update queue_entry e set resumed_by = p_entry->>'entryId' where e.entry_id = v_old.entry_id;
  elsif p_wanted is not null then
    v_placed_at := wanted_place(v_queue, v_priority, p_wanted, p_placed_at);
  elsif (p_entry->>'isLast')::boolean then
    -- Whoever has the lock is the next one, whatever the clocks of several processes say.
    select greatest(p_placed_at, max(e.placed_at) + interval '1 microsecond') into v_placed_at from queue_entry e
      where e.queue = v_queue and e.state in ('waiting', 'ringing') and e.placed_priority = v_priority;
  end if;
  select 1 + count(*) into v_place from queue_entry e where e.queue = v_queue and e.state in ('waiting', 'ringing')
    and (e.placed_priority > v_priority
      or (e.placed_priority = v_priority and (e.placed_at, e.entry_id) < (v_placed_at, p_entry->>'entryId')));
  insert into queue_entry (entry_id, call_id, queue, channel_id, unique_id, caller_number, caller_name, customer, priority,
      joined_at, original_position, state, placed_priority, placed_at, min_penalty, max_penalty, raise_penalty, needs, known_extension)
    values (p_entry->>'entryId', p_entry->>'callId', v_queue, p_entry->>'channelId', p_entry->>'uniqueId', v_number,
      p_entry->>'callerName', nullif(p_entry->'customer', 'null'), (p_entry->>'priority')::integer, p_joined_at, v_place, 'waiting',
      v_priority, v_placed_at, (p_entry->>'minPenalty')::integer, (p_entry->>'maxPenalty')::integer,
      (p_entry->>'raisePenalty')::integer, nullif(p_entry->'needs', 'null'), v_known);
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    values (p_joined_at at time zone 'UTC', left(p_entry->>'uniqueId', 80), v_queue, 'NONE', 'ENTERQUEUE', '',
      coalesce(v_number, ''), v_place::text, left(replace(coalesce(p_entry->>'loggedName', ''), '|', '_'), 100), '');
  return query select v_place, v_priority, v_placed_at, v_known;
end $$;

-- Where the caller stands who wants that place (Queue()'s argument `position`): never before a higher priority, and between the
-- two of the same priority whom it comes between.
create function wanted_place(p_queue text, p_priority integer, p_wanted integer, p_else timestamptz) returns timestamptz
language plpgsql stable as $$
declare
  v_before timestamptz;
  v_behind timestamptz;
  v_index bigint;
begin
  select p_wanted - count(*) into v_index from queue_entry e
    where e.queue = p_queue and e.state in ('waiting', 'ringing') and e.placed_priority > p_priority;
  v_index := greatest(1, v_index);
  select min(e.placed_at) filter (where e.rank = v_index), max(e.placed_at) filter (where e.rank = v_index - 1)
    into v_behind, v_before
    from (select o.placed_at, row_number() over (order by o.placed_at, o.entry_id) as rank from queue_entry o
      where o.queue = p_queue and o.state in ('waiting', 'ringing') and o.placed_priority = p_priority) e;
  if v_behind is null then
    return p_else;
  end if;
  return case when v_before is null then v_behind - interval '1 millisecond' else v_before + (v_behind - v_before) / 2 end;
end $$;

-- True when the entry was closed, now or by the same call before; false when it talks, ended otherwise or never was.
create or replace function leave_queue(p_entry_id text, p_outcome text, p_info text, p_at timestamptz) returns boolean
language plpgsql as $$
declare
  v_entry queue_entry;
  v_position bigint;
  v_columns text[];
  v_time timestamp := p_at at time zone 'UTC';
begin
  select * into v_entry from queue_entry where entry_id = p_entry_id for update;
  if not found or v_entry.state = 'talking' then
    return false;
  end if;
  if v_entry.state = 'ended' then
    return v_entry.outcome = p_outcome;
  end if;
  with ended as (
    update ring_attempt set state = 'ended', outcome = 'left', ended_at = p_at
      where entry_id = p_entry_id and state = 'ringing' returning member_name(extension, interface) as agent, started_at)
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    select v_time, left(v_entry.unique_id, 80), v_entry.queue, a.agent, 'RINGCANCELED',
      greatest(0, trunc(extract(epoch from p_at - a.started_at) * 1000))::bigint::text, '', '', '', ''
    from ended a where p_outcome in ('ABANDON', 'EXITWITHKEY');
  select 1 + count(*) into v_position from queue_entry o
    where o.queue = v_entry.queue and o.state in ('waiting', 'ringing') and (o.placed_priority > v_entry.placed_priority
      or (o.placed_priority = v_entry.placed_priority and (o.placed_at, o.entry_id) < (v_entry.placed_at, v_entry.entry_id)));
  update queue_entry set state = 'ended', outcome = p_outcome, ended_at = p_at, ringing = 0 where entry_id = p_entry_id;
  v_columns := array[v_position::text, v_entry.original_position::text,
    greatest(0, floor(extract(epoch from p_at - v_entry.joined_at)))::bigint::text];
  if p_outcome = 'EXITWITHKEY' then
    v_columns := left(p_info, 100) || v_columns;
  elsif p_outcome = 'WITHDRAW' then
    v_columns := v_columns || left(p_info, 40);
  end if;
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    values (v_time, left(v_entry.unique_id, 80), v_entry.queue, 'NONE', p_outcome, v_columns[1], v_columns[2], v_columns[3],
      coalesce(v_columns[4], ''), '');
  return true;
end $$;
