-- Figures are counted without anybody waiting for anybody: each change is a row of its own, added up where it is read. Before, each answer
-- and each end changed the queue's own row and kept it locked until the commit was on disk; whoever wanted to enter waited so long.
create table queue_delta (
  id bigint generated always as identity,
  queue text not null,
  completed bigint not null default 0,
  abandoned bigint not null default 0,
  completed_in_level bigint not null default 0,
  abandoned_in_level bigint not null default 0,
  hold_ms double precision,
  talk_ms double precision,
  last_rung text
);

comment on table queue_delta is 'What a queue''s own row does not have yet of its figures and memory; few rows at any time, so no index';

-- app_queue's average: the first value, then three parts of the old one and one of the new. Strict: null is no value.
create function next_average(p_old double precision, p_new double precision) returns double precision
language sql immutable strict as $$ select (3 * p_old + p_new) / 4 $$;
create aggregate running_average (double precision) (sfunc = next_average, stype = double precision);

create function ms_between(p_from timestamptz, p_to timestamptz) returns double precision language sql immutable as $$
  select greatest(0, extract(epoch from p_to - p_from) * 1000)::double precision
$$;

-- The queue's own row is the oldest value.
create view queue_figures as
select q.name as queue, f.* from queue q cross join lateral (
  select sum(completed)::bigint as completed, sum(abandoned)::bigint as abandoned,
      sum(completed_in_level)::bigint as completed_in_level, sum(abandoned_in_level)::bigint as abandoned_in_level,
      running_average(hold_ms order by id) as hold_ms, running_average(talk_ms order by id) as talk_ms,
      (array_agg(last_rung order by id desc) filter (where last_rung is not null))[1] as last_rung
    from (
      select 0 as id, q.completed, q.abandoned, q.completed_in_level, q.abandoned_in_level, q.hold_ms, q.talk_ms, q.last_rung
      union all
      select id, completed, abandoned, completed_in_level, abandoned_in_level, hold_ms, talk_ms, last_rung
        from queue_delta where queue = q.name) as each_change) as f;

comment on view queue_figures is 'Figures of each queue, up to date: its own row and the changes that are not in it yet';

-- Every so often a change takes all of them into the queues' rows, where the version before reads them. A queue that somebody has locked
-- is left for the next time: nobody waits here either. What is added up and what is removed is one statement's view of the table.
create function fold_queue_deltas() returns trigger language plpgsql as $$
declare
  v_queue text;
begin
  for v_queue in select q.name from queue q where exists (select from queue_delta d where d.queue = q.name)
    order by q.name for no key update skip locked
  loop
    with folded as (
      update queue q set (completed, abandoned, completed_in_level, abandoned_in_level, hold_ms, talk_ms, last_rung) = (
          select f.completed, f.abandoned, f.completed_in_level, f.abandoned_in_level, f.hold_ms, f.talk_ms, f.last_rung
            from queue_figures f where f.queue = q.name)
        where q.name = v_queue)
    delete from queue_delta where queue = v_queue;
  end loop;
  return null;
end $$;

create trigger fold_queue_deltas after insert on queue_delta for each row when (new.id % 64 = 0) execute function fold_queue_deltas();

-- A foreign key would lock the queue's row at each change.
create function queue_deltas_follow() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from queue_delta where queue = old.name;
  else
    update queue_delta set queue = new.name where queue = old.name;
  end if;
  return null;
end $$;

create trigger queue_deltas_follow after update of name or delete on queue for each row execute function queue_deltas_follow();

-- As before, into queue_delta.
create or replace function queue_entry_answered() returns trigger language plpgsql as $$
begin
  new.answered_at := coalesce(new.answered_at, now());
  new.in_level := is_in_level(new.joined_at, new.answered_at, (select service_level_ms from queue where name = new.queue));
  insert into queue_delta (queue, hold_ms) values (new.queue, ms_between(new.joined_at, new.answered_at));
  return new;
end $$;

create or replace function queue_entry_counted() returns trigger language plpgsql as $$
declare
  v_attempt ring_attempt;
begin
  if new.outcome = 'EXITWITHKEY' then
    return null;
  end if;
  if new.outcome in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'WITHDRAW') then
    insert into queue_delta (queue, abandoned, abandoned_in_level)
      select name, 1, is_in_level(new.joined_at, new.ended_at, service_level_ms)::integer from queue where name = new.queue;
    return null;
  end if;
  select * into v_attempt from ring_attempt where attempt_id = new.attempt_id;
  -- Most members answer one queue's calls only: their row is right already.
  update extension set last_queue = new.queue
    where number = v_attempt.extension and coalesce(last_hangup_at, new.ended_at) <= new.ended_at
      and last_queue is distinct from new.queue;
  update queue_member set calls = calls + 1, last_call_at = greatest(last_call_at, new.ended_at)
    where queue = new.queue and extension = v_attempt.extension;
  insert into queue_delta (queue, completed, completed_in_level, talk_ms)
    values (new.queue, 1, coalesce(new.in_level, false)::integer,
      ms_between(coalesce(v_attempt.connected_at, new.answered_at, new.ended_at), new.ended_at));
  return null;
end $$;

drop function moving_average;

-- These two have nothing to do at most changes of a member and at each place that the application takes.
create or replace trigger queue_member_paused_at before insert or update of paused, paused_at, paused_reason on queue_member
  for each row execute function queue_member_paused_at();
create or replace trigger queue_entry_place before insert on queue_entry for each row
  when (new.placed_priority is null or new.placed_at is null) execute function queue_entry_place();

-- Since 0010 nobody asks for this order: queue_entry_place has the one of service.
drop index queue_entry_open;
