import type { ExtensionNumber } from '../ids.ts';
import type { Member } from './availability.ts';

/** A member's seat in one queue. */
export interface Seat {
  member: Member;
  /** May be rung now. */
  isFree: boolean;
}

/** Who is logged in to one queue, and who of them may be rung. */
export class Seats {
  readonly #seats = new Map<ExtensionNumber, Seat>();

  get size(): number {
    return this.#seats.size;
  }

  get(number: ExtensionNumber): Seat | undefined {
    return this.#seats.get(number);
  }

  /** A member who was not there; not free until that is found out. */
  add(member: Member): Seat {
    const seat = { member, isFree: false };
    this.#seats.set(member.extension.number, seat);
    return seat;
  }

  delete(number: ExtensionNumber): void {
    this.#seats.delete(number);
  }

  isFree(number: ExtensionNumber): boolean {
    return this.#seats.get(number)?.isFree === true;
  }

  members(): Member[] {
    return [...this.#seats.values()].map((seat) => seat.member);
  }

  freeMembers(): Member[] {
    return [...this.#seats.values()].filter((seat) => seat.isFree).map((seat) => seat.member);
  }

  has(passes: (member: Member) => boolean): boolean {
    for (const { member } of this.#seats.values()) if (passes(member)) return true;
    return false;
  }
}

/** Whether it makes no difference to those who wait for the member, as long as the member is there. */
export function isSameColleague(before: Member, now: Member): boolean {
  return (
    before.isPaused === now.isPaused &&
    before.penalty === now.penalty &&
    before.extension.skills === now.extension.skills
  );
}
