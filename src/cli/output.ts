import { type Finding, findingLine } from '../config/findings.ts';
import { AppError } from '../errors.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';

/** Where a command writes; the process's own streams, or a test's. */
export interface Streams {
  out(text: string): void;
  error(text: string): void;
}

/** Writes what went wrong, as one line for people or one object for programs, and says which exit status that is. */
export function reportError(error: unknown, { streams, json }: { streams: Streams; json: boolean }): ExitStatus {
  const { code, message, findings } = described(error);
  if (json) {
    const extra = findings.length === 0 ? {} : { findings };
    streams.out(`${JSON.stringify({ error: { code, message, ...extra } }, null, 2)}\n`);
  } else if (findings.length > 0) {
    for (const finding of findings) streams.error(`${findingLine(finding)}\n`);
  } else {
    streams.error(`${code}: ${message}\n`);
  }
  return code === 'CONFIG_INVALID' ? EXIT.configuration : EXIT.failed;
}

function described(error: unknown): { code: string; message: string; findings: readonly Finding[] } {
  if (error instanceof AppError) {
    const findings = (error.details['findings'] ?? []) as readonly Finding[];
    return { code: error.code, message: firstLine(error.message), findings };
  }
  return { code: 'INTERNAL', message: firstLine(error instanceof Error ? error.message : String(error)), findings: [] };
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

/** Rows under headings, in columns as wide as their widest cell; control characters are shown as `?`. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Text from outside, of callers and of files: nothing of them may move the terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200);
}

const width = (text: string) => [...text].length;
const padded = (text: string, columns: number) => text + ' '.repeat(Math.max(0, columns - width(text)));
