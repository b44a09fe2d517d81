import { describe, expect, test } from '@jest/globals';
import { G711_DECODING } from '../../../src/core/programme/g711.ts';
import type { WireFormat } from '../../../src/core/programme/sound.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { AudioProgramme } from '../../../src/ports/media-out.ts';
import { BlockBuffer } from '../../../stasis/media/block-buffer.ts';
import { freshCounters } from '../../../stasis/media/counters.ts';
import { Pump } from '../../../stasis/media/pump.ts';
import { type PacketSocket, RtpLine } from '../../../stasis/media/rtp-line.ts';
import { RtpStream } from '../../../stasis/media/rtp-stream.ts';
import { MEDIA_LIMITS } from '../../../stasis/media/settings.ts';
import { toneShare } from '../../support/audio/levels.ts';
import { parseRtp, type RtpPacket, rtpToPcm } from '../../support/audio/rtp.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { NoiseProgramme } from '../../support/media/noise-programme.ts';
import { SineProgramme } from '../../support/media/sine-programme.ts';

/** A clock whose process can stand still: then its timers come late. */
class SleepyClock implements Clock {
  readonly #inner = new FakeClock();
  #aheadMs = 0;

  now(): number {
    return this.#inner.now() + this.#aheadMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#inner.after(delayMs, callback);
  }

  /** The next timers are so much late; a negative number sets the clock back. */
  sleep(ms: number): void {
    this.#aheadMs += ms;
  }

  advance(ms: number): Promise<void> {
    return this.#inner.advance(ms);
  }

  get pendingTimers(): number {
    return this.#inner.pendingTimers;
  }
}

/** Keeps a copy of every packet, as the network would, with the time at which it was sent. */
class RecordingSocket implements PacketSocket {
  readonly packets: RtpPacket[] = [];
  isClosed = false;
  breaks: (reason: string) => void = () => undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen(onLost: (reason: string) => void): void {
    this.breaks = onLost;
  }

