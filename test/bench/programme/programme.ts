import type { Report } from '../report.ts';
import { DUCK_EVERY_MS, SPEECH_MS, writeAdvice } from './hold-music.ts';
import { inShort, printHold } from './hold-report.ts';
import { arrivalMs, HoldScene } from './hold-scene.ts';
import { measureKeys } from './keys.ts';
import { isInstalled, writeScript } from './liquidsoap.ts';
import { measureLiquidsoap, measureWaiting, type Run, type Variant } from './on-hold.ts';

/** The measurements of `npm run bench -- programme`. */
export const PARTS = ['hold', 'keys'] as const;
export type Part = (typeof PARTS)[number];

export interface ProgrammeOptions {
  readonly parts: readonly Part[];
  readonly variants: readonly Variant[];
  /** Callers at once; several are measured one after the other. */
  readonly callers: readonly number[];
  readonly rounds: number;
  /** How long each measurement takes, once all callers are there. */
  readonly seconds: number;
  /** For Node, before the program's file. */
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
  /** Told of the scene before it is built, so that it can be torn down when the bench is interrupted. */
  readonly onScene: (scene: HoldScene) => void;
}

/** What a call lasts beside arrival and measurement: the others' arrival on a slow machine, settling, hanging up. */
const EXTRA_MS = 60_000;

/** Callers on hold: what their sound costs and how good it is. */
export async function benchProgramme(report: Report, options: ProgrammeOptions): Promise<void> {
  if (options.parts.includes('hold') && options.variants.includes('liquidsoap') && !isInstalled())
    throw new Error('There is no liquidsoap: install/packages.sh bench installs it; or --only native --only programme');
  const scene = new HoldScene({ name: `bench-${process.pid}`, say: options.say });
  options.onScene(scene);
  try {
    await scene.build();
    const parts: Record<Part, () => Promise<void>> = {
      hold: () => hold(scene, report, options),
      keys: () => keys(scene, report, options),
    };
    for (const part of options.parts) await parts[part]();
  } finally {
    await scene.tearDown();
  }
}

async function hold(scene: HoldScene, report: Report, options: ProgrammeOptions): Promise<void> {
  const { rounds, seconds, variants, nodeOptions, say } = options;
  for (const callers of options.callers) {
    const advice = await scene.freshFolder('advice');
    const first = await scene.freshFolder('advice/first');
    writeAdvice(first, arrivalMs(callers) + seconds * 1000 + EXTRA_MS);
    const script = await writeScript(scene.folder, {
      music: scene.music,
      advice: first,
      pauseSeconds: (DUCK_EVERY_MS - SPEECH_MS) / 1000,
    });
    const runs: Run[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const variant of variants) {
        say(`· ${callers} callers, round ${round} of ${rounds}: ${variant}`);
        const how = { callers, seconds, nodeOptions, advice, script };
        const run = await (variant === 'liquidsoap'
          ? measureLiquidsoap(scene, how, round === 1)
          : measureWaiting(scene, variant, how));
        runs.push(run);
        say(`  ${inShort(run)}`);
      }
    }
    printHold(report, { callers, seconds, runs });
  }
}

async function keys(scene: HoldScene, report: Report, { callers, nodeOptions, say }: ProgrammeOptions): Promise<void> {
  for (const each of callers) await measureKeys(scene, report, { callers: each, nodeOptions, say });
}
