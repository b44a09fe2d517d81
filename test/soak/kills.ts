import { median, type Report, rounded } from '../bench/report.ts';
import { chanceFrom, shuffled } from '../support/chance.ts';
import { HABITS } from '../support/soak/crowd.ts';
import { KILL_PLACES, type KillPlace, REQUIRED_PLACES } from '../support/soak/kill-places.ts';
import { type Kill, Killer, killPlan, roundOf } from '../support/soak/killer.ts';
import { runRound } from '../support/soak/round.ts';
import { SoakStage } from '../support/soak/stage.ts';
import { Findings } from './findings.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly say: (line: string) => void;
  /** Told of each scene as soon as it stands, so that it can be taken down when the soak is interrupted. */
  readonly onScene: (scene: { down: () => Promise<unknown> }) => void;
}

/** After so many kills everybody goes home, and it is looked whether all is as it must be. */
const KILLS_PER_ROUND = 10;
/** What issue 5 asks for at least, of fifty. */
const SHARE_OF_PLACE = 5 / 50;

/** Kills the application under load in every place of a call; answers whether every invariant holds. */
export async function soakKills(report: Report, options: SoakOptions & { readonly kills: number }): Promise<boolean> {
  const { seed, say, onScene, kills: count } = options;
  const chance = chanceFrom(seed);
  const stage = await SoakStage.up({ name: 'soak-kills', members: HABITS.length, program: 'built', say });
  onScene(stage);
  const findings = new Findings();
  const done: Kill[] = [];
  try {
    const killer = new Killer(stage, chance);
    const plan = killPlan(count, KILL_PLACES, (all) => shuffled(all, chance));
    for (let round = 1; done.length < plan.length; round++) {
      const places = roundOf(plan, done.length, KILLS_PER_ROUND);
      const onKill = (kill: Kill) => {
        done.push(kill);
        say(`· kill ${done.length} of ${count}: ${told(kill)}`);
      };
      const result = await runRound(stage, { round, seed: seed + round, during: () => killer.killAt(places, onKill) });
      findings.add(result);
      say(`· round ${round}: ${result.calls} calls, ${result.violations.length} violations`);
      for (const { invariant, what } of result.violations) say(`  ✗ ${invariant}: ${what}`);
    }
  } finally {
    await stage.down();
  }
  print(report, { done, findings, count });
  return findings.count === 0;
}

function print(
  report: Report,
  { done, findings, count }: { readonly done: readonly Kill[]; readonly findings: Findings; readonly count: number },
): void {
  const head = ['killed', 'kills', 'waiting', 'ringing', 'talking', 'level again: median', 'longest'];
  const rows = KILL_PLACES.map((place) =>
    rowOf(
      place,
      done.filter((kill) => kill.place === place),
    ),
  );
  report.table(`${done.length} kills under load: entries at the kill (mean), start to matching (ms)`, head, rows);
  const { calls, served, gaveUp, rings } = findings.sums;
  report.say(
    `${calls} callers: ${served} talked with a member, ${gaveUp} hung up before; phones were rung ${rings} times`,
  );
  findings.print(report, 'Judged from outside: SIP traces of callers and phones, Asterisk, the database');
  report.say();
  const fewest = Math.min(...REQUIRED_PLACES.map((place) => done.filter((kill) => kill.place === place).length));
  const wanted = Math.floor(count * SHARE_OF_PLACE);
  report.target({ name: 'kills', bound: 'at-least', wanted: count, measured: done.length, unit: 'kills' });
  report.target({ name: 'kills in the rarest place', bound: 'at-least', wanted, measured: fewest, unit: 'kills' });
  report.target({ name: 'violations', bound: 'at-most', wanted: 0, measured: findings.count, unit: 'violations' });
}

function rowOf(place: KillPlace, kills: readonly Kill[]): string[] {
  const mean = (key: 'waiting' | 'ringing' | 'talking') =>
    rounded(kills.reduce((sum, kill) => sum + kill[key], 0) / kills.length);
  const levels = kills.flatMap(({ levelMs }) => (levelMs === null ? [] : [levelMs]));
  const longest = levels.length === 0 ? Number.NaN : Math.max(...levels);
  return [
    ...[place, String(kills.length), mean('waiting'), mean('ringing'), mean('talking')],
    ...[rounded(median(levels)), rounded(longest)],
  ];
}

function told({ place, atMs, waiting, ringing, talking, levelMs }: Kill): string {
  const level = levelMs === null ? 'killed again before it was level' : `level after ${levelMs} ms`;
  return `${place} at ${new Date(atMs).toISOString()}: ${waiting} wait, ${ringing} ring, ${talking} talk; ${level}`;
}