  send(packet: Buffer): void {
    const read = parseRtp({ atMs: this.#clock.now(), payload: Buffer.from(packet) });
    if (read) this.packets.push(read);
  }

  end(): void {
    this.isClosed = true;
  }
}

function lay<Programme extends AudioProgramme>(programme: Programme, from = 0) {
  const clock = new SleepyClock();
  const socket = new RecordingSocket(clock);
  const counters = freshCounters();
  const pump = new Pump(clock);
  const lost: string[] = [];
  let ends = 0;
  const room = { clock, pump, block: new BlockBuffer(), times: MEDIA_LIMITS, counters };
  const line = new RtpLine(room, {
    ...{ socket, programme, from },
    onLost: (reason) => lost.push(reason),
    onEnd: () => ends++,
  });
  return { clock, socket, counters, pump, lost, line, programme, ends: () => ends };
}

const noise = () => new NoiseProgramme('ulaw');
const framesOf = (packets: readonly RtpPacket[], programme: NoiseProgramme) =>
  packets.map(({ payload }, index) => programme.find(payload, index)?.frame ?? null);
const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);
const gaps = (packets: readonly RtpPacket[], value: (packet: RtpPacket) => number, bits: number) =>
  packets.slice(1).map((packet, index) => {
    const before = packets[index];
    return before === undefined ? Number.NaN : (value(packet) - value(before) + 2 ** bits) % 2 ** bits;
  });

describe('A line of RTP', () => {
  test('sends a packet each 20 ms, in one stream, with the programme sample for sample', async () => {
    const { clock, socket, line, programme } = lay(noise(), 160 * 7);
    line.start();
    await clock.advance(10_000);
    expect(framesOf(socket.packets, programme)).toEqual(upTo(500, 7));
    expect(new Set(gaps(socket.packets, ({ atMs }) => atMs, 40))).toEqual(new Set([20]));
    expect(new Set(gaps(socket.packets, ({ sequence }) => sequence, 16))).toEqual(new Set([1]));
    expect(new Set(gaps(socket.packets, ({ timestamp }) => timestamp, 32))).toEqual(new Set([160]));
    expect(new Set(socket.packets.map(({ ssrc, payloadType }) => `${ssrc} ${payloadType}`)).size).toBe(1);
    expect(socket.packets.map(({ hasMarker }) => hasMarker).filter(Boolean)).toHaveLength(1);
    line.stop();
  });

  test('sends silence until it is started, and marks where the programme begins', async () => {
    const { clock, socket, line, programme } = lay(noise());
    await clock.advance(100);
    expect(socket.packets).toHaveLength(5);
    expect(socket.packets.every(({ payload }) => payload.every((byte) => byte === 0xff))).toBe(true);
    expect(line.heardNow()).toBe(0);
    line.start();
    await clock.advance(100);
    expect(framesOf(socket.packets.slice(5), programme)).toEqual(upTo(5));
    expect(socket.packets.map(({ hasMarker }) => hasMarker)).toEqual(upTo(10).map((at) => at === 0 || at === 5));
    line.stop();
  });

  test('tells what is heard now, and at the end what was not heard', async () => {
    const { clock, line, socket, ends } = lay(noise(), 1600);
    line.start();
    await clock.advance(1000);
    expect(line.heardNow()).toBe(1600 + 8000);
    expect(line.stop()).toBe(1600 + 8000);
    line.end();
    await clock.advance(1000);
    expect(socket.packets).toHaveLength(50);
    expect(line.heardNow()).toBe(9600);
    expect(line.stop()).toBe(9600);
    expect({ isClosed: socket.isClosed, ends: ends() }).toEqual({ isClosed: true, ends: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('plays a change with the next packet, whether or not it is told of it', async () => {
    const { clock, socket, line, programme } = lay(noise());
    line.start();
    await clock.advance(1000);
    programme.change(line.heardNow());
    line.refresh();
    await clock.advance(20);
    expect(programme.find(socket.packets.at(-1)?.payload ?? Buffer.alloc(0), 50)).toEqual({ frame: 50, version: 1 });
    expect(programme.takeChangedFrom()).toBe(Number.POSITIVE_INFINITY);
    line.stop();
  });

  test.each([
    [10, 1],
    [30, 2],
    [50, 3],
  ])('catches up after a beat that was %i ms late', async (lateMs, atOnce) => {
    const { clock, socket, line, programme, counters } = lay(noise());
    line.start();
    await clock.advance(1000);
    const before = socket.packets.length;
    clock.sleep(lateMs);
    await clock.advance(20);
    expect(socket.packets.length - before).toBe(atOnce);
    await clock.advance(980);
    expect(framesOf(socket.packets, programme)).toEqual(upTo(socket.packets.length));
    expect(Math.abs(socket.packets.length * 20 - (2000 + lateMs))).toBeLessThanOrEqual(20);
    expect(counters.ranDry).toBe(0);
    line.stop();
  });

  test('goes on where it was after the process stood still for 700 ms, without a burst', async () => {
    const { clock, socket, line, programme, counters } = lay(noise());
    line.start();
    await clock.advance(1000);
    clock.sleep(700);
    await clock.advance(1000);
    expect(framesOf(socket.packets, programme)).toEqual(upTo(socket.packets.length));
    const pause = socket.packets[50];
    expect(pause?.hasMarker).toBe(true);
    expect(gaps(socket.packets.slice(49, 51), ({ timestamp }) => timestamp, 32)).toEqual([160 * 36]);
    expect(gaps(socket.packets.slice(49, 51), ({ atMs }) => atMs, 40)).toEqual([720]);
    expect(Math.min(...gaps(socket.packets.slice(50), ({ atMs }) => atMs, 40))).toBe(20);
    expect(counters.ranDry).toBe(1);
    line.stop();
  });

  test('goes on when the clock is set back by an hour', async () => {
    const { clock, socket, line } = lay(noise());
    line.start();
    await clock.advance(1000);
    clock.sleep(-3_600_000);
    await clock.advance(1000);
    expect(Math.abs(socket.packets.length - 100)).toBeLessThanOrEqual(2);
    line.stop();
  });

  test('is lost, once, when nobody takes it, and then is over', async () => {
    const { clock, socket, line, lost, ends } = lay(noise());
    line.start();
    await clock.advance(100);
    socket.breaks('nobody is there');
    line.lost('again');
    expect(lost).toEqual(['nobody is there']);
    expect({ isClosed: socket.isClosed, ends: ends() }).toEqual({ isClosed: true, ends: 1 });
    await clock.advance(100);
    expect(socket.packets).toHaveLength(5);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is lost when the programme can not be rendered', async () => {
    const broken: AudioProgramme = {
      ...{ format: 'ulaw', takeChangedFrom: () => Number.POSITIVE_INFINITY },
      render: () => {
        throw new Error('no sound');
      },
    };
    const { clock, line, lost } = lay(broken);
    line.start();
    await clock.advance(20);
    expect(lost).toEqual(['the programme could not be rendered: no sound']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('serves hundreds of lines at the same beat', async () => {
    const clock = new SleepyClock();
    const pump = new Pump(clock);
    const room = { clock, pump, block: new BlockBuffer(), times: MEDIA_LIMITS, counters: freshCounters() };
    const sockets = upTo(300).map(() => new RecordingSocket(clock));
    const lines = sockets.map((socket) => {
      const line = new RtpLine(room, {
        ...{ socket, programme: new NoiseProgramme('ulaw'), from: 0 },
        ...{ onLost: () => undefined, onEnd: () => undefined },
      });
      line.start();
      return line;
    });
    await clock.advance(200);
    expect(new Set(sockets.map(({ packets }) => packets.length))).toEqual(new Set([10]));
    expect(clock.pendingTimers).toBe(1);
    for (const line of lines) line.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('What is in the packets', () => {
  test.each([
    ['ulaw', 0],
    ['alaw', 8],
  ] as const)('of a programme in %s are its own bytes', async (format, payloadType) => {
    const programme = new NoiseProgramme(format);
    const { clock, socket, line } = lay(programme);
    line.start();
    await clock.advance(200);
    expect(new Set(socket.packets.map((packet) => packet.payloadType))).toEqual(new Set([payloadType]));
    expect(framesOf(socket.packets, programme)).toEqual(upTo(10));
    line.stop();
  });

  test.each(['slin', 'slin16'] as const)('of a programme in %s is the same sound in µ-law', async (format) => {
    const { clock, socket, line } = lay(new SineProgramme(format, 1000));
    line.start();
    await clock.advance(1000);
    const heard = rtpToPcm(socket.packets.slice(1));
    expect(socket.packets.every(({ payloadType, payload }) => payloadType === 0 && payload.length === 160)).toBe(true);
    expect(toneShare(heard, [1000])).toBeGreaterThan(0.995);
    expect(Math.abs(peak(heard.samples) - 0.25)).toBeLessThan(0.01);
    line.stop();
  });

  test.each([
    [300, 0.99, 1.01],
    [3000, 0.95, 1.05],
    [5200, 0, 0.01],
    [7000, 0, 0.01],
  ])('of 16 kHz at %i Hz comes through at 8 kHz by a factor of %d to %d', async (hertz, least, most) => {
    const { clock, socket, line } = lay(new SineProgramme('slin16' satisfies WireFormat, hertz));
    line.start();
    await clock.advance(1000);
    const samples = socket.packets
      .slice(1)
      .flatMap(({ payload }) => [...payload].map((byte) => G711_DECODING.ulaw[byte] ?? 0));
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const gain = rms / (8192 / Math.SQRT2);
    expect(gain).toBeGreaterThanOrEqual(least);
    expect(gain).toBeLessThanOrEqual(most);
    line.stop();
  });
});

const peak = (samples: Float32Array) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

describe('The header of RTP packets', () => {
  test('begins anywhere, and goes round', () => {
    const stream = new RtpStream(8, Buffer.from('00112233fffffff0ffff', 'hex'));
    const packet = Buffer.alloc(12);
    stream.write(packet, 160);
    expect(packet.toString('hex')).toBe('8088fffffffffff000112233');
    stream.write(packet, 160);
    expect(packet.toString('hex')).toBe('800800000000009000112233');
  });

  test('of two callers has different numbers', () => {
    const headers = [new RtpStream(0), new RtpStream(0)].map((stream) => {
      const packet = Buffer.alloc(12);
      stream.write(packet, 160);
      return packet.toString('hex');
    });
    expect(headers[0]).not.toBe(headers[1]);
  });
});
