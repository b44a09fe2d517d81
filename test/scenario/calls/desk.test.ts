import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

type Action = 'login' | 'logout' | 'pause' | 'unpause';

/** A phone dials the desk; everything is heard to the end. */
async function desk(center: CallCenter, number: string, action: Action, ...args: string[]) {
  center.phone(number);
  const asked = args.length === 0 ? ['support'] : args;
  const caller = await center.calls({ endpoint: number, number: 'anything', args: [action, ...asked] });
  await center.wait(10_000);
  expect(caller.isGone).toBe(true);
  return caller.heard.map((media) => media.replace('sound:', ''));
}

const members = async (center: CallCenter) => (await center.store.memberships()).map((each) => each.extension.number);
const rows = (center: CallCenter, event: string) => center.store.log.filter((row) => row.event === event);

describe('the member desk', () => {
  test('login: wait a moment, confirmation, congestion tone; the node is made and calls are rung', async () => {
    const center = await CallCenter.open();
    expect(await desk(center, '1000', 'login')).toEqual(['wait', 'logon', 'tone:congestion']);
    expect(await members(center)).toEqual(['1000']);
    expect(rows(center, 'ADDMEMBER').map(({ agent }) => agent)).toEqual(['PJSIP/1000']);
    expect([...center.announcer.nodes.keys()]).toEqual(['1000']);
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('twice: confirmed again, written once', async () => {
    const center = await CallCenter.open();
    await desk(center, '1000', 'login');
    expect(await desk(center, '1000', 'login')).toEqual(['wait', 'logon', 'tone:congestion']);
    expect(rows(center, 'ADDMEMBER')).toHaveLength(1);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('logout: confirmed, the node is gone; again: failure', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    expect(await desk(center, '1000', 'logout')).toEqual(['wait', 'logoff', 'tone:congestion']);
    expect([await members(center), [...center.announcer.nodes.keys()]]).toEqual([[], []]);
    expect(await desk(center, '1000', 'logout')).toEqual(['wait', 'logoff-failed', 'tone:congestion']);
    expect(rows(center, 'REMOVEMEMBER')).toHaveLength(1);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['an unknown extension', '4711', 'support'],
    ['an unknown queue', '1000', 'nowhere'],
  ])('%s hears failure, and nothing is written', async (_, number, queue) => {
    const center = await CallCenter.open();
    const before = center.store.log.length;
    expect(await desk(center, number, 'login', queue)).toEqual(['wait', 'logon-failed', 'tone:congestion']);
    expect(await desk(center, number, 'logout', queue)).toEqual(['wait', 'logoff-failed', 'tone:congestion']);
    expect([await members(center), center.store.log.length]).toEqual([[], before]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each<[Action, string, string, string]>([
    ['login', 'AQMSTATUS', 'ADDED', 'NOSUCHQUEUE'],
    ['logout', 'RQMSTATUS', 'NOTINQUEUE', 'NOTINQUEUE'],
    ['pause', 'PQMSTATUS', 'NOTFOUND', 'NOTFOUND'],
    ['unpause', 'UPQMSTATUS', 'NOTFOUND', 'NOTFOUND'],
  ])('%s leaves %s for the hangup handler: %s, in an unknown queue %s', async (action, variable, here, elsewhere) => {
    const center = await CallCenter.open();
    const left = async (number: string, queue: string) => {
      center.phone(number);
      const caller = await center.calls({ endpoint: number, number: 'anything', args: [action, queue] });
      await center.wait(10_000);
      return caller.variable(variable);
    };
    expect([await left('1000', 'support'), await left('1000', 'nowhere')]).toEqual([here, elsewhere]);
    expect(await left('4711', 'support')).toBe('FAILED');
  });

  test('pause with a reason: confirmed, nobody is rung, and who is back is rung at once', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    expect(await desk(center, '1000', 'pause', 'support', 'lunch')).toEqual(['wait', 'paused', 'tone:congestion']);
    expect(await desk(center, '1000', 'pause', 'support', 'lunch')).toEqual(['wait', 'paused', 'tone:congestion']);
    expect(rows(center, 'PAUSE').map(({ agent, data }) => [agent, ...data])).toEqual([['PJSIP/1000', 'lunch']]);
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual([]);
    expect(await desk(center, '1000', 'unpause')).toEqual(['wait', 'unpaused', 'tone:congestion']);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('pause of all queues writes PAUSEALL; who is in none hears failure', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    expect(await desk(center, '1000', 'pause', '', 'home')).toEqual(['wait', 'paused', 'tone:congestion']);
    expect(rows(center, 'PAUSEALL').map(({ queuename, data }) => [queuename, ...data])).toEqual([['NONE', 'home']]);
    for (const [action, failed] of [
      ['pause', 'pause-failed'],
      ['unpause', 'unpause-failed'],
    ] as const) {
      expect(await desk(center, '1001', action, '')).toEqual(['wait', failed, 'tone:congestion']);
      expect(await desk(center, '1000', action, 'nowhere')).toEqual(['wait', failed, 'tone:congestion']);
      expect(await desk(center, '4711', action)).toEqual(['wait', failed, 'tone:congestion']);
    }
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('caller id decides nothing: only the channel does', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls({ endpoint: 'trunk', number: '1000', args: ['login', 'support'] });
    await center.wait(10_000);
    expect(caller.heard).toContain('sound:logon-failed');
    expect(await members(center)).toEqual([]);
  });

  test.each([
    ['login', 'logon-failed'],
    ['logout', 'logoff-failed'],
    ['pause', 'pause-failed'],
    ['unpause', 'unpause-failed'],
  ] as const)('the database is away: %s fails audibly', async (action, failed) => {
    const center = await CallCenter.open();
    center.store.setAway(true);
    expect(await desk(center, '1000', action)).toEqual(['wait', failed, 'tone:congestion']);
    center.store.setAway(false);
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('written, but not read back: confirmed, and rung as soon as it is', async () => {
    const center = await CallCenter.open();
    center.store.fail('memberships', 'unavailable');
    expect(await desk(center, '1000', 'login')).toEqual(['wait', 'logon', 'tone:congestion']);
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('logout while talking: the conversation goes on and ends as ever', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    await center.logsOut('1000');
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('logout while ringing: the ring is finished, and the member is not rung again', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.logsOut('1000');
    await center.wait(60_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('hang-up at any moment of the desk leaves nothing', async () => {
    for (let atMs = 0; atMs < 4_500; atMs += 250) {
      const center = await CallCenter.open();
      center.phone('1000');
      const caller = await center.calls({ endpoint: '1000', args: ['login', 'support'] });
      await center.wait(atMs);
      if (!caller.isGone) caller.hangsUp();
      await center.wait(5_000);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    }
  });
});
