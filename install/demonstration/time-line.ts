/** The story of a call as it happens, and at its end in the order of its real times, with what is missing. */
export class TimeLine {
  readonly #entries: { readonly atMs: number; readonly who: string; readonly what: string }[] = [];
  #missing: string | null = null;

  /** One line; `atMs` is the moment it really happened, which may be earlier than that of its being noticed. */
  say(who: string, what: string, atMs = Date.now()): void {
    this.#entries.push({ atMs, who, what });
    console.log(`  … ${who}: ${what}`);
  }

  /** Does one step of the story; a failure is told and ends the story. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#missing = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      throw error;
    }
  }

  /** What did not happen, and why; `null` when all did. */
  get missing(): string | null {
    return this.#missing;
  }

  /** All lines in the order of their times, seconds since the first. */
  text(): string {
    const inOrder = this.#entries.toSorted((a, b) => a.atMs - b.atMs);
    const startMs = inOrder[0]?.atMs ?? 0;
    const lines = inOrder.map(({ atMs, who, what }) => {
      const seconds = ((atMs - startMs) / 1000).toFixed(3).padStart(8);
      return `${seconds}  ${who.padEnd(7)} ${what}`;
    });
    return lines.join('\n');
  }
}
