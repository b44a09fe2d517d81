import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DecoderOutput, StreamDecoder } from './decoder-output.ts';
import { adtsHeader, Framer } from './framer.ts';
import { AHEAD_MS_MAX } from './rings.ts';

const RATE = 16_000;
/** How often it is looked whether there is room again. */
const LOOK_MS = 100;
const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'fatal', '-protocol_whitelist', 'pipe'],
  ...['-probesize', '16384', '-analyzeduration', '0', '-fflags', 'nobuffer', '-f', 'aac', '-i', 'pipe:0'],
  ...['-f', 's16le', '-ac', '1', '-ar', String(RATE), 'pipe:1'],
];

/**
 * AAC by the program ffmpeg: what there is of decoders in packages is under the GPL or not kept up. It ends with its input, and so with the
 * thread that owns it.
 */
export class AacDecoder implements StreamDecoder {
  readonly #output: DecoderOutput;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #framer = new Framer(adtsHeader);
  #isClosed = false;

  constructor(output: DecoderOutput) {
    this.#output = output;
    this.#child = spawn('ffmpeg', ARGUMENTS, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '' },
    });
    this.#child.on('error', (error) =>
      this.#fail('code' in error && error.code === 'ENOENT' ? MISSING : error.message),
    );
    this.#child.on('exit', () => this.#fail('ffmpeg, which decodes AAC, ended'));
    // It may be gone while something is written; 'exit' tells it.
    this.#child.stdin.on('error', () => {});
    this.#read().catch((error: unknown) => this.#fail(String(error)));
  }

  decode(received: Uint8Array): Promise<void> {
    const bytes = this.#framer.frames(received);
    return new Promise((resolve) => {
      if (this.#isClosed || this.#child.stdin.destroyed) resolve();
      else this.#child.stdin.write(bytes, () => resolve());
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#child.kill('SIGKILL');
  }

  async #read(): Promise<void> {
    let odd = Buffer.alloc(0);
    for await (const chunk of this.#child.stdout) {
      const bytes = Buffer.concat([odd, chunk as Buffer]);
      const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(2 * i) / 32_768);
      odd = Buffer.from(bytes.subarray(samples.length * 2));
      while (this.#output.aheadMs() > AHEAD_MS_MAX && !this.#isClosed) await sleep(LOOK_MS);
      if (this.#isClosed) return;
      if (samples.length > 0) this.#output.block({ sampleRate: RATE, samples });
    }
  }

  #fail(reason: string): void {
    if (!this.#isClosed) this.#output.failed(reason);
    this.#isClosed = true;
  }
}

const MISSING = 'AAC needs the program ffmpeg, which is not installed (apt-get install ffmpeg)';
