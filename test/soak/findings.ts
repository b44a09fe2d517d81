import type { Report } from '../bench/report.ts';
import { INVARIANTS, type Invariant, type Violation } from '../support/invariants/observation.ts';
import type { RoundResult } from '../support/soak/round.ts';

/** Violations that are printed of one invariant; the others are counted. */
const SHOWN_MAX = 5;

/** What several rounds have shown together. */
export class Findings {
  readonly #violations: Violation[] = [];
  readonly #sums = { calls: 0, served: 0, gaveUp: 0, rings: 0 };

  add({ violations, ...counts }: RoundResult): void {
    this.#violations.push(...violations);
    for (const key of ['calls', 'served', 'gaveUp', 'rings'] as const) this.#sums[key] += counts[key];
  }

  get sums() {
    return this.#sums;
  }

  get count(): number {
    return this.#violations.length;
  }

  /** Prints each invariant, and what was found against it. */
  print(report: Report, title: string): void {
    const found = (invariant: Invariant) => this.#violations.filter((each) => each.invariant === invariant);
    const rows = (Object.keys(INVARIANTS) as Invariant[]).map((invariant) => [
      INVARIANTS[invariant],
      String(found(invariant).length),
    ]);
    report.table(title, ['must be true', 'violations'], rows);
    for (const invariant of Object.keys(INVARIANTS) as Invariant[]) {
      const all = found(invariant);
      for (const { what } of all.slice(0, SHOWN_MAX)) report.say(`✗ ${invariant}: ${what}`);
      if (all.length > SHOWN_MAX) report.say(`✗ ${invariant}: and ${all.length - SHOWN_MAX} more`);
    }
  }
}
