import { describe, expect, test } from '@jest/globals';
import { Outage } from '../../../src/lib/outage.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { warnings } from '../../support/log-lines.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const CALLS = 100;
const ABSENCE_MS = 10 * 60_000;

/** A hundred callers, a few of whom talk, and a power that goes. */
async function crowd() {
  const members = ['1000', '1001', '1002', '1003'];
  const center = await CallCenter.open({ members, settings: { callsMax: 1_000 }, level: 'info' });
  const callers = [];
  for (let number = 0; number < CALLS; number++) callers.push(await center.entersSupport());
  for (const number of members) center.phone(number).picksUp();
  await center.wait(1_000);
  // Of Asterisk's return the calls tell, as in the real room.
  const words = (back: string | null) => ({ lost: 'Lost', still: 'Still', back });
  const outage = (power: string, back: string | null) =>
    new Outage({ power, words: words(back), clock: center.clock, log: center.logger });
  return { center, callers, outage };
}

/** People come and go while it is away. */
async function aBusyTime({ center, callers }: Pick<Awaited<ReturnType<typeof crowd>>, 'center' | 'callers'>) {
  for (let minute = 0; minute < ABSENCE_MS / 60_000; minute++) {
    callers[20 + minute]?.hangsUp();
    const phone = center.phone(`100${minute % 4}`);
    if (phone.talking !== undefined) phone.hangsUp();
    callers.push(await center.entersSupport(), await center.calls());
    await center.wait(60_000);
  }
}

describe(`ten minutes without it, with ${CALLS} calls`, () => {
  test('the database: one line at the loss, one at the end', async () => {
    const { center, callers, outage } = await crowd();
    const database = outage('database', 'Back');
    const before = warnings(center.lines).length;
    center.store.setAway(true);
    database.lost('statements', 'connection refused');
    await aBusyTime({ center, callers });
    center.store.setAway(false);
    database.back('statements');
    await center.wait(5_000);
    const said = warnings(center.lines).slice(before);
    expect(said.map(({ msg }) => msg)).toEqual(['Lost', 'Still', 'Back']);
    expect(said.at(-1)?.['awayMs']).toBeGreaterThanOrEqual(ABSENCE_MS);
    for (const caller of callers) caller.hangsUp();
    await center.wait(60_000);
    expect(await center.leftovers()).toMatchObject({ faults: [], calls: 0 });
  });

  test('Asterisk: one line at the loss, and one when calls are level with it again', async () => {
    const { center, callers, outage } = await crowd();
    const asterisk = outage('asterisk', null);
    const before = warnings(center.lines).length;
    asterisk.lost('connection', 'closed with 1006');
    center.pbx.losesConnection();
    await aBusyTime({ center, callers });
    center.pbx.reconnects(asterisk.back('connection') ?? undefined);
    await center.wait(5_000);
    const said = warnings(center.lines).slice(before);
    expect(said.map(({ msg }) => msg)).toEqual(['Lost', 'Still', 'Level with Asterisk']);
    expect(said.at(-1)).toMatchObject({ back: 'asterisk' });
    expect(said.at(-1)?.['awayMs']).toBeGreaterThanOrEqual(ABSENCE_MS);
    for (const caller of callers) caller.hangsUp();
    await center.wait(60_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('XMPP: phones ring, and no call says a word about it', async () => {
    const { center, callers } = await crowd();
    const before = warnings(center.lines).length;
    center.announcer.goAway();
    await aBusyTime({ center, callers });
    center.announcer.comeBack();
    expect(warnings(center.lines).slice(before)).toEqual([]);
    for (const caller of callers) caller.hangsUp();
    await center.wait(60_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
