// The private stack runs the very samples that are meant for production, with a listed set of values exchanged.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHECKOUT } from './paths.ts';
import { StackError } from './stack-error.ts';

/** One line of a sample that the stack needs otherwise. */
export interface Replacement {
  /** The sample's line without its indentation; it must occur exactly once. */
  readonly line: string;
  /** What takes its place, indented as it was. */
  readonly becomes: string;
}

/** Samples by path below install/, each with its replacements; a file without any is copied as it lies. */
export type ReplacementTable = Readonly<Record<string, readonly Replacement[]>>;

// Values come from us (ports, random secrets, checked paths), and must stay on their line whatever the syntax.
const HARMLESS = /^\P{Cc}+$/u;

/** Exchanges the listed lines of a text. Throws StackError, naming file and line, unless each matches exactly once. */
export const fillSample = (file: string, text: string, replacements: readonly Replacement[]): string => {
  const lines = text.split('\n');
  const taken = new Set<number>();
  for (const { line, becomes } of replacements) {
    const hits = lines.flatMap((have, index) => (have.trim() === line && !taken.has(index) ? [index] : []));
    const [index] = hits;
    if (index === undefined || hits.length > 1) {
      throw new StackError(
        `install/${file}: the line ${JSON.stringify(line)} occurs ${hits.length} times instead of once`,
        'put the line back, or change the table of replacements in install/private-stack in step with the sample',
      );
    }
    if (!HARMLESS.test(becomes))
      throw new StackError(`install/${file}: ${JSON.stringify(becomes)} is no single line`, 'report this');
    const indentation = /^\s*/.exec(lines[index] ?? '')?.[0] ?? '';
    lines[index] = indentation + becomes;
    taken.add(index);
  }
  return lines.join('\n');
};

/** Copies samples into a folder with their replacements made; gives the paths written. */
export const writeSamples = (table: ReplacementTable, targetOf: (file: string) => string): void => {
  for (const [file, replacements] of Object.entries(table)) {
    const target = targetOf(file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, fillSample(file, readFileSync(join(CHECKOUT, 'install', file), 'utf8'), replacements), {
      mode: 0o600,
    });
  }
};
