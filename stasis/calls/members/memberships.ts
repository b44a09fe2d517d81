import { isHint } from '../../../src/core/device-state.ts';
import type { ExtensionNumber } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { sideBySide } from '../../../src/lib/side-by-side.ts';
import type { Logger } from '../../../src/log.ts';
import type { Announcer } from '../../../src/ports/announcer.ts';
import type {
  EndWrapUpRequest,
  LoginRequest,
  MemberChange,
  PauseRequest,
  PenaltyRequest,
  RingInUseRequest,
} from '../../../src/ports/member-requests.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import type { Distributor } from '../queue/distributor.ts';
import { deviceOf, type MemberBoard } from './member-board.ts';

export type LoginOutcome = 'logged-in' | 'already' | 'unknown-extension' | 'unknown-queue';
export type LogoutOutcome = 'logged-out' | 'not-logged-in' | 'unknown-extension' | 'unknown-queue';

/** A request to the store before the moment is known. */
type Wanted<Request> = Omit<Request, 'atMs'>;
/** Who asks for which queue. */
export type MembershipRequest = Wanted<LoginRequest>;

interface MembershipsDeps {
  readonly store: QueueStore;
  readonly board: MemberBoard;
  readonly distributor: Distributor;
  readonly announcer: Announcer;
  readonly pbx: Pbx;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Changes that other processes tell of come in bursts; one reading in this time answers them all. */
const RELOAD_PAUSE_MS = 200;

/** Hints that are read again at a time: each takes a channel of Asterisk for a moment. */
const HINTS_AT_ONCE = 10;

/** More members than that are read with all others. */
const SOME_MAX = 50;

interface Planned {
  /** Of whom was told; `null`: all. */
  numbers: Set<ExtensionNumber> | null;
  readonly begun: Deferred<void>;
  readonly cancel: () => void;
}

/** Login, logout and every change of a member, whoever asks, and what follows from them: the board, the phones that are watched, the nodes. */
export class Memberships {
  readonly #deps: MembershipsDeps;
  readonly #watched = new Set<string>();
  #extensions = new Map<ExtensionNumber, Extension>();
  /** A reading that is planned: whoever asks for one meanwhile waits for this one. */
  #planned: Planned | null = null;
  #isClosed = false;
  /** The reading in progress; never rejects. */
  #reloading: Promise<void> = Promise.resolve();

  constructor(deps: MembershipsDeps) {
    this.#deps = deps;
  }

  /** Reads members and extensions again and brings watches and nodes level with them. One reading after the other: an older answer must not win. */
  reload(): Promise<void> {
    return this.#readNext(() => this.#read(null));
  }

  #readNext(read: () => Promise<void>): Promise<void> {
    const next = this.#reloading.then(read);
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  /** `null`: all of them. */
  async #read(numbers: readonly ExtensionNumber[] | null): Promise<void> {
    const { store, board, distributor } = this.#deps;
    // What was told until now is read now.
    this.#begun(numbers === null ? this.#planned : null);
    const before = new Map(board.loggedIn().map((extension) => [extension.number, extension]));
    const meant = numbers ?? undefined;
    const [extensions, memberships] = await Promise.all([store.extensions(meant), store.memberships(meant)]);
    if (numbers === null) {
      this.#extensions = new Map(extensions.map((extension) => [extension.number, extension]));
      board.replaceMemberships(memberships);
    } else {
      const now = new Map(extensions.map((extension) => [extension.number, extension]));
      for (const number of numbers) {
        const extension = now.get(number);
        if (extension === undefined) this.#extensions.delete(number);
        else this.#extensions.set(number, extension);
      }
      board.replaceMembershipsOf(numbers, memberships);
    }
    const now = new Map(board.loggedIn().map((extension) => [extension.number, extension]));
    const came = [...now.values()].filter((extension) => !isSame(before.get(extension.number), extension));
    const went = [...before.values()].filter(({ number }) => !now.has(number));
    this.#tellAnnouncer(came, went);
    await this.#watchPhones();
    distributor.changed();
  }

  /** Somebody else changed members, or one of them: read again soon, once for many changes. */
  reloadSoon(extension?: ExtensionNumber): void {
    this.#plan(extension);
  }

  /** The same; settles when that has been done, or has failed. */
  async reloadedSoon(extension: ExtensionNumber): Promise<void> {
    await this.#plan(extension).begun.promise;
    await this.#reloading;
  }

