import { describe, expect, test } from '@jest/globals';
import { inLevelOfAllPercent, inLevelPercent } from '../../../../src/core/queue/figures.ts';

describe('SL3: the service level', () => {
  test.each([
    [{ completed: 0, abandoned: 0, completedInLevel: 0, abandonedInLevel: 0 }, null, null],
    [{ completed: 0, abandoned: 3, completedInLevel: 0, abandonedInLevel: 1 }, null, 33.3],
    [{ completed: 8, abandoned: 2, completedInLevel: 6, abandonedInLevel: 1 }, 75, 70],
    [{ completed: 3, abandoned: 0, completedInLevel: 3, abandonedInLevel: 0 }, 100, 100],
  ])('of %j is in level of completed, and both in level of both', (counters, level, levelOfAll) => {
    expect([inLevelPercent(counters), inLevelOfAllPercent(counters)]).toEqual([level, levelOfAll]);
  });
});
