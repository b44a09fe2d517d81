import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { checkFile } from '../../../src/config/check-file.ts';
import { PROMPT_MS_MAX, STEPS_MAX, STEPS_WITHOUT_WAIT_MAX } from '../../../src/core/ivr/flow.ts';

const page = readFileSync(new URL('../../../docs/ivr.md', import.meta.url), 'utf8');

/** Pieces of YAML of the page: `ivr`, `calendars` and `queues` as they are, everything else is a step. */
function configurationOfPage(): Record<string, unknown> {
  const pieces = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => parse(match[1] ?? '') as object);
  const { ivr, calendars, queues, ...steps } = Object.assign({}, ...pieces);
  const sql = 'select 1 as id';
  return {
    ivr: { ...ivr, start: 'office', steps },
    calendars,
    lookups: { 'customer-by-code': { sql }, 'customer-by-number': { sql } },
    queues,
  };
}

test('The examples of docs/ivr.md make up a configuration without an error', () => {
  const configuration = configurationOfPage();
  expect(Object.keys(configuration['ivr'] as object)).toEqual(['start', 'steps']);
  const { findings, value, warnings } = checkFile(stringify(configuration), 'docs/ivr.md');
  expect(findings).toEqual([]);
  expect(Object.keys(value?.ivr.steps ?? {}).length).toBeGreaterThanOrEqual(12);
  expect(warnings.map(({ reason }) => reason.split(':')[0])).toEqual([
    'No step leads to "welcome"',
    'No step leads to "russian"',
  ]);
});

test('The limits of docs/ivr.md are those of the code', () => {
  expect(page).toContain(`| a prompt | ${PROMPT_MS_MAX / 60_000} minutes |`);
  expect(page).toContain(`| steps in a row that neither say nor wait | ${STEPS_WITHOUT_WAIT_MAX} |`);
  expect(page).toContain(`| steps of one call | ${STEPS_MAX.toLocaleString('en')} |`);
});
