import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program, temporaryFolder } from '../../support/phones/processes.ts';

/** Bytes of a captured frame before the sound: Ethernet (as loopback is shown), IPv4, UDP, RTP. */
const HEADERS = 14 + 20 + 8 + 12;
const RTP_AT = HEADERS - 12;
/** The sound of 20 ms PCMU. */
const PCMU_FRAME = 160;
/** dumpcap's buffer in the kernel, MiB: seconds of all streams. */
const BUFFER_MIB = 64;
const START_LIMIT_MS = 10_000;
/** dumpcap takes what lies in the kernel's buffer at least so often. */
const FLUSH_MS = 1_500;

/** One captured RTP packet; the object is used again for the next one. */
export interface CapturedPacket {
  /** When the kernel passed it on, Unix milliseconds with microseconds: no program was in between. */
  atMs: number;
  fromPort: number;
  toPort: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
  /** As much of the sound as was captured; a view that the next packet replaces. */
  payload: Buffer;
}

/** A capture of RTP on loopback that is written to a file and read in one pass, however long it is (dumpcap; needs root). */
export class RtpCapture {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Begins; `filter` is a capture filter. With `sound`, the packets' sound is kept, too. */
  static async start(filter: string, { sound = false } = {}): Promise<RtpCapture> {
    const folder = await temporaryFolder('rtp');
    const length = String(sound ? HEADERS + PCMU_FRAME : HEADERS);
    const args = ['-q', '-i', 'lo', '-P', '-s', length, '-B', String(BUFFER_MIB), '-f', filter, '-w', 'rtp.pcap'];
    const program = await Program.start('dumpcap', args, folder);
    const endsAtMs = Date.now() + START_LIMIT_MS;
    while (program.isRunning && !program.output.includes('File: ') && Date.now() < endsAtMs) await sleep(20);
    if (!program.isRunning || !program.output.includes('File: ')) {
      await program.close();
      throw new Error(`dumpcap cannot capture:\n${program.output}`);
    }
    return new RtpCapture(program);
  }

  /** Ends it when all that was sent up to now is in the file; answers how many packets dumpcap says that it has missed. */
  async end(): Promise<number> {
    await sleep(FLUSH_MS);
    this.#program.signal('SIGINT');
    if (!(await this.#program.ended(START_LIMIT_MS))) throw new Error('dumpcap does not end');
    const dropped = /received\/dropped on interface '.*': \d+\/(\d+)/.exec(this.#program.output)?.[1];
    if (dropped === undefined) throw new Error(`dumpcap does not say what it missed:\n${this.#program.output}`);
    return Number(dropped);
  }

  /** All packets in the order of their capture; after `end`. */
  async read(take: (packet: CapturedPacket) => void): Promise<void> {
    const packet: CapturedPacket = {
      atMs: 0,
      fromPort: 0,
      toPort: 0,
      sequence: 0,
      timestamp: 0,
      ssrc: 0,
      payloadType: 0,
      payload: Buffer.alloc(0),
    };
    let unread: Buffer = Buffer.alloc(0);
    let isBegun = false;
    const file = createReadStream(join(this.#program.folder, 'rtp.pcap'), { highWaterMark: 4 << 20 });
    for await (const part of file as AsyncIterable<Buffer>) {
      const data = unread.length === 0 ? part : Buffer.concat([unread, part]);
      let at = 0;
      if (!isBegun) {
        if (data.length < 24) {
          unread = data;
          continue;
        }
        mustBeKnown(data);
        isBegun = true;
        at = 24;
      }
      at = readFrames(data, at, packet, take);
      unread = data.subarray(at);
    }
  }

  /** Removes its file; ends it when it runs. */
  close(): Promise<void> {
    return this.#program.close();
  }
}

/** pcap with microseconds, in this machine's byte order, Ethernet frames: what `dumpcap -P -i lo` writes. */
function mustBeKnown(head: Buffer): void {
  if (head.readUInt32LE(0) !== 0xa1b2c3d4 || head.readUInt32LE(20) !== 1)
    throw new Error('dumpcap wrote another kind of capture than pcap with Ethernet frames');
}

/** Takes whole frames from `at` on; answers where the first incomplete one begins. */
function readFrames(
  data: Buffer,
  from: number,
  packet: CapturedPacket,
  take: (packet: CapturedPacket) => void,
): number {
  let at = from;
  while (at + 16 <= data.length) {
    const length = data.readUInt32LE(at + 8);
    const end = at + 16 + length;
    if (end > data.length) break;
    const frame = at + 16;
    // IPv4 without options, UDP, RTP version 2 without CSRC and extension; RTCP's packet types are 200 to 204.
    const second = length >= HEADERS ? (data[frame + RTP_AT + 1] ?? 0) : 200;
    if (data[frame + 14] === 0x45 && data[frame + RTP_AT] === 0x80 && (second < 200 || second > 204)) {
      packet.atMs = data.readUInt32LE(at) * 1000 + data.readUInt32LE(at + 4) / 1000;
      packet.fromPort = data.readUInt16BE(frame + 34);
      packet.toPort = data.readUInt16BE(frame + 36);
      packet.payloadType = second & 0x7f;
      packet.sequence = data.readUInt16BE(frame + RTP_AT + 2);
      packet.timestamp = data.readUInt32BE(frame + RTP_AT + 4);
      packet.ssrc = data.readUInt32BE(frame + RTP_AT + 8);
      packet.payload = data.subarray(frame + HEADERS, end);
      take(packet);
    }
    at = end;
  }
  return at;
}
