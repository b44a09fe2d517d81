import { expect } from '@jest/globals';
import type { Call } from '../phones/call.ts';
import type { Caller } from '../phones/caller.ts';
import { answers, type Phone } from '../phones/phone.ts';
import { untilTheyTalk } from './listening.ts';
import type { Site } from './site.ts';

/** One who talks with the only member, and two who wait, in this order. */
export interface TalkAndWait {
  readonly phone: Phone;
  readonly talking: Caller;
  readonly ring: Call;
  readonly waiting: readonly [Caller, Caller];
}

/** `booked` waits until the CONNECT is in queue_log, by default in the site's database. */
export async function oneTalksTwoWait(
  site: Site,
  booked: () => Promise<unknown> = () => site.logged('CONNECT'),
): Promise<TalkAndWait> {
  const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
  await site.onDuty('1000');
  const talking = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  const ring = await phone.ring();
  await site.untilPhase('talking');
  // They talk before the database has it.
  await booked();
  const first = await site.caller('0001', { from: { number: '2002' } });
  await site.untilPhase('waiting', ({ position }) => position === 1);
  const second = await site.caller('0001', { from: { number: '2003' } });
  await site.untilPhase('waiting', ({ position }) => position === 2);
  await untilTheyTalk([talking, 500], [ring, 700]);
  return { phone, talking, ring, waiting: [first, second] };
}

/** They talk on; after the hang-up the two who waited are served in their order, and everything is booked. */
export async function allIsServed(site: Site, { phone, talking, ring, waiting }: TalkAndWait): Promise<void> {
  await untilTheyTalk([talking, 500], [ring, 700]);
  phone.behave(answers(0, 300));
  await ring.hangup();
  expect(await talking.ended()).toMatchObject({ by: 'far end', how: 'bye' });
  const next = await phone.ring({ limitMs: 60_000 });
  const last = await phone.ring({ limitMs: 60_000 });
  expect([next.caller.number, last.caller.number]).toEqual(['2002', '2003']);
  for (const caller of waiting) expect(await caller.ended()).toMatchObject({ by: 'far end', how: 'bye' });
  await site.logged('COMPLETEAGENT', 3);
  const lines = await site.queueLog();
  // Each caller's lines, whole and in their order.
  const callers = lines.filter(({ event }) => event === 'ENTERQUEUE').map(({ callid }) => callid);
  expect(callers).toHaveLength(3);
  for (const caller of callers) {
    const events = lines.filter(({ callid }) => callid === caller).map(({ event }) => event);
    expect(events).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  }
  // Of the last talk, by the application's clock, and not what was there before.
  const hangup = await site.sql(
    `select last_hangup_at at time zone 'UTC' >= (select max(time) from queue_log where event = 'CONNECT') as "isNew"
      from extension where number = '1000'`,
  );
  expect(hangup).toEqual([{ isNew: true }]);
}
