import type { SwitchName } from '../../../src/core/ids.ts';
import { lookAt, type SwitchLife } from '../../../src/core/switches/switch-life.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { SwitchStore } from '../../../src/ports/switch-store.ts';

export interface SwitchWatchDeps {
  readonly store: SwitchStore;
  /** This process's own: not looked at. */
  readonly switchName: SwitchName;
  /** All that are configured. */
  readonly switchNames: readonly SwitchName[];
  /** A holder whose beat stands still for so long is dead. */
  readonly leaseTimeMs: number;
  /** Not set back by anybody: of the process, not of the day. */
  readonly monotonic: Clock;
  readonly log: Logger;
}

/** Between two looks at the leases. */
const LOOK_MS = 1_000;

/** Which of the other switches live, looked at once a second. Nothing is known before the first look: whoever asks is told of nobody. */
export class SwitchWatch {
  readonly #deps: SwitchWatchDeps;
  readonly #lives = new Map<SwitchName, SwitchLife>();
  readonly #listeners = new Set<() => void>();
  readonly #afterLooks = new Set<() => void>();
  #cancel: () => void = () => undefined;
  #isClosed = false;

  constructor(deps: SwitchWatchDeps) {
    this.#deps = deps;
  }

  /** Looks for the first time, and goes on looking. */
  async start(): Promise<void> {
    await this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  /** What its process says of its phones is true. */
  isLiving(name: SwitchName): boolean {
    return this.#lives.get(name)?.isLiving === true;
  }

  /** Its callers are served there. */
  isServing(name: SwitchName): boolean {
    return this.#lives.get(name)?.isServing === true;
  }

  /** How long nobody could do anything for the calls of a switch; 0 while somebody can, or that is not known. */
  helplessForMs(name: SwitchName): number {
    const sinceMs = this.#lives.get(name)?.helplessSinceMs ?? null;
    return sinceMs === null ? 0 : this.#deps.monotonic.now() - sinceMs;
  }

  /** A switch that is not configured any more, of which something was found. */
  note(name: SwitchName): void {
    if (name === this.#deps.switchName || this.#lives.has(name)) return;
    this.#lives.set(name, this.#lookAt(name, []));
  }

  /** Calls back when a switch has come to life, died, or begun to drain. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back after each look. */
  afterLook(listener: () => void): () => void {
    this.#afterLooks.add(listener);
    return () => this.#afterLooks.delete(listener);
  }

  async #look(): Promise<void> {
    const { store, monotonic, log } = this.#deps;
    try {
      this.#take(await store.switchLeases());
    } catch (error) {
      if (!isAppError(error)) throw error;
      // That the database is away is told where it is noticed.
      log.debug({ err: error }, 'Whether the other switches live could not be read');
    } finally {
      const again = () =>
        this.#look().catch((error: unknown) => log.error({ err: error }, 'The other switches could not be looked at'));
      if (!this.#isClosed) this.#cancel = monotonic.after(LOOK_MS, again);
    }
  }

  #take(leases: Awaited<ReturnType<SwitchStore['switchLeases']>>): void {
    const { switchName, switchNames, log } = this.#deps;
    const names = new Set([...switchNames, ...this.#lives.keys(), ...leases.map((lease) => lease.switchName)]);
    names.delete(switchName);
    let isChanged = false;
    for (const name of names) {
      const before = this.#lives.get(name);
      const now = this.#lookAt(name, leases);
      this.#lives.set(name, now);
      if (before?.isLiving !== now.isLiving)
        log.info(
          { switchName: name, isLiving: now.isLiving },
          now.isLiving ? 'Another switch is there' : 'Nobody acts on another switch',
        );
      if (before?.isLiving !== now.isLiving || before.isServing !== now.isServing) isChanged = true;
    }
    if (isChanged) for (const listener of [...this.#listeners]) listener();
    for (const listener of [...this.#afterLooks]) listener();
  }

  #lookAt(name: SwitchName, leases: Awaited<ReturnType<SwitchStore['switchLeases']>>): SwitchLife {
    const { monotonic, leaseTimeMs } = this.#deps;
    const lease = leases.find((each) => each.switchName === name);
    return lookAt(lease, this.#lives.get(name), { nowMs: monotonic.now(), leaseTimeMs });
  }
}
