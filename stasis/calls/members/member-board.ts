import type { DeviceState } from '../../../src/core/device-state.ts';
import { AUTO_PAUSE } from '../../../src/core/events.ts';
import type { AttemptId, ExtensionNumber, QueueName, SwitchName } from '../../../src/core/ids.ts';
import type { Extension, Membership } from '../../../src/core/people.ts';
import type { Member } from '../../../src/core/queue/availability.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { SwitchDevice } from '../../../src/ports/switch-store.ts';
import { DeviceStates } from './device-states.ts';

interface BoardDeps {
  readonly queues: ReadonlyMap<QueueName, QueueSettings>;
  /** A call of one queue counts in all (app_queue `shared_lastcall`); else each queue sees its own calls only. */
  readonly isLastCallShared: () => boolean;
}

/** Is told of each member of each queue that has changed. */
export interface BoardWatcher {
  readonly changed: (member: Member) => void;
  readonly gone: (queue: QueueName, number: ExtensionNumber) => void;
}

/** What keeps a member from calls, before the database is read. */
export interface NotedConsequence {
  readonly queue: QueueName;
  readonly consequence: MissConsequence;
  readonly atMs: number;
}

/** The end of a conversation that the database need not know of yet. */
interface End {
  readonly queue: QueueName;
  readonly atMs: number;
}

/**
 * Who is logged in where, what their phones do and who holds them: a picture of the database and of Asterisk's device
 * states, from which availability is derived. It proposes; the database disposes. What one change costs depends on the
 * queues of the member whom it is about, and not on how many members there are.
 */
export class MemberBoard {
  readonly #deps: BoardDeps;
  /** `null` until they have been read for the first time. */
  #memberships: readonly Membership[] | null = null;
  readonly #byQueue = new Map<QueueName, Map<ExtensionNumber, Membership>>();
  readonly #byExtension = new Map<ExtensionNumber, Map<QueueName, Membership>>();
  readonly #byDevice = new Map<string, Set<ExtensionNumber>>();
  readonly #devices = new DeviceStates();
  readonly #held = new Map<ExtensionNumber, Set<AttemptId>>();
  readonly #hangups = new Map<ExtensionNumber, End>();
  readonly #callEnds = new Map<ExtensionNumber, End>();
  readonly #listeners = new Set<() => void>();
  readonly #watchers = new Set<BoardWatcher>();
  readonly #deviceListeners = new Set<() => void>();

  constructor(deps: BoardDeps) {
    this.#deps = deps;
  }

