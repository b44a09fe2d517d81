-- Who logs members in and out with SQL gets the lines that app_queue writes of realtime members: ADDMEMBER and REMOVEMEMBER with REALTIME in place of a
-- call. A pause by SQL, of which app_queue writes nothing, has its line, too, so that reports add up. A trigger writes them: once for each
-- change, however many processes hear of it, and with the change or not at all. The application's own sessions (queueapp.quiet) write their own.
alter table queue add column logs_member_name boolean not null default false;
comment on column queue.logs_member_name is 'The setting log-member-name-as-agent, written by the application';

-- Without a row of the extension there is no line: its number has been changed, and the member with it.
create function log_membership(p_event text, p_queue text, p_extension text, p_data1 text) returns void language sql as $$
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
  select clock_timestamp() at time zone 'UTC', case when p_event like '%MEMBER' then 'REALTIME' else 'NONE' end, p_queue,
    case when p_event not like '%MEMBER' or exists (select from queue where name = p_queue and logs_member_name)
      then coalesce(name, interface) else interface end,
    p_event, p_data1, '', '', '', ''
  from extension where number = p_extension
$$;

-- The owner's rights: whoever may write members need not be allowed to write the log.
create function log_member_by_sql() returns trigger language plpgsql security definer set search_path from current as $$
declare
  v_is_other boolean := tg_op <> 'UPDATE';
begin
  if tg_op = 'UPDATE' then
    v_is_other := (new.queue, new.extension) <> (old.queue, old.extension)
      and exists (select from extension where number = old.extension);
  end if;
  if v_is_other and tg_op <> 'INSERT' then
    perform log_membership('REMOVEMEMBER', old.queue, old.extension, '');
  end if;
  if v_is_other and tg_op <> 'DELETE' then
    perform log_membership('ADDMEMBER', new.queue, new.extension, case when new.paused then 'PAUSED' else '' end);
  end if;
  if v_is_other then
    return null;
  end if;
  if new.paused and (not old.paused or new.paused_reason is distinct from old.paused_reason) then
    perform log_membership('PAUSE', new.queue, new.extension, coalesce(new.paused_reason, ''));
  elsif old.paused and not new.paused then
    perform log_membership('UNPAUSE', new.queue, new.extension, '');
  end if;
  return null;
end $$;

create trigger log_member_by_sql after insert or update or delete on queue_member for each row
  when (coalesce(current_setting('queueapp.quiet', true), '') <> 'on') execute function log_member_by_sql();

-- With an extension or a queue its members go. They go first, while it is still known what they are called.
create function log_members_out() returns trigger language plpgsql security definer set search_path from current as $$
begin
  if tg_table_name = 'extension' then
    delete from queue_member where extension = old.number;
  else
    delete from queue_member where queue = old.name;
  end if;
  return old;
end $$;

create trigger log_members_out before delete on extension for each row execute function log_members_out();
create trigger log_members_out before delete on queue for each row execute function log_members_out();
