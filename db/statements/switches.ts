import type { SwitchStanding } from '../../src/ports/switches.ts';
import { asMs, type Statement } from './statement.ts';

/** Every switch, in the order of names. Standbys are known by the name of their sessions; `*` waits for any switch. */
export function selectSwitches(): Statement<SwitchStanding> {
  return {
    name: 'switches',
    text: `select l.switch as "switchName", l.holder, l.epoch::float8 as epoch, ${asMs('l.taken_at')} as "takenAtMs",
        ${asMs('l.seen_at')} as "seenAtMs", l.http_url as "httpUrl", l.is_draining as "isDraining",
        ${asMs('l.asterisk_lost_at')} as "asteriskLostAtMs",
        exists (select from pg_stat_activity a where a.pid = l.backend_pid and coalesce(a.backend_start = l.backend_start, true))
          as "isHolderThere",
        (select count(*) from pg_stat_activity a where a.datname = current_database()
          and a.application_name in ('queueapp standby ' || l.switch, 'queueapp standby *'))::int as standbys,
        (select count(*) from queue_entry e where e.state <> 'ended' and e.switch = l.switch)::int as callers
      from switch_lease l order by l.switch`,
    values: [],
  };
}
