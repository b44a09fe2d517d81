import { median, type Report, rounded } from '../report.ts';
import { COLUMNS, type Column, type Run, type Sound, type Variant } from './on-hold.ts';

/** All rounds of all variants with so many callers. */
export interface HoldResult {
  readonly callers: number;
  readonly seconds: number;
  readonly runs: readonly Run[];
}

/** One run in a line, for who waits for the rest. */
export function inShort({ callers, percent: used, othersShare, asteriskKb, nodeKb, sound }: Run): string {
  const columns = (['asterisk', 'node', 'liquidsoap'] as const).map((column) => `${column} ${rounded(used[column])} %`);
  const memory = sound && `${rounded(asteriskKb)} + ${rounded(nodeKb)} kB for each, ${sound.quality.gapCount} gaps`;
  const others = `others ${percent(othersShare)} of the machine`;
  return [`${callers} callers`, ...columns, ...(memory === undefined ? [] : [memory]), others].join(', ');
}

/** Prints processor time, memory and sound of each run, the medians, and the targets. */
export function printHold(report: Report, result: HoldResult): void {
  const { callers, seconds, runs } = result;
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const title = `${callers} callers on hold, ${seconds} s each: processor time, percent of one core`;
  const medians = variants.map((variant) => mediansOf(variant, runs));
  report.table(
    title,
    ['', 'callers', ...COLUMNS, 'machine', 'others'],
    [
      ...runs.map((run) => [
        run.variant,
        String(run.callers),
        ...COLUMNS.map((column) => rounded(run.percent[column])),
        percent(run.machineShare),
        percent(run.othersShare),
      ]),
      ...medians.map((each) => [
        `median ${each.variant}`,
        String(each.callers),
        ...COLUMNS.map((column) => rounded(each.percent[column])),
      ]),
    ],
  );
  printPerCaller(report, result, medians);
  printSound(report, runs);
  for (const { variant, complaints } of runs)
    for (const [text, count] of complaints) report.say(`${variant}: complains ${count} times: ${text}`);
  printTargets(report, result, medians);
}

interface Medians {
  readonly variant: Variant;
  /** Of Liquidsoap as many processes as fitted. */
  readonly callers: number;
  readonly percent: Readonly<Record<Column, number>>;
  readonly asteriskKb: number;
  readonly nodeKb: number;
  readonly nodeLiveKb: number;
  readonly liquidsoapKb: number;
}

function mediansOf(variant: Variant, all: readonly Run[]): Medians {
  const runs = all.filter((run) => run.variant === variant);
  const callers = median(runs.map((run) => run.callers));
  const ofEach = (value: (run: Run) => number) => median(runs.map(value));
  return {
    variant,
    callers,
    percent: Object.fromEntries(
      // Of Liquidsoap one run may have had more processes than another.
      COLUMNS.map((column) => [column, ofEach((run) => (run.percent[column] / run.callers) * callers)]),
    ) as Record<Column, number>,
    asteriskKb: ofEach((run) => run.asteriskKb),
    nodeKb: ofEach((run) => run.nodeKb),
    nodeLiveKb: ofEach((run) => run.nodeLiveKb),
    liquidsoapKb: ofEach((run) => run.liquidsoapKb),
  };
}

function printPerCaller(report: Report, { callers, runs }: HoldResult, medians: readonly Medians[]): void {
  const row = (name: string, each: Omit<Medians, 'variant'>) => {
    const perCaller = (column: Column) => each.percent[column] / each.callers;
    return [
      name,
      ...(['asterisk', 'node', 'liquidsoap'] as const).map((column) => perCaller(column).toFixed(4)),
      rounded(each.asteriskKb),
      rounded(each.nodeKb),
      rounded(each.nodeLiveKb),
      rounded(each.liquidsoapKb),
    ];
  };
  report.table(
    'For each caller: percent of one core; kB of memory (PSS)',
    ['', 'asterisk %', 'node %', 'liquidsoap %', 'asterisk kB', 'node kB', 'node kB, live', 'liquidsoap kB'],
    [...runs.map((run) => row(run.variant, run)), ...medians.map((each) => row(`median ${each.variant}`, each))],
  );
  for (const each of medians) {
    const name = `programme.${callers}.${each.variant}`;
    for (const column of COLUMNS) report.figure(`${name}.${column}`, each.percent[column], '% of a core');
    report.figure(`${name}.callers`, each.callers, 'callers');
    report.figure(`${name}.asterisk-memory`, each.asteriskKb, 'kB/caller');
    report.figure(`${name}.node-memory`, each.nodeKb, 'kB/caller');
    report.figure(`${name}.node-live-memory`, each.nodeLiveKb, 'kB/caller');
    report.figure(`${name}.liquidsoap-memory`, each.liquidsoapKb, 'kB/caller');
  }
}

