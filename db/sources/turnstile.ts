/** Lets so many through at one time; the others wait in order, each as long as its own signal lets it. */
export class Turnstile {
  readonly #atOnce: number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Does the work when it is its turn; rejects with the signal's reason when that is aborted before. */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#inside >= this.#atOnce) await this.#turn(signal);
    else this.#inside++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Who leaves hands the place on: nobody comes in between. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#inside--;
    else next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(enter);
    });
  }
}
