import { CONGESTION_HZ, frequencyHz, rmsDbfs, toneSpans } from '../audio/levels.ts';
import { durationMs, type Pcm, slice } from '../audio/pcm.ts';
import type { Call } from '../phones/call.ts';
import { pause } from '../phones/waiting.ts';

const LOOK_AGAIN_MS = 200;
const LIMIT_MS = 30_000;

/** Waits until a tone has been heard that began at `afterMs` (wall clock) or later. */
export async function untilTone(call: Call, frequencies: readonly number[], afterMs = call.invitedAtMs): Promise<void> {
  const endMs = Date.now() + LIMIT_MS;
  for (;;) {
    const all = await call.recording();
    const heard = slice(all, Math.max(0, afterMs - call.invitedAtMs), Number.POSITIVE_INFINITY);
    if (toneSpans(heard, frequencies).length > 0) return;
    if (Date.now() > endMs || call.ending) throw new Error(notHeard(call, frequencies, { all, heard }));
    await pause(LOOK_AGAIN_MS);
  }
}

/** The recording ends where the last packet came: one that is much shorter than the call tells of a phone that gets nothing, or is deaf. */
function notHeard(call: Call, frequencies: readonly number[], { all, heard }: { all: Pcm; heard: Pcm }): string {
  const [sinceMs, allMs, callMs] = [durationMs(heard), durationMs(all), Date.now() - call.invitedAtMs].map(Math.round);
  const length = `the recording is ${allMs} ms long, the call ${callMs} ms`;
  return `No tone of ${frequencies} Hz in the last ${sinceMs} ms; ${length}; ${secondBySecond(all)}${call.story()}`;
}

/** Waits until both have heard the other, from now on; each speaks a tone of its own. */
export async function untilTheyTalk(one: [Call, number], other: [Call, number]): Promise<void> {
  const nowMs = Date.now();
  await Promise.all([untilTone(one[0], [other[1]], nowMs), untilTone(other[0], [one[1]], nowMs)]);
}

/** How many bursts of the congestion tone were heard. */
export async function congestionBursts(call: Call): Promise<number> {
  return toneSpans(await call.sound(), CONGESTION_HZ.us).length;
}

/** The prompts that a call has heard to their end, by name, in their order. */
export async function promptsOf(call: Call): Promise<string[]> {
  return (await call.heard()).map(({ name }) => name);
}

/** What was heard in each second: its level, dBFS, and the frequency that it would have if it were one tone. */
function secondBySecond(pcm: Pcm): string {
  const seconds = Array.from({ length: Math.ceil(durationMs(pcm) / 1_000) }, (_, second) => second * 1_000);
  const heard = seconds.map((fromMs) => {
    const part = slice(pcm, fromMs, fromMs + 1_000);
    return `${Math.round(rmsDbfs(part))}/${Math.round(frequencyHz(part))}`;
  });
  return `second by second, dBFS/Hz: ${heard.join(' ')}`;
}
