/** Undo functions of what was built, run last-in first-out: a start that fails half-way and an ordinary stop clean up alike. */
export class ReleaserStack {
  readonly #releasers: { readonly what: string; readonly release: () => unknown }[] = [];

  add(what: string, release: () => unknown): void {
    this.#releasers.push({ what, release });
  }

  /** Runs all, each at most once, also when one fails; failures go to `onError`. */
  async releaseAll(onError: (error: unknown, what: string) => void): Promise<void> {
    for (let next = this.#releasers.pop(); next !== undefined; next = this.#releasers.pop()) {
      try {
        await next.release();
      } catch (error) {
        onError(error, next.what);
      }
    }
  }
}
