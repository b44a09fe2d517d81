-- queue_log read as people ask for it (docs/reports.md): one row for each call, ring, session, pause, and sums of them.
create index queue_log_entered on queue_log (time) where event = 'ENTERQUEUE';
create index queue_log_members on queue_log (id) where event in ('ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'WRAPUPSTART', 'WRAPUPEND');

-- A number in a column that anybody may have written.
create function report_number(p_text text) returns integer language sql immutable as $$
  select case when p_text ~ '^\d{1,9}$' then p_text::integer end
$$;

-- Lines have a member's name or interface, and the name may have come later: the same member is the same here.
create function report_member(p_agent text) returns text language sql stable as $$
  select coalesce((select coalesce(name, interface) from extension where p_agent in (interface, name) order by number limit 1), p_agent)
$$;

-- A caller who enters twice has two rows: a row reaches from ENTERQUEUE to the next one of the same call in the same queue.
create view report_call as
select e.id as line, e.time at time zone 'UTC' as entered_at, e.queuename::text as queue, e.callid::text as call, nullif(e.data2, '') as caller,
    report_number(e.data3) as entered_position,
    case when c.id is not null or x.event like 'COMPLETE%' or x.event like '%TRANSFER' then 'answered'
      when x.event = 'ABANDON' then 'abandoned' when x.event = 'EXITWITHTIMEOUT' then 'timeout' when x.event = 'EXITEMPTY' then 'empty'
      when x.event = 'EXITWITHKEY' then 'key' when x.event = 'WITHDRAW' then 'withdrawn' else 'open' end as outcome,
    report_member(c.agent) as member, c.time at time zone 'UTC' as answered_at, x.time at time zone 'UTC' as ended_at,
    w.seconds as wait_seconds, report_number(c.data3) as ring_seconds,
    case when x.event like 'COMPLETE%' then report_number(x.data2)
      when x.event like '%TRANSFER' and x.data1 = 'LINK' then report_number(split_part(x.data5, '|', 1))
      when x.event like '%TRANSFER' then report_number(x.data4) end as talk_seconds,
    case x.event when 'COMPLETEAGENT' then 'member' when 'COMPLETECALLER' then 'caller'
      when 'BLINDTRANSFER' then 'transfer' when 'ATTENDEDTRANSFER' then 'transfer' when 'TRANSFER' then 'transfer' end as ended_by,
    case x.event when 'BLINDTRANSFER' then x.data1 when 'TRANSFER' then x.data1 when 'ATTENDEDTRANSFER' then x.data2 end as transferred_to,
    case when x.event = 'EXITWITHKEY' then report_number(x.data2)
      when x.event in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'WITHDRAW') then report_number(x.data1) end as left_position,
    case when x.event = 'EXITWITHKEY' then x.data1 end as key,
    m.missed, w.seconds * 1000 <= q.service_level_ms as in_level
  from queue_log e
  cross join lateral (select coalesce(min(n.id), 9223372036854775807) as id from queue_log n
    where n.callid = e.callid and n.queuename = e.queuename and n.event = 'ENTERQUEUE' and n.id > e.id) as next
  left join lateral (select l.* from queue_log l where l.callid = e.callid and l.queuename = e.queuename
    and l.id > e.id and l.id < next.id and l.event = 'CONNECT' order by l.id limit 1) as c on true
  left join lateral (select l.* from queue_log l where l.callid = e.callid and l.queuename = e.queuename
    and l.id > e.id and l.id < next.id and l.event in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW',
      'COMPLETEAGENT', 'COMPLETECALLER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER', 'TRANSFER') order by l.id limit 1) as x on true
  cross join lateral (select count(*)::integer as missed from queue_log l where l.callid = e.callid and l.queuename = e.queuename
    and l.id > e.id and l.id < next.id and l.event = 'RINGNOANSWER') as m
  cross join lateral (select case when c.id is not null then report_number(c.data1)
      when x.event = 'EXITWITHKEY' then report_number(x.data4)
      when x.event like 'COMPLETE%' then report_number(x.data1)
      when x.event like '%TRANSFER' then report_number(x.data3)
      else report_number(x.data3) end as seconds) as w
  left join queue q on q.name = e.queuename
  where e.event = 'ENTERQUEUE';

create view report_refused_call as
select time at time zone 'UTC' as refused_at, queuename::text as queue, callid::text as call,
    case event when 'FULL' then 'full' else 'nobody there' end as reason
  from queue_log where event in ('FULL', 'JOINEMPTY');

