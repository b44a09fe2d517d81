-- What a waiting caller has heard, so that the programme goes on where it was when another process takes the call over.
-- In a table of its own: it is written every few seconds, and nobody is to be told of it as of a change of the entry.
create table queue_entry_heard (
  entry_id text collate "C" primary key references queue_entry (entry_id) on delete cascade,
  heard jsonb not null check (octet_length(heard::text) <= 60000),
  heard_at timestamptz not null
);

comment on table queue_entry_heard is 'What callers on hold have heard up to heard_at: their tune, and what need not be said again';
