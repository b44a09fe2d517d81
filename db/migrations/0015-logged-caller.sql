-- As before, but ENTERQUEUE may be without the number, and nothing in a name parts columns or lines.
create or replace function enter_queue(
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
      case when (p_entry->>'isNumberHidden')::boolean then '' else coalesce(v_number, '') end, v_place::text,
      left(regexp_replace(coalesce(p_entry->>'loggedName', ''), '[|[:cntrl:]]', '_', 'g'), 100), '');
  return query select v_place, v_priority, v_placed_at, v_known;
end $$;

-- Lines that have the caller's number in data2 and may have the name in data4.
create function is_caller_line(p_event text, p_data1 text) returns boolean language sql immutable as $$
  select p_event = 'ENTERQUEUE' or p_event = 'INFO' and p_data1 = 'IVRSTART'
$$;

drop index queue_log_caller;
drop index queue_log_personal;
create index queue_log_caller on queue_log (btrim(data2)) where is_caller_line(event, data1) and is_personal_number(data2);
create index queue_log_personal on queue_log (time)
  where is_caller_line(event, data1) and (is_personal_number(data2) or coalesce(data4, '') <> '');
