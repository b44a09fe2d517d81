import { setTimeout as sleep } from 'node:timers/promises';
import { memberName } from '../../../install/private-stack/asterisk.ts';
import type { SipAccount } from '../../support/phones/baresip.ts';
import { Capture } from '../../support/phones/capture.ts';
import { AnsweringPhones } from '../../support/phones/load.ts';
import { firstInvites, tracedMessages, userOf } from '../dispatch/sip-trace.ts';
import { MeasuredApp, type Settings } from '../measured-app.ts';
import { heard, musicClass } from '../programme/hold-music.ts';
import { HoldScene, type Waiting } from '../programme/hold-scene.ts';
import { RtpCapture } from '../programme/rtp-capture.ts';
import { median, percentile, type Report, rounded } from '../report.ts';
import { SoundWatch, untilHeard, waitingPorts } from './sound-watch.ts';

export interface RecoveryOptions {
  /** Callers who wait when the process dies; several are measured one after the other. */
  readonly callers: readonly number[];
  readonly rounds: number;
  /** For Node, before the program's file. */
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
  /** Told of the scene before it is built, so that it can be torn down when the bench is interrupted. */
  readonly onScene: (scene: HoldScene) => void;
}

/** What one death and one start were measured with, milliseconds from the start of the new process. */
interface Measured {
  /** The first INVITE to the member who was free all the time. */
  readonly matchingMs: number;
  /** To the first sound of each caller who goes on waiting. */
  readonly soundMs: readonly number[];
  /** From the last sound of the dead process to the first of the new one. */
  readonly deadAirMs: readonly number[];
}

/** The targets are stated for so many callers. */
const TARGET_CALLERS = 100;
const MATCHING_TARGET_MS = 2_000;
const PROGRAMME_TARGET_MS = 3_000;
const DEAD_AIR_TARGET_MS = 8_000;
/** A talk outlasts the measurement. */
const TALK_MS = 600_000;
const MEMBER = memberName(1);
/** Before the death everybody is listened to for so long: dead air begins with the last packet. */
const LISTENED_MS = 1_000;
/** All callers are to hear something again within this; who does not counts with it. */
const HEARD_LIMIT_MS = 20_000;
/** In the queue, and kept from it until the process is dead. */
const PAUSED_MEMBER =
  "insert into queue_member (queue, extension, paused) values ('support', $1, true) on conflict (queue, extension) do update set paused = true";
/** Where the callers' phones want their sound (phones_with_sound.py). */
const PHONES = 'dst portrange 33000-60001';

/** kill -9 while callers wait, and a new process at once, as a supervisor would start it: until members are rung and callers hear something again. */
export async function benchRecovery(report: Report, options: RecoveryOptions): Promise<void> {
  const scene = new HoldScene({ name: `bench-${process.pid}`, say: options.say });
  options.onScene(scene);
  try {
    await scene.build();
    const rows: string[][] = [];
    for (const callers of options.callers) {
      const runs: Measured[] = [];
      for (let round = 1; round <= options.rounds; round += 1) {
        options.say(`· ${callers} callers, round ${round} of ${options.rounds}`);
        runs.push(await measure(scene, callers, options));
      }
      rows.push(rowOf(callers, runs));
      report.figure(
        `recovery.${callers}.matching`,
        worst(runs, ({ matchingMs }) => matchingMs),
        'ms',
      );
      report.figure(
        `recovery.${callers}.programme`,
        worst(runs, ({ soundMs }) => Math.max(...soundMs)),
        'ms',
      );
      report.figure(
        `recovery.${callers}.dead-air`,
        worst(runs, ({ deadAirMs }) => Math.max(...deadAirMs)),
        'ms',
      );
      if (callers === TARGET_CALLERS) tellTargets(report, runs);
    }
    report.table(
      `kill -9 and a new process at once, ${options.rounds} times each: milliseconds from the new process's start, of the worst time`,
      ['callers', 'matching', 'programme p50', 'p90', 'last caller', 'dead air p50', 'longest'],
      rows,
    );
  } finally {
    await scene.tearDown();
  }
}

function tellTargets(report: Report, runs: readonly Measured[]): void {
  const of = (name: string, wanted: number, measured: number) =>
    report.target({ name: `recovery ${name}`, bound: 'at-most', wanted, measured, unit: 'ms' });
  of(
    'matching 100 callers',
    MATCHING_TARGET_MS,
    worst(runs, ({ matchingMs }) => matchingMs),
  );
  of(
    'programme 100 callers',
    PROGRAMME_TARGET_MS,
    worst(runs, ({ soundMs }) => Math.max(...soundMs)),
  );
  of(
    'dead air 100 callers',
    DEAD_AIR_TARGET_MS,
    worst(runs, ({ deadAirMs }) => Math.max(...deadAirMs)),
  );
}

