import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Synthesiser } from '../../../sounds/manifest.ts';
import { render, speak } from '../../../sounds/speech.ts';
import { intelligibility } from './intelligibility.ts';
import { durationMs, readWav } from './pcm.ts';

const VOICES: readonly (readonly [Synthesiser, string])[] = [
  ['flite', 'slt'],
  ['flite', 'rms'],
  ['flite', 'awb'],
  ['flite', 'kal16'],
  ['festival', 'kal_diphone'],
  ['espeak-ng', 'en-us'],
  ['espeak-ng', 'en-us+f3'],
];
const TEXT =
  'For support, press 1. For sales, press 2. Or please wait. Please enter the four digits of your customer code.';

// Prints the table behind the choice of voice in sounds/README.md.
const folder = mkdtempSync(join(tmpdir(), 'queueapp-voices-'));
try {
  console.log('voice                    as it speaks   with the tone curve   seconds');
  for (const [synthesiser, voice] of VOICES) {
    const prompt = {
      language: 'en',
      name: 'x',
      text: TEXT,
      speaker: { name: '', synthesiser, voice, stretch: 1, licence: '' },
    };
    speak(prompt, join(folder, 'text.txt'), join(folder, 'spoken.wav'));
    execFileSync('sox', [
      '-R',
      '-D',
      join(folder, 'spoken.wav'),
      join(folder, 'plain.wav'),
      'gain',
      '-6',
      'rate',
      '-v',
      '8000',
      'highpass',
      '150',
    ]);
    render(prompt, (format) => join(folder, `rendered.${format}`));
    const plain = intelligibility(readWav(join(folder, 'plain.wav')));
    const rendered = readWav(join(folder, 'rendered.wav'));
    const name = `${synthesiser} ${voice}`.padEnd(24);
    console.log(
      `${name} ${plain.toFixed(2).padStart(8)} ${intelligibility(rendered).toFixed(2).padStart(18)} ${(durationMs(rendered) / 1000).toFixed(1).padStart(16)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
