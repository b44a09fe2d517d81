import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { concat, type Pcm, parseWav, silence, slice, writeWav } from '../../support/audio/pcm.ts';
import type { Settings } from '../measured-app.ts';

/** Something is said so often. */
export const DUCK_EVERY_MS = 10_000;
/** Each time for so long. */
export const SPEECH_MS = 3_000;
/** The programme's default: before the speech the music goes down. It comes back within the pause. */
const DOWN_MS = 1_000;

/** Writes pieces of speech of the same length, in the order of their names: enough for a call, in which each is said once. */
export function writeAdvice(folder: string, callMs: number): void {
  const speech = spoken();
  for (let index = 0; index < callMs / DUCK_EVERY_MS; index += 1)
    writeWav(join(folder, `advice-${String(index).padStart(3, '0')}.wav`), speech);
}

/** What is said. */
export function spoken(): Pcm {
  const recorded = parseWav(readFileSync(join(CHECKOUT, 'sounds/en/welcome.wav')));
  return slice(concat(recorded, silence(SPEECH_MS, recorded.sampleRate)), 0, SPEECH_MS);
}

/** The music classes of a configuration: `bench` is ours, any other one is Asterisk's own. */
export function musicClass(options: { readonly music: string; readonly advice: string | undefined }): Settings {
  const pause = DUCK_EVERY_MS - DOWN_MS - SPEECH_MS;
  return [
    [['music-classes', 'bench', 'folder'], options.music],
    ...(options.advice === undefined ? [] : ([[['music-classes', 'bench', 'advice'], options.advice]] as const)),
    [
      ['music-classes', 'bench', 'programme'],
      {
        advice: { 'first-after': `${pause}ms`, pause: `${pause}ms` },
        // Advice alone ducks the music, at times that are known.
        position: { 'on-change': false, every: 0 },
      },
    ],
  ];
}

/** What callers of the queue hear: the class `bench`, or Asterisk's own class `default` (musiconhold.conf). */
export function heard(by: 'native' | 'programme'): Settings {
  return [[['queues', 'support', 'music-class'], by === 'native' ? 'default' : 'bench']];
}
