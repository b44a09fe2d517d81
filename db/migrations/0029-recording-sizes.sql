-- How long recordings are and how much room they take, for supervisors and whoever watches the disk. Asterisk tells neither; all formats have a
-- constant rate, so both follow from when the file was begun and ended.

-- Of a file's ending; null: it is none of ours, or the file has been removed.
create function recording_bytes_per_second(p_file text) returns integer language sql immutable as $$
  select case substring(p_file from '\.([^./]+)$') when 'wav' then 16000 when 'wav16' then 32000 when 'WAV' then 1625 when 'gsm' then 1650 end
$$;

create view report_recording as
select r.recording_id, r.call_id, r.unique_id as call, r.queue, coalesce(x.name, x.interface, r.extension) as member, r.part, r.file, r.state, r.error,
    r.started_at, r.ended_at, round(l.seconds)::integer as seconds,
    case when r.removed_at is null then round(l.seconds * recording_bytes_per_second(r.file))::bigint else 0 end as bytes, r.removed_at
  from recording r left join extension x on x.number = r.extension
    cross join lateral (select greatest(0, extract(epoch from coalesce(r.ended_at, now()) - r.started_at)) as seconds) l;

comment on view report_recording is 'Files of recorded conversations with their length and about how much room they take';
