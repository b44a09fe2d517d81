import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ChannelId, callId, channelId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { MediaLine } from '../../../src/ports/media-out.ts';
import { AriMediaOut } from '../../../stasis/media/media-out.ts';
import { toneDbfs, toneShare } from '../../support/audio/levels.ts';
import type { Datagram } from '../../support/audio/pcap.ts';
import { durationMs, type Pcm, slice } from '../../support/audio/pcm.ts';
import { rtpPackets, rtpToPcm } from '../../support/audio/rtp.ts';
import { eventually } from '../../support/eventually.ts';
import { SineProgramme } from '../../support/media/sine-programme.ts';
import type { Caller } from '../../support/phones/caller.ts';
import { Capture } from '../../support/phones/capture.ts';
import { createMediaHarness, type MediaHarness, type WaitingCaller } from './media-harness.ts';

jest.setTimeout(180_000);

// Debian 11's Asterisk is fetched at the first use; that takes a minute.
const FETCH_LIMIT_MS = 600_000;
const [ALICE_HZ, BOB_HZ, PROGRAMME_HZ] = [700, 1100, 440];
const FRAME_MS = 20;
/** Whole periods of all three tones. */
const WINDOW_MS = 100;
/** What comes before is a beginning. */
const SETTLES_MS = 200;
/** By the timestamps alone: a machine that stands still makes no hole in what is heard. */
const PLACED = { lateMs: Number.POSITIVE_INFINITY } as const;

