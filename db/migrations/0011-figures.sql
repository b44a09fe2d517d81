-- Figures of queues and members as `queue show` has them, and queue_log as a file.

-- Lines become visible in the order in which their transactions end, not in that of their numbers: whoever follows the table goes by both.
-- Null in lines from before.
alter table queue_log add column transaction_id xid8;
alter table queue_log alter column transaction_id set default pg_current_xact_id();
create index queue_log_transaction on queue_log (transaction_id, id);

alter table queue
  add column service_level_ms integer not null default 0,
  add column figures_since timestamptz not null default now();
alter table queue_entry
  add column answered_at timestamptz,
  add column in_level boolean;
alter table queue_member add column last_paused_at timestamptz;

comment on column queue.completed is 'Conversations that have ended, since figures_since; further columns as `queue show` counts';
comment on column queue.service_level_ms is 'The setting service-level of the configuration';
comment on column queue_entry.answered_at is 'When a member answered, before whatever is said to the member';
comment on column queue_entry.in_level is 'Answered within the service level; null while nobody has answered';
comment on column queue_member.last_paused_at is 'When the last pause began';

create or replace function queue_member_paused_at() returns trigger language plpgsql as $$
begin
  if not new.paused then
    new.paused_at := null;
    new.paused_reason := null;
  else
    new.paused_at := coalesce(new.paused_at, now());
    new.last_paused_at := new.paused_at;
  end if;
  return new;
end $$;

-- app_queue's average: the first value, then three parts of the old one and one of the new.
create function moving_average(p_old double precision, p_from timestamptz, p_to timestamptz) returns double precision
language sql immutable as $$
  select case when p_old is null then new else (3 * p_old + new) / 4 end
    from (select greatest(0, extract(epoch from p_to - p_from) * 1000)::double precision as new) as measured
$$;

-- Whole seconds, as queue_log has them: 20.9 s is within a level of 20 s.
create function is_in_level(p_from timestamptz, p_to timestamptz, p_level_ms integer) returns boolean
language sql immutable as $$
  select floor(greatest(0, extract(epoch from p_to - p_from))) * 1000 <= p_level_ms
$$;

-- Whoever changes an entry's state, by whatever statement, is counted: waits at the answer, everything else at the end (app_queue). Who
-- leaves by a key counts nowhere.
create function queue_entry_answered() returns trigger language plpgsql as $$
declare
  v_level_ms integer;
begin
  new.answered_at := coalesce(new.answered_at, now());
  update queue set hold_ms = moving_average(hold_ms, new.joined_at, new.answered_at)
    where name = new.queue returning service_level_ms into v_level_ms;
  new.in_level := is_in_level(new.joined_at, new.answered_at, v_level_ms);
  return new;
end $$;

create trigger queue_entry_answered before update of state on queue_entry for each row
  when (new.state = 'talking' and old.state <> 'talking') execute function queue_entry_answered();

create function queue_entry_counted() returns trigger language plpgsql as $$
declare
  v_attempt ring_attempt;
begin
  if new.outcome = 'EXITWITHKEY' then
    return null;
  end if;
  if new.outcome in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'WITHDRAW') then
    update queue set abandoned = abandoned + 1,
        abandoned_in_level = abandoned_in_level + is_in_level(new.joined_at, new.ended_at, service_level_ms)::integer
      where name = new.queue;
    return null;
  end if;
  select * into v_attempt from ring_attempt where attempt_id = new.attempt_id;
  update extension set last_queue = new.queue
    where number = v_attempt.extension and coalesce(last_hangup_at, new.ended_at) <= new.ended_at;
  update queue_member set calls = calls + 1, last_call_at = greatest(last_call_at, new.ended_at)
    where queue = new.queue and extension = v_attempt.extension;
  update queue set completed = completed + 1, completed_in_level = completed_in_level + coalesce(new.in_level, false)::integer,
      talk_ms = moving_average(talk_ms, coalesce(v_attempt.connected_at, new.answered_at, new.ended_at), new.ended_at)
    where name = new.queue;
  return null;
end $$;

create trigger queue_entry_counted after update of state on queue_entry for each row
  when (new.state = 'ended' and old.state <> 'ended') execute function queue_entry_counted();

-- The member as queue_log names them.
create function member_name(p_extension text, p_interface text) returns text language sql stable as $$
  select coalesce((select name from extension where number = p_extension), p_interface)
$$;

-- The same for ADDMEMBER and REMOVEMEMBER, which have the interface unless the configuration says otherwise (log-member-name-as-agent).
create function membership_name(p_extension text, p_interface text) returns text language sql stable as $$
  select case when current_setting('queueapp.log_member_name', true) = 'on'
    then member_name(p_extension, p_interface) else p_interface end
$$;

-- As before, with the member's name.
create or replace function leave_queue(p_entry_id text, p_outcome text, p_info text, p_at timestamptz) returns boolean
language plpgsql as $$
declare
  v_entry queue_entry;
  v_attempt ring_attempt;
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
  if v_entry.state = 'ringing' then
    update ring_attempt set state = 'ended', outcome = 'left', ended_at = p_at
      where attempt_id = v_entry.attempt_id and state = 'ringing' returning * into v_attempt;
    if p_outcome in ('ABANDON', 'EXITWITHKEY') then
      insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
        values (v_time, left(v_entry.unique_id, 80), v_entry.queue, member_name(v_attempt.extension, v_attempt.interface), 'RINGCANCELED',
          greatest(0, trunc(extract(epoch from p_at - v_attempt.started_at) * 1000))::bigint::text, '', '', '', '');
    end if;
  end if;
  select 1 + count(*) into v_position from queue_entry o
    where o.queue = v_entry.queue and o.state in ('waiting', 'ringing') and (o.priority > v_entry.priority
      or (o.priority = v_entry.priority and (o.joined_at, o.entry_id) < (v_entry.joined_at, v_entry.entry_id)));
  update queue_entry set state = 'ended', outcome = p_outcome, ended_at = p_at where entry_id = p_entry_id;
  v_columns := array[v_position::text, v_entry.original_position::text,
    greatest(0, floor(extract(epoch from p_at - v_entry.joined_at)))::bigint::text];
  if p_outcome = 'EXITWITHKEY' then
    v_columns := left(p_info, 1) || v_columns;
  elsif p_outcome = 'WITHDRAW' then
    v_columns := v_columns || left(p_info, 40);
  end if;
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    values (v_time, left(v_entry.unique_id, 80), v_entry.queue, 'NONE', p_outcome, v_columns[1], v_columns[2], v_columns[3],
      coalesce(v_columns[4], ''), '');
  return true;
end $$;
