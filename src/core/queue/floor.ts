import type { EntryId, ExtensionNumber } from '../ids.ts';
import { Alarms } from './alarms.ts';
import { availability, type Member } from './availability.ts';
import { type Demand, Demands } from './demands.ts';
import { KnownMembers } from './known-members.ts';
import type { WaitingEntry } from './line.ts';
import type { OrderedSet } from './ordered-set.ts';
import { limitsAt } from './penalty-rules.ts';
import { byService, type Move, type Place, Places } from './places.ts';
import type { Window } from './pool.ts';
import { isSameColleague, type Seat, Seats } from './seats.ts';
import type { QueueSettings } from './settings.ts';
import { needsAt } from './skills.ts';
import type { Strategy } from './strategy.ts';
import { type Walk, walkAlong, walkTo } from './walk.ts';

/** What of a queue's settings the choice of members depends on. */
export type FloorSettings = Pick<
  QueueSettings,
  | 'name'
  | 'strategy'
  | 'weight'
  | 'autofill'
  | 'ringInUse'
  | 'retryMs'
  | 'wrapUpMs'
  | 'penaltyMembersLimit'
  | 'knownMember'
>;

export interface FloorOptions {
  readonly settings: FloorSettings;
  readonly strategy: Strategy;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

/**
 * One queue: its members and its line, kept in order while they change, so that whom to ring is found in O(log n). What has
 * changed is only noted; {@link settle} draws the conclusions for an instant.
 */
export class Floor {
  readonly settings: FloorSettings;
  readonly #strategy: Strategy;
  readonly #random: () => number;
  readonly #seats = new Seats();
  readonly #places = new Places();
  readonly #demands: Demands<Place>;
  readonly #known = new KnownMembers();
  readonly #alarms = new Alarms<Seat | Place>();
  readonly #changed = new Set<Seat | Place>();
  #waiting = 0;
  /** Those of them whom another process serves. */
  #waitingElsewhere = 0;
  #lastRung: Member | null = null;

  constructor({ settings, strategy, random }: FloorOptions) {
    this.settings = settings;
    this.#strategy = strategy;
    this.#random = random;
    this.#demands = new Demands(strategy.compare, byService);
  }

  /** How many wait for a member. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many of them this process serves. */
  get waitingHere(): number {
    return this.#waiting - this.#waitingElsewhere;
  }

  /** When time alone may allow a match; `null` when only an event can. */
  get nextMs(): number | null {
    return this.#alarms.nextMs;
  }

  members(): Member[] {
    return this.#seats.members();
  }

  member(number: ExtensionNumber): Member | undefined {
    return this.#seats.get(number)?.member;
  }

  setMember(member: Member): void {
    const { number } = member.extension;
    const seat = this.#seats.get(number);
    if (seat === undefined) {
      this.#changed.add(this.#seats.add(member));
      this.#reconsider(number, { wereSeats: this.#seats.size - 1 });
    } else {
      if (!isSameColleague(seat.member, member)) this.#reconsider(number);
      seat.member = member;
      this.#changed.add(seat);
    }
  }

  removeMember(number: ExtensionNumber): void {
    const seat = this.#seats.get(number);
    if (seat === undefined) return;
    this.#seats.delete(number);
    this.#changed.delete(seat);
    this.#alarms.set(seat, null);
    this.#demands.removeMember(number);
    this.#reconsider(number, { wereSeats: this.#seats.size + 1 });
  }

  /** Where round robin goes on; known from before a restart. */
  setLastRung(number: ExtensionNumber): void {
    this.#lastRung ??= this.member(number) ?? null;
  }

  /** Another process has rung the member. */
  noteRung(number: ExtensionNumber): void {
    this.#lastRung = this.member(number) ?? this.#lastRung;
  }

  join(entry: WaitingEntry, isWaiting = true): void {
    this.#begin(this.#places.add(entry), isWaiting);
  }

  leave(entryId: EntryId): void {
    const place = this.#places.get(entryId);
    if (place === undefined) return;
    this.stopWaiting(place);
    this.#places.delete(place);
  }

  /** Replaces what is known of an entry, its place in the line too. */
  replace(entry: WaitingEntry): void {
    const before = this.#places.get(entry.entryId);
    if (before === undefined) return;
    const { isWaiting, told } = before;
    this.leave(entry.entryId);
    this.#begin(this.#places.add(entry, told), isWaiting);
  }

  entry(entryId: EntryId): WaitingEntry | undefined {
    return this.#places.get(entryId)?.entry;
  }

