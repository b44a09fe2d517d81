import { Worker } from 'node:worker_threads';

interface ThreadOptions {
  /** `import.meta.url` of the file that starts it. */
  readonly beside: string;
  /** Name of the thread's file, without its ending. */
  readonly name: string;
  readonly heapMbMax: number;
  readonly data?: unknown;
}

/**
 * Starts a thread, for work that must not keep calls and their audio waiting. Its file lies beside the one that starts it: `.js` in a build;
 * `.ts` in a working copy (tests, tsx), where the thread has to load tsx by itself first, because it knows nothing of the loaders of its
 * parent. What the thread prints is dropped: decoders complain of damage on their own account, and the result tells it, too.
 */
export function startThread({ beside, name, heapMbMax, data }: ThreadOptions): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: heapMbMax };
  const options = { stdout: true, stderr: true, resourceLimits, execArgv: [], workerData: data };
  const worker = beside.endsWith('.ts')
    ? new Worker(typescriptEntry(new URL(`./${name}.ts`, beside)), { ...options, eval: true })
    : new Worker(new URL(`./${name}.js`, beside), options);
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

function typescriptEntry({ href }: URL): string {
  const loader = import.meta.resolve('tsx/esm/api');
  return `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(href)}); })`;
}
