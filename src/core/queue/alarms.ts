import { OrderedSet } from './ordered-set.ts';

interface Alarm<Subject> {
  readonly subject: Subject;
  readonly atMs: number;
  /** Decides between equal times. */
  readonly serial: number;
}

/** When to look at what again: one time for each subject, each operation in O(log n). */
export class Alarms<Subject> {
  readonly #bySubject = new Map<Subject, Alarm<Subject>>();
  readonly #inTime = new OrderedSet<Alarm<Subject>>((a, b) => a.atMs - b.atMs || a.serial - b.serial);
  #serial = 0;

  /** The earliest time; `null` when there is none. */
  get nextMs(): number | null {
    return this.#inTime.first()?.atMs ?? null;
  }

  /** Replaces the subject's time; `null` takes it away. */
  set(subject: Subject, atMs: number | null): void {
    const before = this.#bySubject.get(subject);
    if (before?.atMs === atMs) return;
    if (before !== undefined) {
      this.#inTime.delete(before);
      this.#bySubject.delete(subject);
    }
    if (atMs === null) return;
    const alarm = { subject, atMs, serial: this.#serial++ };
    this.#inTime.add(alarm);
    this.#bySubject.set(subject, alarm);
  }

  /** Everything whose time has come, the earliest first; it has no time any more. */
  takeDue(nowMs: number): Subject[] {
    const due: Subject[] = [];
    for (let first = this.#inTime.first(); first !== undefined && first.atMs <= nowMs; first = this.#inTime.first()) {
      due.push(first.subject);
      this.set(first.subject, null);
    }
    return due;
  }
}
