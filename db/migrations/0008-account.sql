-- Accounts as the shipped account source reads them. A company whose billing lies elsewhere writes another statement, or HTTP; a table
-- or view of this name that is there already is left as it is.
do $$
begin
  if to_regclass('account') is not null then
    return;
  end if;
  create table account (
    phone text not null check (char_length(phone) between 1 and 40),
    number text not null check (number ~ '^[0-9]{1,24}$'),
    balance numeric(20, 2),
    currency text check (currency ~ '^[A-Z]{3}$'),
    locked boolean not null default false,
    primary key (phone, number)
  );
  comment on table account is 'What a caller on hold is told when they ask for it';
  comment on column account.phone is 'The caller''s number as the line sends it';
  comment on column account.currency is 'ISO 4217; null is the account source''s own';
end $$;
