// npm run bench: side-by-side measurements of this application and of what a user would run instead.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../../install/private-stack/paths.ts';
import { VARIANTS } from './dispatch/cost.ts';
import { benchDispatch, PARTS, type Part } from './dispatch/dispatch.ts';
import { machine, Report } from './report.ts';
import type { Scene } from './scene.ts';

const HELP = `usage: npm run bench -- [NAME] [options]

  dispatch           the same load on Asterisk's app_queue and on queueapp, alternating: processor time per call at 20 and at
                     60 calls/s, the time from a caller's last digit and from a member's last hang-up to the next INVITE

Without NAME, all of them (there is one). It builds the application, starts private stacks of its own (install/stack) and
takes them down. Captures packets with dumpcap, so it needs root.

  --part PART        only this part of dispatch; may be given several times: ${PARTS.join(', ')}
  --rounds N         measurements of each of the two in the parts about cost (default: 3)
  --only NAME        in those parts measure only one of the two: ${VARIANTS.join(' or ')}
  --calls N          calls of each measurement (default: 400 at 20/s, 1200 at 60/s, 200 with digits, 300 freed members);
                     fewer than the default measure less than the targets say
  --node-option=OPT  for the measured application's Node, for example --cpu-prof; may be given several times
  --json FILE        write all figures with their units into a file
  --help

Each target is a line "TARGET name: wanted …, measured …, met|missed".
Exit status: 0 every target met, 1 one missed or something failed, 2 wrong usage, 130 interrupted.
`;

class UsageError extends Error {}

const report = new Report();
const scenes: Scene[] = [];
const tearDown = () => Promise.all(scenes.map((scene) => scene.tearDown()));

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Ctrl-C comes twice: from the terminal, and passed on by tsx and npm.
  process.on(signal, () => {
    if (isInterrupted) return;
    isInterrupted = true;
    // The programs that are measured have got the signal, too: what is measured from now on is not true.
    report.close();
    process.stderr.write(`${signal}: taking everything down\n`);
    tearDown().then(
      () => process.exit(130),
      () => process.exit(130),
    );
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isInterrupted) process.stderr.write(isUsage ? `${error.message} (try --help)\n` : `✗ ${describe(error)}\n`);
  process.exitCode = isUsage ? 2 : 1;
  await tearDown();
}

async function main(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 1 || (positionals[0] ?? 'dispatch') !== 'dispatch')
    throw new UsageError(`There is no bench named ${positionals.join(' ')}`);
  const parts = values.part ?? [...PARTS];
  for (const part of parts) if (!isPart(part)) throw new UsageError(`--part ${part}: one of ${PARTS.join(', ')}`);
  const rounds = wholeNumber('--rounds', values.rounds) ?? 3;
  const variants = VARIANTS.filter((name) => values.only === undefined || name === values.only);
  if (variants.length === 0) throw new UsageError(`--only ${values.only}: one of ${VARIANTS.join(', ')}`);
  const calls = wholeNumber('--calls', values.calls);
  process.stderr.write('· building the application (npm run build)\n');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: CHECKOUT, stdio: ['ignore', 'ignore', 'inherit'] });
  const { processors, model, memoryGiB, kernel, node, loadAverage } = machine();
  report.say(`dispatch, ${new Date().toISOString()}`);
  report.say(
    `${processors} processors (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; load average before: ${loadAverage.join(' ')}`,
  );
  await benchDispatch(report, {
    parts: parts.filter(isPart),
    rounds,
    variants,
    calls,
    nodeOptions: values['node-option'] ?? [],
    say: (line) => process.stderr.write(`${line}\n`),
    onScene: (scene) => scenes.push(scene),
  });
  if (values.json !== undefined) await report.writeJson(values.json);
  return report.isEveryTargetMet ? 0 : 1;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        part: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        only: { type: 'string' },
        calls: { type: 'string' },
        'node-option': { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isPart(name: string): name is Part {
  return (PARTS as readonly string[]).includes(name);
}

function wholeNumber(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new UsageError(`${option} is a whole number from 1 to 99999`);
  return Number(value);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
