import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Padding, PROMPT_PAD_MS, type PromptText, SYNTHESISERS } from './manifest.ts';

/** File name endings, which are Asterisk's format names: `wav` is 8 kHz, `wav16` 16 kHz, both 16-bit mono. */
export const FORMATS = ['wav', 'wav16'] as const;
/** A format that every prompt is rendered in. */
export type Format = (typeof FORMATS)[number];

/** Version of the sound processing below: raise it when the result changes, and everything rendered is outdated. */
export const RECIPE = 1;

/** Loudness of every prompt: root mean square of the spoken part, in dB below full scale. */
export const RMS_DBFS = -20;
/** No sample of a prompt is louder than this. */
export const PEAK_DBFS = -3;

/** After so many a voice is given up, with an error: its peaks cannot be held at this loudness. */
const LIMITER_PASSES = 6;

const SAMPLE_RATE = { wav: 8000, wav16: 16000 } as const;

/** Says which Debian package is missing for what is to be rendered, or nothing when all are there. */
export function missingPackages(prompts: readonly PromptText[]): string[] {
  const needed = new Map<string, string>([['sox', 'sox']]);
  for (const { speaker } of prompts) {
    const { command, apt } = SYNTHESISERS[speaker.synthesiser];
    needed.set(command, apt);
  }
  return [...needed].filter(([command]) => !isInstalled(command)).map(([, apt]) => apt);
}

/** Speaks one prompt and writes it in a format to `target`, whole or not at all. */
export function render(prompt: PromptText, target: (format: Format) => string): void {
  const work = mkdtempSync(join(dirname(target('wav')), '.render-'));
  try {
    const finished = (format: Format) => join(work, `finished-${format}.wav`);
    if (prompt.pauseMs === undefined) {
      const spoken = join(work, 'spoken.wav');
      speak(prompt, join(work, 'text.txt'), spoken);
      const shaped = join(work, 'shaped.wav');
      shape(spoken, shaped);
      const padMs = prompt.padMs ?? PROMPT_PAD_MS;
      for (const format of FORMATS) level(shaped, finished(format), { sampleRate: SAMPLE_RATE[format], padMs });
    } else for (const format of FORMATS) pause(prompt.pauseMs, finished(format), SAMPLE_RATE[format]);
    for (const format of FORMATS) renameSync(finished(format), target(format));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Speaks the words of a prompt into a WAV file, just as the synthesiser makes them. */
export function speak({ text, say, speaker }: PromptText, textFile: string, output: string): void {
  writeFileSync(textFile, `${say ?? text}\n`);
  switch (speaker.synthesiser) {
    case 'flite':
      run('flite', [
        '-voice',
        speaker.voice,
        '--setf',
        `duration_stretch=${speaker.stretch}`,
        '-f',
        textFile,
        '-o',
        output,
      ]);
      return;
    case 'festival':
      run('text2wave', [
        '-eval',
        `(voice_${speaker.voice})`,
        '-eval',
        `(Parameter.set 'Duration_Stretch ${speaker.stretch})`,
        '-o',
        output,
        textFile,
      ]);
      return;
    case 'espeak-ng':
      run('espeak-ng', [
        '-v',
        speaker.voice,
        '-s',
        String(Math.round(160 / speaker.stretch)),
        '-f',
        textFile,
        '-w',
        output,
      ]);
      return;
    default:
      speaker.synthesiser satisfies never;
  }
}

/**
 * Trims silence, cuts what a telephone does not carry and lifts the consonants: statistical voices keep nearly all their
 * energy below 1 kHz. Then a limiter, and fades of 10 and 30 ms against clicks.
 */
function shape(input: string, output: string): void {
  const trim = ['silence', '1', '0.02', '-54d'];
  run('sox', [
    ...['-R', '-D', input, '-b', '24', '-c', '1', output, 'gain', '-6', 'rate', '-v', '16000'],
    ...['highpass', '150', 'equalizer', '180', '1q', '-12', 'treble', '12', '1000'],
    ...['compand', '0.002,0.08', '6:-70,-70,-24,-20,-12,-13,0,-9'],
    // Backwards for the end: sox does not know the length that trimming leaves, and so cannot fade out.
    ...[...trim, 'fade', 't', '0.01', 'reverse', ...trim, 'fade', 't', '0.03', 'reverse'],
  ]);
}

/** Brings the spoken part to RMS_DBFS and adds silence before and after it, so that prompts can follow each other. */
function level(
  input: string,
  output: string,
  { sampleRate, padMs }: { readonly sampleRate: number; readonly padMs: Padding },
): void {
  let limited = `${output}-0.wav`;
  run('sox', ['-R', '-D', input, '-b', '24', limited, 'rate', '-v', String(sampleRate)]);
  // What the limiter takes away the next gain gives back, peaks and all: again, until both hold. It works at full scale.
  for (let pass = 1; pass <= LIMITER_PASSES && peakAtLevel(limited) > PEAK_DBFS - 0.2; pass += 1) {
    const before = limited;
    limited = `${output}-${pass}.wav`;
    run('sox', ['-R', '-D', before, '-b', '24', limited, 'gain', '-l', String(gainTo(before) - PEAK_DBFS + 1)]);
  }
  const peakDbfs = peakAtLevel(limited);
  if (peakDbfs > PEAK_DBFS)
    throw new Error(
      `The peak is ${peakDbfs} dBFS, above ${PEAK_DBFS}: the limiter in sounds/speech.ts does not hold this voice`,
    );
  run('sox', ['-R', '-D', limited, '-b', '16', output, 'gain', String(gainTo(limited)), 'pad', ...padding(padMs)]);
}

const padding = ({ before, after }: Padding) => [String(before / 1000), String(after / 1000)];

function pause(ms: number, output: string, sampleRate: number): void {
  run('sox', [
    '-R',
    '-D',
    '-n',
    '-r',
    String(sampleRate),
    '-c',
    '1',
    '-b',
    '16',
    output,
    'trim',
    '0',
    String(ms / 1000),
  ]);
}

function peakAtLevel(file: string): number {
  return measure(file).peakDbfs + gainTo(file);
}

function gainTo(file: string): number {
  return RMS_DBFS - measure(file).rmsDbfs;
}

function measure(file: string): { rmsDbfs: number; peakDbfs: number } {
  const output = run('sox', [file, '-n', 'stats']);
  const figure = (name: string): number => {
    const found = new RegExp(`^${name}\\s+(-?[0-9.]+)`, 'm').exec(output);
    if (!found) throw new Error(`sox does not tell "${name}" of ${file}: ${output}`);
    return Number(found[1]);
  };
  return { rmsDbfs: figure('RMS lev dB'), peakDbfs: figure('Pk lev dB') };
}

function isInstalled(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

// Both streams, because sox prints its statistics on the second; a failing program's own words are in the error.
function run(command: string, args: readonly string[]): string {
  const { status, error, output } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  const said = output?.join('').trim() ?? '';
  if (error || status !== 0) throw new Error(`${command} failed: ${error?.message ?? said}`, { cause: error });
  return said;
}
