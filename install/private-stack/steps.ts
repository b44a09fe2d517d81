// Steps that say what they do and how long it took.
import { performance } from 'node:perf_hooks';

/** Takes one line for the person who watches. */
export type Say = (line: string) => void;

/** Runs one step: its text before, and its time after. A failure is said and passed on. */
export type Step = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** Says lines on standard error, so that standard output stays for what programs read. */
export const sayOnStderr: Say = (line) => {
  process.stderr.write(`${line}\n`);
};

const secondsSince = (startedMs: number): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

/** Makes the step function that speaks through `say`. */
export const stepsOn =
  (say: Say): Step =>
  async (what, work) => {
    const startedMs = performance.now();
    say(`· ${what}`);
    try {
      const result = await work();
      say(`✓ ${what} (${secondsSince(startedMs)})`);
      return result;
    } catch (error) {
      say(`✗ ${what} (${secondsSince(startedMs)})`);
      throw error;
    }
  };
