import type { Clock } from '../../src/lib/clock.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** What one process has of the world. When it dies nothing reaches it any more and nothing of it reaches the world, in the middle of whatever it did. */
export class Mortal {
  #isDead = false;
  readonly #undo = new Set<() => void>();

  die(): void {
    this.#isDead = true;
    for (const undo of this.#undo) undo();
  }

  /** A port as the process sees it: requests after death have no effect, and replies never come. */
  port<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => this.#call(value.bind(target) as AnyFunction, name, args);
      },
    });
  }

  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (delayMs, callback) => {
        if (this.#isDead) return () => undefined;
        const cancel = clock.after(delayMs, () => {
          this.#undo.delete(cancel);
          callback();
        });
        this.#undo.add(cancel);
        return () => {
          this.#undo.delete(cancel);
          cancel();
        };
      },
    };
  }

  #call(method: AnyFunction, name: string | symbol, args: unknown[]): unknown {
    if (this.#isDead) return name === 'isConnected' ? false : new Promise(() => undefined);
    const result = method(...args);
    if (name === 'subscribe') this.#undo.add(result as () => void);
    if (!(result instanceof Promise)) return result;
    return new Promise((resolve, reject) => {
      result.then(
        (value: unknown) => !this.#isDead && resolve(value),
        (error: unknown) => !this.#isDead && reject(error),
      );
    });
  }
}
