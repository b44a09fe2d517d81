-- Recordings whose file is to be removed: because they are too old, or because a caller's traces are erased.
alter table recording add column removal_wanted_at timestamptz;
comment on column recording.removal_wanted_at is 'When it was decided to remove the file; it goes when Asterisk can be reached';
create index recording_unique_id on recording (left(unique_id, 80));
create index recording_to_remove on recording (removal_wanted_at) where removal_wanted_at is not null and removed_at is null;
create index recording_kept on recording (ended_at) where removal_wanted_at is null;
