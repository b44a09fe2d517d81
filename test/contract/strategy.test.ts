import { describe, expect, test } from '@jest/globals';
import { STRATEGIES } from '../../src/core/queue/settings.ts';
import { builtInStrategy } from '../../src/core/queue/strategies.ts';
import type { Strategy } from '../../src/core/queue/strategy.ts';
import { STRATEGY_CONTRACT } from '../../src/strategies/contract.ts';
import { moduleStrategy } from '../../src/strategies/module-strategy.ts';
import type { MemberView } from '../../src/strategies/views.ts';

/** A user's module that keeps the order it is handed; a fault of it fails the test. */
function plainModule(): Strategy {
  return moduleStrategy({
    name: 'plain',
    module: { order: (members: readonly MemberView[]) => members.map(({ extension }) => extension) },
    onFault: (reason) => {
      throw new Error(reason);
    },
    limitMs: 5_000,
  });
}

const subjects: (readonly [string, () => Strategy])[] = [
  ...STRATEGIES.map((name) => [name, () => builtInStrategy(name)] as const),
  ['a user’s module', plainModule],
];

describe.each(subjects)('%s', (_, made) => {
  test.each(STRATEGY_CONTRACT)('$what', ({ fault }) => {
    expect(fault(made())).toBeNull();
  });
});

describe('The contract finds', () => {
  const nobody: Strategy = { ...builtInStrategy('leastrecent'), choose: () => [] };
  const restless: Strategy = {
    ...builtInStrategy('leastrecent'),
    choose: ({ tiers }) => [...tiers].flatMap((tier) => [...tier.all()]).slice(0, 1),
  };

  test('a strategy that chooses nobody', () => {
    expect(STRATEGY_CONTRACT.filter(({ fault }) => fault(nobody) !== null).length).toBeGreaterThan(5);
  });

  test('one that heeds no retry', () => {
    const found = STRATEGY_CONTRACT.filter(({ fault }) => fault(restless) !== null).map(({ what }) => what);
    expect(found).toEqual([expect.stringContaining('retry')]);
  });
});
