import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rmsDbfs, silences } from '../support/audio/levels.ts';
import { slice } from '../support/audio/pcm.ts';
import { promptsOf, untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { answers } from '../support/phones/phone.ts';

jest.setTimeout(180_000);

/** Nobody has read a ringing phone's display and picked up by then; ejabberd takes 1 to 5 ms (printed), and has to wait for a processor. */
const DELIVERED_MS = 1_000;
/** What comes to this process within so much has no order that it can tell: it is read in one turn when the process was held up. */
const ONE_MOMENT_MS = 100;

/** Nobody's time is up when a process has to wait for its turn: neither that of who presses keys, nor that of the phone that waits for its item. */
const patient = (shipped: string) =>
  shipped
    .replace('wait: 3s ', 'wait: 30s ')
    .replace('first-digit: 5s', 'first-digit: 30s')
    .replace('publish-wait: 300ms', 'publish-wait: 10s');

// The main job, whole: the right person knows who calls, then the phone rings.
describe.each(['prosody', 'ejabberd'] as const)('a call for support, with %s', (xmpp) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.up({ name: `main-${xmpp}`, xmpp, configure: patient });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(() => site?.down());

  test('goes from the login to the last hang-up, and everybody is told in time', async () => {
    const [chat, crm, phone] = await Promise.all([
      site.chat('user1'),
      site.crm(),
      site.phone('1000', { speaksHz: 700 }),
    ]);
    const login = await phone.dial('*56466*');
    await login.hears('wait_a_moment');
    await login.hears('logon');
    await login.ended();
    expect(await promptsOf(login)).toEqual(['wait_a_moment', 'logon']);
    await crm.subscribe('extension1000');
    expect(await site.members()).toContainEqual(
      expect.objectContaining({
        extension: '1000',
        activity: 'idle',
        queues: [expect.objectContaining({ queue: 'support' })],
      }),
    );

    const from = { number: '5550199', name: 'Ann Caller' };
    const caller = await site.caller('0000', { from, speaksHz: 500 });
    await caller.hears('ivr_menu', { limitMs: 20_000 });
    await caller.press('1');
    await caller.hears('inform_code');
    await caller.press('1111');
    const message = await chat.next('message', ({ body }) => body.startsWith('Support'));
    const ringing = await crm.next('item');
    const ring = await phone.ring();
    await caller.hears('support_team');

    // What each of them was told, and in which order.
    expect(message.body).toBe('Support: Customer Company 1 (id 1, code 1111), caller 5550199, position 1');
    expect(message.children.join()).toMatch(/<call xmlns="urn:queueapp:call:1" [^>]*queue="support"/);
    expect(message.children.join()).toContain('<name>Company 1</name>');
    expect(ringing.node).toBe('extension1000');
    expect(ringing.payload).toMatch(/state="ringing"/);
    expect(ringing.payload).toMatch(/extension="1000"/);
    expect(ringing.payload).toMatch(/<caller [^>]*number="5550199"/);
    expect(ringing.payload).toMatch(/<customer (?=[^>]*id="1")(?=[^>]*code="1111")[^>]*><name>Company 1<\/name>/);
    expect(ring.caller).toEqual({ name: 'Support: Company 1', number: '5550199' });
    // The phone is rung when the server has acknowledged the item, and no sooner.
    const acknowledged = await site.app.says('the item is acknowledged', ({ msg }) => msg === 'Item acknowledged');
    const acknowledgedAtMs = new Date(acknowledged.time).getTime();
    expect(acknowledgedAtMs).toBeLessThanOrEqual(ring.invitedAtMs);
    expect(site.app.log.filter(({ msg }) => msg.startsWith('Ringing before'))).toEqual([]);
    // Prosody has delivered it by then; ejabberd does so right after it has acknowledged, in another of its processes.
    const cameAtMs = ringing.atMs - ringing.lateMs;
    process.stdout.write(
      `${xmpp}: the CRM has the item ${Math.round(cameAtMs - acknowledgedAtMs)} ms after its acknowledgement\n`,
    );
    expect(cameAtMs).toBeLessThan(
      xmpp === 'prosody' ? ring.invitedAtMs + ONE_MOMENT_MS : acknowledgedAtMs + DELIVERED_MS,
    );

    expect(await site.calls()).toMatchObject([{ phase: 'ringing', position: 1, extension: '1000' }]);
    await ring.answer();
    const connected = await crm.next('item');
    expect(connected).toMatchObject({ id: ringing.id, payload: expect.stringContaining('state="connected"') });
    await site.untilPhase('talking');
    expect(await site.calls()).toMatchObject([
      {
        phase: 'talking',
        queue: 'support',
        extension: '1000',
        position: null,
        caller: { number: '5550199', name: 'Ann Caller' },
        customer: { id: '1', name: 'Company 1', code: '1111' },
      },
    ]);
    await untilTheyTalk([caller, 500], [ring, 700]);

    await ring.hangup();
    const hungUpAtMs = Date.now();
    expect(await caller.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    expect(await crm.next('item')).toMatchObject({ id: ringing.id, payload: expect.stringContaining('state="ended"') });
    expect(await crm.next('retract')).toMatchObject({ node: 'extension1000', id: ringing.id });
    expect(await crm.items('extension1000')).toEqual([]);

    // What the caller heard, from the first prompt to the last: nothing else, and nothing in another order.
    expect(await promptsOf(caller)).toEqual(['welcome', 'ivr_menu', 'inform_code', 'support_team']);
    await expect(caller.hears('bye')).rejects.toThrow('bye was not heard');

    // The item goes before what is written.
    await site.logged('COMPLETEAGENT');
    const lines = (await site.queueLog()).filter(({ event }) => event !== 'ADDMEMBER' && event !== 'QUEUESTART');
    const callid = lines[0]?.callid;
    expect(lines).toEqual([
      { event: 'ENTERQUEUE', agent: 'NONE', callid, data: ['', '5550199', '1'] },
      {
        event: 'CONNECT',
        agent: 'PJSIP/1000',
        callid,
        data: [expect.stringMatching(/^\d+$/), expect.stringMatching(/.+/), expect.stringMatching(/^\d+$/)],
      },
      {
        event: 'COMPLETEAGENT',
        agent: 'PJSIP/1000',
        callid,
        data: [expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/), '1'],
      },
    ]);
    const [row] = await site.sql('select last_hangup_at from extension where number = $1', ['1000']);
    const lastHangUpMs = new Date(String(row?.['last_hangup_at'])).getTime();
    expect(Math.abs(lastHangUpMs - hungUpAtMs)).toBeLessThan(5_000);

    const logout = await phone.dial('*564633*');
    await logout.hears('logoff');
    await logout.ended();
    expect(await crm.next('delete')).toMatchObject({ node: 'extension1000' });
  });

  if (xmpp === 'ejabberd') return;

  test('music is heard while waiting and again after a missed ring; the caller hangs up', async () => {
    const phone = await site.phone('1000', { speaksHz: 700 });
    await site.onDuty('1000');
    const beat = new OwnBeat();
    const caller = await site.caller('0001', { speaksHz: 500, from: { number: '2000' } });
    const first = await phone.ring();
    // As a person: who answers in the moment of the ring may hear nothing (test/support/phones/README.md).
    phone.behave(answers(400));
    await first.hangup();
    const second = await phone.ring();
    await second.answered();
    await untilTheyTalk([caller, 500], [second, 700]);
    await caller.hangup();
    expect(await second.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    const heard = await caller.recording();
    const waitedMs = (second.answeredAtMs ?? 0) - caller.invitedAtMs;
    const afterMiss = slice(heard, (first.ending?.atMs ?? 0) - caller.invitedAtMs + 200, waitedMs - 200);
    expect(rmsDbfs(afterMiss)).toBeGreaterThan(-45);
    // From the first sound to the answer, no second was silent but when the machine stood still.
    beat.end();
    const beginMs = silences(heard, { minimumMs: 20 }).find((span) => span.fromMs === 0)?.toMs ?? 0;
    expect(beginMs).toBeLessThan(waitedMs / 2);
    const silent = silences(slice(heard, beginMs, waitedMs), { minimumMs: 1_000 });
    const fromMs = caller.invitedAtMs + beginMs;
    expect(silent.filter((span) => beat.ownMs(fromMs + span.fromMs, fromMs + span.toMs) >= 1_000)).toEqual([]);
    await site.logged('COMPLETECALLER');
    const lines = await site.queueLog();
    expect(lines.map(({ event, agent }) => `${event} ${agent}`)).toEqual([
      'ADDMEMBER PJSIP/1000',
      'ENTERQUEUE NONE',
      'RINGNOANSWER PJSIP/1000',
      'CONNECT PJSIP/1000',
      'COMPLETECALLER PJSIP/1000',
    ]);
  });
});
