// What failed, told once more at the end: of a log of an hour often only the end is kept.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** The part of jest's --json that tells of failures. */
export interface JestResults {
  readonly testResults: readonly {
    /** The file, absolute. */
    readonly name: string;
    readonly status: string;
    /** Why it failed, all tests together; also of a file that could not be loaded. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

const LINES_OF_EACH = 14;
const COLUMNS = 240;
/** More than these are counted only. */
const FAILURES_TOLD = 20;

/** A text of several lines for each failed test: file, name and the beginning of what it says. */
export function failuresOf({ testResults }: JestResults, checkout: string): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(checkout, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [told(file, message)] : [];
    return failed.map((test) => told(`${file} › ${test.fullName}`, test.failureMessages?.[0] ?? ''));
  });
}

/** The failures of all kinds of tests, at the length that a log's end has room for. */
export function tellFailures(failures: readonly string[]): string {
  const rest = failures.length - FAILURES_TOLD;
  const told = failures.slice(0, FAILURES_TOLD).map((failure) => `✗ ${failure}`);
  return ['What failed:', ...told, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

function told(title: string, message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const kept = lines.filter((line) => !/node_modules|node:internal/.test(line)).slice(0, LINES_OF_EACH);
  return [title, ...kept.map((line) => `    ${line.slice(0, COLUMNS)}`)].join('\n');
}
