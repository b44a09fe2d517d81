-- Whoever changes the priority of a waiting caller with SQL means their turn. Where the statement does not say the place itself, it follows here, so
-- that every process sees the same line: before everybody of lower priority, behind those of the same; with an age weight where that
-- priority would have stood from the beginning. The application's own sessions (queueapp.quiet) say both.
alter table queue add column age_weight_ms bigint not null default 0 check (age_weight_ms >= 0);
comment on column queue.age_weight_ms is 'The setting age-weight, written by the application: what a point of priority is worth';

create function place_by_priority() returns trigger language plpgsql as $$
declare
  v_weight_ms bigint := (select age_weight_ms from queue where name = new.queue);
begin
  if v_weight_ms > 0 then
    new.placed_priority := 0;
    new.placed_at := new.joined_at - new.priority * v_weight_ms * interval '1 millisecond';
  else
    new.placed_priority := new.priority;
    new.placed_at := greatest(clock_timestamp(), (
      select max(placed_at) + interval '1 millisecond' from queue_entry
      where queue = new.queue and entry_id <> new.entry_id and state in ('waiting', 'ringing') and placed_priority = new.priority));
  end if;
  return new;
end $$;

create trigger place_by_priority before update of priority on queue_entry for each row
  when (coalesce(current_setting('queueapp.quiet', true), '') <> 'on' and new.state in ('waiting', 'ringing')
    and new.priority <> old.priority and new.placed_priority = old.placed_priority and new.placed_at = old.placed_at)
  execute function place_by_priority();

-- The process that looks after a caller is another one, or whoever wants the caller out of the queue has SQL only.
alter table queue_entry add column withdrawal_wanted text check (length(withdrawal_wanted) <= 1000);
comment on column queue_entry.withdrawal_wanted is 'Somebody wants the waiting caller to leave the queue, with these words; null: nobody';
