import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { LogLine } from '../support/e2e/application.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { asteriskBeat, hearsFor, type Sent, SentAudio, untilHears } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { writeToneClass } from '../support/e2e/tone-class.ts';
import { HalfOpenProxy } from '../support/half-open-proxy.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { answers } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(180_000);

/** From "Level with Asterisk" to the programme. */
const PROGRAMME_MS = 3_000;
/** From the connection's return to "Level with Asterisk": an attempt that ran into the silence, and the pause after it. */
const LEVEL_MS = 10_000;
/** The path of a media channel's WebSocket: sound takes the same address as ARI. */
const MEDIA = /^GET \/media\//;
/** RFC 3389: what rtp_keepalive sends is not heard. */
const COMFORT_NOISE = 13;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-ari-cut-'));
/** Of tests that have not come to their end. */
const beats = new Set<OwnBeat>();
let site: Site;
let proxy: HalfOpenProxy;
beforeAll(async () => {
  writeToneClass(join(folder, 'music'), 120);
  // A class that Asterisk does not have: whatever is heard is the programme.
  const music = `default: { folder: ${join(folder, 'music')}, fallback: nothing-at-all, programme: { position: { on-change: false, every: 0 } } }`;
  site = await Site.up({
    name: 'ari-cut',
    configure: (shipped) => `${shipped}\nmusic-classes:\n  ${music}\n`,
    async ariUrl(own) {
      const { hostname, port } = new URL(own);
      proxy = await HalfOpenProxy.start({ host: hostname, port: Number(port) });
      return `http://127.0.0.1:${proxy.port}`;
    },
  });
}, 600_000);
afterEach(async () => {
  for (const beat of beats) beat.end();
  beats.clear();
  proxy.recover();
  await site.reset();
});
afterAll(async () => {
  await site?.down();
  await proxy?.close();
  rmSync(folder, { recursive: true });
});

interface Cut {
  readonly what: string;
  readonly seconds: number;
  readonly begin: () => void;
  /** Nothing is heard meanwhile, because sound is cut with it. */
  readonly isSoundCut: boolean;
  /** The caller who talks hangs up meanwhile. */
  readonly isTalkEnded: boolean;
  /** Since the start: it is told. */
  readonly isFirst?: boolean;
}
const CUTS: readonly Cut[] = [
  { what: 'is cut', seconds: 1, begin: () => proxy.cut(), isSoundCut: true, isTalkEnded: true, isFirst: true },
  {
    ...{ what: 'is cut, the sound is not,', seconds: 10, begin: () => proxy.cut(MEDIA) },
    ...{ isSoundCut: false, isTalkEnded: false },
  },
  { what: 'is cut', seconds: 60, begin: () => proxy.cut(), isSoundCut: true, isTalkEnded: false },
  {
    ...{ what: 'falls silent without being closed', seconds: 10, begin: () => proxy.fallSilent() },
    ...{ isSoundCut: true, isTalkEnded: true },
  },
];

async function scene() {
  const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
  await site.onDuty('1000');
  const talking = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  const ring = await phone.ring();
  await untilTheyTalk([talking, 500], [ring, 700]);
  const waiting = await site.caller('0001', { from: { number: '2002' } });
  await site.untilPhase('waiting', ({ position }) => position === 1);
  const leaving = await site.caller('0001', { from: { number: '2003' } });
  await site.untilPhase('waiting', ({ position }) => position === 2);
  for (const caller of [waiting, leaving]) await untilHears(caller, 'a-low');
  // Asked for when a caller has the place, and nobody waits for it.
  await eventually('Asterisk will keep all three ends', async () => (await endsNoted()) === 3);
  return { phone, talking, ring, waiting, leaving };
}

/** Callers whose end Asterisk's dialplan will note. */
async function endsNoted(): Promise<number> {
  return (await site.asterisk('core show hanguphandlers all')).match(/^PJSIP\/caller-/gm)?.length ?? 0;
}

const callersInAsterisk = async () =>
  (await site.asterisk('core show channels concise')).split('\n').filter((line) => line.startsWith('PJSIP/caller-'))
    .length;

/** Each caller's lines, with the times that they have, in seconds since a moment. */
async function linesOf(number: string, sinceMs: number) {
  return await site.sql<{ event: string; at: number }>(
    `select event, (extract(epoch from time at time zone 'UTC') - $2)::float as at from queue_log
      where callid = (select callid from queue_log where event = 'ENTERQUEUE' and data2 = $1 order by id desc limit 1)
        and event not in ('DID', 'INFO') order by id`,
    [number, sinceMs / 1000],
  );
}

/** Waits until a caller's call is over in queue_log, and answers the lines. */
const untilBooked = (number: string, sinceMs: number) =>
  eventually(`${number} is booked`, async () => {
    const lines = await linesOf(number, sinceMs);
    return /^(ABANDON|COMPLETE\w+)$/.test(lines.at(-1)?.event ?? '') && lines;
  });