create view report_ring as
select time at time zone 'UTC' as ended_at, queuename::text as queue, callid::text as call, report_member(agent) as member,
    case event when 'CONNECT' then 'answered' when 'RINGNOANSWER' then 'missed' else 'caller gone' end as outcome,
    case event when 'CONNECT' then report_number(data3) else report_number(data1) / 1000 end as ring_seconds
  from queue_log where event in ('CONNECT', 'RINGNOANSWER', 'RINGCANCELED');

-- From ADDMEMBER to REMOVEMEMBER, or to the next ADDMEMBER when that is missing; logged_out_at is null while it lasts.
create view report_session as
select queue, member, logged_in_at, logged_out_at,
    floor(extract(epoch from coalesce(logged_out_at, now()) - logged_in_at))::integer as seconds
  from (select queuename::text as queue, report_member(agent) as member, event, time at time zone 'UTC' as logged_in_at,
      lead(time) over (partition by queuename, report_member(agent) order by id) at time zone 'UTC' as logged_out_at
    from queue_log where event in ('ADDMEMBER', 'REMOVEMEMBER')) as lines
  where event = 'ADDMEMBER';

-- From PAUSE (or a login that begins paused) to UNPAUSE, logout, or the next pause with another reason.
create view report_pause as
select queue, member, reason, paused_at, unpaused_at,
    floor(extract(epoch from coalesce(unpaused_at, now()) - paused_at))::integer as seconds
  from (select queuename::text as queue, report_member(agent) as member, event, data1, nullif(case event when 'PAUSE' then data1 end, '') as reason,
      time at time zone 'UTC' as paused_at,
      lead(time) over (partition by queuename, report_member(agent) order by id) at time zone 'UTC' as unpaused_at
    from queue_log where event in ('PAUSE', 'UNPAUSE', 'ADDMEMBER', 'REMOVEMEMBER')) as lines
  where event = 'PAUSE' or (event = 'ADDMEMBER' and data1 = 'PAUSED');

-- From WRAPUPSTART to its planned end, or to WRAPUPEND when that comes first.
create view report_wrap_up as
select queue, member, call, began_at, planned_seconds,
    least(planned_seconds, floor(extract(epoch from ended_at - began_at))::integer) as seconds
  from (select queuename::text as queue, report_member(agent) as member, callid::text as call, event, time at time zone 'UTC' as began_at,
      report_number(data1) as planned_seconds,
      lead(time) over (partition by report_member(agent) order by id) at time zone 'UTC' as ended_at
    from queue_log where event in ('WRAPUPSTART', 'WRAPUPEND')) as lines
  where event = 'WRAPUPSTART';

create view report_menu as
select time at time zone 'UTC' as at, callid::text as call,
    case data1 when 'IVR' then data2 when 'IVRAPPEND' then data3 end as step,
    case data1 when 'IVRAPPEND' then data2 end as key,
    case data1 when 'IVRGOAL' then data2 end as goal
  from queue_log where event = 'INFO' and data1 in ('IVR', 'IVRAPPEND', 'IVRGOAL');

-- By hour of the session's time zone (set time zone 'Europe/Berlin').
create view report_hour as
select queue, date_trunc('hour', entered_at) as hour, count(*) as offered, count(*) filter (where outcome = 'answered') as answered,
    count(*) filter (where outcome = 'abandoned') as abandoned,
    count(*) filter (where outcome in ('timeout', 'empty', 'withdrawn')) as sent_away, count(*) filter (where outcome = 'key') as by_key,
    count(*) filter (where outcome = 'open') as open,
    round(avg(wait_seconds) filter (where outcome = 'answered'), 1) as wait_average,
    round(avg(talk_seconds), 1) as talk_average,
    count(*) filter (where outcome = 'answered' and in_level) as answered_in_level
  from report_call group by 1, 2;

create view report_member_day as
select queue, member, date_trunc('day', answered_at) as day, count(*) as answered, sum(talk_seconds) as talk_seconds,
    round(avg(talk_seconds), 1) as talk_average, round(avg(ring_seconds), 1) as ring_average,
    count(*) filter (where ended_by = 'transfer') as transferred
  from report_call where outcome = 'answered' and member is not null group by 1, 2, 3;

create view report_wait as
select queue, outcome, wait_seconds / 10 * 10 as from_seconds, wait_seconds / 10 * 10 + 10 as to_seconds, count(*) as calls
  from report_call where wait_seconds is not null group by 1, 2, 3, 4;

create view report_position as
select queue, entered_position, count(*) as offered, count(*) filter (where outcome = 'answered') as answered,
    round(avg(wait_seconds), 1) as wait_average
  from report_call group by 1, 2;

comment on view report_call is 'One row for each caller in each queue; in_level compares with the level of now';
