import { createHash } from 'node:crypto';

/** What a FLAC file says of itself in its first block (RFC 9639, section 8.2). */
export interface StreamInfo {
  readonly sampleRate: number;
  readonly channels: number;
  readonly samples: number;
  /** MD5 of the decoded samples, little-endian, in hexadecimal. */
  readonly md5: string;
}

/** Reads the first block of a FLAC file; throws when it is none. */
export function streamInfo(file: Buffer): StreamInfo {
  if (file.toString('latin1', 0, 4) !== 'fLaC' || ((file[4] ?? 0) & 0x7f) !== 0 || file.length < 42)
    throw new Error('This is no FLAC file');
  const packed = file.readBigUInt64BE(18);
  return {
    sampleRate: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    samples: Number(packed & 0xf_ffff_ffffn),
    md5: file.toString('hex', 26, 42),
  };
}

/** MD5 of samples as a FLAC file would have it. */
export function md5Of(samples: Int16Array): string {
  return createHash('md5')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('hex');
}

/** A WAV file of 16-bit mono samples. */
export function wavFile(samples: Int16Array, sampleRate: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}
