import type { Datagram } from './pcap.ts';
import { concat, fromAlaw, fromMulaw, type Pcm } from './pcm.ts';

/** An RTP packet (RFC 3550). */
export interface RtpPacket {
  /** When it was captured: wall clock, milliseconds. */
  readonly atMs: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly hasMarker: boolean;
  readonly payload: Buffer;
}

/** One digit as it was sent in telephone events (RFC 4733). */
export interface SentDigit {
  readonly digit: string;
  /** The first packet of the event. */
  readonly fromMs: number;
  /** The first packet that says that the key was let go. */
  readonly endMs: number;
}

const DIGITS = '0123456789*#ABCD';

/** The RTP packets of one direction of a capture, by the sender's or the receiver's `address:port`. */
export function rtpPackets(datagrams: readonly Datagram[], where: { from?: string; to?: string }): RtpPacket[] {
  const packets: RtpPacket[] = [];
  for (const datagram of datagrams) {
    if (
      (where.from !== undefined && datagram.from !== where.from) ||
      (where.to !== undefined && datagram.to !== where.to)
    )
      continue;
    const packet = parseRtp(datagram);
    if (packet) packets.push(packet);
  }
  return packets;
}

/** Reads one datagram as RTP; undefined when it is something else, RTCP for instance. */
export function parseRtp({ atMs, payload: data }: Pick<Datagram, 'atMs' | 'payload'>): RtpPacket | undefined {
  const first = data[0] ?? 0;
  const second = data[1] ?? 0;
  // RTCP's packet types are 200 to 204, which look like payload types 72 to 76 with the marker.
  if (data.length < 12 || first >> 6 !== 2 || (second >= 200 && second <= 204)) return undefined;
  let start = 12 + (first & 0x0f) * 4;
  if (first & 0x10) start += 4 + (data.length >= start + 4 ? data.readUInt16BE(start + 2) * 4 : 0);
  const end = first & 0x20 ? data.length - (data.at(-1) ?? 0) : data.length;
  return {
    atMs,
    ssrc: data.readUInt32BE(8),
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    payloadType: second & 0x7f,
    hasMarker: second >= 0x80,
    payload: data.subarray(start, Math.max(start, end)),
  };
}

/** By the payload types of RFC 3551. */
const DECODERS: ReadonlyMap<number, (byte: number) => number> = new Map([
  [0, fromMulaw],
  [8, fromAlaw],
]);

/**
 * Turns PCMU and PCMA packets into sound that begins at `startMs` (by default with the first packet). A packet lies where its
 * timestamp says, counted from the arrival of the first one of its stream: jitter does not move it, a loss or a pause is silence.
 * A stream begins with a new SSRC, or where timestamp and arrival go apart by more than `lateMs` (200 ms); with `Infinity` the timestamps alone
 * count, as for a phone that waits for every packet.
 */
export function rtpToPcm(
  packets: readonly RtpPacket[],
  { startMs = packets[0]?.atMs ?? 0, lateMs = 200 }: { startMs?: number; lateMs?: number } = {},
): Pcm {
  const sampleRate = 8000;
  const pieces: { at: number; samples: Float32Array }[] = [];
  let stream: { ssrc: number; startMs: number; timestamp: number } | undefined;
  for (const packet of packets) {
    const decoder = DECODERS.get(packet.payloadType);
    if (!decoder) continue;
    // Timestamps are 32 bits and go round; the difference is a signed number.
    const since = stream ? ((packet.timestamp - stream.timestamp) | 0) / 8 : 0;
    if (!stream || stream.ssrc !== packet.ssrc || Math.abs(stream.startMs + since - packet.atMs) > lateMs) {
      stream = { ssrc: packet.ssrc, startMs: packet.atMs, timestamp: packet.timestamp };
    }
    const placeMs = stream.startMs + ((packet.timestamp - stream.timestamp) | 0) / 8;
    pieces.push({ at: Math.round((placeMs - startMs) * 8), samples: Float32Array.from(packet.payload, decoder) });
  }
  const length = pieces.reduce((end, { at, samples }) => Math.max(end, at + samples.length), 0);
  const samples = new Float32Array(length);
  for (const piece of pieces) {
    if (piece.at >= 0) samples.set(piece.samples, piece.at);
    else if (piece.at + piece.samples.length > 0) samples.set(piece.samples.subarray(-piece.at), 0);
  }
  return { sampleRate, samples };
}

/** The sound of PCMU and PCMA packets, one after the other as they were sent: when the machine stood still between two of them, that is no part of it. */
export function rtpSound(packets: readonly RtpPacket[]): Pcm {
  const parts = packets.flatMap(({ payloadType, payload }) => {
    const decoder = DECODERS.get(payloadType);
    return decoder ? [{ sampleRate: 8000, samples: Float32Array.from(payload, decoder) }] : [];
  });
  return concat(...parts);
}

/** The digits that were sent as telephone events of a payload type (101 with baresip), with the times of their packets. */
export function sentDigits(packets: readonly RtpPacket[], payloadType = 101): SentDigit[] {
  const digits = new Map<number, SentDigit>();
  for (const packet of packets.filter((each) => each.payloadType === payloadType && each.payload.length >= 4)) {
    const [code = 0, flags = 0] = packet.payload;
    // All packets of an event have its first moment as timestamp; the end is sent three times.
    const known = digits.get(packet.timestamp) ?? {
      digit: DIGITS[code] ?? '?',
      fromMs: packet.atMs,
      endMs: Number.NaN,
    };
    const isFirstEnd = (flags & 0x80) !== 0 && Number.isNaN(known.endMs);
    digits.set(packet.timestamp, isFirstEnd ? { ...known, endMs: packet.atMs } : known);
  }
  return [...digits.values()];
}

/** The longest time between two packets that followed each other, in milliseconds: what a listener hears as a hole. */
export function longestPauseMs(packets: readonly RtpPacket[]): number {
  let longest = 0;
  for (const [index, packet] of packets.entries())
    longest = Math.max(longest, packet.atMs - (packets[index - 1]?.atMs ?? packet.atMs));
  return longest;
}

/** The most packets that came within so many milliseconds: a burst is far more than one for every 20 ms. */
export function mostPacketsWithin(packets: readonly RtpPacket[], ms: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < packets.length; last += 1) {
    while ((packets[last]?.atMs ?? 0) - (packets[first]?.atMs ?? 0) > ms) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
