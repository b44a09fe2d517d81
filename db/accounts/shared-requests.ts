import type { AccountsAnswer } from '../../src/ports/accounts.ts';
import { orAborted } from '../sources/ask.ts';

interface Request {
  readonly answer: Promise<AccountsAnswer>;
  /** Ends the request when nobody waits for it any more. */
  readonly end: AbortController;
  waiting: number;
}

/**
 * One request for each number at a time: callers with the same number share it, and each may leave without taking it from the others.
 * What is shared is found by the whole number and by nothing else.
 */
export class SharedRequests {
  readonly #begin: (number: string, signal: AbortSignal) => Promise<AccountsAnswer>;
  readonly #underWay = new Map<string, Request>();

  constructor(begin: (number: string, signal: AbortSignal) => Promise<AccountsAnswer>) {
    this.#begin = begin;
  }

  /** The answer for the number; rejects with the signal's reason when this caller is gone first. */
  async ask(number: string, signal: AbortSignal): Promise<AccountsAnswer> {
    signal.throwIfAborted();
    const request = this.#underWay.get(number) ?? this.#start(number);
    request.waiting++;
    try {
      return await orAborted(request.answer, signal);
    } finally {
      request.waiting--;
      if (request.waiting === 0) this.#drop(number, request);
    }
  }

  #start(number: string): Request {
    const end = new AbortController();
    const request: Request = { answer: this.#begin(number, end.signal), end, waiting: 0 };
    this.#underWay.set(number, request);
    // Who asks after the answer has come asks anew.
    const done = () => this.#drop(number, request);
    request.answer.then(done, done);
    return request;
  }

  /** A newer request for the same number stays. */
  #drop(number: string, request: Request): void {
    if (this.#underWay.get(number) === request) this.#underWay.delete(number);
    request.end.abort();
  }
}
