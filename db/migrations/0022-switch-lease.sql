-- Who may act on a switch: one process at a time holds its lease. Each holder has an epoch of its own; a process that was
-- replaced without knowing it (frozen, cut off) is found out by its older one. Times are for people only: no clock decides anything.
create table switch_lease (
  switch text primary key check (switch ~ '^[a-z0-9-]{1,40}$'),
  epoch bigint not null default 0,
  beat bigint not null default 0,
  holder text,
  http_url text,
  backend_pid integer,
  backend_start timestamptz,
  postmaster_start timestamptz,
  taken_at timestamptz,
  seen_at timestamptz,
  asterisk_lost_at timestamptz,
  is_draining boolean not null default false
);

-- The lease may be taken over only when no statement of the old holder is half-way: `epoch` is made part of a key, so that changing it
-- waits for sessions that hold the row FOR KEY SHARE. A heartbeat changes no key and waits for nobody.
create unique index switch_lease_key on switch_lease (switch, epoch);

comment on table switch_lease is 'One row for each switch (Asterisk): which process acts on it';
comment on column switch_lease.epoch is 'How often the lease was taken';
comment on column switch_lease.beat is 'Counts while the holder lives';
comment on column switch_lease.holder is 'Machine and process of the holder; null: free';
comment on column switch_lease.http_url is 'Where the holder''s API listens';
comment on column switch_lease.backend_pid is 'The holder''s own database session, as in pg_stat_activity';
comment on column switch_lease.postmaster_start is 'Which run of the server that session belongs to';
comment on column switch_lease.asterisk_lost_at is 'Since when the holder can''t reach its Asterisk; null: it does';
comment on column switch_lease.is_draining is 'The holder takes no new calls';

-- Channel ids of an entry are those of this switch. Sessions without the setting (psql, older programs) write 'main'.
alter table queue_entry add column switch text not null default 'main';
alter table queue_entry alter column switch set default coalesce(nullif(current_setting('queueapp.switch', true), ''), 'main');
comment on column queue_entry.switch is 'The switch that the caller''s channel is on';

-- A session that names an epoch changes no entry after it: the lock is held until its statement is through.
create function check_switch_lease() returns trigger language plpgsql as $$
begin
  perform from switch_lease where switch = current_setting('queueapp.switch')
    and epoch = current_setting('queueapp.epoch')::bigint for key share;
  if not found then
    raise exception 'Switch % is not held in epoch % any more', current_setting('queueapp.switch'), current_setting('queueapp.epoch')
      using errcode = 'QA001';
  end if;
  return null;
end $$;

create trigger check_switch_lease before insert or update on queue_entry for each statement
  when (coalesce(current_setting('queueapp.epoch', true), '') <> '') execute function check_switch_lease();
