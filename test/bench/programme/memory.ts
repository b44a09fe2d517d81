import { readFileSync } from 'node:fs';

/** Memory that is a process's own, with its part of what it shares (PSS), and all that lies in memory for it (RSS); kB. */
export interface Memory {
  readonly pssKb: number;
  readonly rssKb: number;
}

/** Reads /proc/PID/smaps_rollup (proc(5)). */
export function readMemory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { pssKb: kb('Pss'), rssKb: kb('Rss') };
}