  #plan(extension: ExtensionNumber | undefined): Planned {
    this.#planned ??= {
      numbers: new Set(),
      begun: deferred<void>(),
      cancel: this.#deps.clock.after(RELOAD_PAUSE_MS, () => {
        this.#readNext(() => this.#readPlanned()).catch((error: unknown) => {
          this.#deps.log.warn({ err: error }, 'Members could not be read');
        });
      }),
    };
    const { numbers } = this.#planned;
    // Of an extension that is new, everything is read: it takes its place among the others.
    if (extension !== undefined && this.#extensions.has(extension) && numbers !== null && numbers.size < SOME_MAX)
      numbers.add(extension);
    else this.#planned.numbers = null;
    return this.#planned;
  }

  async #readPlanned(): Promise<void> {
    const planned = this.#planned;
    // Everything has been read meanwhile.
    if (planned === null) return;
    this.#begun(planned);
    const numbers = planned.numbers === null ? null : [...planned.numbers];
    try {
      await this.#read(numbers);
    } catch (error) {
      // What was told of them must not be forgotten.
      if (numbers !== null && !this.#isClosed) this.#plan(undefined);
      throw error;
    }
  }

  #begun(planned: Planned | null): void {
    if (planned === null) return;
    this.#planned = null;
    planned.cancel();
    planned.begun.resolve();
  }

  /** The process stops: what is planned is not done any more. */
  close(): void {
    this.#isClosed = true;
    this.#begun(this.#planned);
  }

  /** Every extension of the database, as last read. */
  extensions(): readonly Extension[] {
    return [...this.#extensions.values()];
  }

  extension(number: ExtensionNumber): Extension | undefined {
    return this.#extensions.get(number);
  }

  /** For a conversation that outlives its extension's row. */
  extensionOrUnknown(number: ExtensionNumber): Extension {
    const unknown = { number, interface: '', name: null, stateInterface: null, jid: null, subscribers: [], skills: {} };
    return this.#extensions.get(number) ?? unknown;
  }

  extensionByInterface(interfaceName: string): Promise<Extension | null> {
    return this.#deps.store.extensionByInterface(interfaceName);
  }

  async login(request: MembershipRequest): Promise<LoginOutcome> {
    const answer = await this.#deps.store.login(this.#now(request));
    if (typeof answer === 'string') return answer;
    await this.#reloadNowOrSoon();
    return 'logged-in';
  }

  async logout(request: MembershipRequest): Promise<LogoutOutcome> {
    const answer = await this.#deps.store.logout(this.#now(request));
    if (answer === 'logged-out') await this.#reloadNowOrSoon();
    return answer;
  }

  pause(request: Wanted<PauseRequest>): Promise<MemberChange> {
    return this.#changed(this.#deps.store.pause(this.#now(request)));
  }

  setPenalty(request: Wanted<PenaltyRequest>): Promise<MemberChange> {
    return this.#changed(this.#deps.store.setPenalty(this.#now(request)));
  }

  setRingInUse(request: Wanted<RingInUseRequest>): Promise<MemberChange> {
    return this.#changed(this.#deps.store.setRingInUse(this.#now(request)));
  }

  endWrapUp(request: Wanted<EndWrapUpRequest>): Promise<MemberChange> {
    return this.#changed(this.#deps.store.endWrapUp(this.#now(request)));
  }

  async #changed(asked: Promise<MemberChange>): Promise<MemberChange> {
    const answer = await asked;
    if (answer === 'done') await this.#reloadNowOrSoon();
    return answer;
  }

  #now<Request extends object>(request: Request): Request & { readonly atMs: number } {
    return { ...request, atMs: this.#deps.clock.now() };
  }

  /** What was asked for has happened, whether or not it can be read back at once. */
  async #reloadNowOrSoon(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#deps.log.warn({ err: error }, 'Members could not be read');
      this.reloadSoon();
    }
  }

  /** Not waited for: login and logout take effect whether or not the XMPP server is there. */
  #tellAnnouncer(came: readonly Extension[], went: readonly Extension[]): void {
    const { announcer, log } = this.#deps;
    const told = [
      ...came.map((extension) => announcer.memberLoggedIn(extension)),
      ...went.map((extension) => announcer.memberLoggedOut(extension)),
    ];
    Promise.all(told).catch((error: unknown) => log.warn({ err: error }, 'A node could not be brought level'));
  }

  /** Asterisk does not tell that its dialplan was read anew: the devices that hints stand for are read again. */
  async readHintsAgain(): Promise<void> {
    const { board, pbx, distributor, log } = this.#deps;
    const hints = [...this.#watched].filter(isHint);
    await sideBySide(hints, HINTS_AT_ONCE, async (device) => {
      try {
        const state = await pbx.watchDevice(device);
        // Logged out meanwhile.
        if (this.#watched.has(device)) board.setDevice(device, state);
        else await pbx.unwatchDevice(device);
      } catch (error) {
        log.warn({ err: error, device }, 'A hint could not be read again: what it stood for before counts');
      }
    });
    if (hints.length > 0) distributor.changed();
  }

  /** Phones of logged-in members are watched, all others no longer. */
  async #watchPhones(): Promise<void> {
    const { board, pbx, log } = this.#deps;
    const wanted = new Set(board.loggedIn().map(deviceOf));
    const watch = async (device: string) => {
      this.#watched.add(device);
      try {
        board.setDeviceUnlessKnown(device, await pbx.watchDevice(device));
      } catch (error) {
        this.#watched.delete(device);
        log.warn({ err: error, device }, 'The state of a phone could not be read');
      }
    };
    const unwatch = async (device: string) => {
      this.#watched.delete(device);
      board.forgetDevice(device);
      await pbx.unwatchDevice(device);
    };
    const fresh = [...wanted].filter((device) => !this.#watched.has(device));
    const stale = [...this.#watched].filter((device) => !wanted.has(device));
    await Promise.allSettled([...fresh.map(watch), ...stale.map(unwatch)]);
  }
}

/** Whether the node of an extension would be made the same way. */
function isSame(before: Extension | undefined, now: Extension): boolean {
  return before?.jid === now.jid && before.subscribers.join(' ') === now.subscribers.join(' ');
}