/** When something was heard again after the longest time without, and how long that was, less what Asterisk or this process stood still in it. */
function longestSilence({ packets, asteriskLostMs }: Sent, beat: OwnBeat) {
  const heard = packets.filter(({ payloadType }) => payloadType !== COMFORT_NOISE);
  let longest = { toMs: Number.NaN, ms: 0 };
  for (const [index, { atMs }] of heard.entries()) {
    const beforeMs = heard[index - 1]?.atMs ?? atMs;
    const ms = Math.min(beat.ownMs(beforeMs, atMs), atMs - beforeMs - asteriskLostMs(beforeMs, atMs));
    if (ms > longest.ms) longest = { toMs: atMs, ms };
  }
  return longest;
}

/** One line of the loss, one of the return; none of what comes and goes within a minute after that. No flood of those who notice it. */
function isToldOnce(log: readonly LogLine[], isFirst: boolean): void {
  const lines = log.filter(({ level }) => level !== 'debug');
  const told = [lines.filter(({ lost }) => lost === 'asterisk'), lines.filter(({ back }) => back === 'asterisk')];
  for (const each of told) expect(each.length).toBeLessThanOrEqual(1);
  if (isFirst) expect(told.map((each) => each.length)).toEqual([1, 1]);
  // The sound of two callers may be cut before the connection itself is.
  const noticed = lines.filter(({ err }) => /^(ARI|MEDIA)_UNAVAILABLE$/.test((err as { code?: string })?.code ?? ''));
  expect(noticed.length).toBeLessThanOrEqual(2);
}

test.each(CUTS)(
  'the connection to Asterisk $what for $seconds s: talks go on, who left is booked at that time, who waits hears the programme and is served',
  async ({ what, seconds, begin, isSoundCut, isTalkEnded, isFirst = false }) => {
    const { phone, talking, ring, waiting, leaving } = await scene();
    const sending = await SentAudio.begin(waiting, await asteriskBeat(site));
    const beat = new OwnBeat();
    beats.add(beat);
    await hearsFor(waiting, 500);
    const from = site.app.log.length;
    const cutAtMs = Date.now();
    begin();
    await pause(300);
    const leftAtMs = Date.now();
    const before = await callersInAsterisk();
    await Promise.all([leaving.hangup(), isTalkEnded ? talking.hangup() : undefined]);
    await eventually(
      'Asterisk knows of the hang-up',
      async () => (await callersInAsterisk()) === before - (isTalkEnded ? 2 : 1),
    );
    if (!isTalkEnded) await untilTheyTalk([talking, 500], [ring, 700]);
    await pause(cutAtMs + seconds * 1_000 - Date.now());
    if (!isTalkEnded) await untilTheyTalk([talking, 500], [ring, 700]);
    // Who waits is rung for at once when the talk has ended meanwhile: they are to have heard the programme long before somebody picks up.
    phone.behave(answers(6_000, 500));
    const recoveredAtMs = Date.now();
    proxy.recover();
    await site.app.says('it is level again', ({ msg }) => msg === 'Level with Asterisk', {
      from,
      limitMs: 3 * LEVEL_MS,
    });
    const levelAtMs = Date.now();
    expect(beat.ownMs(recoveredAtMs, levelAtMs)).toBeLessThan(LEVEL_MS);
    await hearsFor(waiting, isTalkEnded ? 1_000 : PROGRAMME_MS + 1_000);
    if (!isTalkEnded) await untilHears(waiting, 'a-low');
    const silence = longestSilence(await sending.end(), beat);
    const figures = {
      level: levelAtMs - recoveredAtMs,
      ...(isSoundCut ? { programme: Math.round(silence.toMs - recoveredAtMs) } : {}),
      longestSilence: Math.round(silence.ms),
    };
    process.stdout.write(`${what} for ${seconds} s; ms after its return: ${JSON.stringify(figures)}\n`);
    if (isSoundCut) expect(beat.ownMs(levelAtMs, silence.toMs)).toBeLessThan(PROGRAMME_MS);
    else expect(silence.ms).toBeLessThan(500);
    isToldOnce(site.app.log.slice(from), isFirst);

    if (!isTalkEnded) {
      await untilTheyTalk([talking, 500], [ring, 700]);
      await ring.hangup();
    }
    await Promise.all([talking.ended(), ring.ended()]);
    expect((await phone.ring({ limitMs: 60_000 })).caller.number).toBe('2002');
    await waiting.ended();
    // Each is booked by itself.
    const [talked, left, served] = [
      await untilBooked('2001', leftAtMs),
      await untilBooked('2003', leftAtMs),
      await untilBooked('2002', leftAtMs),
    ];
    expect(talked?.map(({ event }) => event)).toEqual([
      ...['ENTERQUEUE', 'CONNECT'],
      isTalkEnded ? 'COMPLETECALLER' : 'COMPLETEAGENT',
    ]);
    expect(left?.map(({ event }) => event)).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(served?.map(({ event }) => event)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    // At the time of the hang-up, which Asterisk has noted in whole seconds, not at that of the return.
    for (const line of [left?.at(-1), ...(isTalkEnded ? [talked?.at(-1)] : [])]) {
      expect(line?.at).toBeGreaterThan(-1.1);
      expect(line?.at).toBeLessThan((recoveredAtMs - leftAtMs) / 1_000);
    }
  },
);
