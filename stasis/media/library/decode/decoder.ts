import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../../src/lib/deferred.ts';
import { startThread } from '../../../../src/lib/thread.ts';
import type { WorkerAnswer } from './decode-worker.ts';
import type { DecodeJob, DecodeResult } from './job.ts';

/** One track of an hour takes half a minute on a slow machine; a decoder that is still at it after this has lost itself in a damaged file. */
export const DECODE_LIMIT_MS = 5 * 60_000;
/** Heap of the decoding thread; sound itself and the decoders' memory lie outside of it. */
const HEAP_MB_MAX = 256;

/** The thread could not decode a track: it took too long, or ended. */
export interface DecodeFailure {
  readonly type: 'failed';
  readonly reason: string;
}

interface Waiting {
  readonly job: DecodeJob;
  readonly answer: Deferred<DecodeResult | DecodeFailure>;
}

/**
 * Decodes tracks one after the other in a thread of its own, so that the audio of those who are on the phone is never late. The thread is
 * there while there is work; {@link rest} ends it, and the next job starts another.
 */
export class Decoder {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #current: Waiting | null = null;
  #worker: Worker | null = null;
  #cancelLimit: () => void = () => {};
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Never rejects: whatever happens is an answer. */
  decode(job: DecodeJob): Promise<DecodeResult | DecodeFailure> {
    const answer = deferred<DecodeResult | DecodeFailure>();
    if (this.#isClosed) answer.resolve({ type: 'failed', reason: 'the decoder is closed' });
    else this.#waiting.push({ job, answer });
    this.#next();
    return answer.promise;
  }

  /** Gives the thread's memory back, when nothing waits for it. */
  async rest(): Promise<void> {
    if (this.#current === null && this.#waiting.length === 0) await this.#endWorker();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { answer } of this.#waiting.splice(0))
      answer.resolve({ type: 'failed', reason: 'the decoder is closed' });
    this.#settle({ type: 'failed', reason: 'the decoder is closed' });
    await this.#endWorker();
  }

  #next(): void {
    const next = this.#current === null ? this.#waiting.shift() : undefined;
    if (next === undefined) return;
    this.#current = next;
    this.#cancelLimit = this.#clock.after(DECODE_LIMIT_MS, () =>
      this.#workerFailed(this.#worker, `could not be decoded within ${DECODE_LIMIT_MS / 60_000} minutes`),
    );
    this.#worker ??= this.#startWorker();
    this.#worker.postMessage(next.job);
  }

  #startWorker(): Worker {
    const worker = startThread({ beside: import.meta.url, name: 'decode-worker', heapMbMax: HEAP_MB_MAX });
    worker.on('message', (answer: WorkerAnswer) => {
      if (worker !== this.#worker) return;
      this.#settle(answer.type === 'done' ? answer.result : answer);
      this.#next();
    });
    worker.on('error', (error) => this.#workerFailed(worker, `made the decoder fail (${error.message})`));
    worker.on('exit', () => this.#workerFailed(worker, 'made the decoder end'));
    return worker;
  }

  #workerFailed(worker: Worker | null, reason: string): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate().catch(() => {});
    this.#settle({ type: 'failed', reason });
    this.#next();
  }

  #settle(result: DecodeResult | DecodeFailure): void {
    this.#cancelLimit();
    this.#current?.answer.resolve(result);
    this.#current = null;
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
