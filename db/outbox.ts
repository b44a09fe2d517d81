import type { CallEvent } from '../src/core/events.ts';
import type { AttemptId } from '../src/core/ids.ts';
import type { MissConsequence } from '../src/core/queue/misses.ts';
import { AppError, isAppError } from '../src/errors.ts';
import { type BackoffOptions, backoffMs } from '../src/lib/backoff.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Outage } from '../src/lib/outage.ts';
import type { Logger } from '../src/log.ts';
import type {
  AnswerRequest,
  CompleteRequest,
  ConnectRequest,
  LeaveRequest,
  MissRequest,
  Presence,
  QueueStore,
  ReserveRequest,
} from '../src/ports/queue-store.ts';
import type { StoredRecording } from '../src/ports/recordings.ts';
import { LINES_MAX, OutboxJournal } from './outbox-journal.ts';

/** Most writes held in memory; what is beyond lies in the file only. */
const MEMORY_MAX = 10_000;

type Write =
  | { readonly method: 'answer'; readonly request: AnswerRequest }
  | { readonly method: 'connect'; readonly request: ConnectRequest }
  | { readonly method: 'miss'; readonly request: MissRequest }
  | { readonly method: 'complete'; readonly request: CompleteRequest }
  | { readonly method: 'leave'; readonly request: LeaveRequest }
  | { readonly method: 'record'; readonly request: CallEvent }
  | { readonly method: 'saveRecording'; readonly request: StoredRecording };

const METHODS: ReadonlySet<unknown> = new Set([
  'answer',
  'connect',
  'miss',
  'complete',
  'leave',
  'record',
  'saveRecording',
] satisfies Write['method'][]);

export interface OutboxOptions {
  /** Where writes that wait are kept over a crash; a file of this process's own. */
  readonly file: string;
  /** @default 10,000 */
  readonly memoryMax?: number;
  /** @default from 100 ms to 2 s */
  readonly backoff?: BackoffOptions;
  readonly random?: () => number;
  /** Told when writes begin to wait, and when all are written. @default nobody */
  readonly outage?: Outage;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What an operator wants to know. */
export interface OutboxStatus {
  readonly waiting: number;
  readonly limit: number;
  readonly file: string;
  readonly lost: number;
}

interface Waiting {
  readonly write: Write;
  /** Whether the write is in the file, too; known once the disk has answered. */
  readonly isInFile: Promise<boolean>;
}

/** Methods that the outbox takes over from the store. */
export type OutboxMethods = Pick<
  QueueStore,
  'answer' | 'connect' | 'miss' | 'complete' | 'leave' | 'record' | 'saveRecording' | 'reserve'
>;

/**
 * Writes of what has happened already (answer, connect, miss, complete, leave, record, saveRecording) survive an absence of the database: they
 * answer `done`, wait in order in a file and in memory (10,000), and are written when it is back. Nothing is matched
 * (`reserve` is refused) until all of them are written, because the database does not know yet who is free.
 * States: empty (writes go straight through) → waiting (every write joins the end; tried again with back-off) → empty.
 */
export class Outbox implements OutboxMethods {
  readonly #store: OutboxMethods;
  readonly #options: OutboxOptions;
  readonly #memoryMax: number;
  readonly #journal: OutboxJournal;
  readonly #waiting: Waiting[] = [];
  readonly #inFlight = new Map<string, Promise<unknown>>();
  readonly #onEmpty: () => void;
  /** Writes at the end of the file that did not fit in memory. */
  #onlyInFile = 0;
  #lost = 0;
  #failures = 0;
  /** What has become of those that waited, since the first of them. */
  #late = { written: 0, foundNothing: 0, refused: 0 };
  #isFlushing = false;
  #isClosed = false;
  #cancelRetry: () => void = () => undefined;

  /** `onEmpty` is called when writes had waited and all are written now. */
  constructor(store: OutboxMethods, options: OutboxOptions, onEmpty: () => void) {
    this.#store = store;
    this.#options = options;
    this.#memoryMax = options.memoryMax ?? MEMORY_MAX;
    this.#journal = new OutboxJournal(options.file, options.log);
    this.#onEmpty = onEmpty;
  }

  /** Writes that wait for the database. */
  get pending(): number {
    return this.#waiting.length + this.#onlyInFile;
  }

