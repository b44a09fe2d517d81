import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { decodeTrack } from './decode-track.ts';
import type { DecodeJob, DecodeResult } from './job.ts';

/** What the thread answers to a job. */
export type WorkerAnswer =
  | { readonly type: 'done'; readonly result: DecodeResult }
  | { readonly type: 'failed'; readonly reason: string };

/** Of Linux's niceness, 0 to 19: whoever is on the phone comes first, Asterisk on the same machine included. */
const NICENESS = 10;

let givesWay = false;

/** From the first job on for which nobody waits; nobody but root may take it back. */
function giveWay(): void {
  if (givesWay) return;
  givesWay = true;
  // Process 0 is the calling thread on Linux; elsewhere all of the process would give way, which is no good.
  if (process.platform === 'linux') setPriority(0, NICENESS);
}

parentPort?.on('message', (job: DecodeJob) => {
  if (!job.isUrgent) giveWay();
  decodeTrack(job).then(
    (result) => parentPort?.postMessage({ type: 'done', result } satisfies WorkerAnswer),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ type: 'failed', reason } satisfies WorkerAnswer);
    },
  );
});
