import { readdirSync, readFileSync } from 'node:fs';

/** What a process has of the machine. */
export interface Usage {
  /** Resident memory, MiB. */
  readonly memoryMiB: number;
  /** Open files and sockets. */
  readonly files: number;
  readonly threads: number;
}

/** Reads /proc/PID (proc(5)): VmRSS and Threads of `status`, and the entries of `fd`. */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    memoryMiB: field('VmRSS') / 1_024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
  };
}
