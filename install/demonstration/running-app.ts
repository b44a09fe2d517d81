// The application as a user runs it, as a process of its own that may outlive this one.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackEnv } from '../private-stack/env.ts';
import { CHECKOUT } from '../private-stack/paths.ts';
import { isRunning, type ProcessRecord, startDaemon, stopProcess } from '../private-stack/processes.ts';
import { StackError } from '../private-stack/stack-error.ts';

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;
const POLL_MS = 100;
const LOG_LINES_SHOWN = 15;

const recordFile = (env: StackEnv) => join(env.QUEUEAPP_RUN, 'application.json');
/** What a demonstration leaves behind, also after `--once`: the application's log and the recording. */
export const leftBehind = (file: string): string => join(CHECKOUT, '.run', file);

/** Where the application's log goes. */
export const applicationLog = (): string => leftBehind('application.log');

/** The application that an earlier demonstration left running, if it still does. */
function runningApp(env: StackEnv): ProcessRecord | undefined {
  const file = recordFile(env);
  if (!existsSync(file)) return undefined;
  const record = JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord;
  return isRunning(record) ? record : undefined;
}

/** Starts `node dist/src/main.js start`, unless it runs already, and waits until it can take calls. */
export async function startApplication(env: StackEnv): Promise<void> {
  if (runningApp(env) === undefined) {
    mkdirSync(leftBehind(''), { recursive: true });
    rmSync(applicationLog(), { force: true });
    const record = await startDaemon({
      command: process.execPath,
      args: [join(CHECKOUT, 'dist/src/main.js'), 'start'],
      cwd: CHECKOUT,
      logFile: applicationLog(),
      env: { ...env },
    });
    writeFileSync(recordFile(env), JSON.stringify(record));
  }
  const limitAtMs = Date.now() + READY_LIMIT_MS;
  while (!(await isReady(env))) {
    if (runningApp(env) === undefined) throw notReady('ended');
    if (Date.now() > limitAtMs) throw notReady('is not ready');
    await sleep(POLL_MS);
  }
}

/** SIGTERM, and waits for its end. */
export async function stopApplication(env: StackEnv): Promise<void> {
  const record = runningApp(env);
  if (record !== undefined) await stopProcess(record, 'SIGTERM', STOP_LIMIT_MS);
  rmSync(recordFile(env), { force: true });
}

function notReady(what: string): StackError {
  const lines = readFileSync(applicationLog(), 'utf8').trim().split('\n').slice(-LOG_LINES_SHOWN);
  const cure = 'npm run check, and node dist/src/main.js check with the environment of install/stack env, say more';
  return new StackError(`The application ${what}. Its last words:\n    ${lines.join('\n    ')}`, cure);
}

async function isReady(env: StackEnv): Promise<boolean> {
  try {
    return (await fetch(`${env.HTTP_URL}/readyz`)).ok;
  } catch {
    return false;
  }
}
