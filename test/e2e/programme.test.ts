import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Account } from '../../src/core/speech/account.ts';
import { silences, toneShare, toneSpans } from '../support/audio/levels.ts';
import { durationMs, slice } from '../support/audio/pcm.ts';
import type { LogLine } from '../support/e2e/application.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, hearsNow, SentAudio, untilHears } from '../support/e2e/hearing.ts';
import { untilTheyTalk, untilTone } from '../support/e2e/listening.ts';
import { grammar, hearsPhrase } from '../support/e2e/phrases.ts';
import { Site } from '../support/e2e/site.ts';
import { TONES, writeToneClass } from '../support/e2e/tone-class.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import type { Caller } from '../support/phones/caller.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(180_000);

/** Longer than any test: that the next tune begins by itself is shown elsewhere. */
const TUNE_SECONDS = 180;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-tones-'));

describe('the programme of a waiting caller', () => {
  let site: Site;
  beforeAll(async () => {
    writeToneClass(folder, TUNE_SECONDS);
    site = await Site.up({
      name: 'programme',
      configure: (shipped) =>
        `${shipped.replace('ring-timeout: 15s', 'ring-timeout: 2m').replace('    when-nobody: wait', "    exit-keys: { '0': reception }\n    when-nobody: wait")}
music-classes:
  default:
    folder: ${folder}
`,
    });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(async () => {
    await site?.down();
    rmSync(folder, { recursive: true });
  });

  const calls = (number: string) => site.caller('0001', { from: { number, name: 'Caller' } });

  /** The music does not wait long for the database: who calls while that is busy hears it begin anew, which the log tells, and calls once more. */
  async function callsRemembered(number: string): Promise<Caller> {
    for (;;) {
      const from = site.app.log.length;
      const caller = await calls(number);
      await eventually('a tune is heard', async () => (await hearsNow(caller)) !== null);
      const isLate = ({ msg }: LogLine) => msg.startsWith("The caller's tune is not known in time");
      if (!site.app.log.slice(from).some(isLate)) return caller;
      await caller.hangup();
    }
  }

  test('two callers at once hear what each of them chose, and the next call begins with it', async () => {
    const [ann, bob] = [await calls('5550101'), await calls('5550102')];
    await untilHears(ann, 'a-low');
    await untilHears(bob, 'a-low');
    await ann.press('3');
    await untilHears(ann, 'b-middle');
    // Heard after her key by nobody but her: another tune would be his for a minute.
    await hearsFor(bob, 1_000);
    await untilHears(bob, 'a-low');
    // Written beside what is heard.
    const chosen = () => site.sql('select number, music_class, track from caller_music');
    await eventually('her tune is noted', async () => (await chosen()).length > 0);
    await ann.hangup();
    await untilHears(await callsRemembered('5550101'), 'b-middle');
    expect(await chosen()).toEqual([{ number: '5550101', music_class: 'default', track: 'b-middle' }]);
  });

  test('the place in line is said over the music when the queue moves, and at key 4', async () => {
    const first = await calls('5550103');
    await site.logged('ENTERQUEUE');
    const second = await calls('5550104');
    await hearsPhrase(second, grammar().position(2));
    await first.hangup();
    await hearsPhrase(second, grammar().position(1));
    await untilHears(second, 'a-low');
    const afterMs = durationMs(await second.recording());
    await second.press('4');
    await hearsPhrase(second, grammar().position(1), { afterMs });
  });

  test('two callers press 2 within the same 20 ms: each is told their own balance', async () => {
    const accounts: Record<string, Account> = {
      '5550105': { number: '000711', balance: { hundredths: -1n, currency: 'USD' }, isLocked: false },
      '5550106': { number: '42', balance: { hundredths: 1_502_300_700_030n, currency: 'USD' }, isLocked: false },
    };
    for (const [phone, { number, balance }] of Object.entries(accounts)) {
      const amount = `${Number(balance?.hundredths) < 0 ? '-0.01' : '15023007000.30'}`;
      await site.sql('insert into account (phone, number, balance, currency) values ($1, $2, $3::numeric, $4)', [
        phone,
        number,
        amount,
        'USD',
      ]);
    }
    const callers = await Promise.all(Object.keys(accounts).map((number) => calls(number)));
    for (const caller of callers) await untilHears(caller, 'a-low');
    await Promise.all(callers.map((caller) => caller.press('2')));
    for (const [index, own] of Object.values(accounts).entries()) {
      const caller = callers[index];
      if (caller === undefined) throw new Error('There are two callers');
      await hearsPhrase(caller, grammar().accounts([own]), { limitMs: 40_000 });
    }
  });

  test("the media channel is hung up: Asterisk's own music, and the programme again", async () => {
    const caller = await calls('5550107');
    await untilHears(caller, 'a-low');
    await caller.press('3');
    await untilHears(caller, 'b-middle');
    const channels = await site.asterisk('core show channels concise');
    const media = channels
      .split('\n')
      .find((line) => line.startsWith('WebSocket/'))
      ?.split('!')[0];
    const cutAtMs = durationMs(await caller.recording());
    const beat = new OwnBeat();
    await site.asterisk(`channel request hangup ${media}`);
    await site.app.says('that it was cut off', ({ msg }) => msg.startsWith("The caller's programme was cut off"));
    await hearsFor(caller, 4_000);
    await untilHears(caller, 'b-middle');
    const after = slice(await caller.recording(), cutAtMs, Number.POSITIVE_INFINITY);
    const pauses = silences(after, { minimumMs: 100 }).map(({ fromMs, toMs }) => toMs - fromMs);
    // Where the machine stands still, nobody is sent anything.
    expect(Math.max(0, ...pauses)).toBeLessThan(1_000 + beat.end().missedMs);
  });

  test('a member answers: no music any more; puts the caller on hold: the programme, where it stopped', async () => {
    const phone = await site.phone('1000', { speaksHz: 2_000 });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '5550108', name: 'Caller' }, speaksHz: 500 });
    const ring = await phone.ring();
    await untilHears(caller, 'a-low');
    await ring.answer();
    await untilTheyTalk([caller, 500], [ring, 2_000]);
    // Of the last second that was heard some may have been before the answer.
    await eventually('the music is gone', async () => (await hearsNow(caller)) === null);
    await ring.hold();
    await untilHears(caller, 'a-low');
    await ring.hold(false);
    await untilTone(caller, [2_000], Date.now());
    // The member is back when Asterisk knows of it, the programme leaves when the application does.
    await eventually(
      'the programme has left',
      async () => !(await site.asterisk('core show channels')).includes('WebSocket/'),
    );
    // Not by its recording: baresip 1.0.0 writes none after a hold.
    const sending = await SentAudio.begin(ring);
    await pause(2_000);
    const { pcm: sent } = await sending.end();
    expect(toneSpans(sent, [500]).length).toBeGreaterThan(0);
    for (const hz of Object.values(TONES)) expect(toneShare(sent, [hz])).toBeLessThan(0.01);
    await ring.hangup();
    await caller.ended();
  });

  test('an exit key leads out of the queue', async () => {
    const reception = await site.phone('3000');
    const caller = await calls('5550109');
    await untilHears(caller, 'a-low');
    await caller.press('0');
    await reception.ring();
    expect((await site.logged('EXITWITHKEY')).data).toEqual(['0', '1', '1', expect.stringMatching(/^\d+$/)]);
    await caller.hangup();
  });
});
