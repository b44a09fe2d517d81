-- A queue is made by the configuration file, or by whoever inserts a row: when the file does not name it any more, the former is no queue
-- any more, the latter stays one. Rows from before are the file's.
alter table queue add column source text not null default 'file' check (source in ('file', 'sql'));
alter table queue alter column source set default 'sql';
comment on column queue.source is 'file: made by the configuration file, and a queue as long as it is there; sql: a queue as long as the row is there';
