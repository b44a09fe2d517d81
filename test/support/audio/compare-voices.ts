import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promptTexts, readManifest, type Synthesiser } from '../../../sounds/manifest.ts';
import { render, speak } from '../../../sounds/speech.ts';
import { intelligibility } from './intelligibility.ts';
import { durationMs, readWav } from './pcm.ts';

const VOICES: Readonly<Record<string, readonly (readonly [Synthesiser, string])[]>> = {
  en: [
    ['flite', 'slt'],
    ['flite', 'rms'],
    ['flite', 'awb'],
    ['flite', 'kal16'],
    ['festival', 'kal_diphone'],
    ['espeak-ng', 'en-us'],
    ['espeak-ng', 'en-us+f3'],
  ],
  ru: [
    ['festival', 'msu_ru_nsh_clunits'],
    ['espeak-ng', 'ru'],
    ['espeak-ng', 'ru+f3'],
  ],
  pt_BR: [
    ['espeak-ng', 'pt-br'],
    ['espeak-ng', 'pt-br+f2'],
    ['espeak-ng', 'pt-br+f3'],
    ['espeak-ng', 'pt-br+f5'],
  ],
};

const manifest = readManifest(join(import.meta.dirname, '../../../sounds/manifest.yaml'));
const language = process.argv[2] ?? 'en';
// Two prompts that hold most of the language's sounds.
const TEXT = promptTexts(manifest, { language, names: ['ivr_menu', 'inform_code'] })
  .map(({ text }) => text)
  .join(' ');

// Prints the table behind the choice of voice in sounds/README.md: compare-voices.ts [LANGUAGE].
const folder = mkdtempSync(join(tmpdir(), 'queueapp-voices-'));
try {
  console.log('voice                    as it speaks   with the tone curve   seconds');
  for (const [synthesiser, voice] of VOICES[language] ?? []) {
    const prompt = {
      language,
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
