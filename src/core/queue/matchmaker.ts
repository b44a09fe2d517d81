import type { EntryId, ExtensionNumber, QueueName } from '../ids.ts';
import type { Member } from './availability.ts';
import { Floor, type FloorSettings } from './floor.ts';
import { compareArrivals, compareEntries, type WaitingEntry } from './line.ts';
import { Patience } from './patience.ts';
import { byService, type Move, type Place } from './places.ts';
import type { Strategy } from './strategy.ts';
import type { Walk } from './walk.ts';

/** Ring these members for this caller, all at the same time: a proposal that only the database makes true. */
export interface Proposal {
  readonly queue: QueueName;
  readonly entryId: EntryId;
  /** One; several with `ringall`. */
  readonly extensions: readonly ExtensionNumber[];
}

export interface Look {
  readonly proposals: readonly Proposal[];
  /**
   * When time alone (wrap-up over, retry over, the next row of a rule) may allow another match, or now, when one look has found as many as it
   * may; `null` when only an event can.
   */
  readonly lookAgainAtMs: number | null;
}

export interface MatchmakerOptions {
  /** By the name that stands in a queue's settings. */
  readonly strategyOf: (name: string) => Strategy;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /**
   * Whose caller has a member of several queues of equal weight: the one of higher priority, then the one who waits longest
   * (`prio`), or the one who waits longest alone (`yes`): app_queue's `force_longest_waiting_caller` (WG3).
   */
  readonly longestWaiting: () => 'prio' | 'yes';
}

/**
 * Matches callers and members of all queues. It is told of every change, and keeps both in order, so that a change costs
 * O(log n) and not members times callers. A member of several queues goes to the queue that weighs most, among equals to who
 * comes first; who can't be served now stands in nobody's way (differences 3 and 6).
 */
export class Matchmaker {
  readonly #options: MatchmakerOptions;
  readonly #floors = new Map<QueueName, Floor>();
  readonly #byEntry = new Map<EntryId, Floor>();
  readonly #byMember = new Map<ExtensionNumber, Set<Floor>>();
  readonly #patience = new Patience();
  /** Members who are left to callers elsewhere, for the length of one look. */
  readonly #leftElsewhere = new Set<ExtensionNumber>();

  constructor(options: MatchmakerOptions) {
    this.#options = options;
  }

  /** Takes a queue in, or changes one: members and callers stay in their order. */
  setQueue(settings: FloorSettings): void {
    const before = this.#floors.get(settings.name);
    const { strategyOf, random } = this.#options;
    const floor = new Floor({ settings, strategy: strategyOf(settings.strategy), random });
    this.#floors.set(settings.name, floor);
    if (before === undefined) return;
    for (const member of before.members()) {
      this.#unseat(before, member.extension.number);
      this.setMember(member);
    }
    floor.takeOver(before);
    for (const { entryId } of floor.line()) this.#byEntry.set(entryId, floor);
  }

  /** The queue and everything in it is forgotten. */
  removeQueue(queue: QueueName): void {
    const floor = this.#floors.get(queue);
    if (floor === undefined) return;
    for (const { extension } of floor.members()) this.#unseat(floor, extension.number);
    for (const { entryId } of floor.line()) this.#byEntry.delete(entryId);
    this.#floors.delete(queue);
  }

  /** A member is new, or something of it has changed. Of a queue that isn't known nothing is kept. */
  setMember(member: Member): void {
    const floor = this.#floors.get(member.queue);
    if (floor === undefined) return;
    const { number } = member.extension;
    const floors = this.#byMember.get(number) ?? new Set();
    this.#byMember.set(number, floors.add(floor));
    floor.setMember(member);
  }

  removeMember(queue: QueueName, number: ExtensionNumber): void {
    const floor = this.#floors.get(queue);
    if (floor === undefined) return;
    floor.removeMember(number);
    this.#unseat(floor, number);
  }

  /** Whether the member, as known now, is rung while having other calls. */
  ringsInUse(queue: QueueName, number: ExtensionNumber): boolean {
    const floor = this.#floors.get(queue);
    return floor?.member(number)?.ringInUse ?? floor?.settings.ringInUse ?? false;
  }

  /** Whom round robin has rung last, from before a restart. */
  setLastRung(queue: QueueName, number: ExtensionNumber): void {
    this.#floors.get(queue)?.setLastRung(number);
  }

  /** Another process has rung the member: round robin goes on from there. */
  noteRung(queue: QueueName, number: ExtensionNumber): void {
    this.#floors.get(queue)?.noteRung(number);
  }

  /** A caller waits in a queue, or is rung for already; `missed` may grow later, before {@link waitAgain}. */
  join(queue: QueueName, entry: WaitingEntry, isWaiting = true): void {
    const floor = this.#floors.get(queue);
    if (floor === undefined) return;
    this.#byEntry.set(entry.entryId, floor);
    floor.join(entry, isWaiting);
  }

  /** Another process rings for the caller. */
  isRungFor(entryId: EntryId): void {
    this.#byEntry.get(entryId)?.isRungFor(entryId);
  }

  /** Whether the entry was there. */
  leave(entryId: EntryId): boolean {
    const floor = this.#byEntry.get(entryId);
    floor?.leave(entryId);
    return this.#byEntry.delete(entryId);
  }

