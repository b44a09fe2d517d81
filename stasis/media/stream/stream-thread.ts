import { startThread } from '../../../src/lib/thread.ts';
import type { StreamMemory } from './rings.ts';
import type { StreamCommand, StreamReport, StreamWorkerData } from './stream-worker.ts';

/** Heap of the thread; rings and the decoders' own memory lie outside of it. */
const HEAP_MB_MAX = 64;

/** The decoding thread of one stream. */
export interface StreamThread {
  send(command: StreamCommand): void;
  close(): Promise<void>;
}

export interface ThreadListener {
  report(report: StreamReport): void;
  /** The thread ended by itself. */
  ended(reason: string): void;
}

/** Starts the thread; `position` is where the rings are written from. */
export function startStreamThread(memory: StreamMemory, position: number, listener: ThreadListener): StreamThread {
  const data: StreamWorkerData = { memory, position };
  const worker = startThread({
    beside: import.meta.url,
    name: 'stream-worker',
    heapMbMax: HEAP_MB_MAX,
    data,
  });
  let isClosed = false;
  const end = (reason: string) => {
    if (!isClosed) listener.ended(reason);
    isClosed = true;
  };
  worker.on('message', (report: StreamReport) => {
    if (!isClosed) listener.report(report);
  });
  worker.on('error', (error) => end(`the decoder failed (${error.message})`));
  worker.on('exit', () => end('the decoder ended'));
  return {
    send: (command) => worker.postMessage(command),
    close: async () => {
      isClosed = true;
      await worker.terminate();
    },
  };
}
