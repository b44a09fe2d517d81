import type { AttemptId, SwitchName } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import { dialStringAcross } from '../../../src/core/switches/dial-string.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { Announcer } from '../../../src/ports/announcer.ts';
import type { QueueStore, StoreChange, StoredEntry } from '../../../src/ports/queue-store.ts';
import type { MemberBoard } from '../members/member-board.ts';
import type { Memberships } from '../members/memberships.ts';
import type { Distributor } from '../queue/distributor.ts';
import type { LiveQueues } from '../queue/queue-registry.ts';
import { DevicesShared } from './devices-shared.ts';
import { HelplessCalls } from './helpless-calls.ts';
import { LineElsewhere } from './line-elsewhere.ts';
import { SwitchWatch } from './switch-watch.ts';

/** The switches of one queue system, as configured; this process acts on one of them. */
export interface SwitchesSettings {
  readonly switches: readonly { readonly name: SwitchName; readonly sipAddress: string | null }[];
  /** A holder whose beat stands still for so long is dead. */
  readonly leaseTimeMs: number;
  /** So long somebody may still take the calls of a dead switch over. */
  readonly closeAfterMs: number;
  /** Of the process, not of the day. */
  readonly monotonic: Clock;
}

export interface OtherSwitchesDeps extends SwitchesSettings {
  /** This process's own. */
  readonly switchName: SwitchName;
  readonly store: QueueStore;
  readonly board: MemberBoard;
  readonly distributor: Distributor;
  readonly queues: LiveQueues;
  readonly memberships: Memberships;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What this process knows of the switches that others act on: their callers in the line, the states of their phones, and what is left when
 * nobody acts on one any more. There is none of this while one switch is configured.
 */
export class OtherSwitches {
  readonly #deps: OtherSwitchesDeps;
  readonly #watch: SwitchWatch;
  readonly #line: LineElsewhere;
  readonly #devices: DevicesShared;
  readonly #helpless: HelplessCalls;

  constructor(deps: OtherSwitchesDeps) {
    this.#deps = deps;
    const { distributor, memberships, switches } = deps;
    const switchNames = switches.map(({ name }) => name);
    const log = deps.log.child({ room: 'switches' });
    const watch = new SwitchWatch({ ...deps, switchNames, log });
    const isLiving = (name: SwitchName) => watch.isLiving(name);
    const isServing = (name: SwitchName) => watch.isServing(name);
    this.#watch = watch;
    this.#line = new LineElsewhere({
      ...deps,
      isServing,
      membersChanged: (extension) => memberships.reloadedSoon(extension),
      log,
    });
    this.#devices = new DevicesShared({ ...deps, isLiving, changed: () => distributor.changed(), log });
    this.#helpless = new HelplessCalls({ ...deps, watch, line: this.#line, switchNames, log });
    watch.onChange(() => {
      this.#line.placeAll();
      this.#devices.read();
    });
  }

  async start(): Promise<void> {
    await this.#watch.start();
    await this.#line.readAll();
    this.#devices.read();
  }

  close(): void {
    this.#watch.close();
    this.#line.close();
    this.#devices.close();
    this.#helpless.close();
  }

  heard(change: StoreChange): void {
    this.#line.heard(change);
    this.#devices.heard(change);
  }

  /** Asterisk has been asked anew for everything: so others are told everything. */
  level(): void {
    this.#devices.writeAll();
  }

  /** Open entries that other processes look after. */
  entries(): readonly StoredEntry[] {
    return this.#line.entries();
  }

  /** Whether another process looks after the attempt: what is published of it is not ours to take away. */
  holds(attemptId: AttemptId): boolean {
    return this.entries().some(({ attempts }) => attempts.some((each) => each.attemptId === attemptId));
  }

  /** What to dial for a member who is not here: the switches at which the phone is. */
  dialStrings(extension: Extension): readonly string[] {
    const names = this.#deps.board.switchesWith(extension);
    return this.#dialStringsAt(extension, (name) => names.includes(name));
  }

  /** The same for anybody's phone, of which nobody tells where it is. */
  dialStringsAnywhere(extension: Extension): readonly string[] {
    const known = this.dialStrings(extension);
    return known.length > 0 ? known : this.#dialStringsAt(extension, (name) => this.#watch.isLiving(name));
  }

  #dialStringsAt({ interface: rung }: Extension, isMeant: (name: SwitchName) => boolean): readonly string[] {
    return this.#deps.switches.flatMap(({ name, sipAddress }) => {
      const dialled = sipAddress !== null && isMeant(name) ? dialStringAcross(rung, sipAddress) : null;
      return dialled === null ? [] : [dialled];
    });
  }
}
