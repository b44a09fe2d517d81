#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { RunningApp } from './app.ts';
import type { CheckedPart } from './cli/check-report.ts';
import { EXIT } from './cli/exit-status.ts';
import { processTerminal } from './cli/live-terminal.ts';
import { runCommandLine } from './cli/program.ts';
import { findingLine } from './config/findings.ts';
import type { LoadedConfig } from './config/load.ts';
import { loadConfig } from './config/load.ts';
import { shippedPath } from './config/shipped.ts';
import { isAppError } from './errors.ts';
import { createLog, type Logger } from './log.ts';
import { ODD } from './row-news.ts';

/** How long a finished command may keep the process alive by something that was not closed, before it is ended all the same. */
const LAST_RESORT_MS = 10_000;

const STDIN = 0;
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  streams: {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  },
  version: packageVersion(),
  now: () => Date.now(),
  live: () => processTerminal(process.stdin, process.stdout),
  start,
  check,
  // Only here, as with start: other commands need nothing of it.
  importConfiguration: async (options) => (await import('./import.ts')).runImport(options),
});
setTimeout(() => process.exit(), LAST_RESORT_MS).unref();

interface StartOptions {
  readonly file: string | undefined;
  readonly switchName: string | undefined;
}

/** Runs the application until the first signal, or until it is drained, then lets it hand its calls back; the second signal ends it at once. */
async function start({ file, switchName }: StartOptions): Promise<void> {
  const loaded = loadConfig({ file, switchName, env: process.env });
  const { config } = loaded;
  const log = createLog(config.log);
  logConfiguration(log, loaded);
  const signal = stopSignal(log);
  // Only here, so that the commands that ask the running application start quickly.
  const { startApp } = await import('./app.ts');
  const starting = startApp({
    loaded,
    // The same file, wherever it was found: its place must not change with what lies around.
    load: () => loadConfig({ file: config.file, switchName, env: process.env }),
    env: process.env,
    log,
    version: packageVersion(),
    signal,
    onLeaseLost: (reason) => endReplaced(log, reason),
  });
  const unheed = reloadOnSignal(starting, log);
  const app = await starting.catch((error: unknown) => {
    // Told to stop while it was a standby.
    if (!signal.aborted || error !== signal.reason) throw error;
  });
  if (app !== undefined) {
    await Promise.race([aborted(signal), app.drained]);
    unheed();
    await app.stop();
  }
  log.info('Stopped');
}

/** Whoever takes the lease next has the calls: nothing is cleaned up here, because everything is that one's now. */
function endReplaced(log: Logger, reason: string): void {
  log.fatal({ reason }, 'The lease of the switch is lost: this process ends without doing anything more');
  process.exit(EXIT.replaced);
}

async function check({ file }: { file: string | undefined }): Promise<readonly CheckedPart[]> {
  const { checkAll } = await import('./check.ts');
  return checkAll({ file, env: process.env });
}

function logConfiguration(log: Logger, { config, secrets, warnings }: LoadedConfig): void {
  log.info({ file: config.file, version: packageVersion() }, 'Configuration read');
  for (const warning of warnings) log.warn({ warning: findingLine(warning) }, ODD);
  if (config.xmpp.connection === null)
    log.warn('XMPP is not configured: members and CRM software are not told of calls');
  if (secrets.apiToken === null)
    log.warn('API_TOKEN is not set: the API is off, and with it the commands that need it');
}

/** SIGHUP, also one that comes during the start, reads the file anew. What is wrong with it stands in the log. That of a terminal which is closed ends the process, as it does without us. */
function reloadOnSignal(starting: Promise<RunningApp>, log: Logger): () => void {
  const isInTerminal = isatty(STDIN);
  const onSignal = () => {
    if (isInTerminal && !isatty(STDIN)) {
      process.removeListener('SIGHUP', onSignal);
      process.kill(process.pid, 'SIGHUP');
      return;
    }
    const reloaded = starting.then((app) => app.reload());
    reloaded.catch((error: unknown) => {
      if (!isAppError(error, 'CONFIG_INVALID')) log.error({ err: error }, 'The configuration could not be read again');
    });
  };
  process.on('SIGHUP', onSignal);
  return () => process.removeListener('SIGHUP', onSignal);
}

/** Aborted at the first SIGTERM or SIGINT. Afterwards a signal has its ordinary effect again: the process ends. */
function stopSignal(log: Logger): AbortSignal {
  const stopping = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    for (const name of STOP_SIGNALS) process.removeListener(name, onSignal);
    log.info({ signal }, 'Stopping; a second signal ends the process at once');
    stopping.abort();
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  return stopping.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(shippedPath('package.json'), 'utf8')) as { version: string }).version;
}
