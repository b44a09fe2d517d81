import { describe, expect, test } from '@jest/globals';
import { readCapture } from '../support/audio/pcap.ts';
import { type Pcm, silence, toMulaw } from '../support/audio/pcm.ts';
import { closest, loadPrompts } from '../support/audio/recognise.ts';
import { longestPauseMs, parseRtp, type RtpPacket, rtpPackets, rtpToPcm, sentDigits } from '../support/audio/rtp.ts';

const prompts = loadPrompts();
const SSRC = 0x12345678;

function rtp(fields: { sequence: number; timestamp: number; payloadType?: number; payload: Buffer }): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = fields.payloadType ?? 0;
  header.writeUInt16BE(fields.sequence & 0xffff, 2);
  header.writeUInt32BE(fields.timestamp >>> 0, 4);
  header.writeUInt32BE(SSRC, 8);
  return Buffer.concat([header, fields.payload]);
}

// A sound as 20 ms packets; timestamps go round in its middle.
function packetsOf(sound: Pcm, arrival: (index: number) => number = (index) => index * 20): RtpPacket[] {
  const packets: RtpPacket[] = [];
  for (let index = 0; index * 160 < sound.samples.length; index += 1) {
    const payload = Buffer.from(Array.from(sound.samples.subarray(index * 160, index * 160 + 160), toMulaw));
    const packet = parseRtp({
      atMs: arrival(index),
      payload: rtp({ sequence: 65_530 + index, timestamp: 2 ** 32 - 8000 + index * 160, payload }),
    });
    if (packet) packets.push(packet);
  }
  return packets;
}

