import { type SwitchName, switchName } from '../../../src/core/ids.ts';
import { AppError } from '../../../src/errors.ts';
import type { HolderFacts, Lease, Leases, TakeOptions } from '../../../src/ports/lease.ts';

interface Row {
  epoch: number;
  holder: MemoryLease | null;
}

/** The table of leases in memory: all processes of a test share one. */
export class MemoryLeaseTable {
  readonly #rows = new Map<SwitchName, Row>();
  readonly #waiting = new Set<() => void>();

  /** A process that wants leases. */
  process(): Leases {
    return { take: (switches, options) => this.#take(switches, options) };
  }

  /** The holder has stood still for too long: whoever waits has its lease, and it does not know. */
  passOver(lease: Lease): void {
    this.row(lease.switchName).holder = null;
    this.tellWaiting();
  }

  row(name: SwitchName): Row {
    const row = this.#rows.get(name) ?? { epoch: 0, holder: null };
    this.#rows.set(name, row);
    return row;
  }

  tellWaiting(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #take(switches: readonly SwitchName[], options: TakeOptions): Promise<Lease> {
    options.signal.throwIfAborted();
    const free = () => switches.find((name) => this.row(name).holder === null);
    const name = free() ?? (await this.#untilFree(free, options));
    const row = this.row(name);
    row.epoch += 1;
    row.holder = new MemoryLease(this, name, row.epoch, options.onLost);
    return row.holder;
  }

  #untilFree(free: () => SwitchName | undefined, { signal, onStandby }: TakeOptions): Promise<SwitchName> {
    onStandby?.('another process of the test');
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', onAbort);
      };
      const look = () => {
        const name = free();
        if (name === undefined) return;
        end();
        // Before anybody else looks.
        this.row(name).holder = new MemoryLease(this, name, this.row(name).epoch, () => undefined);
        resolve(name);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

class MemoryLease implements Lease {
  readonly switchName: SwitchName;
  readonly epoch: number;
  facts: HolderFacts = { httpUrl: null, isSwitchLost: null, isDraining: false };
  readonly #table: MemoryLeaseTable;
  readonly #onLost: (reason: string) => void;
  #isOver = false;

  constructor(table: MemoryLeaseTable, name: SwitchName, epoch: number, onLost: (reason: string) => void) {
    this.#table = table;
    this.switchName = switchName(name);
    this.epoch = epoch;
    this.#onLost = onLost;
  }

  confirm(): Promise<void> | undefined {
    if (!this.#isOver && this.#table.row(this.switchName).holder !== this)
      this.refused('another process has taken it over');
    return this.#isOver
      ? Promise.reject(new AppError('LEASE_LOST', `The lease of ${this.switchName} is lost`))
      : undefined;
  }

  async confirmByDatabase(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.confirm();
  }

  alsoAsk(): void {
    // The table is always there.
  }

  tell(facts: Partial<HolderFacts>): void {
    this.facts = { ...this.facts, ...facts };
  }

  refused(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onLost(reason);
  }

  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const row = this.#table.row(this.switchName);
    if (row.holder === this) row.holder = null;
    this.#table.tellWaiting();
  }
}
