import { setTimeout as sleep } from 'node:timers/promises';
import type { CapturedPacket } from '../programme/rtp-capture.ts';

/** PCMU values this near to zero are no sound (µ-law: all ones is +0, 0x7f is −0; each step below is louder). */
const QUIET_STEPS = 4;

interface Line {
  /** The last packet before the process died. */
  lastBeforeMs: number;
  /** The first packet with sound in it after the new process had begun. */
  firstAfterMs: number;
  /** Packets of whatever sound after the new process had begun. */
  packetsAfter: number;
}

/** Nobody looks at the sound while it is captured: so long is waited for it, from the new process's beginning. */
export async function untilHeard(beganAtMs: number, lengthMs: number): Promise<void> {
  await sleep(Math.max(0, beganAtMs + lengthMs - Date.now()));
}

/** A caller's number: 7, and which call of sipp's it is, from 1 (hold-scene.ts). */
const NUMBER = /^7(\d+)$/;

/**
 * The ports of those who go on waiting. The first call has the first port, and so on; but who is first in the line is another matter: two calls that
 * come in one moment may enter it either way, and who calls again within `resume-within` has the place of the call before. Who talks hears nothing
 * here: the member's phone has no sound.
 */
export function waitingPorts(ports: readonly number[], talking: readonly string[]): readonly number[] {
  const calls = talking.map((number) => Number(NUMBER.exec(number)?.[1]));
  return ports.filter((_, index) => !calls.includes(index + 1));
}

/** Of each caller's captured RTP: when the dead process was heard last, and when something was heard again. */
export class SoundWatch {
  readonly #lines: ReadonlyMap<number, Line>;
  readonly #beganAtMs: number;
  readonly #diedAtMs: number;

  constructor(options: { readonly ports: readonly number[]; readonly diedAtMs: number; readonly beganAtMs: number }) {
    const { ports, diedAtMs, beganAtMs } = options;
    this.#diedAtMs = diedAtMs;
    this.#beganAtMs = beganAtMs;
    this.#lines = new Map(
      ports.map((port) => [port, { lastBeforeMs: Number.NaN, firstAfterMs: Number.NaN, packetsAfter: 0 }]),
    );
  }

  /** Takes the capture's packets, in order. */
  readonly take = ({ atMs, toPort, payloadType, payload }: CapturedPacket): void => {
    const line = this.#lines.get(toPort);
    if (line === undefined || payloadType !== 0) return;
    // What Asterisk had in its queue of the dead process is heard after its death: all up to the new process's beginning counts.
    if (atMs < Math.max(this.#diedAtMs, this.#beganAtMs)) {
      line.lastBeforeMs = atMs;
      return;
    }
    line.packetsAfter += 1;
    if (Number.isNaN(line.firstAfterMs) && isSound(payload)) line.firstAfterMs = atMs;
  };

  /** Who was sent nothing before the new process's beginning, or no sound after it, and how many packets after it. */
  silent(): { readonly port: number; readonly when: 'before' | 'after'; readonly packets: number }[] {
    return [...this.#lines].flatMap(([port, { lastBeforeMs, firstAfterMs, packetsAfter: packets }]) => [
      ...(Number.isNaN(lastBeforeMs) ? [{ port, when: 'before' as const, packets }] : []),
      ...(Number.isNaN(firstAfterMs) ? [{ port, when: 'after' as const, packets }] : []),
    ]);
  }

  /** NaN for a caller who heard nothing: it meets no target. */
  result(): { readonly soundMs: readonly number[]; readonly deadAirMs: readonly number[] } {
    const lines = [...this.#lines.values()];
    return {
      soundMs: lines.map(({ firstAfterMs }) => firstAfterMs - this.#beganAtMs),
      deadAirMs: lines.map(({ firstAfterMs, lastBeforeMs }) => firstAfterMs - lastBeforeMs),
    };
  }
}

function isSound(payload: Buffer): boolean {
  let loud = 0;
  for (const byte of payload) if ((byte & 0x7f) < 0x7f - QUIET_STEPS) loud += 1;
  return loud > payload.length / 4;
}
