import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { referenceTables } from '../../../src/config/reference.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { MUSIC_CLASS_OPTIONS, MUSIC_GENERAL_OPTIONS, MUSIC_SOURCE_OPTIONS } from '../../../src/import/music.ts';
import type { OptionRule } from '../../../src/import/options/convert.ts';
import { GENERAL_OPTIONS } from '../../../src/import/options/general-options.ts';
import { PENALTY_CHANGE, RULES_GENERAL_OPTIONS } from '../../../src/import/penalty-rules.ts';
import { ALL_QUEUE_OPTIONS, MEMBER_OPTION } from '../../../src/import/queues.ts';
import { textOf } from './sources.ts';

const page = textOf('docs/app-queue.md');

/** One row of the page about an option. */
interface Row {
  readonly option: string;
  /** `null`: none takes its place. */
  readonly setting: string | null;
}

/** Rows of the tables below headings that begin so. */
function rowsBelow(heading: string): Row[] {
  const sections = page.split(/^## /m).filter((section) => section.startsWith(heading));
  return sections.flatMap((section) =>
    [...section.matchAll(/^\| `([a-z_\d-]+)` \| (?:`([^`]+)`|–) \|/gm)].map(([, option = '', setting]) => ({
      option,
      setting: setting ?? null,
    })),
  );
}

const sorted = (rows: readonly Row[]) => rows.map(({ option, setting }) => `${option} ${setting}`).sort();
const ofRules = (rules: readonly OptionRule[], prefix = ''): Row[] =>
  rules.map(({ names: [option], setting }) => ({ option, setting: setting === null ? null : `${prefix}${setting}` }));

const CLASS = 'music-classes.*.';
/** What is no setting by itself, or several: said on the page in words. */
const SOURCES: Readonly<Record<(typeof MUSIC_SOURCE_OPTIONS)[number], string | null>> = {
  mode: null,
  directory: `${CLASS}folder`,
  entry: `${CLASS}folder`,
};

describe('docs/app-queue.md and the import name the same options and settings', () => {
  test.each<[string, string, readonly Row[]]>([
    ['[general] of queues.conf', 'queues.conf, [general]', ofRules(GENERAL_OPTIONS)],
    ['a queue', 'queues.conf, a queue', [...ofRules(ALL_QUEUE_OPTIONS), { option: MEMBER_OPTION, setting: null }]],
    [
      'queuerules.conf',
      'queuerules.conf',
      [...ofRules(RULES_GENERAL_OPTIONS), { option: PENALTY_CHANGE, setting: 'penalty-rules' }],
    ],
    [
      'musiconhold.conf',
      'musiconhold.conf',
      [
        ...ofRules(MUSIC_GENERAL_OPTIONS),
        ...ofRules(MUSIC_CLASS_OPTIONS, CLASS),
        ...MUSIC_SOURCE_OPTIONS.map((option) => ({ option, setting: SOURCES[option] })),
      ],
    ],
  ])('%s', (_what, heading, expected) => {
    expect(sorted(rowsBelow(heading))).toEqual(sorted(expected));
  });
});

/** The tables of docs/configuration.md are made of the schemas, so a setting that stands there exists. */
const tables = referenceTables();
function exists(setting: string): boolean {
  const [top = '', ...inner] = setting.split('.');
  const last = (name: string, table: string) => tables.get(table)?.includes(`| \`${name}\` |`) ?? false;
  if (last(setting, 'queue')) return true;
  if (top === 'penalty-rules') return tables.has('penalty-rule');
  if (top === 'music-classes')
    return last(inner[1] ?? '', 'music-class') && inner.slice(2).every((name) => last(name, 'programme'));
  if (top === 'announcements' || top === 'recording') return last(inner.join('.'), top);
  return tables.has(top) && last(inner.join('.'), top);
}

test('Every setting that the page names is one of the configuration', () => {
  const settings = ['queues.conf', 'queuerules.conf', 'musiconhold.conf']
    .flatMap(rowsBelow)
    .flatMap(({ setting }) => setting ?? []);
  expect(settings.length).toBeGreaterThan(60);
  expect(settings.filter((setting) => !exists(setting))).toEqual([]);
});

/** `unit/import/queues` “title”, “another title”: tests by their file and a part of what they are called. */
const CITATION = /`((?:unit|scenario|contract|integration|e2e|audio)\/[\w/-]+)` (“[^”]+”(?:, “[^”]+”)*)/g;
const cited = [...page.matchAll(CITATION)].flatMap(([, path = '', titles = '']) =>
  [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ path, title })),
);

test('Every test that the page names exists', () => {
  expect(cited.length).toBeGreaterThan(100);
  const missing = cited.filter(({ path, title }) => {
    const file = [`test/${path}.test.ts`, `test/${path}.suite.ts`].find((each) => existsSync(shippedPath(each)));
    return file === undefined || !textOf(file).includes(title);
  });
  expect(missing).toEqual([]);
});

test('Every option, and each of the twelve differences, has a test', () => {
  const sections = page
    .split(/^## /m)
    .filter((section) => /^(?:Where this|queues\.conf|Members|queuerules|musiconhold)/.test(section));
  const rows = sections.flatMap((section) =>
    section.split('\n').filter((line) => /^\| (?!---|\| |option |argument )/.test(line)),
  );
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter((row) => !new RegExp(CITATION.source).test(row))).toEqual([]);
  expect(rows.filter((row) => /^\| \d+ \|/.test(row))).toHaveLength(12);
});
