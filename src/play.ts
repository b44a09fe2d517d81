#!/usr/bin/env node
// npm run play: what a caller on hold would hear, without a telephone. Two pages: the options here, the call in play-call.ts.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { levelPicture } from './core/programme/rehearsal/picture.ts';
import { readDuration, readTimed, type Timed } from './core/programme/rehearsal/timed.ts';
import { wavFile } from './core/programme/rehearsal/wav.ts';
import { WIRE_FORMATS, type WireFormat } from './core/programme/sound.ts';
import { isAppError } from './errors.ts';
import { type PlayOptions, playCall } from './play-call.ts';

const HELP = `usage: npm run play -- CLASS [options]

Renders what a caller on hold would hear of a music class (music-classes in the configuration; \`default\`), prints it as a
time line, and writes it as a WAV file and its level curve as an SVG picture.

  --keys "3@12s 4@20s"     the caller's keys, each with its instant: 12s, 1500ms, 1:30
  --position "3@0s 2@30s"  the caller's place in line
  --account 4012=150.30    an account that key 2 tells, with its balance; may be given several times
  --for 60s                how long (default: 10 s after the last key, at least 60s; at most 1 h)
  --out x.wav              the sound; the picture beside it is x.svg (default: CLASS.wav)
  --queue NAME             with the programme of this queue over the class's, and what the queue announces
  --average 3m             the queue's average waiting time, from which the announced one is estimated (default: not known)
  --language ru            of what is said (default: the configuration's)
  --hour 9:30              local time at which the call begins: it decides on advice (default: 12:00)
  --track NAME             the tune that is remembered for the caller
  --format ulaw            ${WIRE_FORMATS.join(', ')} (default: ulaw)
  --seed 1                 another caller: another order of what comes in random order
  --config FILE            the configuration file (default: as queueapp start)
  --help
`;

class UsageError extends Error {}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === null) process.stdout.write(HELP);
    else await play(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError) && !isAppError(error)) throw error;
    process.stderr.write(`${error.message}${error instanceof UsageError ? ' (try --help)' : ''}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function play({ out, ...options }: PlayOptions & { out: string }): Promise<void> {
  const rehearsal = await playCall(options, (message) => new UsageError(message));
  for (const { atMs, text } of rehearsal.diary) process.stdout.write(`${clockOf(atMs)}  ${text}\n`);
  const picture = out.replace(/(?:\.wav)?$/i, '.svg');
  write(out, wavFile(rehearsal));
  write(picture, levelPicture(`${options.musicClass}, ${options.format}`, rehearsal));
  process.stdout.write(`\n${out}: ${rehearsal.samples.length / rehearsal.rate} s; level curve: ${picture}\n`);
}

function write(path: string, content: Uint8Array | string): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new UsageError(`--out: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function clockOf(ms: number): string {
  const seconds = (ms / 1000) % 60;
  return `${Math.floor(ms / 60_000)}:${seconds.toFixed(2).padStart(5, '0')}`;
}

function readOptions(args: readonly string[]): (PlayOptions & { out: string }) | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [musicClass = 'default', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`One class at a time: ${positionals.join(', ')}`);
  const keys = timed('--keys', values.keys ?? '', (key) => /^[0-9*#]$/.test(key));
  const positions = timed('--position', values.position ?? '', (place) => /^[1-9]\d{0,5}$/.test(place));
  return {
    musicClass,
    keys,
    positions,
    accounts: (values.account ?? []).map(account),
    forMs: values.for === undefined ? defaultLength([...keys, ...positions]) : duration('--for', values.for),
    out: values.out ?? `${musicClass}.wav`,
    queue: values.queue ?? null,
    averageMs: values.average === undefined ? null : duration('--average', values.average),
    language: values.language ?? null,
    startedAt: timeOfDay(values.hour ?? '12:00'),
    startTrack: values.track ?? null,
    format: format(values.format ?? 'ulaw'),
    seed: wholeNumber('--seed', values.seed ?? '1'),
    file: values.config,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    keys: text,
    position: text,
    account: { ...text, multiple: true },
    for: text,
    out: text,
    queue: text,
    average: text,
    language: text,
    hour: text,
    track: text,
    format: text,
    seed: text,
    config: text,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function timed(option: string, text: string, isKnown: (what: string) => boolean): readonly Timed[] {
  const { timed: read, wrong } = readTimed(text, isKnown);
  if (wrong.length > 0) throw new UsageError(`${option}: ${wrong.join(', ')} is not like 3@12s`);
  return read;
}

function defaultLength(events: readonly Timed[]): number {
  return Math.max(60_000, ...events.map(({ atMs }) => atMs + 10_000));
}

function duration(option: string, text: string): number {
  const ms = readDuration(text);
  if (ms === null || ms === 0) throw new UsageError(`${option} ${text}: a time like 60s or 1:30, at most an hour`);
  return ms;
}

function account(text: string): { number: string; balance: string | null } {
  const [number = '', balance = null, ...more] = text.split('=');
  if (!/^\d{1,24}$/.test(number) || more.length > 0)
    throw new UsageError(`--account ${text}: NUMBER or NUMBER=BALANCE`);
  return { number, balance };
}

function timeOfDay(text: string): { hour: number; minute: number } {
  const [, hour, minute = '0'] = /^(\d{1,2})(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23) throw new UsageError(`--hour ${text}: a time of day like 9:30`);
  return { hour: Number(hour), minute: Number(minute) };
}

function format(text: string): WireFormat {
  const known = WIRE_FORMATS.find((name) => name === text);
  if (known === undefined) throw new UsageError(`--format ${text}: one of ${WIRE_FORMATS.join(', ')}`);
  return known;
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} ${text}: a whole number`);
  return Number(text);
}
