import { decide, dueAt } from './planner.ts';
import type { Scene, State } from './state.ts';

/*
 * The states of one programme, from the one that was heard last to the one that was rendered last. Rendering runs ahead of the ear: when a key
 * arrives, what was decided for later samples is taken back, the key is put in, and the decisions are taken anew.
 *
 *     heard          rendered
 *       │               │
 *   ●───┼────●────────●─┼─ ─ ─●            ● a decision; the last one is what the plan knows so far
 *       key: both are taken back
 */
export class History {
  readonly #scene: Scene;
  /** By sample; never empty. */
  readonly #states: State[];
  #nextAt: number;
  #renderedTo = 0;
  #changedFrom = Number.POSITIVE_INFINITY;

  constructor(scene: Scene, first: State) {
    this.#scene = scene;
    this.#states = [first];
    this.#nextAt = dueAt(scene, first);
  }

  /** Takes all decisions before `to`, and says what is heard until then. */
  planned(to: number): State {
    // One comparison for most blocks: nothing is allocated between two decisions.
    while (this.#nextAt < to) this.#push(decide(this.#scene, this.#newest()));
    if (to > this.#renderedTo) {
      this.#renderedTo = to;
      this.#forget(to - this.#scene.timing.keep);
    }
    return this.#newest();
  }

  /** The state at a sample. Before the last command or before the last two seconds there is none: then the oldest. */
  stateAt(at: number): State {
    if (!Number.isFinite(at)) throw new Error(`A programme has no sample ${at}`);
    while (this.#nextAt <= at) this.#push(decide(this.#scene, this.#newest()));
    return this.#states.findLast((state) => state.at <= at) ?? this.#oldest();
  }

  /** From `state.at` on all is otherwise. What came before can't be changed any more: commands come in order. */
  replace(before: State, state: State): void {
    const takenBack = this.#states.find(({ at }) => at > before.at)?.at ?? Number.POSITIVE_INFINITY;
    this.#states.length = 0;
    this.#push(state);
    this.#noteChange(state.timeline === before.timeline ? Math.min(takenBack, this.#nextAt) : state.at);
  }

  /** The first sample that sounds otherwise than it was rendered; Infinity: none. Reading forgets it. */
  takeChangedFrom(): number {
    const changedFrom = this.#changedFrom;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return changedFrom;
  }

  /** The earliest sample that a command can have. */
  get earliest(): number {
    return this.#oldest().at;
  }

  #noteChange(at: number): void {
    if (at < this.#renderedTo) this.#changedFrom = Math.min(this.#changedFrom, at);
  }

  #push(state: State): void {
    this.#states.push(state);
    this.#nextAt = dueAt(this.#scene, state);
  }

  #forget(before: number): void {
    while ((this.#states[1]?.at ?? Number.POSITIVE_INFINITY) <= before) this.#states.shift();
  }

  #oldest(): State {
    return this.#states[0] as State;
  }

  #newest(): State {
    return this.#states[this.#states.length - 1] as State;
  }
}