function worst(runs: readonly Measured[], of: (run: Measured) => number): number {
  return Math.max(...runs.map(of));
}

function rowOf(callers: number, runs: readonly Measured[]): string[] {
  const sound = runs.flatMap(({ soundMs }) => soundMs);
  const dead = runs.flatMap(({ deadAirMs }) => deadAirMs);
  const figures = [
    worst(runs, ({ matchingMs }) => matchingMs),
    ...[median(sound), percentile(sound, 0.9), Math.max(...sound)],
    ...[median(dead), Math.max(...dead)],
  ];
  return [String(callers), ...figures.map((each) => rounded(Math.round(each)))];
}

function measure(scene: HoldScene, callers: number, { nodeOptions, say }: RecoveryOptions): Promise<Measured> {
  const settings = [
    ...musicClass({ music: scene.music, advice: undefined }),
    // A class that Asterisk does not have: whatever is heard is the programme.
    [['music-classes', 'bench', 'fallback'], 'nothing-at-all'] as const,
    ...heard('programme'),
    [['limits', 'calls'], callers + 100] as const,
    // The callers of one measurement have the numbers of those before, and are not to have their places.
    [['queues', 'support', 'resume-within'], 0] as const,
  ];
  return scene.withCallers({ callers, settings, nodeOptions }, async (waiting) => {
    await scene.sql('insert into extension (number) values ($1) on conflict do nothing', [MEMBER]);
    await scene.sql(PAUSED_MEMBER, [MEMBER]);
    const phones = await AnsweringPhones.plugIn({ talkMs: TALK_MS, accounts: [accountOf(scene)] });
    return scene.using(
      'member',
      () => phones.close(),
      () => dieAndBegin(scene, waiting, { settings, nodeOptions, say }),
    );
  });
}

interface Next extends Pick<RecoveryOptions, 'nodeOptions' | 'say'> {
  readonly settings: Settings;
}

async function dieAndBegin(
  scene: HoldScene,
  { app, phones }: Waiting,
  { settings, nodeOptions, say }: Next,
): Promise<Measured> {
  const { first, last } = scene.rtpPorts();
  const sound = await RtpCapture.start(`udp and src portrange ${first}-${last} and ${PHONES}`, { sound: true });
  return scene.using(
    'capture',
    () => sound.close(),
    async () => {
      const invites = await Capture.start(`udp port ${scene.env.SIP_PORT}`);
      await sleep(LISTENED_MS);
      const diedAtMs = Date.now();
      await app.kill();
      await scene.sql('update queue_member set paused = false where extension = $1', [MEMBER]);
      const next = await MeasuredApp.start(scene.env, settings, nodeOptions);
      return scene.using(
        'next application',
        () => next.stop(),
        async () => {
          const beganAtMs = next.startedAtMs;
          await untilHeard(beganAtMs, HEARD_LIMIT_MS);
          const ports = await portsOfWaiting(scene, phones.ports);
          const messages = tracedMessages(await invites.stop(), `${scene.env.SIP_HOST}:${scene.env.SIP_PORT}`);
          const rung = firstInvites(messages).find((invite) => userOf(invite) === MEMBER);
          const watch = new SoundWatch({ ports, diedAtMs, beganAtMs });
          await sound.end();
          await sound.read(watch.take);
          await tellOdd(watch, next, say);
          return { matchingMs: (rung?.atMs ?? Number.NaN) - beganAtMs, ...watch.result() };
        },
      );
    },
  );
}

/** Where the callers who go on waiting hear it. */
async function portsOfWaiting(scene: HoldScene, ports: readonly number[]): Promise<readonly number[]> {
  const talking = await scene.sql<{ number: string }>(
    "select caller_number as number from queue_entry where state = 'talking'",
  );
  return waitingPorts(
    ports,
    talking.map(({ number }) => number),
  );
}

/** Who heard nothing before or after, and what the new process complained of: for whoever asks why a target was missed. */
async function tellOdd(watch: SoundWatch, app: MeasuredApp, say: RecoveryOptions['say']): Promise<void> {
  for (const { port, when, packets } of watch.silent())
    say(`  port ${port} heard nothing ${when} the new process's beginning: ${packets} packets after it`);
  const { complaints } = await app.findings(app.startedAtMs, Date.now());
  for (const [text, count] of complaints) say(`  the new process's log, ${count} times: ${text}`);
}

function accountOf({ env }: HoldScene): SipAccount {
  return { host: env.SIP_HOST, port: Number(env.SIP_PORT), user: MEMBER, password: env.SIP_PASSWORD };
}
