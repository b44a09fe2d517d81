// npm run bench: side-by-side measurements of this application and of what a user would run instead.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../../install/private-stack/paths.ts';
import { VARIANTS as DISPATCHERS } from './dispatch/cost.ts';
import { benchDispatch, PARTS as DISPATCH_PARTS } from './dispatch/dispatch.ts';
import { benchNodes, VARIANTS as NODES, PARTS as NODES_PARTS } from './nodes/nodes.ts';
import { parsed, runProgram, UsageError, wholeNumber } from './program.ts';
import { VARIANTS as PLAYERS } from './programme/on-hold.ts';
import { benchProgramme, PARTS as PROGRAMME_PARTS } from './programme/programme.ts';
import { benchQueue, PARTS as QUEUE_PARTS } from './queue/queue.ts';
import { benchRecovery } from './recovery/recovery.ts';
import { machine, Report } from './report.ts';

const HELP = `usage: npm run bench -- [NAME] [options]

  dispatch           the same load on Asterisk's app_queue and on queueapp, alternating: processor time per call at 20 and at
                     60 calls/s, the time from a caller's last digit and from a member's last hang-up to the next INVITE
  nodes              the same calls for one queue with one process on one Asterisk, and with two on two, alternating: processor time per
                     call of all of them together; beside it one that has half the calls, as each of the two has
  programme          callers on hold who hear Asterisk's own music, their own programme, and one Liquidsoap process each, alternating:
                     processor time and memory for each caller, gaps in the captured RTP; the time from a key to the next tune
  queue              the queue's rules by themselves: choosing among 10, 1,000 and 10,000 members by each strategy, and beside it by
                     looking at everybody; what a change costs with 100, 1,000 and 10,000 callers and members; what
                     the lease's check costs the database; the same load on app_queue and
                     on queueapp under four strategies at 20 and at 60 calls/s; from a member's last hang-up to the next INVITE
  recovery           kill -9 with 10, 100 and 400 callers who wait, and a new process at once: from its start to the first member rung
                     and to the programme in each caller's captured RTP; dead air

Without NAME, all, one after the other. It builds the application, starts private stacks of its own (install/stack) and takes
them down. Captures packets with dumpcap, so it needs root. install/packages.sh bench installs what\nis measured with and compared with.

  --part PART        only this part; may be given several times.
                     dispatch: ${DISPATCH_PARTS.join(', ')}; programme: ${PROGRAMME_PARTS.join(', ')};
                     queue: ${QUEUE_PARTS.join(', ')}; nodes: ${NODES_PARTS.join(', ')}
  --rounds N         measurements of each variant in the parts about cost (default: 3)
  --only NAME        in those parts measure only this variant; may be given several times.
                     dispatch: ${DISPATCHERS.join(', ')}; programme: ${PLAYERS.join(', ')}; nodes: ${NODES.join(', ')}
  --calls N          dispatch, queue, nodes: calls of each measurement (default: 400 at 20/s, 1200 at 60/s, 200 with digits, 300 freed
                     members (queue: 600), 600 of nodes);
                     fewer than the default measure less than the targets say
  --callers N        programme, recovery: callers who wait at once (default: 400; recovery: 10, 100 and 400); may be given several times, up to 900
  --seconds N        programme: length of each measurement (default: 40, at most 1500); ten minutes as the target says:
                     programme --part hold --only programme --rounds 1 --seconds 600
  --node-option=OPT  for the measured application's Node, for example --cpu-prof; may be given several times
  --json FILE        write all figures with their units into a file
  --help

Each target is a line "TARGET name: wanted …, measured …, met|missed".
Exit status: 0 every target met, 1 one missed or something failed, 2 wrong usage, 130 interrupted.
`;

/** What is measured, with its parts and variants; the order when no name is given. */
const BENCHES = {
  dispatch: { parts: DISPATCH_PARTS, variants: DISPATCHERS },
  nodes: { parts: NODES_PARTS, variants: NODES },
  programme: { parts: PROGRAMME_PARTS, variants: PLAYERS },
  queue: { parts: QUEUE_PARTS, variants: [] },
  recovery: { parts: [], variants: [] },
} as const;
type Bench = keyof typeof BENCHES;