  /** The same with where they wait, how many may, and how many were lost because there were more. */
  get status(): OutboxStatus {
    return { waiting: this.pending, limit: LINES_MAX, file: this.#options.file, lost: this.#lost };
  }

  /** Takes up what an earlier process could not write. */
  async open(): Promise<void> {
    this.#onlyInFile = await this.#journal.open();
    if (this.#onlyInFile === 0) return;
    this.#options.log.info({ writes: this.#onlyInFile }, 'Writes of an earlier process wait for the database');
    this.tryNow();
  }

  answer(request: AnswerRequest): Promise<Presence> {
    const write = { method: 'answer', request } as const;
    return this.#writeAfter(request.attemptId, write, () => this.#store.answer(request));
  }

  connect(request: ConnectRequest): Promise<Presence> {
    const write = { method: 'connect', request } as const;
    return this.#writeAfter(request.attemptId, write, () => this.#store.connect(request));
  }

  /** What follows from a miss that had to wait is not told; members are read again then. */
  miss(request: MissRequest): Promise<Presence | MissConsequence> {
    const write = { method: 'miss', request } as const;
    return this.#writeAfter(request.attemptId, write, () => this.#store.miss(request));
  }

  complete(request: CompleteRequest): Promise<Presence> {
    const write = { method: 'complete', request } as const;
    return this.#writeAfter(request.attemptId, write, () => this.#store.complete(request));
  }

  leave(request: LeaveRequest): Promise<Presence> {
    return this.#write({ method: 'leave', request }, () => this.#store.leave(request));
  }

  async record(request: CallEvent): Promise<void> {
    await this.#write({ method: 'record', request }, () => this.#store.record(request));
  }

  async saveRecording(request: StoredRecording): Promise<void> {
    const send = () => this.#store.saveRecording(request);
    await this.#writeAfter(request.recordingId, { method: 'saveRecording', request }, send);
  }

  reserve(request: ReserveRequest): Promise<readonly AttemptId[] | 'entry-taken'> {
    if (this.pending === 0) return this.#store.reserve(request);
    const message = 'The database does not know yet who is free: writes from its absence are waiting';
    return Promise.reject(
      new AppError('DATABASE_UNAVAILABLE', message, { details: { writes: this.pending, isAsked: false } }),
    );
  }

  /** Tries at once, without waiting for the back-off: the database may be back. */
  tryNow(): void {
    this.#cancelRetry();
    this.#flush().catch((error: unknown) => this.#options.log.error({ err: error }, 'The outbox failed'));
  }

  /** Stops trying; what waits stays in the file for the next process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await Promise.all(this.#waiting.map(({ isInFile }) => isInFile));
    if (this.pending > 0)
      this.#options.log.warn({ writes: this.pending }, 'Writes wait in the outbox for the next start');
  }

  /** Keeps the writes of one attempt (or recording) in order: a completion must not overtake the answer. */
  async #writeAfter<Answer>(attempt: string, write: Write, send: () => Promise<Answer>): Promise<Answer | 'done'> {
    const before = this.#inFlight.get(attempt);
    const writing = (before ?? Promise.resolve()).then(() => this.#write(write, send));
    const settled = writing.catch(() => undefined);
    this.#inFlight.set(attempt, settled);
    try {
      return await writing;
    } finally {
      if (this.#inFlight.get(attempt) === settled) this.#inFlight.delete(attempt);
    }
  }

  async #write<Answer>(write: Write, send: () => Promise<Answer>): Promise<Answer | 'done'> {
    if (this.pending > 0) return this.#putAside(write);
    try {
      return await send();
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      this.#options.outage?.lost('writes', error.message);
      return this.#putAside(write);
    }
  }

  async #putAside(write: Write): Promise<'done'> {
    const isFirst = this.pending === 0;
    const fits = this.#onlyInFile === 0 && this.#waiting.length < this.#memoryMax;
    const isInFile = this.#journal.append(write);
    if (fits) this.#waiting.push({ write, isInFile });
    else this.#onlyInFile++;
    if (isFirst) this.#retryLater();
    const isKept = await isInFile;
    if (!isKept && !fits) {
      this.#onlyInFile--;
      this.#lost++;
      this.#options.log.error({ write: write.method }, 'A write is lost: memory and file of the outbox are full');
    }
    return 'done';
  }

  async #send(write: Write): Promise<Presence | MissConsequence> {
    switch (write.method) {
      case 'answer':
        return this.#store.answer(write.request);
      case 'connect':
        return this.#store.connect(write.request);
      case 'miss':
        return this.#store.miss(write.request);
      case 'complete':
        return this.#store.complete(write.request);
      case 'leave':
        return this.#store.leave(write.request);
      case 'record':
        await this.#store.record(write.request);
        return 'done';
      case 'saveRecording':
        await this.#store.saveRecording(write.request);
        return 'done';
      default:
        return write satisfies never;
    }
  }

  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      while (this.pending > 0 && !this.#isClosed) {
        if (this.#waiting.length === 0) await this.#readFile();
        const first = this.#waiting[0];
        if (first === undefined) continue;
        if (!(await this.#isSent(first.write))) return this.#retryLater();
        this.#waiting.shift();
        this.#failures = 0;
        if (await first.isInFile) await this.#journal.markDone();
        if (this.pending === 0) {
          this.#caughtUp();
          this.#onEmpty();
        }
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  /** The line at the end of the absence says it; without one (an earlier process's writes) it is said here. */
  #caughtUp(): void {
    const { outage, log } = this.#options;
    const late = this.#late;
    this.#late = { written: 0, foundNothing: 0, refused: 0 };
    if (outage?.isLost('writes')) outage.back('writes', late);
    else log.info(late, 'Everything that waited for the database is written');
  }

  /** False when the database is still away. What it refuses for another reason never will be taken: it is logged and left out. */
  async #isSent(write: Write): Promise<boolean> {
    try {
      const presence = await this.#send(write);
      this.#late.written++;
      if (presence === 'gone') {
        this.#late.foundNothing++;
        this.#options.log.debug({ write: write.method }, 'A late write found nothing to change');
      }
      return true;
    } catch (error) {
      if (isAppError(error, 'DATABASE_UNAVAILABLE')) {
        this.#options.outage?.lost('writes', error.message);
        return false;
      }
      this.#late.refused++;
      this.#options.log.error(
        { err: error, write: write.method, pii: write.request },
        'The database refused a late write',
      );
      return true;
    }
  }

  async #readFile(): Promise<void> {
    const values = await this.#journal.next(this.#memoryMax);
    if (values.length === 0) this.#onlyInFile = 0;
    for (const value of values) {
      this.#onlyInFile--;
      if (isWrite(value)) this.#waiting.push({ write: value, isInFile: Promise.resolve(true) });
      else await this.#journal.markDone();
    }
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    const { backoff = { firstMs: 100, maxMs: 2000 }, random = Math.random, clock } = this.#options;
    this.#cancelRetry();
    this.#cancelRetry = clock.after(backoffMs(this.#failures++, backoff, random), () => this.tryNow());
  }
}

function isWrite(value: unknown): value is Write {
  return (
    typeof value === 'object' && value !== null && 'method' in value && METHODS.has(value.method) && 'request' in value
  );
}
