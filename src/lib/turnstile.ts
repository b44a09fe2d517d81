import { deferred } from './deferred.ts';

/** Lets so many actions go on at a time; whoever comes when it is full waits in line. */
export class Turnstile {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async pass<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#most) this.#inside++;
    else {
      const turn = deferred<void>();
      this.#waiting.push(turn.resolve);
      await turn.promise;
    }
    try {
      return await action();
    } finally {
      // The place is handed on: nobody can slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
