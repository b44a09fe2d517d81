export interface GateOptions<T> {
  /** `undefined`: it may pass now; a rejection closes the gate for good. */
  confirm(): Promise<void> | undefined;
  pass(item: T): void;
  /** Most that are held while it is asked. */
  readonly heldMax: number;
}

/** Lets things pass in their order: at once while nothing has to be asked, otherwise when the answer is there. */
export class Gate<T> {
  readonly #options: GateOptions<T>;
  readonly #held: T[] = [];
  #state: 'open' | 'asking' | 'closed' = 'open';

  constructor(options: GateOptions<T>) {
    this.#options = options;
  }

  /** Takes one; `false` when as many as may be are held already. What comes after the gate was closed vanishes. */
  take(item: T): boolean {
    if (this.#state === 'closed') return true;
    const asked = this.#state === 'asking' ? undefined : this.#options.confirm();
    if (this.#state === 'open' && asked === undefined) {
      this.#options.pass(item);
      return true;
    }
    if (this.#held.length >= this.#options.heldMax) return false;
    this.#held.push(item);
    if (asked !== undefined) this.#passAfter(asked);
    return true;
  }

  #passAfter(asked: Promise<void>): void {
    this.#state = 'asking';
    asked.then(
      () => this.#passHeld(),
      () => {
        this.#state = 'closed';
        this.#held.length = 0;
      },
    );
  }

  /** What comes while these pass joins their end. */
  #passHeld(): void {
    try {
      for (const item of this.#held) this.#options.pass(item);
    } finally {
      this.#held.length = 0;
      this.#state = 'open';
    }
  }
}