function printSound(report: Report, runs: readonly Run[]): void {
  const sounding = runs.flatMap(({ variant, sound }) => (sound === undefined ? [] : [{ variant, sound }]));
  if (sounding.length === 0) return;
  report.table(
    'What the callers were sent (captured RTP)',
    [
      '',
      'streams',
      'packets',
      'of',
      'gaps > 40 ms',
      'longest ms',
      'late > 20 ms',
      'lost',
      'left out ms',
      'not captured',
    ],
    sounding.map(({ variant, sound: { quality, uncaptured } }) => [
      variant,
      String(quality.streams),
      String(quality.packets),
      String(quality.expected),
      String(quality.gapCount),
      rounded(quality.longestMs),
      `${quality.late} (${((100 * quality.late) / quality.packets).toFixed(3)} %)`,
      String(quality.lost),
      rounded(quality.skippedMs),
      String(uncaptured),
    ]),
  );
  for (const { variant, sound } of sounding) report.say(`${variant}: ${inWords(sound)}`);
}

function inWords({ quality, gapsOfMachine, phonesWorstLateMs, listened }: Sound): string {
  const { gaps, gapCount } = quality;
  const speech =
    listened.speeches === 0
      ? 'nothing was said'
      : `said something at least ${listened.speeches} times, every ${rounded(listened.everyMs / 1000)} s`;
  const missing = gaps.filter(({ missingMs }) => missingMs > 0).length;
  const ofGaps =
    gapCount === 0
      ? ''
      : `; of the gaps ${gapsOfMachine} while the phones' own clock was late, too, ${missing} with sound left out`;
  return (
    `${listened.callers} callers were listened to: something to hear ${percent(listened.audibleShare)} of the time, ` +
    `${speech}; the phones' own clock was at most ${rounded(phonesWorstLateMs)} ms late${ofGaps}`
  );
}

function printTargets(report: Report, { callers, seconds, runs }: HoldResult, medians: readonly Medians[]): void {
  const of = (variant: Variant) => medians.find((each) => each.variant === variant);
  const [native, programme, liquidsoap] = [of('native'), of('programme'), of('liquidsoap')];
  if (programme === undefined) return;
  const both = ({ percent }: Medians) => percent.asterisk + percent.node;
  const node = programme.percent.node / callers;
  const here = `with ${callers} callers`;
  if (native !== undefined) {
    const measured = both(programme) / both(native);
    report.target({
      name: `Asterisk and Node together, compared with native music, ${here}`,
      bound: 'at-most',
      wanted: 1.35,
      measured,
      unit: 'times',
    });
  }
  report.target({
    name: `Node for each caller, ${here}`,
    bound: 'at-most',
    wanted: 0.03,
    measured: node,
    unit: '% of a core',
  });
  report.target({
    name: `memory of Node for each caller, ${here}`,
    bound: 'at-most',
    wanted: 100,
    measured: programme.nodeKb,
    unit: 'kB',
  });
  if (liquidsoap !== undefined) {
    const theirs = liquidsoap.percent.liquidsoap / liquidsoap.callers;
    report.target({
      name: `Liquidsoap's processor time by Node's, ${here}`,
      bound: 'at-least',
      wanted: 200,
      measured: theirs / node,
      unit: 'times',
    });
    const measured = theirs / (both(programme) / callers);
    report.target({
      name: `Liquidsoap's processor time by Asterisk's and Node's, ${here}`,
      bound: 'at-least',
      wanted: 20,
      measured,
      unit: 'times',
    });
  }
  const ours = runs.flatMap(({ variant, sound }) => (variant === 'programme' && sound ? [sound.quality] : []));
  report.figure(`programme.${callers}.longest-gap`, Math.max(...ours.map(({ longestMs }) => longestMs)), 'ms');
  report.target({
    name: `gaps over 40 ms in ${ours.length} × ${seconds} s ${here}`,
    bound: 'at-most',
    wanted: 0,
    // A caller without any sound is no stream, and would flatter the figure by being left out.
    measured: ours.every(({ streams }) => streams === callers)
      ? ours.reduce((total, { gapCount }) => total + gapCount, 0)
      : Number.NaN,
    unit: 'gaps',
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
