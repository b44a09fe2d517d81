import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** A figure with its unit; `name` says of what, in lower case with dots (`dispatch.60.queueapp.node`). */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A stated target: the measured value must not be above (`at-most`) or below (`at-least`) the wanted one. */
export interface Target {
  readonly name: string;
  readonly bound: 'at-most' | 'at-least';
  readonly wanted: number;
  readonly measured: number;
  readonly unit: string;
}

/** Prints tables and targets, and keeps all figures for `--json`. */
export class Report {
  readonly #figures: Figure[] = [];
  readonly #targets: Target[] = [];
  #isClosed = false;

  /** Nothing is printed any more. */
  close(): void {
    this.#isClosed = true;
  }

  say(line = ''): void {
    if (this.#isClosed) return;
    process.stdout.write(`${line}\n`);
  }

  /** A table with a title; numbers are right-aligned. */
  table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd();
    this.say();
    this.say(title);
    this.say(line(head));
    this.say(widths.map((width) => '-'.repeat(width)).join('  '));
    for (const row of rows) this.say(line(row));
  }

  figure(name: string, value: number, unit: string): void {
    this.#figures.push({ name, value, unit });
  }

  target(target: Target): void {
    this.#targets.push(target);
    this.figure(`target.${target.name.replaceAll(' ', '-')}`, target.measured, target.unit);
    const { name, bound, wanted, measured, unit } = target;
    const verdict = isMet(target) ? 'met' : 'missed';
    const words = bound === 'at-most' ? 'at most' : 'at least';
    this.say(`TARGET ${name}: wanted ${words} ${wanted} ${unit}, measured ${rounded(measured)} ${unit}, ${verdict}`);
  }

  get isEveryTargetMet(): boolean {
    return this.#targets.every(isMet);
  }

  async writeJson(file: string): Promise<void> {
    const targets = this.#targets.map((target) => ({ ...target, met: isMet(target) }));
    const all = { at: new Date().toISOString(), machine: machine(), figures: this.#figures, targets };
    await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
  }
}

/** The machine that measures, and how busy it is with other things. */
export function machine() {
  const [cpu] = cpus();
  return {
    processors: cpus().length,
    model: cpu?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadAverage: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

/** The middle value; of an even number of them, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The value that `share` of all values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** For a table: two decimals below 10, one below 100, none above. */
export function rounded(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value.toFixed(Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

// A value that could not be measured meets nothing.
function isMet({ bound, wanted, measured }: Target): boolean {
  return bound === 'at-most' ? measured <= wanted : measured >= wanted;
}
