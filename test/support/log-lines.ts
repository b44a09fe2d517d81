import { Writable } from 'node:stream';
import type { Clock } from '../../src/lib/clock.ts';
import { createLog, type Logger } from '../../src/log.ts';

/** A line of the log, as it was written. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger that keeps its lines, as the application's own writes them. */
export function keptLog(level: string, clock: Clock): { readonly log: Logger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as LogLine);
      done();
    },
  });
  return { log: createLog({ level, personalData: true }, destination, () => clock.now()), lines };
}

/** Lines that an operator is to act on, and those that tell of a loss and its end. */
export function warnings(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.filter((line) => line.level !== 'info' || 'back' in line);
}
