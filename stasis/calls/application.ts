import { setMaxListeners } from 'node:events';
import { type SwitchName, switchName } from '../../src/core/ids.ts';
import { builtInStrategy } from '../../src/core/queue/strategies.ts';
import type { Strategy } from '../../src/core/queue/strategy.ts';
import { isAppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/log.ts';
import type { Accounts } from '../../src/ports/accounts.ts';
import type { Announcer } from '../../src/ports/announcer.ts';
import type { CallerMusic } from '../../src/ports/caller-music.ts';
import type { Directory } from '../../src/ports/directory.ts';
import type { MediaOut } from '../../src/ports/media-out.ts';
import type { Pbx, PbxEvent } from '../../src/ports/pbx.ts';
import type { QueueStore, StoreChange } from '../../src/ports/queue-store.ts';
import type { SoundLibrary } from '../../src/ports/sound-library.ts';
import type { CallRoom, CallSettings, HoldClass } from './call-room.ts';
import { Calls } from './calls.ts';
import { Draining } from './draining.ts';
import { EventRouter } from './event-router.ts';
import { MemberBoard } from './members/member-board.ts';
import { Memberships } from './members/memberships.ts';
import { Distributor } from './queue/distributor.ts';
import { EmptyWatch } from './queue/empty-watch.ts';
import { HoldTimes } from './queue/hold-times.ts';
import { LateEntrancesOfQueues } from './queue/late-entrances.ts';
import { QueueRegistry } from './queue/queue-registry.ts';
import { SteeredCallers } from './queue/steered-callers.ts';
import { Recordings } from './recording/recordings.ts';
import { HeardKeeper } from './recovery/heard-keeper.ts';
import { KnownEnds } from './recovery/known-ends.ts';
import { recover } from './recovery/recovery.ts';
import { OtherSwitches, type SwitchesSettings } from './switches/other-switches.ts';

/** The foreign powers and what was configured. */
export interface ApplicationDeps {
  /** The switch that `pbx` is. @default main */
  readonly switchName?: SwitchName;
  readonly settings: CallSettings;
  readonly pbx: Pbx;
  readonly store: QueueStore;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly media: MediaOut;
  readonly sounds: SoundLibrary;
  readonly accounts: Accounts;
  readonly callerMusic: CallerMusic;
  /** By the name in a queue's settings. @default the built-in ones */
  readonly strategyOf?: (name: string) => Strategy;
  /** All switches of the queue, when there are several. @default null */
  readonly switches?: SwitchesSettings | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** All calls of this process, and what happens around them. Begins its work with the first `connected` of the switch. */
export class Application {
  readonly room: CallRoom;
  readonly calls: Calls;
  readonly memberships: Memberships;
  readonly #steered: SteeredCallers;
  readonly #queues = new QueueRegistry();
  readonly #musicClasses = new Map<string, HoldClass>();
  readonly #stopping = new AbortController();
  readonly #undo: (() => void)[] = [];
  /** Ends a recovery that a newer one replaces. */
  #recovery = new AbortController();

  constructor(deps: ApplicationDeps) {
    const { settings, pbx, store, announcer, clock, random, log } = deps;
    // Every call listens to it.
    setMaxListeners(0, this.#stopping.signal);
    const queues = this.#queues;
    const isLastCallShared = () => this.room.settings.queueing.sharedLastCall;
    const board = new MemberBoard({ queues, isLastCallShared });
    const distributor = new Distributor({
      ...{ store, board, queues, clock, random },
      strategyOf: deps.strategyOf ?? builtInStrategy,
      longestWaiting: () => this.room.settings.queueing.forceLongestWaitingCaller,
      log: log.child({ room: 'distributor' }),
    });
    this.memberships = new Memberships({ store, board, distributor, announcer, pbx, clock, log });
    const { switches = null } = deps;
    const own = deps.switchName ?? switchName('main');
    const otherSwitches =
      switches &&
      new OtherSwitches({
        ...deps,
        ...switches,
        ...{ switchName: own, board, distributor, queues, memberships: this.memberships },
      });
    this.room = {
      ...deps,
      switchName: own,
      otherSwitches,
      settings: { ...settings },
      queues,
      musicClasses: this.#musicClasses,
      router: new EventRouter({ pbx, log }),
      board,
      distributor,
      emptyWatch: new EmptyWatch({ board, queues, clock, log }),
      lateEntrances: new LateEntrancesOfQueues(clock),
      membersChanged: () => this.memberships.reloadSoon(),
      holdTimes: new HoldTimes({ store, clock, log }),
      heardKeeper: new HeardKeeper({ store, clock, log }),
      announced: new Map(),
      recordings: new Recordings(),
      ends: new KnownEnds(),
      bridges: new Map(),
      draining: new Draining(),
      stopping: this.#stopping.signal,
    };
    this.calls = new Calls({ room: this.room, memberships: this.memberships });
    this.#steered = new SteeredCallers(this.room, this.calls);
    this.configure(settings);
  }

  /**
   * From now on these settings count, for calls that are here, too: at each decision that is still to be made. Nothing that a
   * caller hears, no ring and no conversation ends by it; a call in the IVR goes on in the menus that it has begun with.
   */
  configure(settings: CallSettings): void {
    Object.assign(this.room.settings, settings);
    this.#musicClasses.clear();
    for (const musicClass of settings.musicClasses) this.#musicClasses.set(musicClass.name, musicClass);
    this.#queues.replace(settings.queues);
    this.room.distributor.changed();
  }

  /** The administrator has asked for everything to be read anew, perhaps after a change of Asterisk's dialplan. */
  reloaded(): void {
    this.#readHintsAgain();
  }

  /** Makes the configured queues known and listens; to be called before the switch is connected. */
  async start(): Promise<void> {
    const { store, pbx, settings } = this.room;
    await store.defineQueues(
      settings.queues.map(({ name, title, serviceLevelMs, ageWeightMs }) => ({
        name,
        title,
        serviceLevelMs,
        ageWeightMs,
      })),
    );
    await store.record({ event: 'QUEUESTART', atMs: this.room.clock.now() });
    this.#undo.push(store.subscribe((change) => this.#onStoreChange(change)));
    this.#undo.push(pbx.subscribe((event) => this.#onPbxEvent(event)));
    await this.room.otherSwitches?.start();
  }

  /** No new match, until it is taken back; rings are finished. With `dialplan` no new call either, and who waits goes back there. */
  drain({ to }: { readonly to: 'dialplan' | 'process' }): void {
    const { distributor, draining } = this.room;
    distributor.rest(true);
    if (to === 'dialplan') draining.begin();
    else draining.cancel();
  }

  /** Takes it back: calls are taken and matched as before. */
  cancelDrain(): void {
    const { distributor, draining } = this.room;
    draining.cancel();
    distributor.rest(false);
  }

  /** From here on everything stays as it is for another process; `stop` is to follow. */
  handOver(): void {
    this.room.draining.handOver();
  }

  /**
   * Takes no new call and no new match. Calls in the IVR finish their step and go back to the dialplan, a ring is finished,
   * callers who wait and people who talk stay as they are for the next process.
   */
  async stop(drainMs: number): Promise<void> {
    const { clock, distributor, router, log } = this.room;
    this.#stopping.abort();
    this.#recovery.abort();
    distributor.close();
    const isDrained = await new Promise<boolean>((resolve) => {
      const cancel = clock.after(drainMs, () => resolve(false));
      this.calls.drained().then(() => {
        cancel();
        resolve(true);
      }, log.error);
    });
    if (!isDrained) log.warn({ calls: this.calls.size }, 'Calls are left in the middle of something');
    for (const undo of this.#undo) undo();
    this.room.otherSwitches?.close();
    this.memberships.close();
    router.close();
  }

  #onPbxEvent(event: PbxEvent): void {
    const { board, distributor, log } = this.room;
    switch (event.type) {
      case 'connected':
        this.#recover(event.awayMs);
        break;
      case 'disconnected':
        this.#recovery.abort();
        distributor.close();
        break;
      case 'replaced':
        log.fatal('Another process has taken over this application name in Asterisk: this one does nothing more');
        this.#recovery.abort();
        distributor.close();
        break;
      case 'stasis-start':
        if (event.replaces === undefined) this.calls.arrive(event.channel, event.args);
        else this.calls.standIn(event.channel, event.replaces);
        break;
      case 'device-state':
        board.setDevice(event.device, event.state);
        distributor.changed();
        break;
    }
  }

  #onStoreChange(change: StoreChange): void {
    if (change.type === 'membership') this.memberships.reloadSoon(change.extension);
    if (change.type === 'all') this.memberships.reloadSoon();
    if (change.type === 'all') this.room.distributor.changed();
    this.room.otherSwitches?.heard(change);
    if (change.type === 'entry') this.#steered.takeUp(change.entryId);
    if (change.type === 'all') this.#steered.takeUpAll();
  }

  #readHintsAgain(): void {
    this.memberships
      .readHintsAgain()
      .catch((error: unknown) => this.room.log.error({ err: error }, 'Hints were not read'));
  }

  #recover(awayMs: number | undefined): void {
    this.#recovery.abort();
    this.#recovery = new AbortController();
    const { signal } = this.#recovery;
    const deps = { room: this.room, memberships: this.memberships };
    recover(deps, this.calls, signal, awayMs).then(
      // Of callers who were taken over, somebody may have wanted something while nobody was there.
      () => {
        this.#steered.takeUpAll();
        // Asterisk may have been started with another dialplan.
        this.#readHintsAgain();
      },
      (error: unknown) => {
        if (!signal.aborted && !isAppError(error)) this.room.log.fatal({ err: error }, 'Recovery failed');
      },
    );
  }
}
