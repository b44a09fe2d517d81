import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { silences } from '../audio/levels.ts';
import { durationMs, type Pcm, slice } from '../audio/pcm.ts';
import { type RtpPacket, rtpPackets, rtpSound, rtpToPcm } from '../audio/rtp.ts';
import { lostMs, OwnBeat } from '../media/own-beat.ts';
import type { Call } from '../phones/call.ts';
import type { Caller } from '../phones/caller.ts';
import { Capture } from '../phones/capture.ts';
import { eventually } from './eventually.ts';
import type { Site } from './site.ts';
import { type ToneTrack, trackHeard } from './tone-class.ts';

/** The newest of what the caller has heard, pauses in which nothing came left out. */
export async function lastHeard(call: Call, ms: number): Promise<Pcm> {
  const sound = await call.sound();
  const endMs = durationMs(sound);
  return slice(sound, endMs - ms, endMs);
}

/** What the caller has been hearing for the last second. */
export async function hearsNow(call: Call): Promise<ToneTrack | null> {
  return trackHeard(await lastHeard(call, 1_000), 0, 1_000);
}

/** Waits until a track is heard; when it is not, the error tells what was heard instead, second by second. */
export async function untilHears(call: Call, track: ToneTrack, limitMs = 60_000): Promise<void> {
  try {
    await eventually(`${track} is heard`, async () => (await hearsNow(call)) === track, limitMs);
  } catch (error) {
    const recording = await call.recording();
    const seconds = Array.from({ length: Math.floor(durationMs(recording) / 1_000) }, (_, second) => second * 1_000);
    const heard = seconds.map((fromMs) => trackHeard(recording, fromMs, fromMs + 1_000) ?? 'none');
    throw new Error(`${String(error)}; since the call began: ${heard.join(' ')}${call.story()}`);
  }
}

/** Waits until so much more has been heard: as much sound, whether the machine stood still meanwhile or not. */
export async function hearsFor(call: Call, ms: number): Promise<void> {
  const fromMs = durationMs(await call.sound());
  const isThere = async () => durationMs(await call.sound()) >= fromMs + ms;
  await eventually(`${ms} ms more are heard`, isThere, ms + 60_000);
}

/** What was sent in a time. */
export interface Sent {
  readonly packets: readonly RtpPacket[];
  /** By its timestamps. */
  readonly pcm: Pcm;
  /** As it came, without pauses. */
  readonly sound: Pcm;
  /** What this process has lost in the time. */
  readonly machine: { readonly longestMs: number; readonly stoodStillMs: number };
  /** For how long Asterisk stood still between two moments of the wall clock; 0 when nobody listened to its beat. */
  readonly asteriskLostMs: (fromMs: number, toMs: number) => number;
}

/** The silences in what was sent that are longer than the whole machine stood still, and longer than Asterisk did by so much. */
export function holes(
  { pcm, machine, packets, asteriskLostMs }: Sent,
  { minimumMs, thresholdDbfs }: { minimumMs: number; thresholdDbfs: number },
) {
  const limitMs = machine.longestMs > STANDSTILL_MS ? machine.longestMs + PLACE_MS : 0;
  const startMs = packets[0]?.atMs ?? 0;
  return silences(pcm, { minimumMs, thresholdDbfs }).filter(({ fromMs, toMs }) => {
    // By the timestamps it may lie a little beside where it was by the clock.
    const lostMs = asteriskLostMs(startMs + fromMs - PLACE_MS, startMs + toMs + PLACE_MS);
    return toMs - fromMs > limitMs && toMs - fromMs - lostMs >= minimumMs;
  });
}

/** The longest time between two packets that followed each other, less what Asterisk stood still in it. */
export function longestOwnPauseMs({ packets, asteriskLostMs }: Sent): number {
  const ownMs = packets.map(({ atMs }, index) => {
    const beforeMs = packets[index - 1]?.atMs ?? atMs;
    return atMs - beforeMs - asteriskLostMs(beforeMs, atMs);
  });
  return Math.max(0, ...ownMs);
}

