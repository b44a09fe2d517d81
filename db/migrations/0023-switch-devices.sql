-- States of phones, as each switch sees them, told to the others: a phone that is registered at one switch, or in use there, is so for the
-- queue. Written only while several switches are configured, and only about phones of members.
create table switch_device (
  switch text not null check (switch ~ '^[a-z0-9-]{1,40}$'),
  device text not null check (char_length(device) between 1 and 255 and device !~ '[\n\r]'),
  state text not null,
  primary key (switch, device)
);

comment on table switch_device is 'What each switch says of the phones of members; it counts while somebody holds the switch''s lease';
comment on column switch_device.device is 'As Asterisk names it, for example PJSIP/1000 or hint:1000@internal';
comment on column switch_device.state is 'Asterisk''s device state';

-- A process that was replaced without knowing it must not write over what its successor says.
create trigger check_switch_lease before insert or update or delete on switch_device for each statement
  when (coalesce(current_setting('queueapp.epoch', true), '') <> '') execute function check_switch_lease();
