import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../../../install/private-stack/processes.ts';
import type { Span } from '../audio/levels.ts';
import { toneDbfs } from '../audio/levels.ts';
import { durationMs, type Pcm, readWav, slice } from '../audio/pcm.ts';
import { eventually } from './eventually.ts';
import type { Site } from './site.ts';

/** A row of the table `recording`. */
export interface RecordingRow {
  readonly call_id: string;
  readonly part: 'together' | 'caller' | 'member';
  readonly file: string;
  readonly state: string;
  readonly error: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

/** The rows of one call, by part. */
export async function rowsOf(site: Site, callId: string): Promise<Partial<Record<RecordingRow['part'], RecordingRow>>> {
  const rows = await site.sql<RecordingRow>('select * from recording where call_id = $1', [callId]);
  return Object.fromEntries(rows.map((row) => [row.part, row]));
}

/** Waits until all files of a call are closed, and opens them. */
export async function filesOf(site: Site, callId: string): Promise<Record<RecordingRow['part'], Pcm>> {
  const rows = await eventually('the recordings are closed', async () => {
    const found = Object.values(await rowsOf(site, callId));
    return found.length > 0 && found.every(({ ended_at }) => ended_at !== null) && found;
  });
  const files = rows.map(({ part, file }) => [part, readWav(join(recordingFolder(site), file))]);
  return Object.fromEntries(files) as Record<RecordingRow['part'], Pcm>;
}

/** Asterisk's folder of recordings. */
export const recordingFolder = (site: Site) => join(site.env.QUEUEAPP_RUN, 'asterisk/spool/recording');

const WINDOW_MS = 20;
const HEARD_DBFS = -35;

/** Of a sender's busy machine: a second in which it got no processor. What a test pauses or stops, it does for two seconds and more. */
const HICCUP_MS = 1_000;

/** The stretches in which a tone is heard, whatever else is; short gaps don't count. */
export function heardSpans(pcm: Pcm, hz: number): Span[] {
  const spans: { fromMs: number; toMs: number }[] = [];
  for (let fromMs = 0; fromMs + WINDOW_MS <= durationMs(pcm); fromMs += WINDOW_MS) {
    if (toneDbfs(slice(pcm, fromMs, fromMs + WINDOW_MS), hz) < HEARD_DBFS) continue;
    const last = spans.at(-1);
    if (last !== undefined && fromMs - last.toMs <= HICCUP_MS) last.toMs = fromMs + WINDOW_MS;
    else spans.push({ fromMs, toMs: fromMs + WINDOW_MS });
  }
  return spans;
}

/**
 * How far places in the files of one recording may lie from each other: what an Asterisk that was starved of processor has lost of one of them
 * (stasis/ari/README.md) is missing in its length, too.
 */
export function apartMsMax(files: readonly Pcm[]): number {
  const lengths = files.map(durationMs);
  return 100 + Math.max(...lengths) - Math.min(...lengths);
}

/** A folder of recordings with so little room; to be given back, once or twice. Needs root's rights, as installing Asterisk does. */
export async function smallDisk(site: Site, name: string, kilobytes: number): Promise<() => Promise<void>> {
  const folder = join(recordingFolder(site), name);
  mkdirSync(folder, { recursive: true });
  await asRoot('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=1777`, 'tmpfs', folder);
  return async () => {
    // Lazily: Asterisk may hold a file open. A second time there is nothing to give back.
    if (statfsSync(folder).blocks * statfsSync(folder).bsize <= kilobytes * 1024) await asRoot('umount', '-l', folder);
  };
}

function asRoot(command: string, ...args: string[]): Promise<string> {
  return process.getuid?.() === 0 ? runScript(command, args) : runScript('sudo', ['-n', command, ...args]);
}
