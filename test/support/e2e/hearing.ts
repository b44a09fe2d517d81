import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs, type Pcm } from '../audio/pcm.ts';
import { type RtpPacket, rtpPackets, rtpToPcm } from '../audio/rtp.ts';
import type { Call } from '../phones/call.ts';
import { Capture } from '../phones/capture.ts';
import { eventually } from './eventually.ts';
import type { Site } from './site.ts';
import { type ToneTrack, trackHeard } from './tone-class.ts';

/** What the caller has been hearing for the last second. */
export async function hearsNow(call: Call): Promise<ToneTrack | null> {
  const recording = await call.recording();
  const endMs = durationMs(recording);
  return trackHeard(recording, endMs - 1_000, endMs);
}

/** Waits until a track is heard; when it is not, the error tells what was heard instead, second by second. */
export async function untilHears(call: Call, track: ToneTrack, limitMs = 20_000): Promise<void> {
  try {
    await eventually(`${track} is heard`, async () => (await hearsNow(call)) === track, limitMs);
  } catch (error) {
    const recording = await call.recording();
    const seconds = Array.from({ length: Math.floor(durationMs(recording) / 1_000) }, (_, second) => second * 1_000);
    const heard = seconds.map((fromMs) => trackHeard(recording, fromMs, fromMs + 1_000) ?? 'none');
    throw new Error(`${String(error)}; since the call began: ${heard.join(' ')}${call.story()}`);
  }
}

/** Waits until so much more has been recorded. */
export async function hearsFor(call: Call, ms: number): Promise<void> {
  const fromMs = durationMs(await call.recording());
  const isThere = async () => durationMs(await call.recording()) >= fromMs + ms;
  await eventually(`${ms} ms more are recorded`, isThere, ms + 15_000);
}

/** What Asterisk sends to a phone, packet by packet, from `begin` to `end`. */
export class SentAudio {
  readonly #capture: Capture;
  readonly #address: string;

  private constructor(capture: Capture, address: string) {
    this.#capture = capture;
    this.#address = address;
  }

  static async begin(call: Call): Promise<SentAudio> {
    const address = call.soundAddress;
    return new SentAudio(await Capture.start(`udp dst port ${address.split(':')[1]}`), address);
  }

  /**
   * The sound begins with the first packet, and what is at 1000 ms of it belongs there by its timestamp: when the machine stands still, packets
   * are late (`longestPauseMs` tells), which is no hole in the sound.
   */
  async end(): Promise<{ packets: RtpPacket[]; pcm: Pcm }> {
    const packets = rtpPackets(await this.#capture.stop(), { to: this.#address });
    return { packets, pcm: rtpToPcm(packets, { lateMs: Number.POSITIVE_INFINITY }) };
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
