import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';

const SCRIPT = fileURLToPath(new URL('contender.ts', import.meta.url));
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

/** One deed of a process that held the lease. */
export interface Act {
  readonly epoch: number;
  /** By the machine's even clock. */
  readonly atNs: bigint;
  /** By the process's wall clock. */
  readonly wallMs: number;
  readonly pid: number;
}

/** Processes that want one lease, each on its own; what they have done. */
export class Contenders {
  readonly acts: Act[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #children = new Set<ChildProcess>();

  constructor(databaseUrl: string, leaseMs: number) {
    this.#env = { DATABASE_URL: databaseUrl, LEASE_MS: String(leaseMs) };
  }

  /** Starts one more and waits until it holds the lease or is a standby. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<Contender> {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    const contender = new Contender(child, this.acts);
    await eventually('the contender is there', () => contender.isThere, 60_000);
    return contender;
  }

  /** Waits until somebody acts in a later epoch. */
  async untilLaterThan(epoch: number): Promise<Act> {
    return await eventually(
      `somebody acts after epoch ${epoch}`,
      () => this.acts.findLast((act) => act.epoch > epoch),
      60_000,
    );
  }

  /** Deeds of one that was replaced, after the first deed of its successor: there must be none. */
  lateActs(): Act[] {
    let newest = 0;
    const inOrder = [...this.acts].sort((one, other) => (one.atNs < other.atNs ? -1 : 1));
    return inOrder.filter(({ epoch }) => {
      newest = Math.max(newest, epoch);
      return epoch < newest;
    });
  }

  async close(): Promise<void> {
    const left = [...this.#children];
    await Promise.all(
      left.map(
        (child) =>
          new Promise((resolve) => {
            child.once('close', resolve);
            child.kill('SIGKILL');
          }),
      ),
    );
  }
}

export class Contender {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isThere = false;
  #unread = '';

  constructor(child: ChildProcess, acts: Act[]) {
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once('close', resolve));
    child.stdout?.on('data', (bytes: Buffer) => {
      const lines = (this.#unread + String(bytes)).split('\n');
      this.#unread = lines.pop() ?? '';
      for (const line of lines) {
        const [what, epoch, atNs = '0', wallMs] = line.split(' ');
        this.#isThere = true;
        if (what === 'act')
          acts.push({ epoch: Number(epoch), atNs: BigInt(atNs), wallMs: Number(wallMs), pid: this.pid });
      }
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit status, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
