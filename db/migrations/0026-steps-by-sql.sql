-- Steps of the IVR beside those of the configuration file: a row adds a step, or stands for the file's one of its name.
create table ivr_step (
  name text collate "C" primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'),
  definition jsonb not null check (jsonb_typeof(definition) = 'object' and octet_length(definition::text) <= 20000),
  changed_at timestamptz not null default now()
);

comment on table ivr_step is 'Steps of the IVR: each adds one, or stands for the configuration file''s one of its name as long as the row is there';
comment on column ivr_step.definition is 'The whole step, with the names and values of the file';
comment on column ivr_step.changed_at is 'When the row was written last';

create function note_step_change() returns trigger language plpgsql as $$
begin
  new.changed_at := now();
  return new;
end $$;
create trigger note_step_change before update on ivr_step for each row execute function note_step_change();

-- As before, and steps.
create or replace function notify_change() returns trigger language plpgsql as $$
declare
  v_row record;
begin
  for v_row in select old.* where tg_op <> 'INSERT' union all select new.* where tg_op <> 'DELETE' loop
    case tg_table_name
      when 'queue' then perform pg_notify('queueapp_change', 'queue|' || v_row.name);
      when 'extension' then perform pg_notify('queueapp_change', 'membership|' || v_row.number);
      when 'queue_member' then perform pg_notify('queueapp_change', 'membership|' || v_row.extension);
      when 'queue_entry' then perform pg_notify('queueapp_change', 'entry|' || v_row.queue || '|' || v_row.entry_id);
      when 'ivr_step' then perform pg_notify('queueapp_change', 'step|' || v_row.name);
    end case;
  end loop;
  return null;
end $$;

create trigger notify_change after insert or update or delete on ivr_step for each row
  when (coalesce(current_setting('queueapp.quiet', true), '') <> 'on') execute function notify_change();
create trigger notify_truncate after truncate on ivr_step for each statement execute function notify_everything_changed();
