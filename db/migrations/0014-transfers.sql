-- A conversation that was transferred has ended as such.
alter table queue_entry drop constraint queue_entry_outcome_check;
alter table queue_entry add constraint queue_entry_outcome_check check (outcome in
  ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW', 'COMPLETEAGENT', 'COMPLETECALLER',
   'BLINDTRANSFER', 'ATTENDEDTRANSFER'));
