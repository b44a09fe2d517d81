import type { SwitchName } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import { type Clock, delay } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { StoreChange } from '../../../src/ports/queue-store.ts';
import type { SwitchDevice, SwitchStore } from '../../../src/ports/switch-store.ts';
import type { MemberBoard } from '../members/member-board.ts';

export interface DevicesSharedDeps {
  readonly store: SwitchStore;
  /** This process's own. */
  readonly switchName: SwitchName;
  readonly board: MemberBoard;
  /** Somebody may be reached now. */
  readonly changed: () => void;
  /** What a switch says counts while its process lives. */
  readonly isLiving: (name: SwitchName) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** States are written so often at most; a phone that begins to ring and is picked up in this time is told of once. Who is rung for a queue is known by the reservation. */
const WRITE_PAUSE_MS = 250;
/** Before states are written, or read, again that could not be. */
const RETRY_MS = 1_000;

/** States of phones, told to the other processes and heard from them: one statement at a time, with the newest state of each. */
export class DevicesShared {
  readonly #deps: DevicesSharedDeps;
  /** As the database has them; `null`: not known, everything is written. */
  #written: Map<string, string> | null = null;
  #isWriting = false;
  /** Something has changed here since it was written, or there since it was read. */
  #isUnwritten = false;
  #isReading = false;
  #isUnread = false;
  /** The database is away: nothing is tried before the pause is over, whatever changes. */
  #isResting = false;
  readonly #closing = new AbortController();
  #cancelRest: () => void = () => undefined;
  readonly #unlisten: () => void;

  constructor(deps: DevicesSharedDeps) {
    this.#deps = deps;
    this.#unlisten = deps.board.onDevices(() => this.#write());
  }

  close(): void {
    this.#closing.abort();
    this.#unlisten();
    this.#cancelRest();
  }

  /** Asterisk has been asked anew for everything. */
  writeAll(): void {
    this.#written = null;
    this.#write();
  }

  heard(change: StoreChange): void {
    if (change.type === 'all') this.read();
    if (change.type !== 'device' || change.switchName === this.#deps.switchName) return;
    if (!this.#deps.isLiving(change.switchName)) return;
    this.#deps.board.setDeviceElsewhere(change);
    this.#deps.changed();
  }

  /** Reads what all others say; again, when it was changed meanwhile. */
  read(): void {
    this.#isUnread = true;
    if (this.#isReading || this.#isResting || this.#closing.signal.aborted) return;
    this.#isReading = true;
    this.#readUntilLevel()
      .catch((error: unknown) => {
        this.#isUnread = true;
        this.#failed(error);
      })
      .finally(() => {
        this.#isReading = false;
        // Told in the turn between the last look and this one.
        if (this.#isUnread) this.read();
      });
  }

  async #readUntilLevel(): Promise<void> {
    const { store, board, changed, isLiving, switchName } = this.#deps;
    const counts = (each: SwitchDevice) => each.switchName !== switchName && isLiving(each.switchName);
    while (this.#isUnread && !this.#closing.signal.aborted) {
      this.#isUnread = false;
      board.replaceDevicesElsewhere((await store.switchDevices()).filter(counts));
      changed();
    }
  }

  #write(): void {
    this.#isUnwritten = true;
    if (this.#isWriting || this.#isResting || this.#closing.signal.aborted) return;
    this.#isWriting = true;
    this.#writeUntilLevel()
      .catch((error: unknown) => {
        this.#written = null;
        this.#isUnwritten = true;
        this.#failed(error);
      })
      .finally(() => {
        this.#isWriting = false;
        if (this.#isUnwritten) this.#write();
      });
  }

  async #writeUntilLevel(): Promise<void> {
    const { store, board, switchName } = this.#deps;
    // A burst of one turn is one statement.
    await Promise.resolve();
    while (this.#isUnwritten) {
      this.#isUnwritten = false;
      const here = board.devicesHere();
      const written = this.#written;
      const known = new Set(here.map(({ device }) => device));
      const isAll = written === null || [...written.keys()].some((device) => !known.has(device));
      const devices = here.filter(({ device, state }) => isAll || written?.get(device) !== state);
      if (this.#closing.signal.aborted) return;
      if (devices.length === 0 && !isAll) continue;
      await store.saveDevices({ switchName, devices, isAll });
      this.#written = new Map(here.map(({ device, state }) => [device, state]));
      await delay(this.#deps.clock, WRITE_PAUSE_MS, this.#closing.signal).catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#deps;
    // That the database is away is told where it is noticed.
    if (isAppError(error)) log.debug({ err: error }, 'States of phones could not be shared with other switches');
    else log.error({ err: error }, 'States of phones could not be shared with other switches');
    if (this.#isResting || this.#closing.signal.aborted) return;
    this.#isResting = true;
    this.#cancelRest = clock.after(RETRY_MS, () => {
      this.#isResting = false;
      if (this.#isUnread) this.read();
      if (this.#isUnwritten) this.#write();
    });
  }
}