  /** The caller waits again: whoever was rung did not take the call. */
  waitAgain(entryId: EntryId): void {
    const place = this.#places.get(entryId);
    if (place === undefined || place.isWaiting) return;
    place.isWaiting = true;
    this.#begin(place);
  }

  /** Another process has begun to ring for the caller. */
  isRungFor(entryId: EntryId): void {
    const place = this.#places.get(entryId);
    if (place !== undefined) this.stopWaiting(place);
  }

  /** Somebody is rung for the caller now. */
  stopWaiting(place: Place): void {
    if (!place.isWaiting) return;
    place.isWaiting = false;
    this.#waiting--;
    if (place.entry.isElsewhere) this.#waitingElsewhere--;
    this.#known.delete(place);
    this.#withdraw(place);
    this.#alarms.set(place, null);
    this.#changed.delete(place);
  }

  /** The callers of the same queue under other settings, and where round robin stands. */
  takeOver(before: Floor): void {
    this.#lastRung = before.#lastRung;
    for (const { entry, isWaiting, told } of before.#places) this.#begin(this.#places.add(entry, told), isWaiting);
  }

  /** Place in the line, from 1; `null` when not in it. */
  position(entryId: EntryId): number | null {
    return this.#places.position(entryId);
  }

  /** The line in order of service. */
  *line(): Generator<WaitingEntry> {
    for (const place of this.#places) yield place.entry;
  }

  /** Callers whose position has changed since this was asked last. */
  takeMoves(): Move[] {
    return this.#places.takeMoves();
  }

  /** Draws the conclusions of all changes and of the time that has passed. */
  settle(nowMs: number): void {
    for (const subject of this.#alarms.takeDue(nowMs)) this.#changed.add(subject);
    // Members first: for whom a caller may wait depends on who is there. Settling a member may note callers.
    for (const subject of this.#changed) if ('member' in subject) this.#settleSeat(subject, nowMs);
    for (const subject of this.#changed) if ('entry' in subject) this.#settlePlace(subject, nowMs);
    this.#changed.clear();
  }

  /** Everybody who may be served now. To be asked after {@link settle}. Who is given up has not been served where they are, and stands in nobody's way. */
  walks(isGivenUp: (place: Place) => boolean = () => false): Walk<Floor>[] {
    if (this.#waiting === 0) return [];
    if (!this.settings.autofill) return this.#walkOfFirst(isGivenUp);
    const walks: Walk<Floor>[] = [];
    for (const demand of this.#demands) {
      const isFree = () => demand.pool.hasAny(this.#window(demand));
      if (demand.line.size > 0 && isFree()) walks.push(walkAlong(this, demand.line, isFree));
    }
    for (const [number, line] of this.#known.exclusiveLines()) {
      const isFree = () => this.#seats.isFree(number);
      if (isFree()) walks.push(walkAlong(this, line, isFree));
    }
    return walks;
  }

  /** Whom to ring for a caller now; empty when nobody. They are no longer free for others when told of with {@link setMember}. */
  choose(place: Place, nowMs: number): readonly Member[] {
    const { demand, entry } = place;
    if (demand === null) return [];
    const window = this.#window(demand);
    const isResting = ({ extension }: Member) => {
      const missedAtMs = entry.missed.get(extension.number);
      return missedAtMs !== undefined && missedAtMs + this.settings.retryMs > nowMs;
    };
    const known = entry.knownExtension === null ? undefined : demand.pool.member(entry.knownExtension, window);
    if (known !== undefined && !isResting(known)) return [known];
    if (place.exclusiveTo !== null) return [];
    return this.#strategy.choose({
      caller: entry,
      tiers: demand.pool.tiers(window),
      isResting,
      member: (number) => this.member(number),
      lastRung: this.#lastRung,
      random: this.#random,
      nowMs,
    });
  }

  /** They are rung for the caller from now on. */
  ring(place: Place, members: readonly Member[]): void {
    this.#lastRung = members.at(-1) ?? this.#lastRung;
    this.stopWaiting(place);
  }

  #begin(place: Place, isWaiting = true): void {
    this.#waiting++;
    if (place.entry.isElsewhere) this.#waitingElsewhere++;
    this.#changed.add(place);
    this.#known.add(place);
    if (!isWaiting) this.stopWaiting(place);
  }

  /** Whether callers wait for the member whom their customer knows may be different now. */
  #reconsider(number: ExtensionNumber, { wereSeats = this.#seats.size } = {}): void {
    const { penaltyMembersLimit } = this.settings;
    const isChanged = wereSeats > penaltyMembersLimit !== this.#seats.size > penaltyMembersLimit;
    for (const place of isChanged ? this.#known.all() : this.#known.of(number)) this.#changed.add(place);
  }

  #settleSeat(seat: Seat, nowMs: number): void {
    const { member } = seat;
    const is = availability(member, this.settings, nowMs);
    this.#alarms.set(seat, 'untilMs' in is ? is.untilMs : null);
    const wasFree = seat.isFree;
    seat.isFree = is.type === 'available';
    if (seat.isFree) this.#demands.putMember(member);
    else if (wasFree) this.#demands.removeMember(member.extension.number);
  }

  #settlePlace(place: Place, nowMs: number): void {
    const { entry } = place;
    const waitedMs = nowMs - entry.joinedAtMs;
    const penalty = limitsAt(entry.limits, entry.penaltyRule, waitedMs);
    const skill = needsAt(entry.skillRule, entry.needs, waitedMs);
    const demand = this.#demands.take(penalty.limits, skill.needs, () => this.#seats.freeMembers());
    const exclusive = this.#exclusiveTo(entry, demand, nowMs);
    const nextMs = [penalty.nextAfterMs, skill.nextAfterMs].map((ms) => (ms === null ? null : entry.joinedAtMs + ms));
    this.#alarms.set(place, earliest([...nextMs, exclusive?.untilMs ?? null, this.#restEndMs(entry, nowMs)]));
    const exclusiveTo = exclusive?.number ?? null;
    // Who stays where they were is not moved: a walk along the line may be under way.
    if (place.demand === demand && place.exclusiveTo === exclusiveTo) {
      this.#demands.giveBack(demand);
      return;
    }
    this.#withdraw(place);
    place.demand = demand;
    place.exclusiveTo = exclusiveTo;
    this.#lineOf(place, demand).add(place);
  }

  #withdraw(place: Place): void {
    const { demand, exclusiveTo } = place;
    if (demand === null) return;
    this.#lineOf(place, demand).delete(place);
    if (exclusiveTo !== null) this.#known.dropEmpty(exclusiveTo);
    place.demand = null;
    place.exclusiveTo = null;
    this.#demands.giveBack(demand);
  }

  #lineOf({ exclusiveTo }: Place, demand: Demand<Place>): OrderedSet<Place> {
    return exclusiveTo === null ? demand.line : this.#known.exclusiveLine(exclusiveTo);
  }

