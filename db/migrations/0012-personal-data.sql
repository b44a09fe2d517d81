-- Erasing what calls leave of callers (docs/personal-data.md), by command and after a time.

-- Whether a text is a number by which a caller can be told from others: the words are those of db/caller-number.ts.
create function is_personal_number(p_number text) returns boolean language sql immutable as $$
  select coalesce(btrim(p_number) <> '' and p_number not like 'erased-%'
    and btrim(p_number) !~* '^(anonymous|none|private|restricted|unavailable|unknown|withheld)$', false)
$$;

-- What stands in a number's place: the same for the same number and key, and nobody keeps the key. What is no number stays.
create function erased_number(p_key bytea, p_number text) returns text language sql immutable as $$
  select case when is_personal_number(p_number)
    then 'erased-' || left(encode(sha256(p_key || convert_to(btrim(p_number), 'UTF8')), 'hex'), 16)
    else p_number end
$$;

create index queue_log_caller on queue_log (btrim(data2)) where event = 'ENTERQUEUE' and is_personal_number(data2);
create index queue_log_personal on queue_log (time)
  where event = 'ENTERQUEUE' and (is_personal_number(data2) or coalesce(data4, '') <> '');
create index queue_entry_caller on queue_entry (btrim(caller_number)) where is_personal_number(caller_number);
create index queue_entry_customer on queue_entry ((customer ->> 'id')) where customer is not null;
create index queue_entry_personal on queue_entry (ended_at)
  where state = 'ended' and (customer is not null or caller_name is not null or is_personal_number(caller_number));
create index ring_attempt_ended on ring_attempt (ended_at) where state = 'ended';

-- Erasures that were asked for while calls of theirs went on: done when these are over, then the row goes.
create table erasure (
  kind text not null check (kind in ('number', 'customer')),
  value text not null check (char_length(value) between 1 and 100),
  key bytea not null check (octet_length(key) = 32),
  asked_at timestamptz not null,
  primary key (kind, value)
);

comment on table erasure is 'Erasures of personal data that wait for the end of a call';
comment on column erasure.asked_at is 'What came later is not erased';
