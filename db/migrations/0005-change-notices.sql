-- Whoever changes members, queues, extensions or entries, by whatever program, is heard at once on channel
-- queueapp_change. Payload: TYPE, then the ids, parted by "|" (which the tables' checks keep out of queue names and
-- extension numbers).
-- The application's own sessions set queueapp.quiet=on and tell of their changes themselves, many in one notice: a
-- NOTIFY inside a transaction makes commits wait for one another.
create function notify_change() returns trigger language plpgsql as $$
declare
  v_row record;
begin
  for v_row in select old.* where tg_op <> 'INSERT' union all select new.* where tg_op <> 'DELETE' loop
    case tg_table_name
      when 'queue' then perform pg_notify('queueapp_change', 'queue|' || v_row.name);
      when 'extension' then perform pg_notify('queueapp_change', 'membership|' || v_row.number);
      when 'queue_member' then perform pg_notify('queueapp_change', 'membership|' || v_row.extension);
      when 'queue_entry' then perform pg_notify('queueapp_change', 'entry|' || v_row.queue || '|' || v_row.entry_id);
    end case;
  end loop;
  return null;
end $$;

create function notify_everything_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('queueapp_change', 'all');
  return null;
end $$;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['queue', 'extension', 'queue_member', 'queue_entry'] loop
    execute format('create trigger notify_change after insert or update or delete on %I for each row '
      'when (coalesce(current_setting(''queueapp.quiet'', true), '''') <> ''on'') execute function notify_change()', v_table);
    execute format('create trigger notify_truncate after truncate on %I for each statement '
      'execute function notify_everything_changed()', v_table);
  end loop;
end $$;
