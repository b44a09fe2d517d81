/** A UDP datagram of a capture. */
export interface Datagram {
  /** When it was captured: wall clock, milliseconds. */
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly payload: Buffer;
}

// Offset of the network header and of its type, by the link types that dumpcap writes on Linux.
const LINK = {
  1: { header: 14, type: 12 }, // Ethernet, which loopback is shown as
  113: { header: 16, type: 14 }, // "any", cooked
  276: { header: 20, type: 0 }, // "any", cooked 2
} as Record<number, { header: number; type: number }>;

/** Reads the UDP datagrams over IPv4 of a capture: pcapng, or the older pcap, in either byte order. Others are left out. */
export function readCapture(file: Buffer): Datagram[] {
  // A capture that has only just begun.
  if (file.length < 24) return [];
  const magic = file.readUInt32LE(0);
  const frames = magic === 0x0a0d0d0a ? pcapngFrames(file) : pcapFrames(file);
  const datagrams: Datagram[] = [];
  for (const { atMs, linkType, data } of frames) {
    const datagram = udpOf(data, linkType);
    if (datagram) datagrams.push({ atMs, ...datagram });
  }
  return datagrams;
}

interface Frame {
  readonly atMs: number;
  readonly linkType: number;
  readonly data: Buffer;
}

function* pcapFrames(file: Buffer): Generator<Frame> {
  const isLittle = [0xa1b2c3d4, 0xa1b23c4d].includes(file.readUInt32LE(0));
  const u32 = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  if (![0xa1b2c3d4, 0xa1b23c4d].includes(u32(0))) throw new Error('Not a capture file');
  const fraction = u32(0) === 0xa1b23c4d ? 1e6 : 1e3;
  for (let at = 24; at + 16 <= file.length; ) {
    const length = u32(at + 8);
    yield {
      atMs: u32(at) * 1000 + u32(at + 4) / fraction,
      linkType: u32(20),
      data: file.subarray(at + 16, at + 16 + length),
    };
    at += 16 + length;
  }
}

// Sections, interfaces and enhanced packet blocks (draft-ietf-opsawg-pcapng); a block that is cut off ends the reading.
function* pcapngFrames(file: Buffer): Generator<Frame> {
  let isLittle = true;
  let interfaces: { linkType: number; unitsPerMs: number }[] = [];
  const u16 = (at: number): number => (isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  for (let at = 0; at + 12 <= file.length; ) {
    if (file.readUInt32LE(at) === 0x0a0d0d0a) {
      isLittle = file.readUInt32LE(at + 8) === 0x1a2b3c4d;
      interfaces = [];
    }
    const length = u32(at + 4);
    if (length < 12 || at + length > file.length) return;
    if (u32(at) === 1) {
      interfaces.push({
        linkType: u16(at + 8),
        unitsPerMs: timestampUnits(file.subarray(at + 16, at + length - 4), u16Reader(isLittle)),
      });
    } else if (u32(at) === 6) {
      const { linkType, unitsPerMs } = interfaces[u32(at + 8)] ?? { linkType: 1, unitsPerMs: 1000 };
      const units = u32(at + 12) * 2 ** 32 + u32(at + 16);
      yield { atMs: units / unitsPerMs, linkType, data: file.subarray(at + 28, at + 28 + u32(at + 20)) };
    }
    at += length;
  }
}

function u16Reader(isLittle: boolean): (data: Buffer, at: number) => number {
  return (data, at) => (isLittle ? data.readUInt16LE(at) : data.readUInt16BE(at));
}

// Option 9, if_tsresol: a power of ten, or of two with the highest bit; microseconds when there is none.
function timestampUnits(options: Buffer, u16: (data: Buffer, at: number) => number): number {
  for (let at = 0; at + 4 <= options.length; ) {
    const [code, length] = [u16(options, at), u16(options, at + 2)];
    if (code === 9) {
      const resolution = options[at + 4] ?? 6;
      return (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution) / 1000;
    }
    if (code === 0) break;
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return 1000;
}

function udpOf(frame: Buffer, linkType: number): Omit<Datagram, 'atMs'> | undefined {
  const link = LINK[linkType];
  if (!link || frame.length < link.header + 28 || frame.readUInt16BE(link.type) !== 0x0800) return undefined;
  const packet = frame.subarray(link.header);
  const udp = packet.subarray(((packet[0] ?? 0) & 0x0f) * 4);
  if (packet[9] !== 17 || udp.length < 8) return undefined;
  const address = (at: number): string => [...packet.subarray(at, at + 4)].join('.');
  return {
    from: `${address(12)}:${udp.readUInt16BE(0)}`,
    to: `${address(16)}:${udp.readUInt16BE(2)}`,
    payload: udp.subarray(8, udp.readUInt16BE(4)),
  };
}
