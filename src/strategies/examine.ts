import { parentPort, workerData } from 'node:worker_threads';
import { STRATEGY_CONTRACT } from './contract.ts';
import { importStrategy } from './import-module.ts';
import { moduleStrategy } from './module-strategy.ts';

// A thread of its own: what the module does when it is read, and whether it comes back from that, is not known yet.

/** Here everything runs for the first time, and is slower. */
const LIMIT_MS = 1_000;

/** What is wrong with the module, up to the first case that it fails; empty: nothing. */
async function examine(url: string): Promise<string[]> {
  const faults: string[] = [];
  const module = await importStrategy(url);
  const onFault = (reason: string) => faults.push(reason);
  const strategy = moduleStrategy({ name: 'module', module, onFault, limitMs: LIMIT_MS });
  for (const { what, fault } of STRATEGY_CONTRACT) {
    const wrong = fault(strategy);
    // What leastrecent did in the module's place is right, and says nothing.
    if (faults.length > 0) return [`${faults[0]} (${what})`];
    if (wrong !== null) return [`${what}: ${wrong}`];
  }
  return faults;
}

examine(workerData.url).then(
  (faults) => parentPort?.postMessage(faults),
  (error: unknown) => parentPort?.postMessage([error instanceof Error ? error.message : String(error)]),
);
