import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { chanceFrom, seedOf, shuffled } from '../support/chance.ts';
import { HABITS } from '../support/soak/crowd.ts';
import { KILL_PLACES } from '../support/soak/kill-places.ts';
import { type Kill, Killer, killPlan } from '../support/soak/killer.ts';
import { runRound } from '../support/soak/round.ts';
import { SoakStage } from '../support/soak/stage.ts';

// Every wait within has a limit of its own, and says what it was for; all of them together are less.
jest.setTimeout(1_800_000);

/** Each place once; `npm run soak -- kills` does it fifty times. */
const KILLS = KILL_PLACES.length;

let stage: SoakStage;
beforeAll(async () => {
  stage = await SoakStage.up({ name: 'e2e-kills', members: HABITS.length, program: 'sources', logLevel: 'debug' });
}, 600_000);
afterAll(() => stage?.down());

test('the application is killed under load in every place of a call: nobody but the log notices', async () => {
  const seed = seedOf();
  process.stderr.write(`SEED=${seed}\n`);
  const chance = chanceFrom(seed);
  const kills: Kill[] = [];
  const killer = new Killer(stage, chance);
  const plan = killPlan(KILLS, KILL_PLACES, (all) => shuffled(all, chance));
  const during = () => killer.killAt(plan, (kill) => kills.push(kill));
  const { violations, ...counts } = await runRound(stage, { round: 1, seed, during });
  process.stderr.write(`${JSON.stringify({ kills, counts }, null, 1)}\n`);
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(new Set(kills.map(({ place }) => place)).size).toBe(KILL_PLACES.length);
  expect(counts.served).toBeGreaterThan(KILLS);
});
