import { expect, test } from '@jest/globals';
import { hear, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

const CALLERS = 400;
const LENGTH = seconds(6);
const BLOCK = 800;

/** Mixes of equal numbers: the same in each run, another one for each caller. */
const mixed = (caller: number, salt: number): number => ((caller * 7919 + salt * 104_729) % 10_007) / 10_007;

test('Four hundred callers who press 3 in the same second each hear what they would hear alone', () => {
  const shelf = new TestShelf(
    ...['a', 'b', 'c', 'd', 'e'].map((name, index) =>
      tone(name, { hz: 300 + 50 * index, seconds: 7 - index, format: 'ulaw' }),
    ),
  );
  shelf.folders.middle = [
    tone('m', { hz: 900, seconds: 1, format: 'ulaw' }),
    tone('n', { hz: 950, seconds: 1, format: 'ulaw' }),
  ];
  const places = [1, 2, 3, 4].map((n) => [tone(`${n}`, { hz: 1000 + n, seconds: 0.5, format: 'ulaw' })]);
  const newProgramme = (caller: number) =>
    programmeOf({
      shelf,
      format: 'ulaw',
      random: () => mixed(caller, 1),
      settings: { order: 'random', advice: { firstAfterMs: 3000 } },
      sayPosition: (n) => places[n % 4] ?? [],
    });
  const pressAt = (caller: number): number => seconds(2) + Math.floor(mixed(caller, 2) * 8000);

  const programmes = Array.from({ length: CALLERS }, (_, caller) => newProgramme(caller));
  const heard = programmes.map(() => Buffer.alloc(LENGTH));
  // All side by side, block by block: what one caller does lies between the blocks of all others.
  for (let at = 0; at < LENGTH; at += BLOCK) {
    for (const [caller, programme] of programmes.entries()) {
      const key = pressAt(caller);
      if (at === 0) programme.position(1 + (caller % 4), 0);
      if (key >= at && key < at + BLOCK) {
        programme.render(at, key - at, heard[caller] ?? Buffer.alloc(0), at);
        programme.press('3', key);
        programme.render(key, at + BLOCK - key, heard[caller] ?? Buffer.alloc(0), key);
      } else {
        programme.render(at, BLOCK, heard[caller] ?? Buffer.alloc(0), at);
      }
    }
  }

  const wrong = heard.filter((bytes, caller) => {
    const events = [
      { at: 0, happens: (each: ReturnType<typeof newProgramme>) => each.position(1 + (caller % 4), 0) },
      { at: pressAt(caller), happens: (each: ReturnType<typeof newProgramme>, at: number) => each.press('3', at) },
    ];
    return !hear(newProgramme(caller), { to: LENGTH, events }).equals(bytes);
  });
  expect(wrong).toHaveLength(0);
  // Nearly all of them differ; a few have the same order of tunes and the same instant by chance.
  expect(new Set(heard.map((bytes) => bytes.toString('latin1'))).size).toBeGreaterThan(CALLERS * 0.9);
});
