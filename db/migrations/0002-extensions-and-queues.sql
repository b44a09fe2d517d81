-- Telephones, queues, and who is logged in where. Availability is derived, never stored.
create table extension (
  number text primary key check (number ~ '^[0-9A-Za-z*#+._-]{1,40}$'),
  interface text not null unique check (interface ~ '^[^\s|,&]{1,80}$'),
  jid text check (char_length(jid) between 1 and 3071),
  subscribers text[] not null default '{}' check (cardinality(subscribers) <= 100),
  last_hangup_at timestamptz
);

comment on column extension.interface is 'What is rung, as Asterisk writes it; PJSIP/NUMBER when left out';
comment on column extension.jid is 'Bare JID of the person (RFC 7622: at most 3071 bytes)';
comment on column extension.subscribers is 'Further bare JIDs that may subscribe to this extension''s node';
comment on column extension.last_hangup_at is 'When the last answered queue call ended; leastrecent reads it';

create function extension_default_interface() returns trigger language plpgsql as $$
begin
  new.interface := coalesce(new.interface, 'PJSIP/' || new.number);
  return new;
end $$;

create trigger extension_default_interface before insert or update on extension
  for each row execute function extension_default_interface();

create table queue (
  name text primary key check (name ~ '^[^\s|,/&''"<>]{1,128}$'),
  title text not null check (char_length(title) between 1 and 200)
);

comment on column queue.name is 'As the dialplan and queue_log spell it';
comment on column queue.title is 'As people read it';

create table queue_member (
  queue text not null references queue (name) on update cascade on delete cascade,
  extension text not null references extension (number) on update cascade on delete cascade,
  penalty integer not null default 0 check (penalty between 0 and 1000000),
  position integer not null default 0 check (position between 0 and 1000000),
  paused boolean not null default false,
  paused_reason text check (char_length(paused_reason) <= 100),
  logged_in_at timestamptz not null default now(),
  login_unique_id text not null default 'REALTIME' check (char_length(login_unique_id) <= 150),
  primary key (queue, extension)
);

create index queue_member_extension on queue_member (extension);

comment on table queue_member is 'One row per extension and queue while logged in';
comment on column queue_member.penalty is 'Lower is asked first (app_queue)';
comment on column queue_member.position is 'Second tie-break after the time of waiting';
comment on column queue_member.login_unique_id is 'Channel that logged in; CLI, REALTIME (SQL) or the like otherwise';
