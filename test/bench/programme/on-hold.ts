import { availableParallelism, freemem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { endedChildrenMs, type Group, readProcessorTime } from '../processor-time.ts';
import { heard, musicClass } from './hold-music.ts';
import type { HoldScene, Waiting } from './hold-scene.ts';
import { Liquidsoap } from './liquidsoap.ts';
import { type ListenedTo, listenTo } from './listened-to.ts';
import { readMemory } from './memory.ts';
import { RtpCapture } from './rtp-capture.ts';
import { QualityMeter, type StreamQuality } from './stream-quality.ts';

/** What plays to callers on hold; the order in which they alternate. */
export const VARIANTS = ['native', 'programme', 'liquidsoap'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Percent of one processor. */
export const COLUMNS = ['asterisk', 'node', 'liquidsoap', 'postgresql', 'xmpp', 'phones', 'capture', 'bench'] as const;
export type Column = (typeof COLUMNS)[number];

/** One measurement of one variant. */
export interface Run {
  readonly variant: Variant;
  /** Callers, or processes of Liquidsoap, one for each. */
  readonly callers: number;
  readonly percent: Readonly<Record<Column, number>>;
  /** Share of all processors that was used, and by programs that have nothing to do with it. */
  readonly machineShare: number;
  readonly othersShare: number;
  /** Memory for each caller, kB: PSS now minus PSS before the first one came. */
  readonly asteriskKb: number;
  readonly nodeKb: number;
  /** The same after Node has collected its garbage: what the callers need, without what waits to be collected. */
  readonly nodeLiveKb: number;
  readonly liquidsoapKb: number;
  readonly sound?: Sound;
  readonly complaints: ReadonlyMap<string, number>;
}

/** What the captured RTP tells. */
export interface Sound {
  readonly quality: StreamQuality;
  /** Packets that dumpcap says it has missed. */
  readonly uncaptured: number;
  /** Of the gaps: those in which the phones' own clock was late, too, which nothing but a busy machine makes it. */
  readonly gapsOfMachine: number;
  readonly phonesWorstLateMs: number;
  readonly listened: ListenedTo;
}

export interface HoldOptions {
  readonly callers: number;
  readonly seconds: number;
  readonly nodeOptions: readonly string[];
  readonly advice: string;
  readonly script: string;
}

/** The ports of a caller's phone (phones_with_sound.py). */
const PHONES = 'dst portrange 33000-60001';
/** Callers whose sound is listened to. */
const LISTENED_TO = 3;
const FRAME_MS = 20;
/** Captured before and after what counts. */
const MARGIN_MS = 300;
/** As many Liquidsoaps as need no more of the processors and of the free memory: a full machine would measure itself. */
const FULL_SHARE = 0.6;
/** … and no more than can be started in this time: each needs seconds to compile its script, more so when others play already. */
const START_LIMIT_MS = 150_000;
/** In the first round there are as many as fit; in the others, to save time, no more than these. */
const LATER_MAX = 12;
const PROBE_COUNT = 2;
const PROBE_MS = 10_000;
const PLAYED_AT_LEAST = 0.98;

/** Callers on hold, played to by Asterisk's own music or by the application. */
export function measureWaiting(scene: HoldScene, variant: 'native' | 'programme', options: HoldOptions): Promise<Run> {
  const { callers, nodeOptions, advice } = options;
  const settings = [
    ...musicClass({ music: scene.music, advice }),
    ...heard(variant),
    [['limits', 'calls'], callers + 100] as const,
  ];
  return scene.withCallers({ callers, settings, nodeOptions }, async (waiting) => {
    const { first, last } = scene.rtpPorts();
    const fromAsterisk = `udp and src portrange ${first}-${last} and `;
    const listenedPorts = waiting.phones.ports.slice(0, LISTENED_TO);
    const capture = await RtpCapture.start(fromAsterisk + PHONES);
    return scene.using(
      'capture',
      () => capture.close(),
      async () => {
        const heardPorts = listenedPorts.map((port) => `dst port ${port}`).join(' or ');
        const listener = await RtpCapture.start(`${fromAsterisk}(${heardPorts})`, { sound: true });
        return scene.using(
          'second capture',
          () => listener.close(),
          async () => {
            const measured = await measureProcessors(scene, waiting, options.seconds * 1000);
            const uncaptured = await capture.end();
            await listener.end();
            const { ports } = waiting.phones;
            const { fromMs, toMs, late, worstLateMs } = measured;
            const meter = new QualityMeter({ ports, fromMs, toMs });
            await capture.read(meter.take);
            const quality = meter.quality();
            const listened = await listenTo(listener, { ports: listenedPorts, fromMs, toMs });
            const gapsOfMachine = quality.gaps.filter((gap) => isOfMachine(gap, late)).length;
            const sound = { quality, uncaptured, gapsOfMachine, phonesWorstLateMs: worstLateMs, listened };
            const { complaints } = await waiting.app.findings(fromMs, toMs);
            return { variant, callers, liquidsoapKb: 0, ...measured.run, sound, complaints };
          },
        );
      },
    );
  });
}

async function measureProcessors(
  scene: HoldScene,
  { app, phones, asteriskPid, before, collect }: Waiting,
  lengthMs: number,
) {
  await sleep(MARGIN_MS);
  await phones.state();
  const measured = await measureGroups(
    {
      asterisk: { pid: asteriskPid },
      node: { pid: app.pid },
      ...serversOf(scene),
      phones: { pid: process.pid, childrenNamed: 'python3' },
      sipp: { pid: process.pid, childrenNamed: 'sipp' },
      capture: { pid: process.pid, childrenNamed: 'dumpcap' },
    },
    () => sleep(lengthMs),
  );
  const { late, worstLateMs } = await phones.state();
  const callers = phones.ports.length;
  const grown = (now: number, then: number) => (now - then) / callers;
  const nodeKb = grown(readMemory(app.pid).pssKb, before.node.pssKb);
  const asteriskKb = grown(readMemory(asteriskPid).pssKb, before.asterisk.pssKb);
  await sleep(MARGIN_MS);
  // It stops everything for a moment: not while it counts.
  await collect();
  const run = {
    percent: { ...measured.percent, liquidsoap: 0, phones: measured.percent.phones + measured.percent.sipp },
    machineShare: measured.machineShare,
    othersShare: measured.othersShare,
    asteriskKb,
    nodeKb,
    nodeLiveKb: grown(readMemory(app.pid).pssKb, before.node.pssKb),
  };
  return { run, fromMs: measured.fromMs, toMs: measured.toMs, late, worstLateMs };
}

/** As many callers as the machine carries with one Liquidsoap for each, or a few of them. */
export async function measureLiquidsoap(scene: HoldScene, options: HoldOptions, isFirst: boolean): Promise<Run> {
  const processes: Liquidsoap[] = [];
  const startOne = async () => {
    const process = await Liquidsoap.start(options.script);
    processes.push(process);
    await process.untilItPlays();
  };
  const start = async (count: number) => {
    // Each compiles its script first, for seconds: one for each processor, so that those that play already go on.
    const endsAtMs = performance.now() + START_LIMIT_MS;
    while (processes.length < count && performance.now() < endsAtMs)
      await Promise.all(Array.from({ length: Math.min(availableParallelism(), count - processes.length) }, startOne));
  };
  const end = async () => {
    await Promise.all(processes.map((each) => each.end()));
  };
  return scene.using('Liquidsoap', end, async () => {
    await start(PROBE_COUNT);
    const probe = await measureGroups(LIQUIDSOAP, () => sleep(PROBE_MS));
    const most = Math.min(options.callers, isFirst ? Number.POSITIVE_INFINITY : LATER_MAX);
    await start(Math.min(most, howManyFit(probe.percent.liquidsoap / PROBE_COUNT, meanPssKb(processes))));
    const playedBefore = processes.map(({ playedMs }) => playedMs);
    const measured = await measureGroups({ ...LIQUIDSOAP, ...serversOf(scene) }, () => sleep(options.seconds * 1000));
    const playedMs = processes.map((each, index) => each.playedMs - (playedBefore[index] ?? 0));
    const leastShare = Math.min(...playedMs) / (measured.toMs - measured.fromMs);
    const complaints = new Map<string, number>();
    if (leastShare < PLAYED_AT_LEAST)
      complaints.set(`One of them played only ${Math.round(leastShare * 100)} % of the time`, 1);
    return {
      variant: 'liquidsoap',
      callers: processes.length,
      percent: { asterisk: 0, node: 0, phones: 0, capture: 0, ...measured.percent },
      machineShare: measured.machineShare,
      othersShare: measured.othersShare,
      asteriskKb: 0,
      nodeKb: 0,
      nodeLiveKb: 0,
      liquidsoapKb: meanPssKb(processes),
      complaints,
    };
  });
}

const LIQUIDSOAP = { liquidsoap: { pid: process.pid, childrenNamed: 'liquidsoap' } } satisfies Record<string, Group>;

function serversOf(scene: HoldScene) {
  const { postgres, xmpp } = scene.serverPids();
  return {
    postgresql: { pid: postgres, withChildren: true },
    xmpp: { pid: xmpp, withChildren: true },
  } satisfies Record<string, Group>;
}

function meanPssKb(processes: readonly Liquidsoap[]): number {
  return processes.reduce((total, { pid }) => total + readMemory(pid).pssKb, 0) / processes.length;
}

function howManyFit(percentEach: number, kbEach: number): number {
  const byProcessors = (FULL_SHARE * 100 * availableParallelism()) / percentEach;
  const byMemory = (FULL_SHARE * freemem()) / 1024 / kbEach;
  return Math.max(PROBE_COUNT, Math.floor(Math.min(byProcessors, byMemory)));
}

/** Processor time of groups, and of this process, during `work`; percent of one processor. */
async function measureGroups<Name extends string>(groups: Readonly<Record<Name, Group>>, work: () => Promise<unknown>) {
  const all = { ...groups, bench: { pid: process.pid } } as Record<Name | 'bench', Group>;
  const endedBefore = endedChildrenMs();
  const fromMs = Date.now();
  const before = readProcessorTime(all);
  await work();
  const after = readProcessorTime(all);
  const toMs = Date.now();
  const elapsedMs = after.atMs - before.atMs;
  const usedMs = (name: string) => (after.groups.get(name) ?? 0) - (before.groups.get(name) ?? 0);
  const names = Object.keys(all) as (Name | 'bench')[];
  const percent = Object.fromEntries(names.map((name) => [name, (usedMs(name) / elapsedMs) * 100]));
  const machineMs = after.machineMs - before.machineMs;
  const oursMs = names.reduce((total, name) => total + usedMs(name), endedChildrenMs() - endedBefore);
  const ofAll = (ms: number) => ms / elapsedMs / availableParallelism();
  return {
    fromMs,
    toMs,
    percent: percent as Record<Name | 'bench', number>,
    machineShare: ofAll(machineMs),
    othersShare: Math.max(0, ofAll(machineMs - oursMs)),
  };
}

/** Whether the phones' clock, which nothing but a busy machine disturbs, was late during a gap by at least half of what the gap is too long. */
function isOfMachine(
  { fromMs, lengthMs }: { readonly fromMs: number; readonly lengthMs: number },
  late: readonly (readonly [atMs: number, lateMs: number])[],
): boolean {
  const enoughMs = (lengthMs - FRAME_MS) / 2;
  return late.some(([atMs, lateMs]) => lateMs >= enoughMs && atMs - lateMs < fromMs + lengthMs && atMs > fromMs);
}
