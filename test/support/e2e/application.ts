import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { Changes } from '../phones/waiting.ts';

/** One line of the application's log. */
export interface LogLine {
  readonly level: string;
  /** ISO 8601. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Exit status, or the signal that ended it. */
  readonly status: number | NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

/** From the sources as they lie; from what `npm run build` has made, as a user runs it. */
const PROGRAMS = { sources: ['--import', 'tsx', 'src/main.ts'], built: ['dist/src/main.js'] } as const;

/** How a process is started beside its arguments and environment. */
export interface ProcessOptions {
  /** Names a file under .run that keeps what it wrote, for whoever asks why a test failed. @default none */
  readonly logName?: string | undefined;
  /** @default 'sources' */
  readonly program?: keyof typeof PROGRAMS;
  /** For Node, before the program: `--expose-gc` for instance. @default none */
  readonly nodeOptions?: readonly string[];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `queueapp` as an administrator runs it, as a process of its own. */
export class QueueappProcess {
  /** Lines of the log so far. */
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #changes = new Changes();
  readonly #file: WriteStream | null;
  readonly #listeners: ((line: LogLine) => void)[] = [];
  #out = '';
  #error = '';
  #unread = '';

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    { logName, program = 'sources', nodeOptions = [] }: ProcessOptions = {},
  ) {
    this.#file = logName === undefined ? null : openLog(logName);
    this.#child = spawn(process.execPath, [...nodeOptions, ...PROGRAMS[program], ...args], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], HOME: tmpdir(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(String(chunk)));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#error += String(chunk);
      this.#file?.write(chunk);
    });
    this.#closed = new Promise((resolve) => {
      this.#child.on('close', () => {
        running.delete(this.#child);
        this.#file?.end();
        this.#changes.notify();
        resolve();
      });
    });
  }

  get isRunning(): boolean {
    return running.has(this.#child);
  }

  /** Its process id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<ProcessEnd> {
    await this.#closed;
    return { status: this.#child.exitCode ?? this.#child.signalCode, out: this.#out, error: this.#error };
  }

  /** Waits until a line of the log fits that is not older than the count `from`. */
  says(
    what: string,
    fits: (line: LogLine) => boolean,
    { from = 0, limitMs = 30_000 }: { from?: number; limitMs?: number } = {},
  ): Promise<LogLine> {
    const story = () => `; its last lines:\n${this.tail()}`;
    return this.#changes.until(() => this.log.slice(from).find(fits), { what, limitMs }, story);
  }

  /** Tells of every line of the log from now on. */
  onLine(listener: (line: LogLine) => void): void {
    this.#listeners.push(listener);
  }

  /** Waits until it has all tunes: before, key 3 has none to go to. Decoding all of them takes seconds of processor: over a minute was seen on a busy machine. */
  recordingsRead(): Promise<LogLine> {
    return this.says('the recordings are read', ({ msg }) => msg === 'Recordings read', { limitMs: 300_000 });
  }

  /** The last lines that it wrote. */
  tail(lines = 30): string {
    return [...this.#out.trim().split('\n').slice(-lines), this.#error].join('\n');
  }

  /** For clearing up: ends it whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #read(text: string): void {
    this.#out += text;
    this.#file?.write(text);
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{"level"')) this.#logged(JSON.parse(line) as LogLine);
    this.#changes.notify();
  }

  #logged(line: LogLine): void {
    this.log.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}

function openLog(name: string): WriteStream {
  const folder = join(CHECKOUT, '.run');
  mkdirSync(folder, { recursive: true });
  return createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
}
