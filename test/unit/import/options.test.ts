import { describe, expect, test } from '@jest/globals';
import { MUSIC_CLASS_OPTIONS, MUSIC_GENERAL_OPTIONS, MUSIC_SOURCE_OPTIONS } from '../../../src/import/music.ts';
import type { OptionRule } from '../../../src/import/options/convert.ts';
import { GENERAL_OPTIONS } from '../../../src/import/options/general-options.ts';
import { PENALTY_CHANGE, RULES_GENERAL_OPTIONS } from '../../../src/import/penalty-rules.ts';
import { ALL_QUEUE_OPTIONS, MEMBER_OPTION } from '../../../src/import/queues.ts';
import { SAMPLE_OPTIONS } from '../../support/import/sample-options.ts';

/** Options that Asterisk or an older version knows, and no sample shows. */
const NOT_IN_SAMPLES = ['updatecdr', 'eventwhencalled', 'eventmemberstatus', 'monitor-join', 'random'];

const first = (rules: readonly OptionRule[]) => rules.map(({ names }) => names[0]);

describe("Every option of Asterisk's samples has its place in the tables of the import, and nothing else has", () => {
  const known = {
    general: first(GENERAL_OPTIONS),
    queue: [...first(ALL_QUEUE_OPTIONS), MEMBER_OPTION],
    rulesGeneral: first(RULES_GENERAL_OPTIONS),
    rule: [PENALTY_CHANGE],
    musicGeneral: first(MUSIC_GENERAL_OPTIONS),
    musicClass: [...first(MUSIC_CLASS_OPTIONS), ...MUSIC_SOURCE_OPTIONS],
  };

  test.each(Object.keys(SAMPLE_OPTIONS) as (keyof typeof SAMPLE_OPTIONS)[])('%s', (kind) => {
    // An older name of an option is no option of its own.
    const others = ALL_QUEUE_OPTIONS.flatMap(({ names }) => names.slice(1));
    const names = SAMPLE_OPTIONS[kind].filter((name) => !others.includes(name));
    expect(known[kind].filter((name) => !NOT_IN_SAMPLES.includes(name)).sort()).toEqual(names);
  });

  test('no name stands for two options', () => {
    for (const rules of [GENERAL_OPTIONS, ALL_QUEUE_OPTIONS, MUSIC_CLASS_OPTIONS]) {
      const names = rules.flatMap((rule) => rule.names);
      expect(names).toEqual([...new Set(names)]);
      expect(names).toEqual(names.map((name) => name.toLowerCase()));
    }
  });
});
