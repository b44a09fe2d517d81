-- What a queue as complete as app_queue keeps of people, calls and figures.
alter table extension
  add column name text check (char_length(name) between 1 and 80),
  add column state_interface text check (state_interface ~ '^[^\s|,&]{1,80}$'),
  add column skills jsonb not null default '{}' check (jsonb_typeof(skills) = 'object'),
  add column last_queue text,
  add column wrap_up_ended_at timestamptz;

comment on column extension.name is 'As queue_log names the member; the interface when left out';
comment on column extension.state_interface is 'Device whose state counts instead of the interface''s, for example hint:1000@internal';
comment on column extension.skills is 'What the member can do, {"english": 80}: 0 to 100';
comment on column extension.last_queue is 'Queue of the last answered call: its wrap-up time holds';
comment on column extension.wrap_up_ended_at is 'When the member ended the wrap-up early; counts while later than last_hangup_at';

-- app_queue's penalties go up to 2^31 - 1.
alter table queue_member drop constraint queue_member_penalty_check;
alter table queue_member
  add constraint queue_member_penalty_check check (penalty between 0 and 1000000000),
  add column paused_at timestamptz,
  add column ring_in_use boolean,
  add column wrap_up_ms integer check (wrap_up_ms between 0 and 86400000),
  add column aside_until timestamptz,
  add column misses_no_answer integer not null default 0,
  add column misses_busy integer not null default 0,
  add column misses_rejected integer not null default 0,
  add column misses_unavailable integer not null default 0,
  add column calls bigint not null default 0,
  add column last_call_at timestamptz;

comment on column queue_member.paused_at is 'Since when, for those who pause by SQL too';
comment on column queue_member.ring_in_use is 'Rung while talking or ringing; null is as the queue says';
comment on column queue_member.wrap_up_ms is 'Wrap-up in milliseconds; null is the queue''s';
comment on column queue_member.aside_until is 'Put aside for not having answered (notpresent-penalty)';
comment on column queue_member.misses_no_answer is 'Calls in a row not answered (autopause-after)';
comment on column queue_member.calls is 'Answered calls of this queue since the login';

create function queue_member_paused_at() returns trigger language plpgsql as $$
begin
  if not new.paused then
    new.paused_at := null;
    new.paused_reason := null;
  elsif new.paused_at is null then
    new.paused_at := now();
  end if;
  return new;
end $$;

create trigger queue_member_paused_at before insert or update on queue_member
  for each row execute function queue_member_paused_at();

-- placed_* decide the order of service; they differ from priority and joined_at after a change of priority, for a place that
-- was asked for, and for a caller who was cut off and has called again.
alter table queue_entry
  add column placed_priority integer,
  add column placed_at timestamptz,
  add column min_penalty integer,
  add column max_penalty integer,
  add column raise_penalty integer,
  add column needs jsonb,
  add column known_extension text;

create function queue_entry_place() returns trigger language plpgsql as $$
begin
  new.placed_priority := coalesce(new.placed_priority, new.priority);
  new.placed_at := coalesce(new.placed_at, new.joined_at);
  return new;
end $$;

create trigger queue_entry_place before insert on queue_entry for each row execute function queue_entry_place();
update queue_entry set placed_priority = priority, placed_at = joined_at where placed_at is null;

comment on column queue_entry.placed_priority is 'Decides the order of service, higher first; then placed_at, then entry_id';
comment on column queue_entry.needs is 'Skills that this call asks for, {"english": 50}';
comment on column queue_entry.known_extension is 'Who knows the customer and is rung first';

create index queue_entry_place on queue_entry (queue, placed_priority desc, placed_at, entry_id) where state <> 'ended';
create index queue_entry_resume on queue_entry (queue, caller_number, ended_at) where state = 'ended' and outcome = 'ABANDON';

alter table queue
  add column completed bigint not null default 0,
  add column abandoned bigint not null default 0,
  add column completed_in_level bigint not null default 0,
  add column abandoned_in_level bigint not null default 0,
  add column hold_ms double precision,
  add column talk_ms double precision,
  add column last_rung text,
  add column settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object');

comment on column queue.hold_ms is 'Average wait of answered calls in milliseconds, as app_queue counts it: (3 old + new) / 4';
comment on column queue.last_rung is 'Member rung last: rrmemory and rrordered go on behind';
comment on column queue.settings is 'Settings that go before those of the file, names as there';

-- ringall rings several members for one caller, and ring-in-use a member who talks: a member still never has two calls unless both
-- queues say so. Which of them gets the caller is decided on the entry's row.
alter table ring_attempt add column exclusive boolean not null default true;
drop index ring_attempt_live_extension;
drop index ring_attempt_live_entry;
create unique index ring_attempt_live_extension on ring_attempt (extension) where state <> 'ended' and exclusive;
create unique index ring_attempt_live_entry on ring_attempt (entry_id, extension) where state <> 'ended';
comment on column ring_attempt.exclusive is 'The member has no other call meanwhile; false with ring-in-use';
