import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LogLine } from '../support/e2e/application.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { allIsServed, oneTalksTwoWait } from '../support/e2e/talk-and-wait.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

let site: Site;
beforeAll(async () => {
  site = await Site.up({ name: 'bad-days' });
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

/** From a line of it on, the log has told of one loss and of its return, once each: a minute later, when the power had come and gone just before. */
async function untilToldOnce(power: string, from: number): Promise<void> {
  const count = (key: 'lost' | 'back') => site.app.log.slice(from).filter((line) => line[key] === power).length;
  await eventually(`the log tells of the return of ${power}`, () => count('back') > 0, 90_000);
  expect([count('lost'), count('back')]).toEqual([1, 1]);
}

describe('while one talks and two wait', () => {
  test('PostgreSQL is restarted', async () => {
    const scene = await oneTalksTwoWait(site);
    const from = site.app.log.length;
    await site.stack.kill('postgres');
    await site.untilMissing('database');
    await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
    await site.stack.start('postgres');
    await site.untilMissing();
    await allIsServed(site, scene);
    await untilToldOnce('database', from);
  });

  test('the talk ends while PostgreSQL is away: it is booked when it is back', async () => {
    const scene = await oneTalksTwoWait(site);
    await site.stack.kill('postgres');
    await site.untilMissing('database');
    scene.phone.behave(answers(0, 300));
    await scene.ring.hangup();
    expect(await scene.talking.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    expect((await site.readiness())?.missing).toMatchObject([{ part: 'database' }]);
    await site.stack.start('postgres');
    const rings = [await scene.phone.ring({ limitMs: 60_000 }), await scene.phone.ring({ limitMs: 60_000 })];
    expect(rings.map(({ caller }) => caller.number)).toEqual(['2002', '2003']);
    await site.logged('COMPLETEAGENT', 3);
  });

  test('the XMPP server is restarted: calls go on, and the item is there again', async () => {
    const scene = await oneTalksTwoWait(site);
    const from = site.app.log.length;
    await site.stack.kill('xmpp');
    await site.untilMissing('xmpp');
    await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
    await site.stack.start('xmpp');
    await site.untilMissing();
    const crm = await site.crm();
    await crm.subscribe('extension1000');
    const item = await crm.next('item', ({ payload }) => payload.includes('state="connected"'), { limitMs: 60_000 });
    expect(item.payload).toContain('number="2001"');
    await allIsServed(site, scene);
    await untilToldOnce('xmpp', from);
  });

  test('the XMPP server is away: the next phone rings all the same', async () => {
    const scene = await oneTalksTwoWait(site);
    await site.stack.kill('xmpp');
    await site.untilMissing('xmpp');
    await allIsServed(site, scene);
    await site.stack.start('xmpp');
    await site.untilMissing();
  });

  test('the application is killed: the talk and the places are taken over', async () => {
    const scene = await oneTalksTwoWait(site);
    await site.killApp();
    await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
    await site.startApp();
    // It is level once everybody has a place again; whether the two talk is asked of Asterisk when the kill was before the database knew.
    const phases = async () => (await site.calls()).map(({ phase }) => phase).sort();
    await eventually('one talks and two wait', async () => (await phases()).join() === 'talking,waiting,waiting');
    await allIsServed(site, scene);
  });

  test('the application is killed, and the talk ends before the next one starts', async () => {
    const scene = await oneTalksTwoWait(site);
    await site.killApp();
    scene.phone.behave(answers(0, 300));
    await scene.ring.hangup();
    await site.startApp();
    expect(await scene.talking.ended()).toMatchObject({ by: 'far end' });
    const rings = [await scene.phone.ring({ limitMs: 60_000 }), await scene.phone.ring({ limitMs: 60_000 })];
    expect(rings.map(({ caller }) => caller.number)).toEqual(['2002', '2003']);
    await site.logged('COMPLETEAGENT', 3);
  });

  test('the application is told to stop (SIGTERM): it ends with 0, the next one goes on', async () => {
    const scene = await oneTalksTwoWait(site);
    expect(await site.restartApp()).toMatchObject({ status: 0 });
    await allIsServed(site, scene);
  });

  test('Asterisk is restarted: its calls are over and booked, the next one is served', async () => {
    const scene = await oneTalksTwoWait(site);
    const from = site.app.log.length;
    await site.stack.kill('asterisk');
    await site.untilMissing('asterisk');
    await site.stack.start('asterisk');
    await site.untilMissing();
    await site.untilNoCalls();
    const ends = await eventually('all three are booked', async () => {
      const lines = (await site.queueLog()).filter(({ event }) => /ABANDON|COMPLETE/.test(event));
      return lines.length >= 3 && lines.map(({ event }) => event);
    });
    expect(ends.sort()).toEqual(['ABANDON', 'ABANDON', expect.stringMatching(/^COMPLETE/)]);
    await untilToldOnce('asterisk', from);
    expect(await site.sql("select entry_id from queue_entry where state <> 'ended'")).toEqual([]);
    await scene.phone.close();
    const phone = await site.phone('1000', { behaviour: answers(0, 300) });
    await site.untilDevice('1000', 'NOT_INUSE');
    const caller = await site.caller('0001', { from: { number: '2004' } });
    expect((await phone.ring()).caller.number).toBe('2004');
    await caller.ended();
  });
});

test('the XMPP server stands still: the phone rings after 300 ms, and the log says so', async () => {
  const phone = await site.phone('1000', { behaviour: answers(0, 300) });
  await site.onDuty('1000');
  const pid = site.stack.state.processes.xmpp?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    const from = site.app.log.length;
    const caller = await site.caller('0001', { from: { number: '2001' } });
    const chosen = await site.app.says('a member is chosen', ({ msg }) => msg === 'Member chosen', { from });
    const ring = await phone.ring();
    const isUnacknowledged = ({ msg }: LogLine) => msg.startsWith('Ringing before the item was acknowledged');
    const given = await site.app.says('it rang before', isUnacknowledged, { from });
    // Not because the server counts as lost: because the time is up. How long it was is told by the clock of the one that waited.
    expect(given).toMatchObject({ level: 'warn', outcome: 'timeout' });
    const [chosenAtMs = 0, givenUpAtMs = 0] = [chosen, given].map(({ time }) => new Date(time).getTime());
    expect(ring.invitedAtMs - chosenAtMs).toBeGreaterThanOrEqual(290);
    expect(givenUpAtMs - chosenAtMs).toBeLessThan(1_500);
    await caller.ended();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await site.untilMissing();
});
