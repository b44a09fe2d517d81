import type { Client, Notification } from 'pg';
import { asDeviceState } from '../src/core/device-state.ts';
import { attemptId, entryId, extensionNumber, queueName, switchName } from '../src/core/ids.ts';
import { type BackoffOptions, backoffMs } from '../src/lib/backoff.ts';
import { type Clock, monotonicClock } from '../src/lib/clock.ts';
import type { Outage } from '../src/lib/outage.ts';
import type { Logger } from '../src/log.ts';
import type { ReservedRing, StoreChange } from '../src/ports/queue-store.ts';
import { describe } from './database-error.ts';
import { PatientClient } from './patient-client.ts';

const CHANNEL = 'queueapp_change';
/** Changes by others within this time are told as one batch, one per key. */
const COALESCE_MS = 20;
/** This process tells others of its changes so often at most: each time costs a statement here and some at each of them, and the database decides races anyway. */
const ANNOUNCE_MS = 250;
/** More different changes than this in one batch are told as `all`. */
const BATCH_MAX = 200;
/** PostgreSQL takes payloads under 8,000 bytes; every id here is at most 3 bytes per character of 270. */
const PAYLOAD_LENGTH_MAX = 2500;

export interface ChangeListenerOptions {
  readonly databaseUrl: string;
  readonly connectTimeoutMs: number;
  /** How often the connection is tried, and how long an answer may take. @default 10 s */
  readonly heartbeatMs?: number;
  /** @default from 100 ms to 5 s */
  readonly backoff?: BackoffOptions;
  readonly random?: () => number;
  /** Told when the connection is lost, and when it listens again. @default nobody */
  readonly outage?: Outage;
  /**
   * Whether others match callers with the same members: then they are told of each reservation at once. Otherwise they would choose the same member until the
   * next announcement, and the database would refuse every second reservation of a busy queue.
   * @default false
   */
  readonly hasRivals?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Hears of changes by others on a connection of its own (LISTEN), and tells others of this process's. States:
 * connecting → listening → (lost) waiting → connecting …; each time it begins to listen, listeners get `{type:'all'}`,
 * because what happened in between was not heard. A dead connection is noticed within two heartbeats.
 */
export class ChangeListener {
  readonly #options: ChangeListenerOptions;
  readonly #heartbeatMs: number;
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #incoming = new Map<string, StoreChange>();
  /** What is told, by what it is about: of a device only the newest state. */
  readonly #outgoing = new Map<string, string>();
  #client: Client | null = null;
  #ownPid = 0;
  /** When others were told last. */
  #announcedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isClosed = false;
  #cancelTimers = new Map<'retry' | 'heartbeat' | 'incoming' | 'outgoing', () => void>();

  constructor(options: ChangeListenerOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? 10_000;
  }

