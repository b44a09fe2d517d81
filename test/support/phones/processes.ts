import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** How long a program may take to end by itself after SIGTERM; then it is killed. */
const END_LIMIT_MS = 10_000;
/** Below the ports of the private stacks (install/private-stack/ports.ts), and those below the kernel’s; above 10080, which no fetch may use. */
const FIRST_PORT = 11_000;
const PORTS = 4_000;
/** Another one in each process, so that two of them look at different ports. */
let turn = randomInt(PORTS);

// What still runs when the test process ends, because a test failed to close it. It does not hold the test process up.
const running = new Set<Program>();
process.once('exit', () => {
  for (const program of running) {
    program.signal('SIGKILL');
    rmSync(program.folder, { recursive: true, force: true });
  }
});

/** A program of somebody else's, with a folder of its own for its files. */
export class Program {
  readonly folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #output = '';

  private constructor(folder: string, child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.folder = folder;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        // The end of the output is enough to explain a failure.
        this.#output = (this.#output + text).slice(-20_000);
      });
    }
  }

  /** Starts a program in the folder that `temporaryFolder` made; `onOutput` gets what it prints on standard output. */
  static async start(
    command: string,
    args: readonly string[],
    folder: string,
    onOutput: (text: string) => void = () => {},
  ): Promise<Program> {
    const child = spawn(command, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    const program = new Program(folder, child);
    child.stdout.on('data', onOutput);
    // A program that ends while it is written to is noticed by its end.
    child.stdin.on('error', () => {});
    await once(child, 'spawn');
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as Socket).unref();
    running.add(program);
    child.once('exit', () => running.delete(program));
    return program;
  }

  /** The last 20,000 characters that it printed. */
  get output(): string {
    return this.#output;
  }

  /** Whether it has not ended yet. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its exit status; undefined while it runs or when a signal ended it. */
  get exitStatus(): number | undefined {
    return this.#child.exitCode ?? undefined;
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Sends a signal to this one process. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal);
  }

  /** Waits until it has ended by itself; false when it still runs at the limit. */
  async ended(limitMs: number): Promise<boolean> {
    if (!this.isRunning) return true;
    // A timer that holds the process up for the time of the wait: the program does not.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), limitMs);
    return await once(this.#child, 'exit', { signal: limit.signal })
      .then(
        () => true,
        () => !this.isRunning,
      )
      .finally(() => clearTimeout(timer));
  }

  /** Ends it, if need be by force, and removes its folder. */
  async close(): Promise<void> {
    // One that was stopped by SIGSTOP cannot end by itself.
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    if (!(await this.ended(END_LIMIT_MS))) {
      this.signal('SIGKILL');
      await this.ended(END_LIMIT_MS);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes a folder below the system's folder for temporary files. */
export function temporaryFolder(purpose: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `queueapp-${purpose}-`));
}

/**
 * Finds a port of 127.0.0.1 on which nobody listens, neither by TCP nor by UDP: none that the kernel gives to whoever asks for any port, and none that
 * was found here before, so that it is still free when the program that it is for comes to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + (turn++ % PORTS);
    if (!((await isTcpPortTaken(port)) || (await isUdpPortTaken(port)))) return port;
  }
}

async function isTcpPortTaken(port: number): Promise<boolean> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await listening;
    return false;
  } catch {
    return true;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Tells whether some program has bound a UDP port of 127.0.0.1. */
export async function isUdpPortTaken(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await bound;
    return false;
  } catch {
    return true;
  } finally {
    socket.close();
  }
}
