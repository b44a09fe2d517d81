/** What a wait is for and how long it may take; `what` completes the sentence "Waited in vain for …". */
export interface Wait {
  readonly what: string;
  readonly limitMs: number;
}

/** Tells waiting code that something has changed, so that it looks again: a condition variable for one process. */
export class Changes {
  readonly #waiters = new Set<() => void>();

  /** Calls `look` now and after every `notify`, for good. */
  watch(look: () => void): void {
    this.#waiters.add(look);
    look();
  }

  /** Lets everybody who waits look again. */
  notify(): void {
    for (const look of [...this.#waiters]) look();
  }

  /**
   * Waits until `look` finds something, and answers it. It looks at once, and again after every `notify`. When `look`
   * throws, or when the limit is reached, the wait fails; `story` is added to the message then.
   */
  until<T>(look: () => T | undefined, { what, limitMs }: Wait, story: () => string = () => ''): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        act();
      };
      const timer = setTimeout(() => {
        // What has come while this process was held up is read first.
        setImmediate(() => {
          check();
          settle(() => reject(new Error(`Waited in vain for ${what}, ${limitMs} ms${story()}`)));
        });
      }, limitMs);
      const check = (): void => {
        try {
          const found = look();
          if (found !== undefined) settle(() => resolve(found));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      this.#waiters.add(check);
      check();
    });
  }
}

/** Waits for a moment that a script names ("answer after 500 ms"): for acting like a person, not for waiting until something is done. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
