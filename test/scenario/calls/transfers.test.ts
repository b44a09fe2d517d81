import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

// What a REFER in a conversation does: order of events as measured on 22.10 and 16.28 (stasis/ari/README.md).
expectNoUnhandledRejections();

/** 1000 talks to a caller who has waited 2 s; 1001 is logged in, too, and 1002 is not. */
async function talking(options: Parameters<typeof CallCenter.open>[0] = {}) {
  const center = await CallCenter.open({ members: ['1000', '1001'], ...options });
  const caller = await center.entersSupport();
  await center.wait(2_000);
  center.phone('1000').picksUp();
  await center.wait(10_000);
  expect(caller.talksTo).toEqual(['PJSIP/1000']);
  const lineOf = (event: string) => center.store.log.find((row) => row.event === event);
  const phase = () => center.application.calls.list().find((call) => call.channelId === caller.channelId)?.phase;
  return { center, caller, phone: center.phone('1000'), lineOf, phase };
}

describe('the member sends the caller to an extension (blind)', () => {
  test('the line has extension, context, hold, talk and place, at the moment of the transfer', async () => {
    const { center, caller, phone, lineOf } = await talking();
    const other = phone.transfers('5550199');
    await center.wait(30_000);
    expect(lineOf('BLINDTRANSFER')).toMatchObject({
      agent: 'PJSIP/1000',
      callid: caller.channelId,
      data: ['5550199', 'phones', '2', '10', '1'],
    });
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('the caller talks to whoever answers there, in the same bridge, until one of them hangs up', async () => {
    const { center, caller, phone } = await talking();
    const other = phone.transfers('5550199');
    other.rings();
    await center.wait(1_000);
    other.answers();
    await center.wait(60_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(caller.isGone).toBe(false);
    caller.hangsUp();
    await center.clock.settle();
    expect(other.isGone).toBe(true);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the other party hangs up: the call goes where a served call goes', async () => {
    const { center, caller, phone } = await talking({ queue: { afterConversation: 'dialplan' } });
    phone.transfers('5550199').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(caller.continuedTo).toBe('next');
    expect(caller.variable('QUEUESTATUS')).toBe('CONTINUE');
  });

  test('nobody answers there: the caller is not left in an empty bridge', async () => {
    const { center, caller, phone } = await talking();
    const other = phone.transfers('5550199');
    other.rings();
    await center.wait(20_000);
    other.hangsUp(19);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(caller.isGone).toBe(true);
  });

  test('the member is free at once, and wrap-up begins at the transfer', async () => {
    const { center, phone } = await talking({ members: ['1000'], queue: { wrapUpMs: 5_000 } });
    phone.transfers('5550199');
    await center.entersSupport({ number: '2001' });
    await center.wait(4_800);
    expect(center.ringing()).toEqual([]);
    await center.wait(400);
    expect(center.ringing()).toEqual(['1000']);
  });

  test('to an extension of ours: the item leaves the member and is on that node, ringing, then connected, then gone', async () => {
    const { center, caller, phone, phase } = await talking();
    const other = phone.transfers('1001');
    await center.clock.settle();
    expect(center.announcer.seen.get('1000')).toEqual(['ringing', 'connected', 'ended', 'retracted']);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing']);
    expect(phase()).toMatchObject({ name: 'talking', queue: 'support', extensions: ['1001'] });
    other.rings();
    await center.wait(2_000);
    other.answers();
    await center.clock.settle();
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected']);
    const [item] = center.application.room.announced.values();
    expect(item).toMatchObject({ extension: '1001', call: { caller: { number: '2000' } } });
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected', 'ended', 'retracted']);
    // Nobody was chosen: no chat message tells so.
    expect(center.told().filter((what) => what === 'chosen')).toHaveLength(1);
  });

  test('to an extension that is logged in nowhere, or none of ours: no node has an item', async () => {
    const { center, phone, phase } = await talking();
    const other = phone.transfers('1002');
    await center.clock.settle();
    expect(center.application.room.announced.size).toBe(0);
    expect(phase()).toMatchObject({ name: 'talking', extensions: [] });
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('keys of the queue mean nothing in a transferred call', async () => {
    const { center, caller, phone } = await talking({ queue: { exitKeys: { '9': 'dialplan' } } });
    phone.transfers('1001').answers();
    await center.clock.settle();
    caller.press('9');
    await center.wait(1_000);
    expect(caller.isGone).toBe(false);
    expect(caller.continuedTo).toBeNull();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database is slow at the transfer: the two talk, the node knows, and the line has the time of the transfer', async () => {
    const { center, caller, phone, lineOf } = await talking();
    const held = center.store.hold('complete', 'late');
    const other = phone.transfers('1001');
    other.answers();
    await center.wait(20_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected']);
    expect(lineOf('BLINDTRANSFER')).toBeUndefined();
    held.release();
    await center.wait(100);
    expect(lineOf('BLINDTRANSFER')?.data).toEqual(['1001', 'phones', '2', '10', '1']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the member joins the caller with another call (attended)', () => {
  test('somebody has answered there: LINK with both channels; their node has the item at once, connected', async () => {
    const { center, caller, phone, lineOf } = await talking();
    const other = phone.transfersInto({ dialled: '1001', meets: 'PJSIP/1001-0000002a' });
    await center.wait(1_000);
    const line = lineOf('ATTENDEDTRANSFER');
    expect(line).toMatchObject({ agent: 'PJSIP/1000', callid: caller.channelId });
    expect(line?.data).toEqual([
      'LINK',
      expect.stringMatching(/^Local\/_attended@transfer-\d+;1$/),
      expect.stringMatching(/^Local\/_attended@transfer-\d+;2$/),
      '2',
      '10|1',
    ]);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected']);
    expect(center.announcer.seen.get('1000')).toEqual(['ringing', 'connected', 'ended', 'retracted']);
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(caller.isGone).toBe(true);
    expect(center.announcer.seen.get('1001')?.at(-1)).toBe('retracted');
  });

  test('it still rings there: APP Dial, and the item is connected when that phone is in use', async () => {
    const { center, caller, phone, lineOf } = await talking();
    phone.transfersInto({ dialled: '1001', application: 'Dial' });
    await center.wait(1_000);
    expect(lineOf('ATTENDEDTRANSFER')?.data).toEqual(['APP', 'Dial', '2', '10', '1']);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing']);
    center.phone('1001').setState('RINGING');
    await center.clock.settle();
    expect(center.announcer.seen.get('1001')).toEqual(['ringing']);
    center.phone('1001').setState('INUSE');
    await center.clock.settle();
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected']);
    center.phone('1001').setState(null);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('another application is there: the line names it, and no node has an item', async () => {
    const { center, caller, phone, lineOf } = await talking();
    phone.transfersInto({ dialled: '1001', application: 'VoiceMail' });
    await center.wait(1_000);
    expect(lineOf('ATTENDEDTRANSFER')?.data).toEqual(['APP', 'VoiceMail', '2', '10', '1']);
    expect(center.announcer.seen.get('1001')).toBeUndefined();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('two callers of the queue are joined: both conversations end as transferred, and the callers talk', async () => {
    const { center, caller } = await talking();
    const second = await center.entersSupport({ number: '2001' });
    center.phone('1001').picksUp();
    await center.wait(5_000);
    const [first, other] = ['1000', '1001'].map((number) => center.phone(number).talking?.channelId);
    if (first === undefined || other === undefined) throw new Error('Two conversations are needed');
    const [one, two] = center.pbx.joins(first, other);
    await center.wait(1_000);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', 'ATTENDEDTRANSFER']);
    expect(center.log(second)).toEqual(['ENTERQUEUE', 'CONNECT', 'ATTENDEDTRANSFER']);
    expect([one.talksTo, two.talksTo]).toEqual([['PJSIP/caller'], ['PJSIP/caller']]);
    second.hangsUp();
    await center.clock.settle();
    expect(two.isGone).toBe(true);
    one.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the caller sends the member on', () => {
  test('the same line as app_queue writes, and the member talks on, reserved, until that is over', async () => {
    const { center, caller, phone, lineOf } = await talking({ members: ['1000'], queue: { wrapUpMs: 3_000 } });
    const other = caller.transfers('5550199');
    other.answers();
    await center.wait(1_000);
    expect(caller.isGone).toBe(true);
    expect(lineOf('BLINDTRANSFER')).toMatchObject({ agent: 'PJSIP/1000', data: ['5550199', 'phones', '2', '10', '1'] });
    expect(other.talksTo).toEqual(['PJSIP/1000']);
    expect(center.announcer.seen.get('1000')?.at(-1)).toBe('retracted');
    await center.entersSupport({ number: '2001' });
    await center.wait(20_000);
    expect(center.ringing()).toEqual([]);
    other.hangsUp();
    await center.wait(2_900);
    expect(phone.talking).toBeUndefined();
    expect(center.ringing()).toEqual([]);
    await center.wait(300);
    expect(center.ringing()).toEqual(['1000']);
  });

  test('the member hangs up first: so does whoever is there', async () => {
    const { center, caller, phone } = await talking();
    const other = caller.transfers('5550199');
    other.answers();
    await center.wait(1_000);
    phone.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(other.isGone).toBe(true);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('after the member has sent the caller on, the caller sends that party on: two who are none of ours talk', async () => {
    const { center, caller, phone } = await talking();
    const one = phone.transfers('1001');
    one.answers();
    await center.wait(1_000);
    const two = caller.transfers('5550199');
    two.answers();
    await center.wait(1_000);
    expect(one.talksTo).toHaveLength(1);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
    one.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(two.isGone).toBe(true);
    expect(center.announcer.seen.get('1001')?.at(-1)).toBe('retracted');
  });
});

test("another phone picks the member's call up: COMPLETEAGENT, and the item is on that one's node", async () => {
  const { center, caller, phone } = await talking();
  const other = phone.isPickedUpBy('1001');
  await center.wait(2_100);
  expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  expect(other.talksTo).toEqual(['PJSIP/caller']);
  // Asterisk leaves the first phone where it is.
  expect(phone.talking).toBeUndefined();
  expect(center.announcer.nodes.get('1001')).toMatchObject({ state: 'connected' });
  expect(center.announcer.nodes.get('1000')).toBeNull();
  caller.hangsUp();
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});

describe('bad days', () => {
  test("the event that tells of the transfer is lost: what the stand-in's name says is written", async () => {
    const { center, phone, lineOf, caller } = await talking();
    center.pbx.wire.loseEvents((event) => event.type === 'blind-transfer');
    phone.transfers('1001');
    await center.wait(1_500);
    expect(lineOf('BLINDTRANSFER')).toBeUndefined();
    await center.wait(1_000);
    expect(lineOf('BLINDTRANSFER')?.data.slice(0, 2)).toEqual(['1001', 'phones']);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('of an attended one nothing else tells: COMPLETEAGENT, and the two talk', async () => {
    const { center, phone, caller } = await talking();
    center.pbx.wire.loseEvents((event) => event.type === 'attended-transfer');
    const other = phone.transfersInto({ dialled: '1001', meets: 'PJSIP/1001-0000002a' });
    await center.wait(3_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('each event of it comes twice: one line', async () => {
    const { center, phone, caller } = await talking();
    const kinds = ['stasis-start', 'bridge-left', 'bridge-entered', 'blind-transfer', 'stasis-end'];
    center.pbx.wire.repeatEvents((event) => kinds.includes(event.type), 10);
    phone.transfers('1001').answers();
    await center.wait(1_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the stand-in is gone before the transfer is told of: the line is there, and the caller is not left alone', async () => {
    const { center, phone, caller, lineOf } = await talking();
    center.pbx.wire.loseEvents((event) => event.type === 'blind-transfer');
    phone.transfers('1001').hangsUp(17);
    await center.wait(3_000);
    expect(lineOf('BLINDTRANSFER')).toBeDefined();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(caller.isGone).toBe(true);
  });

  test('the connection to Asterisk is lost during the transfer: found out afterwards, and the two talk on', async () => {
    const { center, phone, caller, lineOf } = await talking();
    center.pbx.losesConnection();
    const other = phone.transfers('1001');
    other.answers();
    await center.wait(5_000);
    center.pbx.reconnects();
    await center.wait(3_000);
    expect(lineOf('BLINDTRANSFER')).toMatchObject({ agent: 'PJSIP/1000', data: ['1001', 'phones', '2', '17', '1'] });
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(center.announcer.seen.get('1001')).toEqual(['ringing', 'connected']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the process dies after the transfer: the next one leaves the two alone, and ends what is left', async () => {
    const { center, phone, caller } = await talking();
    const other = phone.transfers('5550199');
    other.answers();
    await center.wait(1_000);
    await center.restarts();
    await center.wait(10_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(center.holdSound(caller)).toBeNull();
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(caller.isGone).toBe(true);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('the member transfers while no process is there: the line is written by the next one, and the item goes along', async () => {
    const { center, phone, caller, lineOf } = await talking();
    center.dies();
    const other = phone.transfers('1001');
    other.answers();
    await center.wait(1_000);
    await center.begins();
    await center.wait(1_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(lineOf('BLINDTRANSFER')?.data.slice(0, 2)).toEqual(['1001', 'phones']);
    expect(center.announcer.nodes.get('1001')).toMatchObject({ state: 'connected' });
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(other.isGone).toBe(true);
  });

  test('the caller sends the member on while no process is there: the member talks on', async () => {
    const { center, phone, caller } = await talking();
    center.dies();
    const other = caller.transfers('5550199');
    other.answers();
    await center.begins();
    await center.wait(5_000);
    expect(other.talksTo).toEqual(['PJSIP/1000']);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    phone.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(other.isGone).toBe(true);
  });

  test('the process stops in good order during a transferred call: it stands, and the next one takes it', async () => {
    const { center, phone, caller } = await talking();
    const other = phone.transfers('1001');
    other.answers();
    await center.wait(1_000);
    await center.stops(2_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    await center.begins();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(other.isGone).toBe(true);
  });
});

describe('transferred back to us', () => {
  test('into a queue: a new call with the person of the old one', async () => {
    const { center, caller, phone } = await talking();
    const old = center.application.calls.list()[0];
    if (old === undefined) throw new Error('There is no call');
    old.customer = { id: '1', name: 'Company 1', code: '1111', fields: {} };
    phone.transfers('0001');
    // The other half of Asterisk's channel comes by the dialplan, and knows nobody.
    const back = await center.entersSupport({
      number: null,
      variables: { 'CHANNEL(linkedid)': caller.channelId },
      localName: 'Local/0001@phones-00000001;2',
    });
    await center.wait(1_000);
    expect(center.log(back)).toEqual(['ENTERQUEUE']);
    expect(center.store.log.find((row) => row.callid === back.channelId)?.data[1]).toBe('2000');
    expect(center.ringing()).toEqual(['1001']);
    expect(center.phone('1001').shown.at(-1)).toEqual({ name: 'Support: Company 1', number: '2000' });
    back.hangsUp();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a call that waits is taken over by somebody else (attended transfer into the queue): it begins anew as it began', async () => {
    const { center, caller } = await talking({ members: ['1000'] });
    const asks = await center.entersSupport({ number: '1000' });
    await center.wait(1_000);
    const standIn = asks.transfers('5550199');
    await center.wait(1_000);
    expect(center.log(asks)).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(center.store.log.filter((row) => row.callid === standIn.channelId).map(({ event }) => event)).toEqual([
      'ENTERQUEUE',
    ]);
    standIn.hangsUp();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('without a queue', () => {
  test('an extension that a menu has dialled sends the caller on: they talk, and nothing is logged', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    const caller = await center.calls();
    caller.press('2');
    await center.wait(500);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    const other = center.phone('1000').transfers('1001');
    other.answers();
    await center.wait(10_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    other.hangsUp();
    await center.wait(100);
    expect(caller.continuedTo).toBe('next');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual([]);
  });
});

describe('hold', () => {
  test('the programme that a member has brought back by putting the caller on hold ends with the transfer', async () => {
    const { center, caller, phone } = await talking();
    phone.holds();
    await center.wait(1_000);
    expect(center.holdSound(caller)).not.toBeNull();
    const other = phone.transfers('5550199');
    await center.wait(500);
    expect(center.holdSound(caller)).toBeNull();
    other.answers();
    expect(other.talksTo).toContain('PJSIP/caller');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