/**
 * Somebody to whom Asterisk itself speaks the whole time, a packet every 20 ms, whatever the application does. When they get nothing, Asterisk stands
 * still: the machine has no time for it, which is no fault of what others are sent.
 */
export async function asteriskBeat(site: Site): Promise<Caller> {
  await site.dialplan('0990', 'Answer()', 'Milliwatt()');
  const caller = await site.caller('0990');
  await eventually('Asterisk speaks', async () => durationMs(await caller.sound()) > 500);
  return caller;
}

/** Of Asterisk's packets. */
const FRAME_MS = 20;
/** More than a timer that is a little late. */
const STANDSTILL_MS = 60;
/** To so much a place is known: the windows in which silence is looked for, and a packet more or less. */
const PLACE_MS = 60;

/** What Asterisk sends to a phone, packet by packet, from `begin` to `end`. */
export class SentAudio {
  readonly #capture: Capture;
  readonly #address: string;
  readonly #beatAddress: string | undefined;
  readonly #beat = new OwnBeat();

  private constructor(capture: Capture, address: string, beatAddress: string | undefined) {
    this.#capture = capture;
    this.#address = address;
    this.#beatAddress = beatAddress;
  }

  /** With `asteriskBeat` what Asterisk stood still can be told from what it was not given. */
  static async begin(call: Call, beat?: Call): Promise<SentAudio> {
    const addresses = [call, beat].flatMap((each) => each?.soundAddress ?? []);
    const filter = addresses.map((address) => `udp dst port ${address.split(':')[1]}`).join(' or ');
    return new SentAudio(await Capture.start(filter), call.soundAddress, beat?.soundAddress);
  }

  /**
   * The sound begins with the first packet, and what is at 1000 ms of it belongs there by its timestamp: when the machine stands still, packets
   * are late (`longestPauseMs` tells), which is no hole in the sound. A pause of some length
   * is a hole by the timestamps as well: `machine` tells how long this process stood still meanwhile, and `holes` leaves out what is no longer than
   * that. `sound` is what the packets hold, one after the other.
   */
  async end(): Promise<Sent> {
    const datagrams = await this.#capture.stop();
    const packets = rtpPackets(datagrams, { to: this.#address });
    const beat = this.#beatAddress === undefined ? [] : rtpPackets(datagrams, { to: this.#beatAddress });
    const pauses = beat.map(({ atMs }, index) => ({ endMs: atMs, ms: atMs - (beat[index - 1]?.atMs ?? atMs) }));
    return {
      packets,
      pcm: rtpToPcm(packets, { lateMs: Number.POSITIVE_INFINITY }),
      sound: rtpSound(packets),
      machine: this.#beat.end(),
      asteriskLostMs: (fromMs, toMs) => lostMs(pauses, FRAME_MS, { fromMs, toMs }),
    };
  }
}

/** Gives Asterisk a music class of its own, of a folder of WAV files with 8 kHz. */
export async function addNativeClass(site: Site, name: string, folder: string): Promise<void> {
  const file = join(site.env.QUEUEAPP_RUN, 'asterisk/etc/musiconhold.conf');
  appendFileSync(file, `\n[${name}]\nmode = files\ndirectory = ${folder}\n`);
  await site.asterisk('module reload res_musiconhold.so');
  await eventually(`Asterisk has the music class ${name}`, async () =>
    (await site.asterisk('moh show classes')).includes(`Class: ${name}`),
  );
}

/** The shipped configuration with further queues. */
export function withQueues(shipped: string, queues: string): string {
  const changed = shipped.replace(/\n(?=# What callers go through)/, `\n${queues}\n`);
  if (changed === shipped) throw new Error('The shipped configuration has no place for further queues');
  return changed;
}