  /** Calls back after every change of who is logged in. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of every change of a member from now on. */
  watch(watcher: BoardWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  replaceMemberships(memberships: readonly Membership[]): void {
    const before = this.#memberships ?? [];
    this.#memberships = memberships;
    this.#forgetWrittenEnds(memberships);
    this.#index(memberships);
    for (const { queue, extension } of before)
      if (this.#byQueue.get(queue)?.has(extension.number) !== true) this.#tellGone(queue, extension.number);
    const known = new Map(before.map((each) => [keyOf(each), each]));
    for (const each of memberships) if (!isSame(known.get(keyOf(each)), each)) this.#tell(each);
    for (const listener of [...this.#listeners]) listener();
  }

  /** These are all memberships of these extensions; what is known of others stays. */
  replaceMembershipsOf(numbers: readonly ExtensionNumber[], memberships: readonly Membership[]): void {
    const now = new Map(memberships.map((each) => [keyOf(each), each]));
    const kept = this.memberships().flatMap((each) => {
      const key = keyOf(each);
      const read = now.get(key);
      now.delete(key);
      if (read === undefined) return numbers.includes(each.extension.number) ? [] : [each];
      return [read];
    });
    this.replaceMemberships([...kept, ...now.values()]);
  }

  /** Settings of queues have changed: everything that follows from them is told anew. */
  refresh(): void {
    for (const each of this.memberships()) this.#tell(each);
  }

  /** Notes at once what follows from a miss; what the database says takes over when members are read again. */
  noteConsequence(extension: ExtensionNumber, { queue, consequence, atMs }: NotedConsequence): void {
    const isMeant = (each: Membership) =>
      each.extension.number === extension &&
      (each.queue === queue || (consequence.type === 'paused' && consequence.in === 'all'));
    this.replaceMemberships(
      this.memberships().map((each) => {
        if (!isMeant(each)) return each;
        if (consequence.type === 'aside') return { ...each, asideUntilMs: consequence.untilMs };
        return each.isPaused ? each : { ...each, isPaused: true, pausedReason: AUTO_PAUSE, pausedAtMs: atMs };
      }),
    );
  }

  /** Calls back when what is known of this switch's own phones has changed. */
  onDevices(listener: () => void): () => void {
    this.#deviceListeners.add(listener);
    return () => this.#deviceListeners.delete(listener);
  }

  setDevice(device: string, state: DeviceState): void {
    if (this.#devices.set(device, state)) this.#tellDevice(device);
  }

  /** A state that was asked for: an event that overtook the answer is newer, and stays. */
  setDeviceUnlessKnown(device: string, state: DeviceState): void {
    if (!this.#devices.isKnownHere(device)) this.setDevice(device, state);
  }

  /** Of all switches that say something of it. */
  deviceState(device: string): DeviceState {
    return this.#devices.state(device);
  }

  forgetDevice(device: string): void {
    this.#devices.forget(device);
    this.#tellDevice(device);
  }

  /** What is known of this switch's own phones. */
  devicesHere(): readonly Pick<SwitchDevice, 'device' | 'state'>[] {
    return this.#devices.here();
  }

  setDeviceElsewhere(told: SwitchDevice): void {
    this.#devices.setElsewhere(told);
    this.#tellAllWith(told.device);
  }

  /** What all other switches say of their phones. */
  replaceDevicesElsewhere(told: readonly SwitchDevice[]): void {
    for (const device of this.#devices.replaceElsewhere(told)) this.#tellAllWith(device);
  }

  /** Other switches at which the member's phone is. */
  switchesWith(extension: Extension): readonly SwitchName[] {
    return this.#devices.switchesWith(deviceOf(extension));
  }

  hold(extension: ExtensionNumber, attemptId: AttemptId): void {
    this.#held.set(extension, (this.#held.get(extension) ?? new Set()).add(attemptId));
    this.#tellAll(extension);
  }

  /** The attempt holds the extension no longer; others may still do. */
  free(extension: ExtensionNumber, attemptId: AttemptId): void {
    const held = this.#held.get(extension);
    if (held?.delete(attemptId) !== true) return;
    if (held.size === 0) this.#held.delete(extension);
    this.#tellAll(extension);
  }

  /** The attempt that has held the extension longest. */
  heldBy(extension: ExtensionNumber): AttemptId | undefined {
    return this.#held.get(extension)?.values().next().value;
  }

  /** Notes the end of a queue's conversation at once; what the database says takes over as soon as it is read there. */
  noteCallEnd(extension: ExtensionNumber, end: End): void {
    this.#callEnds.set(extension, end);
    this.noteHangup(extension, end);
  }

  /** Notes that the member talked on until now, after a conversation that has been counted (a transfer). */
  noteHangup(extension: ExtensionNumber, end: End): void {
    this.#hangups.set(extension, end);
    this.#tellAll(extension);
  }

  memberships(): readonly Membership[] {
    return this.#memberships ?? [];
  }

  extensionsOf(queue: QueueName): readonly Extension[] {
    return [...(this.#byQueue.get(queue)?.values() ?? [])].map((each) => each.extension);
  }

  extensionOf(queue: QueueName, number: ExtensionNumber): Extension | undefined {
    return this.#byQueue.get(queue)?.get(number)?.extension;
  }

  /** Whether members have been read. */
  get isKnown(): boolean {
    return this.#memberships !== null;
  }

  /** Whether it is known that nobody is logged in to the queue. */
  isNobodyIn(queue: QueueName): boolean {
    return this.#memberships !== null && !this.#byQueue.has(queue);
  }

  /** Every extension that is logged in somewhere, once. */
  loggedIn(): readonly Extension[] {
    return [...new Map(this.memberships().map(({ extension }) => [extension.number, extension])).values()];
  }

  /** The queue's members as the rules see them. */
  membersOf(queue: QueueName): Member[] {
    return [...(this.#byQueue.get(queue)?.values() ?? [])].map((each) => this.#member(each));
  }

  #member(membership: Membership): Member {
    const { extension } = membership;
    const counted = this.#withEnds(membership);
    const { queues, isLastCallShared } = this.#deps;
    const last = isLastCallShared()
      ? counted
      : { ...counted, lastHangupAtMs: counted.lastCallAtMs, lastQueue: counted.queue };
    return {
      ...last,
      deviceState: this.deviceState(deviceOf(extension)),
      offers: this.#held.get(extension.number)?.size ?? 0,
      lastQueueWrapUpMs: last.lastQueue === null ? null : (queues.get(last.lastQueue)?.wrapUpMs ?? null),
    };
  }

  /** As the database will have it. */
  #withEnds(membership: Membership): Membership {
    const { number } = membership.extension;
    const hangup = this.#hangups.get(number);
    const callEnd = this.#callEnds.get(number);
    let now = membership;
    if (hangup !== undefined && hangup.atMs > (membership.lastHangupAtMs ?? 0))
      now = { ...now, lastHangupAtMs: hangup.atMs, lastQueue: hangup.queue };
    if (callEnd?.queue === membership.queue && callEnd.atMs > (membership.lastCallAtMs ?? 0))
      now = { ...now, calls: membership.calls + 1, lastCallAtMs: callEnd.atMs };
    return now;
  }

  #forgetWrittenEnds(memberships: readonly Membership[]): void {
    for (const { queue, extension, lastHangupAtMs, lastCallAtMs } of memberships) {
      const hangup = this.#hangups.get(extension.number);
      if (hangup !== undefined && (lastHangupAtMs ?? 0) >= hangup.atMs) this.#hangups.delete(extension.number);
      const callEnd = this.#callEnds.get(extension.number);
      if (callEnd?.queue === queue && (lastCallAtMs ?? 0) >= callEnd.atMs) this.#callEnds.delete(extension.number);
    }
  }

  #index(memberships: readonly Membership[]): void {
    for (const index of [this.#byQueue, this.#byExtension, this.#byDevice]) index.clear();
    for (const membership of memberships) {
      const { queue, extension } = membership;
      entryOf(this.#byQueue, queue, () => new Map()).set(extension.number, membership);
      entryOf(this.#byExtension, extension.number, () => new Map()).set(queue, membership);
      entryOf(this.#byDevice, deviceOf(extension), () => new Set()).add(extension.number);
    }
  }

  #tellDevice(device: string): void {
    this.#tellAllWith(device);
    for (const listener of [...this.#deviceListeners]) listener();
  }

  #tellAllWith(device: string): void {
    for (const number of this.#byDevice.get(device) ?? []) this.#tellAll(number);
  }

  #tellAll(number: ExtensionNumber): void {
    for (const membership of this.#byExtension.get(number)?.values() ?? []) this.#tell(membership);
  }

  #tell(membership: Membership): void {
    if (this.#watchers.size === 0) return;
    const member = this.#member(membership);
    for (const watcher of this.#watchers) watcher.changed(member);
  }

  #tellGone(queue: QueueName, number: ExtensionNumber): void {
    for (const watcher of this.#watchers) watcher.gone(queue, number);
  }
}

/** The device whose state counts for an extension. */
export function deviceOf({ interface: rung, stateInterface }: Extension): string {
  return stateInterface ?? rung;
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function keyOf({ queue, extension }: Membership): string {
  return `${queue} ${extension.number}`;
}

/** Rows are read anew each time; equal ones have equal texts. */
function isSame(before: Membership | undefined, now: Membership): boolean {
  return before === now || (before !== undefined && JSON.stringify(before) === JSON.stringify(now));
}
