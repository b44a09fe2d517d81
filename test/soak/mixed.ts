import { type Report, rounded } from '../bench/report.ts';
import { chanceFrom } from '../support/chance.ts';
import { pause } from '../support/phones/waiting.ts';
import { busyDay, type Deeds } from '../support/soak/busy-day.ts';
import { HABITS } from '../support/soak/crowd.ts';
import { KILL_PLACES } from '../support/soak/kill-places.ts';
import { type Kill, Killer } from '../support/soak/killer.ts';
import { runRound } from '../support/soak/round.ts';
import { SoakStage } from '../support/soak/stage.ts';
import { type Usage, usageOf } from '../support/soak/usage.ts';
import { Findings } from './findings.ts';
import type { SoakOptions } from './kills.ts';

/** After so long everybody goes home, and it is looked whether all is as it must be; with the way home some four minutes. */
const ROUND_MS = 3 * 60_000;
/** A process that lives longer than this many rounds is killed in the next one: growth needs time to be seen. */
const ROUNDS_OF_A_LIFE = 5;
/** The first round of a process warms it up: from its end on growth is counted. */
const MEMORY_GROWTH_MAX_MIB = 60;
const FILES_GROWTH_MAX = 10;

/** A look at the processes while nobody calls. */
interface Sample {
  readonly atMs: number;
  /** The application's process: samples of one are compared. */
  readonly pid: number;
  readonly application: Usage;
  readonly asterisk: Usage;
}

/** An hour of everything; answers whether every invariant holds. */
export async function soakMixed(report: Report, options: SoakOptions & { readonly minutes: number }): Promise<boolean> {
  const { seed, say, onScene, minutes } = options;
  const chance = chanceFrom(seed);
  const stage = await SoakStage.up({ name: 'soak-mixed', members: HABITS.length, program: 'built', say });
  onScene(stage);
  const findings = new Findings();
  const samples: Sample[] = [];
  const deeds: Deeds = { login: 0, logout: 0, pause: 0, unpause: 0 };
  const kills: Kill[] = [];
  const startedAtMs = Date.now();
  const endsAtMs = startedAtMs + minutes * 60_000;
  try {
    const killer = new Killer(stage, chance);
    for (let round = 1; Date.now() < endsAtMs; round++) {
      const untilMs = Math.min(Date.now() + ROUND_MS, endsAtMs);
      const isKilled = round % (ROUNDS_OF_A_LIFE + 1) === 0;
      const during = async () => {
        const busy = busyDay(stage, chanceFrom(seed + round), untilMs);
        if (isKilled) {
          await pause(5_000 + chance(20_000));
          await killer.killAt([KILL_PLACES[chance(KILL_PLACES.length - 1)] ?? 'waiting'], (kill) => kills.push(kill));
        }
        for (const [deed, times] of Object.entries(await busy)) deeds[deed as keyof Deeds] += times;
      };
      const result = await runRound(stage, { round, seed: seed + round, during });
      findings.add(result);
      samples.push(sampleOf(stage));
      sayRound(say, { round, result, sample: samples.at(-1), elapsedMs: Date.now() - startedAtMs });
    }
  } finally {
    await stage.down();
  }
  print(report, { findings, samples, deeds, kills, tookMs: Date.now() - startedAtMs });
  return findings.count === 0;
}

function sampleOf({ supervisor, stack }: SoakStage): Sample {
  const { pid } = supervisor;
  const asterisk = stack.state.processes.asterisk?.pid ?? 0;
  return { atMs: Date.now(), pid, application: usageOf(pid), asterisk: usageOf(asterisk) };
}

function sayRound(
  say: SoakOptions['say'],
  round: {
    readonly round: number;
    readonly result: Awaited<ReturnType<typeof runRound>>;
    readonly sample: Sample | undefined;
    readonly elapsedMs: number;
  },
): void {
  const { result, sample, elapsedMs } = round;
  const { memoryMiB = Number.NaN, files = Number.NaN } = sample?.application ?? {};
  const minutes = (elapsedMs / 60_000).toFixed(1);
  say(
    `· round ${round.round}, minute ${minutes}: ${result.calls} calls, ${result.violations.length} violations; application ${rounded(memoryMiB)} MiB, ${files} files`,
  );
  for (const { invariant, what } of result.violations) say(`  ✗ ${invariant}: ${what}`);
}

interface Outcome {
  readonly findings: Findings;
  readonly samples: readonly Sample[];
  readonly deeds: Deeds;
  readonly kills: readonly Kill[];
  readonly tookMs: number;
}

function print(report: Report, { findings, samples, deeds, kills, tookMs }: Outcome): void {
  const rows = samples.map(({ atMs, pid, application, asterisk }, index) => [
    ...[String(index + 1), new Date(atMs).toISOString().slice(11, 19), String(pid)],
    ...[application, asterisk].flatMap(({ memoryMiB, files, threads }) => [
      rounded(memoryMiB),
      String(files),
      String(threads),
    ]),
  ]);
  const head = ['round', 'time', 'process', 'MiB', 'files', 'threads', 'Asterisk MiB', 'files', 'threads'];
  report.table('Memory and open files of the application and of Asterisk, while nobody calls', head, rows);
  const { calls, served, gaveUp, rings } = findings.sums;
  const members = Object.entries(deeds).map(([deed, times]) => `${deed} ${times}`);
  report.say(
    `${calls} callers in ${rounded(tookMs / 60_000)} minutes: ${served} talked with a member, ${gaveUp} hung up before; phones were rung ${rings} times; ${members.join(', ')}; kills ${kills.length}`,
  );
  findings.print(report, 'Judged from outside: SIP traces of callers and phones, Asterisk, the database');
  report.say();
  const memory = growth(samples, ({ application }) => application.memoryMiB);
  const files = growth(samples, ({ application }) => application.files);
  const bound = 'at-most' as const;
  report.target({ name: 'violations', bound, wanted: 0, measured: findings.count, unit: 'violations' });
  report.target({ name: 'growth of memory', bound, wanted: MEMORY_GROWTH_MAX_MIB, measured: memory, unit: 'MiB' });
  report.target({ name: 'growth of open files', bound, wanted: FILES_GROWTH_MAX, measured: files, unit: 'files' });
}

/** The most that one process has grown from its first sample to its last. */
function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const lives = new Map<number, Sample[]>();
  for (const sample of samples) lives.set(sample.pid, [...(lives.get(sample.pid) ?? []), sample]);
  const grown = [...lives.values()].map((life) => {
    const [first, last] = [life[0], life.at(-1)];
    return first === undefined || last === undefined ? 0 : of(last) - of(first);
  });
  return Math.max(...grown);
}
