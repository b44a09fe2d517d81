import type { Report } from './report.ts';

/** Wrong usage: told in one line, status 2. */
export class UsageError extends Error {}

export interface Program {
  /** Does the work and answers the exit status. */
  readonly main: () => Promise<number>;
  readonly report: Report;
  /** Takes down whatever was brought up; also in the middle of it. */
  readonly tearDown: () => Promise<unknown>;
}

/** The frame of `npm run bench` and `npm run soak`: whatever happens, what was brought up is taken down. Exit status 1: it failed, 2: wrong usage, 130: interrupted. */
export async function runProgram({ main, report, tearDown }: Program): Promise<void> {
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Ctrl-C comes twice: from the terminal, and passed on by tsx and npm.
    process.on(signal, () => {
      if (isInterrupted) return;
      isInterrupted = true;
      // The programs that are measured have got the signal, too: what is measured from now on is not true.
      report.close();
      process.stderr.write(`${signal}: taking everything down\n`);
      tearDown().then(
        () => process.exit(130),
        () => process.exit(130),
      );
    });
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (!isInterrupted) process.stderr.write(isUsage ? `${error.message} (try --help)\n` : `✗ ${describe(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
    await tearDown();
  }
}

/** An option's number; `undefined` when it was not given. @throws UsageError */
export function wholeNumber(option: string, value: string | undefined, max = 99_999): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(value) || Number(value) > max)
    throw new UsageError(`${option} is a whole number from 1 to ${max}`);
  return Number(value);
}

/** As `node:util` reads arguments, its complaints being wrong usage. */
export function parsed<Values>(parse: () => Values): Values {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
