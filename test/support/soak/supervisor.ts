import { type LogLine, QueueappProcess } from '../e2e/application.ts';
import { Changes } from '../phones/waiting.ts';

/** One process's beginning. */
export interface Life {
  readonly startedAtMs: number;
  /** When it was level with Asterisk for the first time, and matched again; `null`: it was not, before it ended. */
  levelAtMs: number | null;
  /** Lines of warn and above, by text. */
  readonly complaints: Map<string, number>;
}

export interface SupervisorOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly program: 'sources' | 'built';
  readonly logName: string;
  readonly nodeOptions?: readonly string[];
}

/** The application's first level after a start: generous, since the machine may have much else to do. */
const LEVEL_LIMIT_MS = 120_000;
/** Processes that end by themselves one after the other: something is wrong that no further start cures. */
const OWN_ENDS_MAX = 5;

/** Keeps the application running as systemd would: whatever ends it, the next process is started at once. */
export class Supervisor {
  readonly lives: Life[] = [];
  /** Ends that nobody has caused, as sentences. */
  readonly ownEnds: string[] = [];
  readonly #options: SupervisorOptions;
  readonly #changes = new Changes();
  #process: QueueappProcess;
  #isKilled = false;
  #isStopping = false;
  #watching: Promise<void>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#process = this.#start();
    this.#watching = this.#watch();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends the process at this very moment; the next one is started as soon as it is gone. */
  kill(): void {
    this.#isKilled = true;
    this.#process.signal('SIGKILL');
  }

  /** Waits until the process that runs then is level with Asterisk; `after`: only processes that were started later than that count. */
  async level(after = 0): Promise<Life> {
    const look = () => {
      if (this.ownEnds.length > OWN_ENDS_MAX) throw new Error(this.ownEnds.join('\n'));
      const life = this.lives.at(-1);
      return life !== undefined && life.levelAtMs !== null && life.startedAtMs >= after ? life : undefined;
    };
    const what = 'the application to be level with Asterisk';
    return await this.#changes.until(look, { what, limitMs: LEVEL_LIMIT_MS }, () => `\n${this.#process.tail()}`);
  }

  /** SIGTERM to the last one, and no further start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#process.signal('SIGTERM');
    await this.#watching;
  }

  /** For clearing up, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#process.signal('SIGKILL');
    await this.#watching;
  }

  #start(): QueueappProcess {
    const { env, program, logName, nodeOptions = [] } = this.#options;
    const life: Life = { startedAtMs: Date.now(), levelAtMs: null, complaints: new Map() };
    this.lives.push(life);
    const started = new QueueappProcess(['start'], env, { logName, program, nodeOptions });
    started.onLine((line) => this.#heard(life, line));
    return started;
  }

  #heard(life: Life, { msg, level, time }: LogLine): void {
    if (msg === 'Level with Asterisk') {
      life.levelAtMs ??= new Date(time).getTime();
      this.#changes.notify();
    }
    if (['warn', 'error', 'fatal'].includes(level)) life.complaints.set(msg, (life.complaints.get(msg) ?? 0) + 1);
  }

  async #watch(): Promise<void> {
    for (;;) {
      const { status } = await this.#process.end();
      if (this.#isStopping) return;
      if (!this.#isKilled) this.ownEnds.push(`The application ended by itself (${status}):\n${this.#process.tail()}`);
      this.#isKilled = false;
      this.#changes.notify();
      if (this.ownEnds.length > OWN_ENDS_MAX) return;
      this.#process = this.#start();
    }
  }
}
