import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { builtInStrategy } from '../core/queue/strategies.ts';
import type { Strategy } from '../core/queue/strategy.ts';
import type { Clock } from '../lib/clock.ts';
import { startThread } from '../lib/thread.ts';
import type { Logger } from '../log.ts';
import { importStrategy } from './import-module.ts';
import { FAULTS_MAX, moduleStrategy } from './module-strategy.ts';

interface ShelfDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** @default EXAMINATION_LIMIT_MS */
  readonly limitMs?: number;
}

/** A module must have passed its examination within this time, the start of the thread included. */
const EXAMINATION_LIMIT_MS = 10_000;
const EXAMINATION_HEAP_MB_MAX = 256;

/**
 * The strategies of the user's own modules (`strategies` of the configuration). Each is examined in a thread of its own before it is
 * used, by the same cases that the built-in ones are tested with. One that does not pass is not used: the log says why, and its queues
 * are served by `leastrecent`, for a queue that serves callers in another order is better than none.
 */
export class StrategyShelf {
  readonly #deps: ShelfDeps;
  #strategies: ReadonlyMap<string, { readonly url: string; readonly strategy: Strategy }> = new Map();

  constructor(deps: ShelfDeps) {
    this.#deps = deps;
  }

  /** By the name in a queue's settings. */
  readonly of = (name: string): Strategy => this.#strategies.get(name)?.strategy ?? builtInStrategy(name);

  /** Reads the modules; those whose files are as they were stay. */
  async load(files: Readonly<Record<string, string>>): Promise<void> {
    const loaded = await Promise.all(Object.entries(files).map(([name, file]) => this.#loadOne(name, file)));
    this.#strategies = new Map(loaded.filter((each) => each !== null));
  }

  async #loadOne(name: string, file: string) {
    const { log, clock, limitMs } = this.#deps;
    const url = await moduleUrl(file);
    const known = this.#strategies.get(name);
    if (known !== undefined && known.url === url) return [name, known] as const;
    const faults = url === null ? ['the file is not there'] : await examineModule(url, { clock, limitMs });
    if (url === null || faults.length > 0) {
      log.error({ strategy: name, file, faults }, 'This strategy is not used: leastrecent is in its place');
      return null;
    }
    try {
      const module = await importStrategy(url);
      log.info({ strategy: name, file }, 'Strategy loaded');
      return [name, { url, strategy: moduleStrategy({ name, module, onFault: this.#teller(name) }) }] as const;
    } catch (error) {
      log.error({ err: error, strategy: name, file }, 'This strategy is not used: leastrecent is in its place');
      return null;
    }
  }

  /** Each reason once: a module that fails may fail at every call. */
  #teller(strategy: string): (reason: string, isLast: boolean) => void {
    const { log } = this.#deps;
    const told = new Set<string>();
    return (reason, isLast) => {
      if (isLast) {
        const faults = FAULTS_MAX;
        log.error(
          { strategy, reason, faults },
          'This strategy is asked no more: leastrecent is in its place until the next reload',
        );
      } else if (!told.has(reason) && told.size < REASONS_MAX) {
        told.add(reason);
        log.error({ strategy, reason }, 'This strategy failed: leastrecent chose in its place');
      }
    };
  }
}

/** Different reasons of one module that are logged. */
const REASONS_MAX = 20;

/** What is wrong with a module; empty: nothing. Never rejects, and never takes longer than the limit. */
export async function examineModule(
  url: string,
  { clock, limitMs = EXAMINATION_LIMIT_MS }: { readonly clock: Clock; readonly limitMs?: number | undefined },
): Promise<readonly string[]> {
  const thread = startThread({
    beside: import.meta.url,
    name: 'examine',
    heapMbMax: EXAMINATION_HEAP_MB_MAX,
    data: { url },
  });
  const faults = await new Promise<readonly string[]>((resolve) => {
    const cancel = clock.after(limitMs, () =>
      resolve([`it did not come back within ${limitMs / 1000} s when it was read and tried`]),
    );
    const end = (found: readonly string[]) => {
      cancel();
      resolve(found);
    };
    thread.once('message', end);
    thread.once('error', (error) => end([error instanceof Error ? error.message : String(error)]));
    thread.once('exit', (code) => end([`it ended its thread (exit ${code}) when it was read or tried`]));
  });
  await thread.terminate();
  return faults;
}

/** The address under which a module is read; another one when the file has changed, because Node reads each only once. */
export async function moduleUrl(file: string): Promise<string | null> {
  try {
    const { mtimeMs, size } = await stat(file);
    return `${pathToFileURL(file).pathname}?changed=${mtimeMs}-${size}`;
  } catch {
    return null;
  }
}
