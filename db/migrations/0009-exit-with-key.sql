-- Callers may leave by a key: EXITWITHKEY has the key before the columns that all ways of leaving have.
alter table queue_entry drop constraint queue_entry_outcome_check;
alter table queue_entry add constraint queue_entry_outcome_check check (outcome in
  ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW', 'COMPLETEAGENT', 'COMPLETECALLER'));

-- True when the entry was closed, now or by the same call before; false when it talks, ended otherwise or never was.
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
        values (v_time, left(v_entry.unique_id, 80), v_entry.queue, v_attempt.interface, 'RINGCANCELED',
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
