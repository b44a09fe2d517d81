-- The tune that a caller chose last, by number and music class: where the next call begins.
create table caller_music (
  number text not null check (char_length(number) between 1 and 40),
  music_class text not null check (char_length(music_class) between 1 and 80),
  track text not null check (char_length(track) between 1 and 255),
  chosen_at timestamptz not null,
  -- Rows that nobody has used for a year are removed.
  used_at timestamptz not null,
  primary key (number, music_class)
);

create index caller_music_used_at on caller_music (used_at);

comment on table caller_music is 'The tune a caller chose last; anonymous callers have none';
comment on column caller_music.used_at is 'When it was chosen or a call began with it, to the day';
