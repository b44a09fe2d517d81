import type { LiveTerminal } from '../../src/cli/live-terminal.ts';

/** A terminal whose user looks a number of times and then has seen enough; between the looks the test does something. */
export class ScriptedTerminal implements LiveTerminal {
  readonly isTerminal: boolean;
  readonly rows: number;
  isReleased = false;
  readonly #between: (() => void)[];

  constructor({
    isTerminal = false,
    rows = 24,
    between = [],
  }: { isTerminal?: boolean; rows?: number; between?: (() => void)[] } = {}) {
    this.isTerminal = isTerminal;
    this.rows = rows;
    this.#between = [...between];
  }

  async pause(): Promise<boolean> {
    const next = this.#between.shift();
    next?.();
    return next !== undefined;
  }

  release(): void {
    this.isReleased = true;
  }
}