  /** Begins; from then on the connection is kept or made again until `close`. */
  start(): void {
    this.#connect().catch((error: unknown) => this.#options.log.error({ err: error }, 'Change listener failed'));
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells other processes, soon; dropped while the connection is away, because they will read everything again or hear of the next change. */
  announce(change: StoreChange): void {
    if (this.#client === null) return;
    const key = keyOf(change);
    if (change.type === 'entry' && change.rings !== undefined && this.#options.hasRivals === true) {
      this.#outgoing.delete(key);
      this.#send(payloadOf(change));
      return;
    }
    this.#outgoing.set(key, change.type === 'entry' ? key : payloadOf(change));
    if (this.#cancelTimers.has('outgoing')) return;
    const dueInMs = this.#announcedAtMs + ANNOUNCE_MS - this.#options.clock.now();
    // At once after a pause; never later, whatever is done to the machine's clock.
    this.#later('outgoing', Math.min(Math.max(0, dueInMs), ANNOUNCE_MS), () => this.#sendOutgoing());
  }

  /** Tells this process's listeners that everything may have changed. */
  announceAllHere(): void {
    this.#take({ type: 'all' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#cancelTimers.values()) cancel();
    this.#cancelTimers.clear();
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const config = {
      connectionString: this.#options.databaseUrl,
      query_timeout: this.#heartbeatMs,
      keepAlive: true,
      application_name: 'queueapp listener',
    };
    const client = new PatientClient(config, { silenceMs: this.#options.connectTimeoutMs, clock: monotonicClock });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('Connection ended')));
    client.on('notification', (notification) => this.#hear(notification));
    try {
      await client.connect();
      const result = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await client.query(`listen ${CHANNEL}`);
      if (this.#isClosed) return await client.end();
      this.#ownPid = result.rows[0]?.pid ?? 0;
      this.#client = client;
      this.#failures = 0;
      this.#beatLater(client);
      this.#options.outage?.back('listener');
      this.#take({ type: 'all' });
    } catch (error) {
      client.removeAllListeners('end');
      client.end().catch(() => undefined);
      this.#retryLater(error);
    }
  }

  #lost(client: Client, error: Error): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#outgoing.clear();
    this.#cancel('heartbeat');
    client.end().catch(() => undefined);
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    if (this.#isClosed) return;
    const { backoff = { firstMs: 100, maxMs: 5000 }, random = Math.random, outage, log } = this.#options;
    const waitMs = backoffMs(this.#failures++, backoff, random);
    outage?.lost('listener', `changes by others are not heard: ${describe(error)}`);
    log.debug({ err: error, waitMs }, 'Changes by others are not heard');
    this.#later('retry', waitMs, () => this.start());
  }

  #beatLater(client: Client): void {
    this.#later('heartbeat', this.#heartbeatMs, () => {
      client.query('select 1').then(
        () => {
          if (this.#client === client) this.#beatLater(client);
        },
        (error: Error) => this.#lost(client, error),
      );
    });
  }

  #hear({ payload = '', processId }: Notification): void {
    if (processId === this.#ownPid) return;
    for (const line of payload.split('\n')) this.#take(parsePayload(line));
  }

  #take(change: StoreChange): void {
    if (change.type === 'entry' && change.rings !== undefined) {
      this.#tell(change);
      return;
    }
    this.#incoming.set(keyOf(change), change);
    if (!this.#cancelTimers.has('incoming')) this.#later('incoming', COALESCE_MS, () => this.#tellListeners());
  }

  #tellListeners(): void {
    const isEverything = this.#incoming.has('all') || this.#incoming.size > BATCH_MAX;
    const changes: readonly StoreChange[] = isEverything ? [{ type: 'all' }] : [...this.#incoming.values()];
    this.#incoming.clear();
    for (const change of changes) this.#tell(change);
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) this.#callSafely(listener, change);
  }

  #callSafely(listener: (change: StoreChange) => void, change: StoreChange): void {
    try {
      listener(change);
    } catch (error) {
      this.#options.log.error({ err: error, change: change.type }, 'A listener for database changes threw');
    }
  }

  #sendOutgoing(): void {
    this.#announcedAtMs = this.#options.clock.now();
    const lines = [...this.#outgoing.values()].join('\n');
    this.#outgoing.clear();
    this.#send(lines);
  }

  #send(lines: string): void {
    const payload = lines.length > PAYLOAD_LENGTH_MAX ? 'all' : lines;
    // A lost connection is noticed by its own event; then everybody reads everything again.
    this.#client
      ?.query({ name: 'announce', text: 'select pg_notify($1, $2)', values: [CHANNEL, payload] })
      .catch(() => undefined);
  }

  #later(name: 'retry' | 'heartbeat' | 'incoming' | 'outgoing', delayMs: number, run: () => void): void {
    if (this.#isClosed) return;
    this.#cancel(name);
    this.#cancelTimers.set(
      name,
      this.#options.clock.after(delayMs, () => {
        this.#cancelTimers.delete(name);
        run();
      }),
    );
  }

  #cancel(name: 'retry' | 'heartbeat' | 'incoming' | 'outgoing'): void {
    this.#cancelTimers.get(name)?.();
    this.#cancelTimers.delete(name);
  }
}

function keyOf(change: StoreChange): string {
  if (change.type === 'entry') return `entry|${change.queue}|${change.entryId}`;
  return change.type === 'device' ? `device|${change.switchName}|${change.device}` : payloadOf(change);
}

function payloadOf(change: StoreChange): string {
  switch (change.type) {
    case 'membership':
      return `membership|${change.extension}`;
    case 'entry':
      // What comes after the ids is no concern of an older version.
      return [keyOf(change), ...(change.rings ?? []).flatMap((ring) => [ring.extension, ring.attemptId])].join('|');
    case 'queue':
      return `queue|${change.queue}`;
    case 'step':
      return `step|${change.name}`;
    case 'device':
      // Last, because it may hold anything but a line's end.
      return `device|${change.switchName}|${change.state}|${change.device}`;
    case 'all':
      return 'all';
    default:
      return change satisfies never;
  }
}

/** Anybody may send on the channel: what isn't understood counts as `all`. */
function parsePayload(line: string): StoreChange {
  const [type, first, second, ...rest] = line.split('|');
  if (type === 'membership' && first) return { type, extension: extensionNumber(first) };
  if (type === 'entry' && first && second) {
    const rings = parseRings(rest);
    return { type, queue: queueName(first), entryId: entryId(second), ...(rings.length > 0 ? { rings } : {}) };
  }
  if (type === 'device' && first && second && rest.length > 0)
    return { type, switchName: switchName(first), state: asDeviceState(second), device: rest.join('|') };
  if (type === 'queue' && first) return { type, queue: queueName(first) };
  if (type === 'step' && first) return { type, name: first };
  return { type: 'all' };
}

/** Pairs of extension and attempt. */
function parseRings([extension, attempt, ...rest]: readonly string[]): ReservedRing[] {
  if (!extension || !attempt) return [];
  return [{ extension: extensionNumber(extension), attemptId: attemptId(attempt) }, ...parseRings(rest)];
}
