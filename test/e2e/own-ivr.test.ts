import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { promptsOf } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

// What an administrator adds to the shipped file: opening hours, a CRM's lookup by HTTP, a target in the dialplan.
const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const ownParts = (crmPort: number) => ({
  lookups: `
  customer-by-number:
    http: http://127.0.0.1:${crmPort}/customers?phone={number}
    timeout: 4s
    retries: 1
`,
  calendars: `
calendars:
  always: { time-zone: Europe/Berlin, week: { monday-sunday: ['00:00-24:00'] } }
  holidays: { time-zone: Europe/Berlin, week: { monday-sunday: ['00:00-24:00'] }, holidays: ['${[-1, 0, 1].map(dayFromNow).join("', '")}'] }
`,
  steps: `
    office:
      hours: { calendar: always, open: who, closed: shut }
    office-on-holiday:
      hours: { calendar: holidays, open: who, closed: shut }
    who:
      lookup: { by: customer-by-number, found: support-queue, not-found: support-queue }
    shut:
      answer: true
      play: queueapp/closed
      next: mailbox
    mailbox:
      dialplan: { context: queueapp-lines, extension: '0110' }
`,
});

/** A CRM that knows one number, hangs for another and answers a third with something else. */
function crm(): Server {
  return createServer((request, response) => {
    const phone = new URL(request.url ?? '', 'http://crm').searchParams.get('phone');
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (phone === '+4930#1') json(200, { id: 7, name: 'Müller & Söhne', code: null, level: 'gold' });
    else if (phone === '2002') json(404, {});
    else if (phone === '2003') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
    // Everybody else waits in vain.
  });
}

let site: Site;
const source = crm();
beforeAll(async () => {
  source.listen(0, '127.0.0.1');
  await once(source, 'listening');
  const parts = ownParts((source.address() as AddressInfo).port);
  const configure = (shipped: string) =>
    `${shipped.replace(/\n(?=# With this lookup the dialplan)/, parts.lookups).replace(/\n(?=queues:)/, parts.calendars)}${parts.steps}`
      .replace('calls: 500', 'calls: 2')
      .replace(
        /\n(?= +after-conversation:)/,
        '\n    exit-context: queueapp-lines\n    set-variables: [interface, entry, queue]\n',
      );
  site = await Site.up({ name: 'own-ivr', configure });
  await site.dialplan('0107', 'Stasis(queueapp,menu,office)');
  // Answered a while before something is said: a phone that has to wait for its turn then does not hear what came before.
  await site.dialplan('0108', 'Answer()', 'Wait(1)', 'Stasis(queueapp,menu,office-on-holiday)');
  await site.dialplan('0112', 'Answer()', 'Wait(1)', 'Stasis(queueapp,queue,support)');
  await site.dialplan('0109', 'Set(CUSTOMER_CODE=2222)', 'Stasis(queueapp,queue,support)');
  await site.dialplan('0110', 'Set(MAILBOX=reached)', 'Wait(60)');
  await site.dialplan('0111', 'Set(QUEUE_PRIO=5)', 'Stasis(queueapp,queue,support)');
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  source.closeAllConnections();
  source.close();
  await site?.down();
});

describe('An IVR of somebody’s own', () => {
  test('knows the customer by the CRM’s HTTP answer to the caller’s number', async () => {
    await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    const chat = await site.chat('user1');
    const caller = await site.caller('0107', { from: { number: '+4930#1' } });
    const message = await chat.next('message');
    expect(message.body).toBe('Support: Customer Müller & Söhne (id 7), caller +4930#1, position 1');
    expect(message.children.join()).toMatch(/<field var="level">gold<\/field>/);
    await caller.ended();
  });

  test.each([
    ['does not know the number', '2002'],
    ['answers with a page', '2003'],
    ['does not answer', '2004'],
  ])('goes on without a customer when the CRM %s', async (_, number) => {
    await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    const chat = await site.chat('user1');
    const caller = await site.caller('0107', { from: { number } });
    // Who gets no answer waits for it twice.
    expect((await chat.next('message', undefined, { limitMs: 30_000 })).body).toBe(
      `Support: Unknown customer, caller ${number}, position 1`,
    );
    await caller.ended();
  });

  test('takes a waiting caller to the extension of the exit context that they type (K1)', async () => {
    const caller = await site.caller('0001', { from: { number: '2002' } });
    expect((await site.logged('ENTERQUEUE')).data[1]).toBe('2002');
    // It stands there before the application heeds the caller's keys.
    await site.untilPhase('waiting');
    await caller.press('0110');
    await site.untilVariables('MAILBOX');
    const told = await site.untilVariables('QUEUESTATUS', 'QUEUENAME', 'QUEUESTRATEGY');
    expect(told).toEqual({ QUEUESTATUS: 'CONTINUE', QUEUENAME: 'support', QUEUESTRATEGY: 'leastrecent' });
    expect((await site.logged('EXITWITHKEY')).data.slice(0, 3)).toEqual(['0110', '1', '1']);
    await caller.hangup();
  });

  test('says on both channels who took the call', async () => {
    await site.phone('1000', { behaviour: answers() });
    await site.onDuty('1000');
    // Else the message waits for whoever is online next.
    const chat = await site.chat('user1');
    const caller = await site.caller('0001', { from: { number: '2002' } });
    await chat.next('message');
    const told = await site.untilVariables('MEMBERINTERFACE', 'QEORIGINALPOS', 'QUEUENAME');
    expect(told).toEqual({ MEMBERINTERFACE: 'PJSIP/1000', QEORIGINALPOS: '1', QUEUENAME: 'support' });
    await caller.hangup();
  });

  test('says on a holiday that it is closed, and sends the caller to an extension of the dialplan', async () => {
    const caller = await site.caller('0108', { from: { number: '2002' } });
    expect(await site.untilVariables('MAILBOX')).toEqual({ MAILBOX: 'reached' });
    // Who hangs up hears no more of what has come and was not read yet.
    await caller.hears('closed');
    await caller.hangup();
    expect(await promptsOf(caller)).toEqual(['closed']);
  });
});

describe('The dialplan', () => {
  test('names the customer in CUSTOMER_CODE', async () => {
    await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    const chat = await site.chat('user1');
    const caller = await site.caller('0109', { from: { number: '2000' } });
    const { body } = await chat.next('message');
    expect(body).toBe('Support: Customer Company 2 (id 2, code 2222), caller 2000, position 1');
    await caller.ended();
  });

  test('puts a caller first by QUEUE_PRIO', async () => {
    const ordinary = await site.caller('0001', { from: { number: '2000' } });
    await site.logged('ENTERQUEUE');
    const important = await site.caller('0111', { from: { number: '2001' } });
    await site.logged('ENTERQUEUE', 2);
    const phone = await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    expect((await phone.ring()).caller.number).toBe('2001');
    await important.ended();
    expect((await phone.ring()).caller.number).toBe('2000');
    await ordinary.ended();
  });
});

test('One call more than the limit hears that all lines are busy, and goes on in the dialplan', async () => {
  await site.caller('0001', { from: { number: '2000' } });
  await site.caller('0001', { from: { number: '2001' } });
  await site.logged('ENTERQUEUE', 2);
  const third = await site.caller('0112', { from: { number: '2002' } });
  await third.ended();
  expect(await promptsOf(third)).toEqual(['all_lines_busy']);
  await eventually('only the first two are there', async () => (await site.calls()).length === 2);
  expect(await site.calls()).toMatchObject([{ phase: 'waiting' }, { phase: 'waiting' }]);
});
