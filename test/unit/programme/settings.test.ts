import { expect, test } from '@jest/globals';
import { mergeProgramme, PROGRAMME_DEFAULTS } from '../../../src/core/programme/settings.ts';

test('Without overrides a programme has the defaults', () => {
  expect(mergeProgramme()).toEqual(PROGRAMME_DEFAULTS);
  expect(mergeProgramme({}, {})).toEqual(PROGRAMME_DEFAULTS);
});

test("A queue's settings lie over its class's, part by part", () => {
  const merged = mergeProgramme(
    { fades: { downMs: 300, upMs: 400 }, keys: { nextTune: '9' }, order: 'random' },
    { fades: { downMs: 700 }, keys: { accounts: null } },
  );
  expect(merged.fades).toEqual({ ...PROGRAMME_DEFAULTS.fades, downMs: 700, upMs: 400 });
  expect(merged.keys).toEqual({ nextTune: '9', accounts: null, position: '4' });
  expect(merged.order).toBe('random');
  expect(merged.levels).toEqual(PROGRAMME_DEFAULTS.levels);
});
