import { describe, expect, test } from '@jest/globals';
import { switchName } from '../../../../src/core/ids.ts';
import { lookAt, type SwitchLease, type SwitchLife } from '../../../../src/core/switches/switch-life.ts';

const LEASE: SwitchLease = {
  switchName: switchName('paris'),
  epoch: 3,
  beat: 100,
  isHeld: true,
  isDraining: false,
  isAsteriskLost: false,
};

/** Looks at the lease at these times, as it is then. */
function looks(...seen: [atMs: number, lease: Partial<SwitchLease> | undefined][]): SwitchLife {
  let life: SwitchLife | undefined;
  for (const [nowMs, lease] of seen)
    life = lookAt(lease && { ...LEASE, ...lease }, life, { nowMs, leaseTimeMs: 3_000 });
  if (life === undefined) throw new Error('Nobody has looked');
  return life;
}

describe('another switch', () => {
  test('lives as long as its holder’s beat goes on', () => {
    const life = looks([0, {}], [2_900, { beat: 101 }], [5_800, { beat: 102 }]);
    expect(life).toMatchObject({ isLiving: true, isServing: true, helplessSinceMs: null });
  });

  test('is dead when the beat stands still for the lease time', () => {
    expect(looks([0, {}], [2_999, {}])).toMatchObject({ isLiving: true });
    expect(looks([0, {}], [3_000, {}])).toMatchObject({ isLiving: false, isServing: false, helplessSinceMs: 3_000 });
  });

  test('is dead at once when the holder’s session at the database has ended', () => {
    expect(looks([0, {}], [500, { isHeld: false, beat: 101 }])).toMatchObject({
      isLiving: false,
      helplessSinceMs: 500,
    });
  });

  test('lives again with the next epoch, and has not been helpless', () => {
    const dead: [number, Partial<SwitchLease>] = [4_000, { isHeld: false }];
    expect(looks([0, {}], dead, [5_000, { epoch: 4, beat: 0 }])).toMatchObject({
      isLiving: true,
      helplessSinceMs: null,
    });
  });

  test('that drains lives, and its callers have no turn', () => {
    expect(looks([0, { isDraining: true }])).toMatchObject({ isLiving: true, isServing: false, helplessSinceMs: null });
  });

  test('is helpless from when its process says that Asterisk is away, though the process lives', () => {
    const life = looks(
      [0, {}],
      [700, { beat: 101, isAsteriskLost: true }],
      [9_000, { beat: 102, isAsteriskLost: true }],
    );
    expect(life).toMatchObject({ isLiving: true, isServing: true, helplessSinceMs: 700 });
  });

  test('stays helpless since the first of two reasons', () => {
    const lost: [number, Partial<SwitchLease>] = [700, { beat: 101, isAsteriskLost: true }];
    expect(looks([0, {}], lost, [9_000, { isHeld: false }])).toMatchObject({ helplessSinceMs: 700 });
  });

  test('that nobody has ever held is helpless from the first look on', () => {
    expect(looks([100, undefined], [900, undefined])).toMatchObject({ isLiving: false, helplessSinceMs: 100 });
  });
});
