-- What Asterisk's app_queue reads and writes while no application is connected (docs/fallback.md), in the columns of its realtime tables.
create view app_queue as select name from queue;

-- An extension's endpoint is dialled through the dialplan, which rings all of its contacts. uniqueid has 80 characters in app_queue.
create view app_queue_member as
select m.queue as queue_name, md5(m.queue || '/' || m.extension) as uniqueid,
    regexp_replace(e.interface, '^PJSIP/([^/]+)$', 'Local/\1@queueapp-member/n') as interface,
    coalesce(e.name, e.interface) as membername, coalesce(e.state_interface, e.interface) as state_interface,
    m.penalty, (m.paused or coalesce(m.aside_until > now(), false))::integer as paused, coalesce(m.paused_reason, '') as reason_paused,
    (m.wrap_up_ms + 999) / 1000 as wrapuptime, m.ring_in_use::integer as ringinuse, m.extension
  from queue_member m join extension e on e.number = m.extension;

comment on view app_queue is 'Queues, for Asterisk''s realtime: is the database there?';
comment on view app_queue_member is 'Members who are logged in, as app_queue reads them in realtime';

-- Lines of calls that app_queue served for one of our queues; its lines about members and other queues are no part of queue_log here. An
-- Asterisk that did not reach the database when it was started writes its parameters into `data`, with strokes between them.
create view app_queue_log as
select time, callid, queuename, agent, event, data1, data2, data3, data4, data5, null::text as data from queue_log where false;

create function app_queue_log_insert() returns trigger language plpgsql security definer set search_path from current as $$
declare
  told text[] := string_to_array(coalesce(new.data, ''), '|');
begin
  if new.event not in ('FALLBACK', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER',
      'ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'RINGNOANSWER', 'RINGCANCELED')
    or not exists (select from queue where name = new.queuename) then
    return null;
  end if;
  insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
  values (coalesce(new.time, now() at time zone 'UTC'), new.callid, new.queuename, new.agent, new.event,
    coalesce(new.data1, left(told[1], 100), ''), coalesce(new.data2, left(told[2], 100), ''), coalesce(new.data3, left(told[3], 100), ''),
    coalesce(new.data4, left(told[4], 100), ''), coalesce(new.data5, left(array_to_string(told[5:], '|'), 100), ''));
  return new;
end $$;

create trigger app_queue_log_insert instead of insert on app_queue_log for each row execute function app_queue_log_insert();

comment on view app_queue_log is 'Takes what app_queue writes in realtime as fallback; calls of our queues go on into queue_log';

create view report_fallback_call as
select time at time zone 'UTC' as at, queuename::text as queue, callid::text as call, nullif(data1, '') as switch
  from queue_log where event = 'FALLBACK';

comment on view report_fallback_call is 'Calls that went past the application to app_queue';
