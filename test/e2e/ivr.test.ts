import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { congestionBursts, promptsOf } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import type { Caller } from '../support/phones/caller.ts';
import { ANONYMOUS } from '../support/phones/caller.ts';
import { runLoad } from '../support/phones/load.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

// Queues beside the shipped one, each of which lets a caller go for another reason.
const MORE_QUEUES = `
  brief: { title: Brief, max-wait: 1s }
  small: { title: Small, max-length: 1 }
  empty: { title: Empty, when-nobody: leave, nobody-prompt: queueapp/nobody_available }
`;

// A lookup of somebody's own: what it brings does not know the table's limits.
const LONG_NAME = "repeat(name, case when code = '7777' then 10 else 1 end)";

let site: Site;
beforeAll(async () => {
  const configure = (shipped: string) =>
    shipped
      .replace(/\n(?=# What callers go through)/, MORE_QUEUES)
      // Nobody's time is up when a process has to wait for its turn: neither that of who presses keys, nor that of the phone that waits for its item.
      .replace('first-digit: 5s', 'first-digit: 15s')
      .replace('publish-wait: 300ms', 'publish-wait: 10s')
      .replace('select * from customer', `select id, code, ${LONG_NAME} as name from customer`);
  site = await Site.up({ name: 'ivr', configure });
  // Who comes back waits there, until somebody has read the variables.
  await site.dialplan('0101', 'Stasis(queueapp,queue,brief)', 'Answer()', 'Wait(60)');
  await site.dialplan('0102', 'Stasis(queueapp,queue,small)');
  // Answered a while before something is said: a phone that has to wait for its turn then does not hear what came before.
  await site.dialplan('0103', 'Answer()', 'Wait(1)', 'Stasis(queueapp,queue,empty)', 'Wait(60)');
  await site.dialplan('0104', 'Stasis(queueapp,queue,nowhere)', 'Answer()', 'Wait(60)');
  await site.dialplan('0105', 'Stasis(queueapp,menu,support)');
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

const from = { number: '2000' };

describe('the menu', () => {
  /** In which stages of the menu's prompts keys have come. */
  const keys = () =>
    site.app.log.filter(({ msg, event }) => msg === 'IVR' && event === 'digit').map((line) => line['from']);

  test('2 rings extension 2000; nothing pressed rings 3000; a wrong key is said, and the menu again', async () => {
    const [sales, reception] = await Promise.all([
      site.phone('2000', { behaviour: answers(0, 1_000) }),
      site.phone('3000', { behaviour: answers(0, 1_000) }),
    ]);
    const [wanting, silent] = await Promise.all([
      site.caller('0000', { from: { number: '5551', name: 'Wants Sales' } }),
      site.caller('0000', { from: { number: '5552' } }),
    ]);
    const pressesWrongKey = async (wrong: Caller): Promise<void> => {
      await wrong.hears('ivr_menu', { headMs: 1_000 });
      await wrong.press('7');
      const { offsetMs } = await wrong.hears('invalid_option');
      await wrong.hears('ivr_menu', { afterMs: offsetMs, headMs: 1_000 });
      await wrong.press('2');
    };
    const pressesSales = async (): Promise<void> => {
      // A key cuts the welcome short, and is the menu's choice at once.
      await wanting.hears('welcome', { headMs: 600 });
      await wanting.press('2');
    };
    const [first] = await Promise.all([sales.ring({ limitMs: 30_000 }), pressesSales()]);
    expect(first.caller).toEqual({ name: 'Wants Sales', number: '5551' });
    await wanting.ended();
    // Cut short, unless the phone had to wait for its turn meanwhile: the application says what was being said when the key came.
    const said = (key: number, prompt: string, stage: string) => (keys()[key] === stage ? [] : [prompt]);
    expect(await promptsOf(wanting)).toEqual(said(0, 'welcome', 'saying'));
    // Only now: in the menu nobody waits for long who presses nothing.
    const wrong = await site.caller('0000', { from: { number: '5553' } });
    const [second] = await Promise.all([sales.ring({ limitMs: 30_000 }), pressesWrongKey(wrong)]);
    expect(second.caller.number).toBe('5553');
    const third = await reception.ring({ limitMs: 30_000 });
    expect(third.caller.number).toBe('5552');
    await Promise.all([silent.ended(), wrong.ended()]);
    expect(await promptsOf(silent)).toEqual(['welcome', 'ivr_menu']);
    const [menu, again] = [1, 2].map((key) => said(key, 'ivr_menu', 'menu-prompt'));
    expect(await promptsOf(wrong)).toEqual(['welcome', ...(menu ?? []), 'invalid_option', ...(again ?? [])]);
  });
});

describe('the customer code', () => {
  /** Presses each of these after the prompt for the code; an empty one is silence. */
  async function tries(caller: Caller, codes: readonly string[]): Promise<void> {
    let afterMs = 0;
    for (const code of codes) {
      const { offsetMs } = await caller.hears('inform_code', { afterMs, limitMs: 60_000 });
      afterMs = offsetMs + 1_000;
      if (code !== '') await caller.press(code);
    }
  }

  test('three wrong ones end in good-bye, congestion tone and hang-up; a right one after a wrong one is known', async () => {
    const phone = await site.phone('1000', { behaviour: answers(0, 500) });
    await site.onDuty('1000');
    const tooShortTooLongUnknown = await site.caller('0105', { from });
    const starSilenceHash = await site.caller('0105', { from });
    const right = await site.caller('0105', { from: { number: '2002' } });
    await Promise.all([
      // On a busy machine Asterisk may take a key for two: no known code comes of these then.
      tries(tooShortTooLongUnknown, ['345', '12345', '9999']),
      tries(starSilenceHash, ['*', '', '2#']),
      tries(right, ['9999', '2222']),
    ]);
    for (const caller of [tooShortTooLongUnknown, starSilenceHash]) {
      expect(await caller.ended({ limitMs: 60_000 })).toMatchObject({ by: 'far end', how: 'bye' });
      const again = ['inform_code', 'invalid_code', 'try_again'];
      expect(await promptsOf(caller)).toEqual([...again, ...again, 'inform_code', 'invalid_code', 'bye']);
      expect(await congestionBursts(caller)).toBeGreaterThanOrEqual(4);
    }
    await phone.ring();
    await right.ended();
    expect(phone.rings.map(({ caller }) => caller)).toEqual([{ name: 'Support: Company 2', number: '2002' }]);
    const served = (await site.queueLog()).filter(({ event }) => event === 'ENTERQUEUE');
    expect(served.map(({ data }) => data[1])).toEqual(['2002']);
  });
});

describe('straight into the queue', () => {
  test('the older form brings its customer; without a customer the phone shows the caller', async () => {
    const phone = await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    const chat = await site.chat('user1');
    const known = await site.caller('0002', { from });
    expect((await phone.ring()).caller).toEqual({ name: 'Support: Company 1', number: '2000' });
    expect((await chat.next('message')).body).toBe('Support: Customer Company 1 (id 1), caller 2000, position 1');
    await known.ended();
    const named = await site.caller('0001', { from: { number: '5550199', name: 'Ann Caller' } });
    expect((await phone.ring()).caller).toEqual({ name: 'Support: Ann Caller', number: '5550199' });
    await named.ended();
    const anonymous = await site.caller('0001', { from: ANONYMOUS });
    const ring = await phone.ring();
    await anonymous.ended();
    expect(ring.caller).toEqual({ name: 'Support: Anonymous', number: 'anonymous' });
    const isAnonymous = ({ body }: { body: string }) => body.includes('caller anonymous, position 1');
    expect((await chat.next('message', isAnonymous)).children.join()).toMatch(/<caller (?=[^>]*number="anonymous")/);
  });

  test.each([
    ['0101', 'TIMEOUT', 'EXITWITHTIMEOUT', []],
    ['0103', 'JOINEMPTY', 'JOINEMPTY', ['nobody_available']],
    ['0104', 'UNKNOWN', null, []],
  ])('%s leaves unserved: QUEUESTATUS %s, queue_log %s', async (number, status, event, prompts) => {
    const caller = await site.caller(number, { from });
    const told = await site.untilVariables('QUEUESTATUS', 'QUEUEWAIT');
    expect(told).toEqual({ QUEUESTATUS: status, QUEUEWAIT: expect.stringMatching(/^\d+$/) });
    // Who hangs up hears no more of what has come and was not read yet.
    for (const prompt of prompts) await caller.hears(prompt);
    await caller.hangup();
    expect(await promptsOf(caller)).toEqual(prompts);
    if (event !== null) await site.logged(event);
  });

  test('the second caller of a queue for one is told by QUEUESTATUS FULL', async () => {
    await site.caller('0102', { from });
    await site.untilPhase('waiting');
    const second = await site.caller('0102', { from });
    await site.logged('FULL');
    await second.ended();
    await eventually('only the first is there', async () => (await site.calls()).length === 1);
    expect(await site.calls()).toMatchObject([{ phase: 'waiting', position: 1 }]);
  });
});

describe('names that try to break something', () => {
  // Beside each From: what the phone may show, and what the CRM reads.
  const CALLERS = [
    [
      '"Bob \\"<&\' 😀" <sip:2000@127.0.0.1>',
      { name: "Support: Bob &'", number: '2000' },
      /<caller (?=.*number="2000").*name="Bob .*&lt;&amp;&apos; 😀"/,
    ],
    ['"a\u0001b\u0007\u001bc" <sip:2000@127.0.0.1>', { name: 'Support: a b c', number: '2000' }, /name="a b {1,2}c"/],
    [
      `"${'y'.repeat(2_000)}" <sip:2000@127.0.0.1>`,
      { name: expect.stringMatching(/^Support: y{60,90}$/), number: '2000' },
      /name="y{60,1000}"/,
    ],
    ['<sip:127.0.0.1>', { name: 'Support:', number: 'anonymous' }, /<caller \/>/],
    [
      '"x" <sip:%22%3C%26@127.0.0.1>',
      { name: 'Support: x', number: 'anonymous' },
      /<caller (?=.*number="&quot;&lt;&amp;").*name="x"/,
    ],
  ] as const;

  test('of callers: chat, item and phone stay whole, one call after the other', async () => {
    const phone = await site.phone('1000', { behaviour: answers(0, 100) });
    const [chat, crm] = await Promise.all([site.chat('user1'), site.crm()]);
    await site.onDuty('1000');
    await crm.subscribe('extension1000');
    for (const [presented, shown, item] of CALLERS) {
      const load = { account: site.sip('caller'), number: '0001', callsPerSecond: 10, calls: 1, from: presented };
      expect(await runLoad(load)).toMatchObject({ successful: 1 });
      expect((await phone.ring()).caller).toEqual(shown);
      expect((await crm.next('item', ({ payload }) => payload.includes('"ringing"'))).payload).toMatch(item);
      const message = await chat.next('message', ({ body }) => body.includes('position 1'));
      expect(message.children.join()).toMatch(item);
    }
    expect((await site.readiness())?.missing).toEqual([]);
  });

  test('of customers: 10,000 characters of anything', async () => {
    // The table takes 1,000 characters; a lookup of one's own may bring more.
    const name = `<&"'😀]]>\u0001\u001b\u202e${'z'.repeat(980)}`.slice(0, 1_000);
    const insert = 'insert into customer (name, code) values ($1, $2)';
    await expect(site.sql(insert, ['z'.repeat(10_000), '7777'])).rejects.toThrow('customer_name_check');
    await expect(site.sql(insert, ['A second one', '1111'])).rejects.toThrow('customer_code_key');
    await site.sql(insert, [name, '7777']);
    const phone = await site.phone('1000', { behaviour: answers(0, 200) });
    const [chat, crm] = await Promise.all([site.chat('user1'), site.crm()]);
    await site.onDuty('1000');
    await crm.subscribe('extension1000');
    const caller = await site.caller('0105', { from });
    await caller.hears('inform_code', { headMs: 1_000 });
    await caller.press('7777');
    const message = await chat.next('message');
    const item = await crm.next('item', ({ payload }) => payload.includes('"ringing"'));
    expect(message.body).toMatch(/^Support: Customer <&"'😀\]\]>.*z{50}/u);
    expect(item.payload).toMatch(/<name>&lt;&amp;&quot;&apos;😀\]\]&gt; z{50,}…<\/name>/u);
    const ring = await phone.ring();
    expect(ring.caller.name).toMatch(/^Support: & ' \]\] z{20,}$/);
    await caller.ended();
    // Long enough to know the customer by, short enough for one packet and one screen.
    expect(message.body.length).toBeLessThan(2_000);
    expect(item.payload.length).toBeLessThan(3_000);
    await site.sql("delete from customer where code = '7777'");
  });
});