  /** After a proposal that led to nothing: only then another one is made for the entry. */
  waitAgain(entryId: EntryId): void {
    this.#byEntry.get(entryId)?.waitAgain(entryId);
  }

  /** Changes what is known of an entry, its place in the line too. */
  replace(entry: WaitingEntry): void {
    this.#byEntry.get(entry.entryId)?.replace(entry);
  }

  entry(entryId: EntryId): WaitingEntry | undefined {
    return this.#byEntry.get(entryId)?.entry(entryId);
  }

  /** Place in the line of those who wait or are being rung for, from 1; `null` when not in it. */
  position(entryId: EntryId): number | null {
    return this.#byEntry.get(entryId)?.position(entryId) ?? null;
  }

  /** The line of a queue, in order of service. */
  line(queue: QueueName): Iterable<WaitingEntry> {
    return this.#floors.get(queue)?.line() ?? [];
  }

  /** Callers whose place in the line has changed since this was asked last. */
  takeMoves(): Move[] {
    return [...this.#floors.values()].flatMap((floor) => floor.takeMoves());
  }

  /**
   * Finds who can be served now, the foremost first, `proposalsMax` at most. They count as being rung for, and the members as taken, until told
   * otherwise, so that the next look goes on where this one has stopped.
   */
  look(nowMs: number, { proposalsMax = Number.POSITIVE_INFINITY } = {}): Look {
    const floors = [...this.#floors.values()].filter((floor) => floor.waiting > 0);
    if (!floors.some((floor) => floor.waitingHere > 0)) return { proposals: [], lookAgainAtMs: null };
    for (const floor of floors) floor.settle(nowMs);
    const proposals: Proposal[] = [];
    const isGivenUp = ({ entry }: Place) => entry.isElsewhere === true && this.#patience.isOver(entry.entryId, nowMs);
    const walks = floors.flatMap((floor) => floor.walks(isGivenUp));
    for (let walk = this.#foremost(walks); walk !== undefined; walk = this.#foremost(walks)) {
      if (proposals.length >= proposalsMax) return { proposals, lookAgainAtMs: nowMs };
      const proposal = this.#serve(walk, floors, nowMs);
      if (proposal === null) walk.pass();
      else proposals.push(proposal);
    }
    this.#takeBackFromElsewhere();
    const times = floors.filter((floor) => floor.waiting > 0).map((floor) => floor.nextMs);
    const next = Math.min(...[...times, this.#patience.settle(nowMs)].map((atMs) => atMs ?? Number.POSITIVE_INFINITY));
    return { proposals, lookAgainAtMs: Number.isFinite(next) ? next : null };
  }

  #unseat(floor: Floor, number: ExtensionNumber): void {
    const floors = this.#byMember.get(number);
    floors?.delete(floor);
    if (floors?.size === 0) this.#byMember.delete(number);
  }

  #serve({ floor, head }: Walk<Floor>, floors: readonly Floor[], nowMs: number): Proposal | null {
    const place = head();
    const members = place === undefined ? [] : floor.choose(place, nowMs);
    if (place === undefined || members.length === 0) return null;
    const extensions = members.map(({ extension }) => extension.number);
    const { entryId, isElsewhere } = place.entry;
    if (isElsewhere) {
      this.#patience.note(entryId, nowMs);
      if (this.#patience.isOver(entryId, nowMs)) return null;
      for (const number of extensions) this.#leftElsewhere.add(number);
    } else floor.ring(place, members);
    for (const number of extensions) this.#take(number, 1);
    for (const each of floors) each.settle(nowMs);
    return isElsewhere ? null : { queue: floor.settings.name, entryId, extensions };
  }

  /** In every queue of the member: until told of anew, one more call holds it. */
  #take(number: ExtensionNumber, more: 1 | -1): void {
    for (const floor of this.#byMember.get(number) ?? []) {
      const member = floor.member(number);
      if (member !== undefined) floor.setMember({ ...member, offers: member.offers + more });
    }
  }

  /** Whether the other process rings them is told when it has: until then they are free. */
  #takeBackFromElsewhere(): void {
    for (const number of this.#leftElsewhere) this.#take(number, -1);
    this.#leftElsewhere.clear();
  }

  /** Of all walks the one that has come to whoever goes first: the first caller of each queue, then between the queues. */
  #foremost(walks: readonly Walk<Floor>[]): Walk<Floor> | undefined {
    const ofFloors = new Map<Floor, Stop>();
    for (const walk of walks) {
      const head = walk.head();
      if (head === undefined) continue;
      const other = ofFloors.get(walk.floor);
      if (other === undefined || byService(head, other.head) < 0) ofFloors.set(walk.floor, { walk, head });
    }
    let foremost: Stop | undefined;
    for (const stop of ofFloors.values())
      if (foremost === undefined || this.#betweenQueues(stop, foremost) < 0) foremost = stop;
    return foremost?.walk;
  }

  #betweenQueues(a: Stop, b: Stop): number {
    const compare = this.#options.longestWaiting() === 'prio' ? compareEntries : compareArrivals;
    return b.walk.floor.settings.weight - a.walk.floor.settings.weight || compare(a.head.entry, b.head.entry);
  }
}

/** A walk and whom it has come to. */
interface Stop {
  readonly walk: Walk<Floor>;
  readonly head: Place;
}
