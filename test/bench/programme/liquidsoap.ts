import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** 8 kHz, 16 bits: what Asterisk reads from a custom class's application. */
const BYTES_PER_MS = 16;
const END_LIMIT_MS = 5_000;
const START_LIMIT_MS = 180_000;
/** It plays when it has written so much; a complaint is shorter. */
const PLAYS_MS = 500;

/** The folders that are played. */
export interface Mix {
  readonly music: string;
  readonly advice: string;
  /** From the end of one piece of advice to the next one. */
  readonly pauseSeconds: number;
}

/** Whether the program is there; without it there is nothing to compare with. */
export function isInstalled(): boolean {
  return spawnSync('liquidsoap', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** One Liquidsoap for one caller, as Asterisk runs it for `mode=custom`: it writes the sound to its standard output, in real time. */
export class Liquidsoap {
  readonly #child: ChildProcess;
  #bytes = 0;
  #said = '';

  private constructor(child: ChildProcess, sound: Socket) {
    this.#child = child;
    sound.on('data', (data) => {
      // Its complaints about a script come this way, too.
      if (this.#bytes === 0) this.#said += data.toString('latin1', 0, 500);
      this.#bytes += data.length;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How much sound it has written, milliseconds. */
  get playedMs(): number {
    return this.#bytes / BYTES_PER_MS;
  }

  static async start(script: string): Promise<Liquidsoap> {
    // A pipe, as Asterisk gives it: Node's own would be a socket, which Liquidsoap cannot open as /dev/stdout.
    const fifo = `${script}.pipe`;
    execFileSync('mkfifo', [fifo]);
    const reads = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writes = openSync(fifo, constants.O_WRONLY);
    unlinkSync(fifo);
    const sound = new Socket({ fd: reads, readable: true, writable: false });
    const child = spawn('liquidsoap', [script], { stdio: ['ignore', writes, writes] });
    closeSync(writes);
    await once(child, 'spawn');
    return new Liquidsoap(child, sound);
  }

  /** It has begun to play. */
  async untilItPlays(): Promise<void> {
    const endsAtMs = performance.now() + START_LIMIT_MS;
    while (this.playedMs < PLAYS_MS) {
      if (this.#child.exitCode !== null || performance.now() > endsAtMs)
        throw new Error(`Liquidsoap plays nothing:\n${this.#said}`);
      await sleep(100);
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * Writes the script: the music bed with cross-fades, spoken files over it that duck it, by Liquidsoap's own operators, with the fades and levels
 * of the programme's defaults. It computes in 8 kHz mono from the beginning, which is what costs it least.
 */
export async function writeScript(folder: string, { music, advice, pauseSeconds }: Mix): Promise<string> {
  const file = join(folder, 'on-hold.liq');
  await writeFile(
    file,
    `settings.init.allow_root.set(true)
settings.log.stdout.set(false)
settings.log.file.set(false)
settings.frame.audio.samplerate.set(8000)
settings.frame.audio.channels.set(1)
music = crossfade(duration=1.5, fade_out=1., fade_in=1., playlist(mode="normal", ${JSON.stringify(music)}))
advice = amplify(0.9, delay(initial=true, ${pauseSeconds.toFixed(1)}, playlist(mode="normal", ${JSON.stringify(advice)})))
programme = smooth_add(duration=1., p=0.1, normal=music, special=advice)
output.file(fallible=true, flush=true, %wav(stereo=false, samplerate=8000, samplesize=16, header=false), "/dev/stdout", programme)
`,
  );
  return file;
}
