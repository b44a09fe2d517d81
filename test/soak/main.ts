// npm run soak: what takes too long for the tests, with a stated budget, judged by invariants that are checked from outside.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../../install/private-stack/paths.ts';
import { parsed, runProgram, UsageError, wholeNumber } from '../bench/program.ts';
import { machine, Report } from '../bench/report.ts';
import { seedOf } from '../support/chance.ts';
import { soakKills } from './kills.ts';
import { soakMixed } from './mixed.ts';
import { soakReservations } from './reservations.ts';

const HELP = `usage: npm run soak -- [NAME] [options]

  kills         kill -9 of the application under load, fifty times: in the menu, waiting, between create and dial, ringing, between answer
                and bridge, talking, in the wrap-up and in the recovery of the kill before. About ten minutes
  reservations  a million random reservations by four processes on one PostgreSQL: no member twice, no call twice. About half an hour
  mixed         an hour of callers who come and hang up, members who miss, hold, log in and out and pause, and a kill now and then; memory
                and open files are watched

Without NAME, all, one after the other. It builds the application and starts private stacks of its own (install/stack).

  --kills N         kills: so many (default: 50, at most 1000)
  --reservations N  reservations: so many (default: 1000000)
  --minutes N       mixed: so long (default: 60, at most 1440)
  --seed N          for the same chances as in a run before (default: SEED from the environment, else one of this moment)
  --json FILE       write all figures with their units into a file
  --help

What must be true is listed at the end of each part, with what was found. Each target is a line "TARGET name: wanted …, measured …, met|missed".
Exit status: 0 all is as it must be, 1 an invariant does not hold or something failed, 2 wrong usage, 130 interrupted.
`;

const SOAKS = ['kills', 'reservations', 'mixed'] as const;
type Soak = (typeof SOAKS)[number];

const report = new Report();
const scenes: { down: () => Promise<unknown> }[] = [];
const tearDown = () => Promise.allSettled(scenes.map((scene) => scene.down()));

await runProgram({ main, report, tearDown });

async function main(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const soaks = chosen(positionals);
  const kills = wholeNumber('--kills', values.kills, 1_000) ?? 50;
  const reservations = wholeNumber('--reservations', values.reservations, 100_000_000) ?? 1_000_000;
  const minutes = wholeNumber('--minutes', values.minutes, 1_440) ?? 60;
  const seed = wholeNumber('--seed', values.seed, 999_999_999) ?? seedOf();
  const common = {
    seed,
    say: (line: string) => process.stderr.write(`${line}\n`),
    onScene: (scene: { down: () => Promise<unknown> }) => scenes.push(scene),
  };
  if (soaks.some((soak) => soak !== 'reservations')) {
    process.stderr.write('· building the application (npm run build)\n');
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: CHECKOUT, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  let isRight = true;
  for (const soak of soaks) {
    introduce(soak, seed);
    const runs: Record<Soak, () => Promise<boolean>> = {
      kills: () => soakKills(report, { ...common, kills }),
      reservations: () => soakReservations(report, { ...common, reservations }),
      mixed: () => soakMixed(report, { ...common, minutes }),
    };
    isRight = (await runs[soak]()) && isRight;
  }
  if (values.json !== undefined) await report.writeJson(values.json);
  return isRight && report.isEveryTargetMet ? 0 : 1;
}

function chosen(names: readonly string[]): readonly Soak[] {
  const [name] = names;
  if (name === undefined) return SOAKS;
  const found = SOAKS.find((soak) => soak === name);
  if (names.length > 1 || found === undefined) throw new UsageError(`There is no soak named ${names.join(' ')}`);
  return [found];
}

function introduce(soak: Soak, seed: number): void {
  const { processors, model, memoryGiB, kernel, node, loadAverage } = machine();
  report.say();
  report.say(`${soak}, ${new Date().toISOString()}, SEED=${seed}`);
  report.say(
    `${processors} processors (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; load average before: ${loadAverage.join(' ')}`,
  );
}

function parse() {
  return parsed(() =>
    parseArgs({
      allowPositionals: true,
      options: {
        kills: { type: 'string' },
        reservations: { type: 'string' },
        minutes: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  );
}
