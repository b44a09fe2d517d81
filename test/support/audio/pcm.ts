import { readFileSync, writeFileSync } from 'node:fs';

/** Mono sound: samples from −1 to 1. */
export interface Pcm {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/** Reads a WAV file (RIFF, PCM of 16 bits, or G.711 µ-law and A-law); several channels are averaged into one. */
export function readWav(path: string): Pcm {
  return parseWav(readFileSync(path));
}

/**
 * Reads a WAV file's bytes. A length field that is 0 or too long (a recorder that was stopped before it wrote the length)
 * means "to the end of the file".
 */
export function parseWav(file: Buffer): Pcm {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE')
    throw new Error('Not a WAV file');
  let format: { coding: number; channels: number; sampleRate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const chunk = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (chunk === 'fmt ') {
      format = {
        coding: file.readUInt16LE(body),
        channels: file.readUInt16LE(body + 2),
        sampleRate: file.readUInt32LE(body + 4),
        bits: file.readUInt16LE(body + 14),
      };
    } else if (chunk === 'data') {
      if (!format) throw new Error('A WAV file without a format before its data');
      const end = length === 0 ? file.length : Math.min(file.length, body + length);
      return { sampleRate: format.sampleRate, samples: decode(file.subarray(body, end), format) };
    }
    at = body + length + (length % 2);
  }
  throw new Error('A WAV file without data');
}

/** Writes mono sound as a WAV file of 16-bit PCM. */
export function writeWav(path: string, { sampleRate, samples }: Pcm): void {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  for (let index = 0; index < samples.length; index += 1)
    file.writeInt16LE(toInt16(samples[index] ?? 0), 44 + index * 2);
  writeFileSync(path, file);
}

/** A sample from −1 to 1 as a 16-bit number, clipped at full scale. */
export function toInt16(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
}

/** Cuts out a part; times in milliseconds from the beginning, cut to what is there. */
export function slice(pcm: Pcm, fromMs: number, toMs: number): Pcm {
  const at = (ms: number): number => Math.max(0, Math.round((ms * pcm.sampleRate) / 1000));
  return { sampleRate: pcm.sampleRate, samples: pcm.samples.subarray(at(fromMs), at(toMs)) };
}

/** Length in milliseconds. */
export function durationMs(pcm: Pcm): number {
  return (pcm.samples.length * 1000) / pcm.sampleRate;
}

/** Silence of a length in milliseconds. */
export function silence(ms: number, sampleRate = 8000): Pcm {
  return { sampleRate, samples: new Float32Array(Math.round((ms * sampleRate) / 1000)) };
}

/** Puts sounds of one sample rate one after the other. */
export function concat(...parts: readonly Pcm[]): Pcm {
  const sampleRate = parts[0]?.sampleRate ?? 8000;
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.samples.length, 0));
  let at = 0;
  for (const part of parts) {
    if (part.sampleRate !== sampleRate)
      throw new Error(`Sounds of ${sampleRate} and ${part.sampleRate} Hz cannot be joined`);
    samples.set(part.samples, at);
    at += part.samples.length;
  }
  return { sampleRate, samples };
}

/** One byte of G.711 µ-law as a sample (ITU-T G.711). */
export function fromMulaw(byte: number): number {
  const inverted = ~byte & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)) - 0x84;
  return (inverted & 0x80 ? -magnitude : magnitude) / 32768;
}

/** A sample as one byte of G.711 µ-law (ITU-T G.711). */
export function toMulaw(sample: number): number {
  const value = toInt16(sample);
  const magnitude = Math.min(Math.abs(value), 32635) + 0x84;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** One byte of G.711 A-law as a sample (ITU-T G.711). */
export function fromAlaw(byte: number): number {
  const value = byte ^ 0x55;
  const exponent = (value & 0x70) >> 4;
  const step = ((value & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return (value & 0x80 ? magnitude : -magnitude) / 32768;
}

/** A sample as one byte of G.711 A-law (ITU-T G.711). */
export function toAlaw(sample: number): number {
  const value = toInt16(sample);
  const magnitude = Math.min(value < 0 ? -value - 1 : value, 32767);
  const exponent = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return (((value < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55) & 0xff;
}

function decode(data: Buffer, format: { coding: number; channels: number; bits: number }): Float32Array {
  const { coding, channels, bits } = format;
  const decoder = { 6: fromAlaw, 7: fromMulaw }[coding];
  // 0xfffe is "extensible", which recorders use for plain PCM, too.
  if (!decoder && !((coding === 1 || coding === 0xfffe) && bits === 16))
    throw new Error(`A WAV file of coding ${coding} with ${bits} bits is not understood`);
  const bytes = decoder ? 1 : 2;
  const samples = new Float32Array(Math.floor(data.length / (bytes * channels)));
  for (let index = 0; index < samples.length; index += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      const at = (index * channels + channel) * bytes;
      sum += decoder ? decoder(data[at] ?? 0) : data.readInt16LE(at) / 32768;
    }
    samples[index] = sum / channels;
  }
  return samples;
}
