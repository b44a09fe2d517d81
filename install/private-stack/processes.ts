// Servers that outlive the command that started them: started detached, known by process id and start time, ended by them.
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StackError } from './stack-error.ts';

const POLL_MS = 25;
const LOG_LINES_SHOWN = 25;
const execFileAsync = promisify(execFile);

/** A process as it is recorded. The start time (clock ticks since boot) tells it from a later one with the same id. */
export interface ProcessRecord {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
}

/** What is started, and as whom. */
export interface Daemon {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Standard output and standard error go to the end of this file. */
  readonly logFile: string;
  readonly env?: Record<string, string>;
  readonly uid?: number;
  readonly gid?: number;
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

// Of /proc/PID/stat; the command name in field 2 may hold spaces and brackets, so count from its last bracket (field 3 is
// the first then): state, number of threads (20), start time (22).
const startTicks = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie is gone, but not while threads of it are still ending: until then its sockets are open.
    const isGone = fields[0] === 'Z' && Number(fields[17]) <= 1;
    return isGone ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

/** Is this very process (not another one that got its id) still running? */
export const isRunning = (record: ProcessRecord | undefined): boolean =>
  record !== undefined && record.bootId === bootId() && startTicks(record.pid) === record.startTicks;

/** Starts a server in a session of its own and records it. Throws StackError when it cannot be started. */
export const startDaemon = async (daemon: Daemon): Promise<ProcessRecord> => {
  const log = openSync(daemon.logFile, 'a', 0o600);
  try {
    const child = spawn(daemon.command, daemon.args, {
      cwd: daemon.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...daemon.env },
      ...(daemon.uid === undefined ? {} : { uid: daemon.uid }),
      ...(daemon.gid === undefined ? {} : { gid: daemon.gid }),
    });
    const pid = await new Promise<number>((found, failed) => {
      child.once('error', failed);
      child.once('spawn', () => found(child.pid ?? 0));
    });
    child.unref();
    return { pid, startTicks: startTicks(pid) ?? 'gone', bootId: bootId() };
  } catch (cause) {
    throw new StackError(`${daemon.command} cannot be started`, 'install/packages.sh installs what the stack needs', {
      cause,
    });
  } finally {
    closeSync(log);
  }
};

/** Sends a signal to this very process; to no other that got its id meanwhile. */
export const signalProcess = (record: ProcessRecord, signal: NodeJS.Signals): void => {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Ends a process: the signal, and after `patienceMs` SIGKILL. Resolves when it is gone. */
export const stopProcess = async (record: ProcessRecord, signal: NodeJS.Signals, patienceMs: number): Promise<void> => {
  signalProcess(record, signal);
  if (await waitUntil(() => !isRunning(record), patienceMs)) return;
  signalProcess(record, 'SIGKILL');
  if (await waitUntil(() => !isRunning(record), patienceMs)) return;
  throw new StackError(`Process ${record.pid} does not end`, `look at it with: ps -fp ${record.pid}`);
};

/** Polls a condition until it holds; false when it did not within `limitMs`. */
export const waitUntil = async (condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> => {
  const endsMs = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= endsMs) return false;
    await sleep(POLL_MS);
  }
};

/** The last lines of a log, for the one who has to find out why a server did not start. */
export const lastLines = (file: string, count = LOG_LINES_SHOWN): string => {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
};

/** What a server that is being started must reach, and what to show when it does not. */
export interface Readiness {
  readonly server: string;
  readonly process: ProcessRecord;
  readonly logFiles: readonly string[];
  readonly limitMs: number;
  readonly isReady: () => Promise<boolean>;
}

/** Waits until a server is ready. Throws StackError with the last lines of its logs when it dies or is not ready in time. */
export const awaitReady = async ({ server, process, logFiles, limitMs, isReady }: Readiness): Promise<void> => {
  let died = false;
  const settled = await waitUntil(async () => {
    died = !isRunning(process);
    return died || (await isReady());
  }, limitMs);
  if (settled && !died) return;
  const logs = logFiles.map((file) => `--- ${file}\n${lastLines(file)}`).join('\n');
  throw new StackError(
    `${server} ${died ? 'died at its start' : `was not ready within ${limitMs / 1000} s`}:\n${logs}`,
    'read the lines above; install/stack down clears away what is left, then install/stack up tries again',
  );
};

/** Runs a script of install/ to its end: what it says goes to the terminal, what it prints is returned. */
export const runScript = (file: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new StackError(`${file} ${args.join(' ')} failed`, 'read what it said above'));
    });
  });

/** Runs a command to its end and gives its standard output. Throws StackError with what it printed when it fails. */
export const run = async (
  command: string,
  args: readonly string[],
  options: {
    readonly cure: string;
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    readonly uid?: number;
    readonly gid?: number;
  },
): Promise<string> => {
  const { cure, env, ...rest } = options;
  try {
    const { stdout } = await execFileAsync(command, [...args], {
      ...rest,
      env: { ...process.env, ...env },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string };
    const printed = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
    throw new StackError(`${command} failed:\n${printed || String(cause)}`, cure, { cause });
  }
};
