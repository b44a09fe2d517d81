import { Worker } from 'node:worker_threads';
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
  const worker = new Worker(...workerEntry({ memory, position }));
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
  // Decoders complain of damage on their own account.
  worker.stdout.resume();
  worker.stderr.resume();
  return {
    send: (command) => worker.postMessage(command),
    close: async () => {
      isClosed = true;
      await worker.terminate();
    },
  };
}

/** As for the sound library's thread: `.js` in a build; `.ts` in a working copy, where the thread must load tsx by itself first. */
function workerEntry(data: StreamWorkerData): ConstructorParameters<typeof Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB_MAX };
  const options = { stdout: true, stderr: true, resourceLimits, execArgv: [], workerData: data };
  if (!import.meta.url.endsWith('.ts')) return [new URL('./stream-worker.js', import.meta.url), options];
  const loader = import.meta.resolve('tsx/esm/api');
  const entry = new URL('./stream-worker.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); })`;
  return [script, { ...options, eval: true }];
}