describe.each(['current', 'bullseye'] as const)('A whisper, on the %s Asterisk', (kind) => {
  let harness: MediaHarness;
  let alice: WaitingCaller;
  let bob: WaitingCaller;
  const lost: string[] = [];
  const lines: MediaLine[] = [];

  beforeAll(async () => {
    harness = await createMediaHarness({}, kind);
  }, FETCH_LIMIT_MS);

  afterAll(() => harness?.dispose());

  afterEach(async () => {
    const left = lines.splice(0).filter((line) => harness.media.holds(line.channelId));
    await Promise.all(left.map((line) => line.close()));
    lost.length = 0;
    for (const { caller, by } of [alice, bob]) {
      await caller.hangup();
      await harness.pbx.destroyBridge(by.bridgeId);
    }
    await eventually('nothing left', async () => {
      const { channels, bridges } = await harness.pbx.snapshot();
      return channels.length + bridges.length === 0;
    });
    expect({ left, size: harness.media.size }).toEqual({ left: [], size: 0 });
  });

  /** Channels and bridges beside the phones and their own bridges. */
  const whispers = async () => {
    const { channels, bridges } = await harness.pbx.snapshot();
    const own = [alice, bob].map(({ by }) => by.bridgeId);
    return [
      ...channels.map(({ name }) => name).filter((name) => !name.startsWith('PJSIP/')),
      ...bridges.map(({ bridgeId }) => bridgeId).filter((each) => !own.includes(each)),
    ];
  };

  const talking = async () => {
    alice = await harness.waiting({ speaksHz: ALICE_HZ });
    bob = await harness.waiting({ speaksHz: BOB_HZ });
    await harness.pbx.addToBridge(alice.by.bridgeId, [bob.channelId]);
  };

  const whisperTo = async (callerChannelId: ChannelId, into: 'conversation' | 'silence' = 'conversation') => {
    const line = await harness.media.open({
      ...{ callId: callId(randomUUID()), callerChannelId, from: 0, by: { type: 'whisper', into } },
      programme: new SineProgramme('slin', PROGRAMME_HZ),
      onLost: (reason) => lost.push(reason),
    });
    lines.push(line);
    return line;
  };

  /** What came to both as RTP, until Alice had so much of the programme: hers from its beginning on. */
  const heardBy = async (ms: number): Promise<readonly [Pcm, Pcm]> => {
    const capture = await Capture.start();
    const to = (caller: Caller, datagrams: readonly Datagram[]) =>
      rtpToPcm(rtpPackets(datagrams, { to: caller.soundAddress }), PLACED);
    const isEnough = (datagrams: readonly Datagram[]) =>
      withProgramme(to(alice.caller, datagrams)).length * WINDOW_MS >= ms;
    await capture.until(`${ms} ms of the programme`, isEnough);
    const datagrams = await capture.stop();
    const [atAlice, atBob] = [to(alice.caller, datagrams), to(bob.caller, datagrams)];
    const [beginning] = withProgramme(atAlice);
    return [slice(atAlice, (beginning?.fromMs ?? 0) + SETTLES_MS, durationMs(atAlice)), settled(atBob)];
  };

  test('is heard by the caller beside the one they talk to, and by nobody else', async () => {
    await talking();
    const line = await whisperTo(alice.channelId);
    const [atAlice, atBob] = await heardBy(2000);
    expect(parts(atAlice)).toEqual({ programme: true, alice: false, bob: true });
    expect(parts(atBob)).toEqual({ programme: false, alice: true, bob: false });
    // A quarter of full scale, unchanged by the voice beside it.
    expect(Math.abs(programmeDbfs(atAlice) - -15.05)).toBeLessThan(1);
    expect(toneDbfs(atBob, PROGRAMME_HZ)).toBeLessThan(-60);
    await line.close();
    await eventually('the two alone', async () => (await whispers()).length === 0);
    const after = await heardAlone();
    expect(parts(after)).toEqual({ programme: false, alice: false, bob: true });
  });

  test('into silence is heard by a caller to whom nobody speaks, and ends the silence', async () => {
    await talking();
    const line = await whisperTo(alice.channelId, 'silence');
    const [atAlice, atBob] = await heardBy(2000);
    expect(parts(atAlice)).toEqual({ programme: true, alice: false, bob: false });
    expect(parts(atBob)).toEqual({ programme: false, alice: true, bob: false });
    await line.close();
    expect(parts(await heardAlone())).toEqual({ programme: false, alice: false, bob: true });
  });

  test('is a line of ours with everything that belongs to it, until it is closed', async () => {
    await talking();
    const line = await whisperTo(alice.channelId);
    const { channels, bridges } = await harness.pbx.snapshot();
    const ours = channels.filter((each) => harness.media.holds(each.channelId)).map(({ name }) => name.split('/')[0]);
    expect(ours.sort()).toEqual(kind === 'current' ? ['Snoop', 'WebSocket'] : ['Snoop', 'UnicastRTP']);
    const [bridge, ...more] = bridges.filter((each) => harness.media.holds(each.bridgeId));
    expect(more).toEqual([]);
    expect(bridge?.channelIds).toHaveLength(2);
    await Promise.all([line.close(), line.close()]);
    await eventually('the two alone', async () => (await whispers()).length === 0);
  });

  test('is lost, once, when the caller hangs up', async () => {
    await talking();
    await whisperTo(alice.channelId);
    await alice.caller.hangup();
    await eventually('the loss', () => lost.length > 0);
    await eventually('nothing of it left', async () => (await whispers()).length + harness.media.size === 0);
    expect(lost).toEqual(['the whispering channel has ended']);
  });

  test('to nobody can not be laid, and leaves nothing behind', async () => {
    await talking();
    await expect(whisperTo(channelId('1763720000.99999'))).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    await eventually('the two alone', async () => (await whispers()).length === 0);
    expect(harness.media.size).toBe(0);
  });

  test('that Asterisk does not lay in time leaves nothing behind', async () => {
    await talking();
    const hasty = new AriMediaOut({
      ...{ settings: { url: harness.asterisk.url, linesMax: 1 }, times: { openMs: 1 } },
      ...{ pbx: harness.pbx, clock: systemClock, log: silentLog() },
    });
    await expect(
      hasty.open({
        ...{ callId: callId(randomUUID()), callerChannelId: alice.channelId, from: 0, by: { type: 'whisper' } },
        programme: new SineProgramme('slin', PROGRAMME_HZ),
        onLost: (reason) => lost.push(reason),
      }),
    ).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    await eventually('the two alone', async () => (await whispers()).length === 0);
    expect(lost).toEqual([]);
  });

  /** What Alice hears now, without a line: more than a second, however long that takes. */
  const heardAlone = async (): Promise<Pcm> => {
    const capture = await Capture.start();
    const hers = (datagrams: readonly Datagram[]) => rtpPackets(datagrams, { to: alice.caller.soundAddress });
    await capture.until('a second of sound', (datagrams) => hers(datagrams).length * FRAME_MS > 1_000 + SETTLES_MS);
    return settled(rtpToPcm(hers(await capture.stop()), PLACED));
  };
});

const settled = (heard: Pcm) => slice(heard, SETTLES_MS, durationMs(heard));

/** Of whom something is heard: a tone with at least a hundredth of the power. */
function parts(heard: Pcm) {
  const has = (hertz: number) => toneShare(heard, [hertz]) > 0.01;
  return { programme: has(PROGRAMME_HZ), alice: has(ALICE_HZ), bob: has(BOB_HZ) };
}

/** The windows in which the programme is heard. */
function withProgramme(heard: Pcm): { readonly fromMs: number; readonly sound: Pcm }[] {
  const windows = Array.from({ length: Math.floor(durationMs(heard) / WINDOW_MS) }, (_, index) => {
    const fromMs = index * WINDOW_MS;
    return { fromMs, sound: slice(heard, fromMs, fromMs + WINDOW_MS) };
  });
  return windows.filter(({ sound }) => toneShare(sound, [PROGRAMME_HZ]) > 0.01);
}

/** How loud it is in most of them: one in which the machine stood still has less of it. */
function programmeDbfs(heard: Pcm): number {
  const levels = withProgramme(heard).map(({ sound }) => toneDbfs(sound, PROGRAMME_HZ));
  return levels.sort((one, other) => one - other)[levels.length >> 1] ?? Number.NaN;
}
