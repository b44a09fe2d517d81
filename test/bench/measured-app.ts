import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { StackEnv } from '../../install/private-stack/env.ts';
import { CHECKOUT } from '../../install/private-stack/paths.ts';
import {
  isRunning,
  lastLines,
  type ProcessRecord,
  startDaemon,
  stopProcess,
  waitUntil,
} from '../../install/private-stack/processes.ts';

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;
const RANG_TOO_EARLY = 'Ringing before the item was acknowledged';

/** What a bench changes in the shipped configuration, by the path of the setting. */
export type Settings = readonly (readonly [path: readonly string[], value: unknown])[];

/** What the application's log tells of a time. */
export interface LogFindings {
  /** Phones that rang although the XMPP server had not acknowledged the item (`xmpp.publish-wait` was over, or XMPP away). */
  readonly rangBeforeAcknowledged: number;
  /** Other lines of warn and above: text and how often. */
  readonly complaints: ReadonlyMap<string, number>;
}

/** The built application, as a user runs it: `node dist/src/main.js start` with the stack's environment. */
export class MeasuredApp {
  readonly #record: ProcessRecord;
  readonly #logFile: string;
  /** When its process was asked for, Unix milliseconds. */
  readonly startedAtMs: number;

  private constructor(record: ProcessRecord, logFile: string, startedAtMs: number) {
    this.#record = record;
    this.#logFile = logFile;
    this.startedAtMs = startedAtMs;
  }

  get pid(): number {
    return this.#record.pid;
  }

  /** Starts it and waits until it takes calls; `nodeOptions` are put before the file. */
  static async start(env: StackEnv, settings: Settings, nodeOptions: readonly string[] = []): Promise<MeasuredApp> {
    const folder = join(env.QUEUEAPP_RUN, 'bench');
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'queueapp.yaml');
    const document = parseDocument(readFileSync(join(CHECKOUT, 'install/queueapp.yaml'), 'utf8'));
    for (const [path, value] of settings) document.setIn(path, value);
    await writeFile(config, document.toString());
    const startedAtMs = Date.now();
    const logFile = join(folder, `application-${startedAtMs}.log`);
    const record = await startDaemon({
      command: process.execPath,
      args: [...nodeOptions, join(CHECKOUT, 'dist/src/main.js'), 'start'],
      cwd: folder,
      logFile,
      env: { ...env, QUEUEAPP_CONFIG: config },
    });
    const app = new MeasuredApp(record, logFile, startedAtMs);
    const isReady = async () => !isRunning(record) || (await answers(`${env.HTTP_URL}/readyz`));
    if (!(await waitUntil(isReady, READY_LIMIT_MS)) || !isRunning(record)) {
      await app.stop();
      throw new Error(`The application did not start:\n${lastLines(logFile)}`);
    }
    return app;
  }

  /** What its log says of the time between two instants, Unix milliseconds. */
  async findings(fromMs: number, toMs: number): Promise<LogFindings> {
    const complaints = new Map<string, number>();
    let rangBeforeAcknowledged = 0;
    for (const line of (await readFile(this.#logFile, 'utf8')).split('\n')) {
      const entry = parseLine(line);
      if (entry === undefined || entry.atMs < fromMs || entry.atMs > toMs) continue;
      if (entry.text === RANG_TOO_EARLY) rangBeforeAcknowledged += 1;
      else if (entry.isComplaint) complaints.set(entry.text, (complaints.get(entry.text) ?? 0) + 1);
    }
    return { rangBeforeAcknowledged, complaints };
  }

  /** SIGKILL, as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    await stopProcess(this.#record, 'SIGKILL', STOP_LIMIT_MS);
  }

  async stop(): Promise<void> {
    await stopProcess(this.#record, 'SIGTERM', STOP_LIMIT_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function parseLine(line: string): { atMs: number; text: string; isComplaint: boolean } | undefined {
  if (!line.startsWith('{')) return undefined;
  const entry = JSON.parse(line) as { level?: string; time?: string; msg?: string };
  return {
    atMs: Date.parse(entry.time ?? ''),
    text: entry.msg ?? '',
    isComplaint: ['warn', 'error', 'fatal'].includes(entry.level ?? ''),
  };
}
