import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';

/** A `queueapp` command that runs, as an administrator would run it. */
export class RunningCommand {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #out = '';
  #error = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], HOME: tmpdir(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#out += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#error += chunk;
    });
    this.#closed = new Promise((resolve) => this.#child.on('close', () => resolve()));
  }

  get out(): string {
    return this.#out;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end: the exit status, or the signal that ended it, and what it wrote. */
  async end(): Promise<{ status: number | NodeJS.Signals | null; out: string; error: string }> {
    await this.#closed;
    return { status: this.#child.exitCode ?? this.#child.signalCode, out: this.#out, error: this.#error };
  }

  /** For clearing up: ends it whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
