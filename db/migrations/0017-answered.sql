-- A member who has answered and is told who calls is not connected yet.
alter table ring_attempt add column answered_at timestamptz;
comment on column ring_attempt.answered_at is 'When the member answered, where something is said to the member first';

-- True when the entry was closed, now or by the same call before; false when it talks, ended otherwise or never was.
create or replace function leave_queue(p_entry_id text, p_outcome text, p_info text, p_at timestamptz) returns boolean
language plpgsql as $$
declare
  v_entry queue_entry;
  v_position bigint;
  v_agent text := 'NONE';
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
  -- Who hung up on a member that had answered did not cancel a ring: the line of the caller names the member (app_queue).
  if p_outcome = 'ABANDON' then
    select coalesce(max(member_name(extension, interface)), 'NONE') into v_agent from ring_attempt
      where entry_id = p_entry_id and state = 'ringing' and answered_at is not null;
  end if;
  with ended as (
    update ring_attempt set state = 'ended', outcome = 'left', ended_at = p_at
      where entry_id = p_entry_id and state = 'ringing'
      returning member_name(extension, interface) as agent, started_at, answered_at)
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
    select v_time, left(v_entry.unique_id, 80), v_entry.queue, a.agent, 'RINGCANCELED',
      greatest(0, trunc(extract(epoch from p_at - a.started_at) * 1000))::bigint::text, '', '', '', ''
    from ended a where p_outcome in ('ABANDON', 'EXITWITHKEY') and a.answered_at is null;
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
    values (v_time, left(v_entry.unique_id, 80), v_entry.queue, v_agent, p_outcome, v_columns[1], v_columns[2], v_columns[3],
      coalesce(v_columns[4], ''), '');
  return true;
end $$;