/** A thousand channels have ports in a stack. */
const CALLERS_MAX = 900;
/** The callers' sipp ends by itself after half an hour. */
const SECONDS_MAX = 1500;

const report = new Report();
const scenes: { tearDown: () => Promise<void> }[] = [];
const tearDown = () => Promise.all(scenes.map((scene) => scene.tearDown()));

await runProgram({ main, report, tearDown });

async function main(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const benches = chosenBenches(positionals);
  const rounds = wholeNumber('--rounds', values.rounds) ?? 3;
  const seconds = wholeNumber('--seconds', values.seconds, SECONDS_MAX) ?? 40;
  const calls = wholeNumber('--calls', values.calls);
  const callersOf = (usual: readonly string[]) =>
    (values.callers ?? usual).map((value) => wholeNumber('--callers', value, CALLERS_MAX) ?? 0);
  const common = {
    rounds,
    nodeOptions: values['node-option'] ?? [],
    say: (line: string) => process.stderr.write(`${line}\n`),
    onScene: (scene: { tearDown: () => Promise<void> }) => scenes.push(scene),
  };
  const chosen = benches.map((bench) => ({ bench, ...choice(bench, values) }));
  process.stderr.write('· building the application (npm run build)\n');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: CHECKOUT, stdio: ['ignore', 'ignore', 'inherit'] });
  const runs: Record<Bench, (chosen: Chosen) => Promise<void>> = {
    dispatch: ({ parts, variants }) =>
      benchDispatch(report, {
        ...common,
        parts: DISPATCH_PARTS.filter((part) => parts.includes(part)),
        variants: DISPATCHERS.filter((variant) => variants.includes(variant)),
        calls,
      }),
    nodes: ({ variants }) =>
      benchNodes(report, { ...common, variants: NODES.filter((variant) => variants.includes(variant)), calls }),
    queue: ({ parts }) =>
      benchQueue(report, { ...common, parts: QUEUE_PARTS.filter((part) => parts.includes(part)), calls }),
    recovery: () => benchRecovery(report, { ...common, callers: callersOf(['10', '100', '400']) }),
    programme: ({ parts, variants }) =>
      benchProgramme(report, {
        ...common,
        parts: PROGRAMME_PARTS.filter((part) => parts.includes(part)),
        variants: PLAYERS.filter((variant) => variants.includes(variant)),
        callers: callersOf(['400']),
        seconds,
      }),
  };
  for (const each of chosen) {
    introduce(each.bench);
    await runs[each.bench](each);
  }
  if (values.json !== undefined) await report.writeJson(values.json);
  return report.isEveryTargetMet ? 0 : 1;
}

interface Chosen {
  readonly parts: readonly string[];
  readonly variants: readonly string[];
}

function chosenBenches(names: readonly string[]): readonly Bench[] {
  const all = Object.keys(BENCHES) as Bench[];
  const [name] = names;
  if (name === undefined) return all;
  const found = all.find((bench) => bench === name);
  if (names.length > 1 || found === undefined) throw new UsageError(`There is no bench named ${names.join(' ')}`);
  return [found];
}

/** The parts and variants of a bench that were asked for. */
function choice(bench: Bench, values: ReturnType<typeof parse>['values']) {
  const { parts, variants } = BENCHES[bench];
  return { parts: chosen('--part', values.part, parts), variants: chosen('--only', values.only, variants) };
}

function chosen(option: string, wanted: readonly string[] | undefined, all: readonly string[]): readonly string[] {
  for (const name of wanted ?? [])
    if (!all.includes(name)) throw new UsageError(`${option} ${name}: one of ${all.join(', ')}`);
  return wanted ?? all;
}

function introduce(bench: Bench): void {
  const { processors, model, memoryGiB, kernel, node, loadAverage } = machine();
  report.say(`${bench}, ${new Date().toISOString()}`);
  report.say(
    `${processors} processors (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}; load average before: ${loadAverage.join(' ')}`,
  );
}

function parse() {
  return parsed(() =>
    parseArgs({
      allowPositionals: true,
      options: {
        part: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        only: { type: 'string', multiple: true },
        calls: { type: 'string' },
        callers: { type: 'string', multiple: true },
        seconds: { type: 'string' },
        'node-option': { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  );
}
