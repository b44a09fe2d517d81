import { describe, expect, test } from '@jest/globals';
import { filesBelow, textOf } from './sources.ts';

/** The statements about app_queue that this queue is measured against, by subject; docs/app-queue.md has what they are about. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  'the choice of a member': numbered('S', 5),
  leastrecent: numbered('L', 5),
  'fewestcalls and random': ['F1', 'R1'],
  'rrmemory and linear': numbered('RR', 3),
  ringall: numbered('RA', 3),
  penalties: numbered('P', 4),
  'wrap-up': numbered('W', 4),
  autopause: numbered('AP', 5),
  autofill: numbered('AF', 4),
  weight: numbered('WG', 3),
  'joinempty and leavewhenempty': numbered('J', 6),
  announcements: numbered('AN', 9),
  'time-outs': numbered('T', 5),
  'service level': numbered('SL', 4),
  'what the member hears': numbered('MD', 3),
  ringinuse: numbered('RU', 2),
  'priority and position': numbered('PR', 3),
  'keys that lead out': ['K1'],
};

function numbered(letters: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${letters}${index + 1}`);
}

/** Titles of tests and of what groups them: the string behind `test(`, `describe(` or the end of a table. */
const TITLE = /(?:\b(?:test|describe)|\.each\([^\n]*\)|\](?: as const)?\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;

const titles = filesBelow('test', /\.(test|suite)\.ts$/).flatMap((path) =>
  [...textOf(path).matchAll(TITLE)].map((match) => match[2] ?? ''),
);

describe('Each statement about app_queue names a test', () => {
  test.each(Object.entries(LABELS))('%s', (_, labels) => {
    const missing = labels.filter((label) => !titles.some((title) => new RegExp(`\\b${label}\\b`).test(title)));
    expect(missing).toEqual([]);
  });

  test('no title names one that there is not', () => {
    const known = Object.values(LABELS).flat();
    const letters = [...new Set(known.map((label) => label.replace(/\d/, '')))].join('|');
    const named = titles.flatMap((title) => title.match(new RegExp(`\\b(?:${letters})\\d+\\b`, 'g')) ?? []);
    expect(named.filter((label) => !known.includes(label))).toEqual([]);
  });
});
