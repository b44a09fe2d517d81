import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { Site } from '../support/e2e/site.ts';
import { answers, type Phone } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

let site: Site;
beforeAll(async () => {
  const configure = (shipped: string) => shipped.replace('strategy: leastrecent', 'strategy: ringall');
  site = await Site.up({ name: 'ringall', configure });
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

const ALL = ['1000', '2000', '3000'] as const;
/** RFC 3326: the phone shows no missed call. */
const ELSEWHERE = /cause=(200|26)\b/;

async function onDuty(): Promise<[Phone, Phone, Phone]> {
  const phones = await Promise.all([site.phone('1000'), site.phone('2000'), site.phone('3000')] as const);
  await site.onDuty(...ALL);
  return phones;
}

const nodes = (numbers: readonly string[]) => numbers.map((number) => `extension${number}`);
const sorted = (events: readonly { readonly node: string }[]) => [...new Set(events.map(({ node }) => node))].sort();

/** Events and members of queue_log, logins left out; whoever is told of in one moment in the order of numbers. */
async function story(): Promise<string[]> {
  const lines = (await site.queueLog()).filter(({ event }) => !/MEMBER|QUEUESTART/.test(event));
  return lines.map(({ event, agent }) => (agent === 'NONE' ? event : `${event} ${agent.slice(-4)}`));
}

describe('ringall on real phones', () => {
  test('RA2 all ring, one answers; the others are told “answered elsewhere”, and their items are gone', async () => {
    const phones = await onDuty();
    const crm = await site.crm();
    for (const number of ALL) await crm.subscribe(`extension${number}`);
    const caller = await site.caller('0001', { from: { number: '2000' } });
    const rings = await Promise.all(phones.map((phone) => phone.ring()));
    // Each node for itself: which of them is told of first is nobody's promise.
    const rang = () => crm.all('item').filter(({ payload }) => payload.includes('state="ringing"'));
    await eventually('every item is there', () => sorted(rang()).join() === nodes(ALL).join());
    await rings[1]?.answer();
    await site.untilPhase('talking');
    for (const lost of [rings[0], rings[2]]) {
      const ended = await lost?.ended();
      expect(ended).toMatchObject({ how: 'cancel', by: 'far end' });
      expect(ended?.reason).toMatch(ELSEWHERE);
    }
    await eventually(
      'the items of those who lost are gone',
      () => sorted(crm.all('retract')).join() === nodes(['1000', '3000']).join(),
    );
    await rings[1]?.hangup();
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    expect(await story()).toEqual(['ENTERQUEUE', 'CONNECT 2000', 'COMPLETEAGENT 2000']);
  });

  test('RA2 the caller hangs up: all phones are cancelled as missed, RINGCANCELED for each', async () => {
    const phones = await onDuty();
    const caller = await site.caller('0001', { from: { number: '2000' } });
    const rings = await Promise.all(phones.map((phone) => phone.ring()));
    await caller.hangup();
    for (const ring of rings) {
      const ended = await ring.ended();
      expect(ended).toMatchObject({ how: 'cancel', by: 'far end' });
      expect(ended.reason).not.toMatch(ELSEWHERE);
    }
    await site.logged('ABANDON');
    const lines = await story();
    expect([lines[0], ...lines.slice(1, -1).sort(), lines.at(-1)]).toEqual([
      'ENTERQUEUE',
      ...ALL.map((number) => `RINGCANCELED ${number}`),
      'ABANDON',
    ]);
  });

  test('all pick up by themselves in the same moment: one talks, the others are let go, and one call is booked', async () => {
    await Promise.all(ALL.map((number) => site.phone(number, { behaviour: answers(0, 1_500) })));
    await site.onDuty(...ALL);
    const caller = await site.caller('0001', { from: { number: '2000' } });
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    const lines = await story();
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect(lines[1]?.slice(-4)).toBe(lines[2]?.slice(-4));
  });

  test('the process is killed while all ring, one answers meanwhile: they talk, the others stop ringing', async () => {
    const phones = await onDuty();
    const caller = await site.caller('0001', { from: { number: '2000' } });
    const rings = await Promise.all(phones.map((phone) => phone.ring()));
    await site.killApp();
    await rings[2]?.answer();
    await site.startApp();
    await site.untilPhase('talking');
    for (const lost of rings.slice(0, 2)) expect(await lost.ended()).toMatchObject({ by: 'far end', how: 'cancel' });
    await caller.hangup();
    await site.logged('COMPLETECALLER');
    expect(await story()).toEqual(['ENTERQUEUE', 'CONNECT 3000', 'COMPLETECALLER 3000']);
  });
});

test('state_interface: a hint of the dialplan says whether the member is free', async () => {
  await site.asterisk('dialplan add extension 7001,hint,Custom:door into queueapp-lines');
  await site.asterisk('devstate change Custom:door BUSY');
  await site.sql("update extension set state_interface = 'hint:7001@queueapp-lines' where number = '1000'");
  try {
    const phone = await site.phone('1000', { behaviour: answers(0, 500) });
    await site.login('1000');
    await site.untilDevice('1000', 'BUSY');
    const caller = await site.caller('0001', { from: { number: '2000' } });
    await site.untilPhase('waiting');
    await site.asterisk('devstate change Custom:door NOT_INUSE');
    await phone.ring();
    await caller.ended();
    await site.logged('COMPLETEAGENT');
  } finally {
    await site.sql("update extension set state_interface = null where number = '1000'");
  }
});