  /** The customer's own member is waited for while logged in, not paused, able, and not tried yet. */
  #exclusiveTo(
    { knownExtension: number, missed, joinedAtMs }: WaitingEntry,
    demand: Demand<Place>,
    nowMs: number,
  ): { readonly number: ExtensionNumber; readonly untilMs: number } | null {
    const { knownMember } = this.settings;
    if (number === null || knownMember === null || missed.has(number)) return null;
    const untilMs = joinedAtMs + knownMember.exclusiveMs;
    const member = this.member(number);
    if (untilMs <= nowMs || member === undefined || member.isPaused) return null;
    return this.#demands.isFor(demand, member, this.#window(demand)) ? { number, untilMs } : null;
  }

  /** When the first of those who missed this call may be rung for it again. */
  #restEndMs({ missed }: WaitingEntry, nowMs: number): number | null {
    const { retryMs } = this.settings;
    return earliest([...missed.values()].map((atMs) => (atMs + retryMs > nowMs ? atMs + retryMs : null)));
  }

  /** With so few members penalties don't count (S4). */
  #window(demand: Demand<Place>): Window {
    return this.#seats.size <= this.settings.penaltyMembersLimit ? null : demand.limits;
  }

  /**
   * Without autofill only the first caller may be rung for (AF1). Who can't be served by anybody who is logged in stands in
   * nobody's way (difference 6).
   */
  #walkOfFirst(isGivenUp: (place: Place) => boolean): Walk<Floor>[] {
    const isServable = ({ demand }: Place) =>
      demand === null || this.#seats.has((member) => this.#demands.isFor(demand, member, this.#window(demand)));
    const first = firstThat(this.#places, (place) => isServable(place) && !isGivenUp(place));
    return first?.isWaiting === true ? [walkTo(this, first)] : [];
  }
}

function firstThat(line: Iterable<Place>, passes: (place: Place) => boolean): Place | undefined {
  for (const place of line) if (passes(place)) return place;
  return undefined;
}

function earliest(times: readonly (number | null)[]): number | null {
  return times.reduce((least, each) => (each === null || (least !== null && least <= each) ? least : each), null);
}
