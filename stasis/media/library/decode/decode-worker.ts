import { parentPort } from 'node:worker_threads';
import { decodeTrack } from './decode-track.ts';
import type { DecodeJob, DecodeResult } from './job.ts';

/** What the thread answers to a job. */
export type WorkerAnswer =
  | { readonly type: 'done'; readonly result: DecodeResult }
  | { readonly type: 'failed'; readonly reason: string };

parentPort?.on('message', (job: DecodeJob) => {
  decodeTrack(job).then(
    (result) => parentPort?.postMessage({ type: 'done', result } satisfies WorkerAnswer),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ type: 'failed', reason } satisfies WorkerAnswer);
    },
  );
});