// pcap, big-endian with microseconds, Ethernet.
function pcap(datagrams: readonly { atMs: number; payload: Buffer; protocol?: number }[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(0xa1b2c3d4, 0);
  header.writeUInt32BE(1, 20);
  const frames = datagrams.flatMap(({ atMs, payload, protocol = 17 }) => {
    const frame = Buffer.alloc(42);
    frame.writeUInt16BE(0x0800, 12);
    frame[14] = 0x45;
    frame[23] = protocol;
    frame.set([127, 0, 0, 1, 127, 0, 0, 2], 26);
    frame.writeUInt16BE(5000, 34);
    frame.writeUInt16BE(6000, 36);
    frame.writeUInt16BE(8 + payload.length, 38);
    const record = Buffer.alloc(16);
    record.writeUInt32BE(Math.floor(atMs / 1000), 0);
    record.writeUInt32BE((atMs % 1000) * 1000, 4);
    record.writeUInt32BE(frame.length + payload.length, 8);
    record.writeUInt32BE(frame.length + payload.length, 12);
    return [record, frame, payload];
  });
  return Buffer.concat([header, ...frames]);
}

describe('a capture', () => {
  test('gives its UDP datagrams, and nothing of what is not UDP', () => {
    const found = readCapture(
      pcap([
        { atMs: 1_700_000_000_250, payload: Buffer.from('one') },
        { atMs: 5, payload: Buffer.from('tcp'), protocol: 6 },
      ]),
    );
    expect(found).toEqual([
      { atMs: 1_700_000_000_250, from: '127.0.0.1:5000', to: '127.0.0.2:6000', payload: Buffer.from('one') },
    ]);
  });

  test('keeps the RTP of one direction and leaves RTCP out', () => {
    const rtcp = Buffer.alloc(28);
    rtcp.set([0x80, 200]);
    const datagrams = readCapture(
      pcap([
        { atMs: 20, payload: rtp({ sequence: 1, timestamp: 0, payload: Buffer.alloc(160, 0xff) }) },
        { atMs: 21, payload: rtcp },
      ]),
    );
    expect(rtpPackets(datagrams, { to: '127.0.0.2:6000' })).toHaveLength(1);
    expect(rtpPackets(datagrams, { from: '127.0.0.2:6000' })).toHaveLength(0);
  });

  test('may be a pcapng with its own unit of time, blocks of other kinds, and a last block that is cut off', () => {
    const block = (type: number, body: Buffer): Buffer => {
      const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
      const ends = Buffer.alloc(8);
      ends.writeUInt32LE(type, 0);
      ends.writeUInt32LE(padded.length + 12, 4);
      return Buffer.concat([ends, padded, ends.subarray(4)]);
    };
    const packet = (atMs: number): Buffer => {
      const frame = pcap([{ atMs: 0, payload: Buffer.from('hello') }]).subarray(40);
      const head = Buffer.alloc(20);
      const nanoseconds = BigInt(atMs) * 1_000_000n;
      head.writeUInt32LE(Number(nanoseconds >> 32n), 4);
      head.writeUInt32LE(Number(nanoseconds & 0xffffffffn), 8);
      head.writeUInt32LE(frame.length, 12);
      head.writeUInt32LE(frame.length, 16);
      return block(6, Buffer.concat([head, frame]));
    };
    const section = block(0x0a0d0d0a, Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'));
    const ethernet = block(1, Buffer.from('0100000000000400' + '09000100' + '09000000' + '00000000', 'hex'));
    const whole = Buffer.concat([section, ethernet, block(4, Buffer.alloc(8)), packet(1_795_227_000_123), packet(5)]);
    expect(readCapture(whole.subarray(0, -20))).toEqual([
      { atMs: 1_795_227_000_123, from: '127.0.0.1:5000', to: '127.0.0.2:6000', payload: Buffer.from('hello') },
    ]);
    expect(readCapture(whole)).toHaveLength(2);
    expect(readCapture(Buffer.alloc(0))).toEqual([]);
  });

  test('is refused when it is none', () => {
    expect(() => readCapture(Buffer.alloc(64))).toThrow('Not a capture');
  });
});

describe('sound from RTP', () => {
  const prompt = prompts.get('inform_code') ?? silence(0);

  test('is the same whatever the jitter, and when timestamps go round', () => {
    const jitter = packetsOf(prompt, (index) => 1000 + index * 20 + ((index * 7919) % 40));
    const [best] = closest(rtpToPcm(jitter, { startMs: 0 }), prompts);
    expect(best).toMatchObject({ name: 'inform_code' });
    expect(best?.score).toBeGreaterThan(0.99);
    expect(Math.abs((best?.offsetMs ?? 0) - 1000)).toBeLessThan(1);
  });

  test('has silence where packets are missing, and where the sender paused', () => {
    const packets = packetsOf({ sampleRate: 8000, samples: silence(1000).samples.fill(0.5) });
    const lost = rtpToPcm(packets.filter((_, index) => index < 10 || index >= 20));
    expect(
      [lost.samples[1599], lost.samples[1600], lost.samples[3199], lost.samples[3200]].map(
        (sample) => (sample ?? 0) > 0.4,
      ),
    ).toEqual([true, false, false, true]);
    // A pause in which the timestamps stood still.
    const paused = rtpToPcm(
      packets.map((packet, index) => (index < 25 ? packet : { ...packet, atMs: packet.atMs + 700 })),
    );
    expect(paused.samples).toHaveLength(1700 * 8);
    expect(paused.samples[600 * 8]).toBe(0);
    expect(longestPauseMs(packets)).toBe(20);
  });

  test('tells digits with the times of their first and of their first end packet', () => {
    const event = (index: number, timestamp: number, [digit, flags]: [number, number]): RtpPacket | undefined =>
      parseRtp({
        atMs: index * 20,
        payload: rtp({ sequence: index, timestamp, payloadType: 101, payload: Buffer.from([digit, flags, 0, 160]) }),
      });
    const packets = [
      event(1, 0, [1, 10]),
      event(2, 0, [1, 10]),
      event(3, 0, [1, 0x8a]),
      event(4, 0, [1, 0x8a]),
      event(9, 800, [11, 10]),
      event(10, 800, [11, 0x8a]),
    ];
    expect(sentDigits(packets.filter((packet) => packet !== undefined))).toEqual([
      { digit: '1', fromMs: 20, endMs: 60 },
      { digit: '#', fromMs: 180, endMs: 200 },
    ]);
  });
});
