import type { SwitchName } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { Announcer } from '../../../src/ports/announcer.ts';
import type { QueueStore, StoredEntry } from '../../../src/ports/queue-store.ts';
import type { LiveQueues } from '../queue/queue-registry.ts';
import type { LineElsewhere } from './line-elsewhere.ts';
import type { SwitchWatch } from './switch-watch.ts';

export interface HelplessCallsDeps {
  readonly store: Pick<QueueStore, 'leave' | 'complete'>;
  readonly watch: SwitchWatch;
  readonly line: LineElsewhere;
  readonly queues: LiveQueues;
  readonly announcer: Announcer;
  /** This process's own. */
  readonly switchName: SwitchName;
  readonly switchNames: readonly SwitchName[];
  /** So long somebody may still take the calls of a switch over. */
  readonly closeAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One process does it, and the next only when that one hasn't: everybody would be told twice. Who is first is told by the names. */
const TURN_MS = 5_000;

/**
 * Closes what nobody can take over: callers of a switch that no process has acted on for so long, or whose process can't reach its Asterisk.
 * What has become of the people is not known; in the database, for their members and for CRM software the call is over. A talk counts as ended by
 * the caller: queue_log has no third word, and the member has hung up on nobody.
 */
export class HelplessCalls {
  readonly #deps: HelplessCallsDeps;
  readonly #unlisten: () => void;
  #isClosing = false;

  constructor(deps: HelplessCallsDeps) {
    this.#deps = deps;
    this.#unlisten = deps.watch.afterLook(() => this.#look());
  }

  close(): void {
    this.#unlisten();
  }

  #look(): void {
    const { watch, line, log } = this.#deps;
    const entries = line.entries();
    for (const { switchName } of entries) watch.note(switchName);
    const helpless = entries.filter(({ switchName }) => watch.helplessForMs(switchName) >= this.#patienceMs());
    if (helpless.length === 0 || this.#isClosing) return;
    this.#isClosing = true;
    this.#closeAll(helpless)
      .catch((error: unknown) => {
        // The next look tries again.
        if (isAppError(error)) log.debug({ err: error }, 'Calls of a switch that is gone could not be closed yet');
        else log.error({ err: error }, 'Calls of a switch that is gone could not be closed');
      })
      .finally(() => {
        this.#isClosing = false;
      });
  }

  #patienceMs(): number {
    const { switchName, switchNames, watch, closeAfterMs } = this.#deps;
    const before = switchNames.filter((name) => name < switchName && watch.isLiving(name));
    return closeAfterMs + before.length * TURN_MS;
  }

  async #closeAll(entries: readonly StoredEntry[]): Promise<void> {
    const { line, log } = this.#deps;
    for (const entry of entries) await this.#closeOne(entry);
    const switchNames = [...new Set(entries.map(({ switchName }) => switchName))];
    log.warn({ switchNames, calls: entries.length }, 'Nobody has taken over the calls of a switch: they are closed');
    await line.read(entries.map(({ entryId }) => entryId));
  }

  async #closeOne(entry: StoredEntry): Promise<void> {
    const { store, announcer, queues, clock } = this.#deps;
    const { entryId, state, attempts } = entry;
    const atMs = clock.now();
    const talking = state === 'talking' ? attempts[0] : undefined;
    const wrapUpMs = queues.get(entry.queue)?.wrapUpMs ?? 0;
    if (talking === undefined) await store.leave({ entryId, outcome: 'ABANDON', atMs });
    else await store.complete({ attemptId: talking.attemptId, endedBy: 'caller', wrapUpMs, atMs });
    const call = {
      callId: entry.callId,
      queue: entry.queue,
      queueTitle: queues.get(entry.queue)?.title ?? entry.queue,
      caller: entry.caller,
      customer: entry.customer,
      enteredAtMs: entry.joinedAtMs,
    };
    for (const { attemptId, extension } of attempts)
      announcer.publishEnded({ call, attemptId, extension, changedAtMs: atMs });
  }
}
