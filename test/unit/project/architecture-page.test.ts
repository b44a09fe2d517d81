import { expect, test } from '@jest/globals';
import { textOf } from './sources.ts';

/** The short names that docs/architecture.md gives to files of tests in its table of what ends a call. */
const FILES: Readonly<Record<string, string>> = {
  ends: 'test/scenario/calls/ends.test.ts',
  races: 'test/scenario/calls/races.test.ts',
  restart: 'test/scenario/calls/restart.test.ts',
  recovery: 'test/scenario/calls/recovery.test.ts',
  days: 'test/scenario/calls/bad-days.test.ts',
  queue: 'test/scenario/calls/queue.test.ts',
  desk: 'test/scenario/calls/desk.test.ts',
  programme: 'test/scenario/calls/programme.test.ts',
  transfers: 'test/scenario/calls/transfers.test.ts',
  exit: 'test/scenario/calls/exit-context.test.ts',
  greeting: 'test/scenario/calls/greeting.test.ts',
  empty: 'test/scenario/calls/empty.test.ts',
  steered: 'test/scenario/calls/steered.test.ts',
  'i-main': 'test/scenario/ivr/ivr-main.test.ts',
  'i-bad': 'test/scenario/ivr/ivr-bad-input.test.ts',
  main: 'test/e2e/main-call.test.ts',
  ivr: 'test/e2e/ivr.test.ts',
  members: 'test/e2e/members.test.ts',
  'bad-days': 'test/e2e/bad-days.test.ts',
  database: 'test/e2e/database-bad-days.test.ts',
  command: 'test/e2e/command-line.test.ts',
  'p-real': 'test/e2e/programme.test.ts',
  't-real': 'test/e2e/transfers.test.ts',
  states: 'test/e2e/member-states.test.ts',
  cut: 'test/e2e/ari-cut.test.ts',
};

/** `**ends** “waiting: ABANDON”, “talking”` names two tests, by a part of what they are called. */
const CITATION = /\*\*([a-z-]+)\*\* (“[^”]+”(?:, “[^”]+”)*)/g;
const cited = [...textOf('docs/architecture.md').matchAll(CITATION)].flatMap(([, key = '', titles = '']) =>
  [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ key, title })),
);

test('Every test that the table of what ends a call names exists', () => {
  expect(cited.length).toBeGreaterThan(40);
  const missing = cited.filter(({ key, title }) => {
    const file = FILES[key];
    return file === undefined || !textOf(file).toLowerCase().includes(title.toLowerCase());
  });
  expect(missing).toEqual([]);
});
