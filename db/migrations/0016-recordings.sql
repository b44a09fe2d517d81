-- Files of recorded conversations: by whom and when, so that SQL finds the recording of a call.
create table recording (
  recording_id text collate "C" primary key check (char_length(recording_id) between 1 and 100),
  call_id text not null check (char_length(call_id) between 1 and 100),
  entry_id text not null check (char_length(entry_id) between 1 and 100),
  unique_id text not null check (char_length(unique_id) between 1 and 150),
  queue text not null,
  extension text not null,
  part text not null check (part in ('together', 'caller', 'member')),
  file text not null check (char_length(file) between 1 and 4000),
  state text not null check (state in ('recording', 'paused', 'done', 'failed')),
  started_at timestamptz not null,
  ended_at timestamptz,
  error text check (char_length(error) <= 1000),
  removed_at timestamptz,
  check ((state in ('recording', 'paused')) = (ended_at is null))
);

comment on table recording is 'One row per file of a recorded conversation; it outlives the entry, which goes after some time';
comment on column recording.unique_id is 'callid of the lines in queue_log';
comment on column recording.file is 'Path below the folder recording in Asterisk''s spool folder';
comment on column recording.removed_at is 'When the file was removed; null while it is there';

create index recording_call on recording (call_id);
create index recording_started on recording (started_at);
create index recording_open on recording (recording_id) where ended_at is null;
