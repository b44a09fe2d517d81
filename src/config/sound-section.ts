import { z } from 'zod';
import { WIRE_FORMATS } from '../core/programme/sound.ts';
import { programme } from './programme-section.ts';
import { address, count, duration, line, percent, section } from './values.ts';

const MEBIBYTE = 1024 * 1024;

/** Recordings and the memory they take; folders are as written, {@link resolvedSounds} makes them absolute. */
export const soundsSection = section({
  folder: line(4096)
    .optional()
    .describe('The prompts: a folder for each language. By default the ones that are shipped.'),
  'asterisk-folder': line(4096)
    .optional()
    .describe(
      "Asterisk's own recordings, for numbers in a human voice: /usr/share/asterisk/sounds on Debian. Without it numbers are spoken by the same voice as the prompts.",
    ),
  formats: z
    .array(z.enum(WIRE_FORMATS))
    .min(1)
    .refine((formats) => new Set(formats).size === formats.length, { error: 'names a format twice' })
    .prefault(['ulaw', 'alaw', 'slin16'])
    .describe(
      'What callers may speak; music is kept in memory once for each. For a caller with another codec Asterisk transcodes the nearest of these.',
    ),
  'track-limit': duration({ minMs: 1000, maxMs: 3_600_000 })
    .prefault('15m')
    .describe('Longest track; of a longer one the beginning is played.'),
  memory: count(16, 65_536)
    .prefault(512)
    .describe('Most memory for decoded sound, MB; tracks beyond it are left out and named in the log.'),
}).transform((written) => ({
  folder: written.folder ?? null,
  asteriskFolder: written['asterisk-folder'] ?? null,
  formats: written.formats,
  trackMaxMs: written['track-limit'],
  memoryMaxBytes: written.memory * MEBIBYTE,
}));

/** A class of musiconhold.conf, or of ours. */
export const className = () =>
  z.string().regex(/^[A-Za-z0-9_.-]{1,80}$/, { error: 'expected the name of a music class, such as default' });

export const musicClassFields = section({
  folder: line(4096)
    .optional()
    .describe('Tracks: WAV, MP3, Ogg, Opus, FLAC. Relative to the configuration file. New files are taken up at once.'),
  advice: line(4096)
    .optional()
    .describe(
      'What is said between the tunes: a folder with `first/`, `firstMorning/`, `firstDay/`, `firstEvening/`, `middle/` and `last/`.',
    ),
  stream: address(['http', 'https'], 'use one that is public')
    .optional()
    .describe('A live stream (Icecast, Shoutcast) instead of the tracks; these are played while it is lost.'),
  level: percent().prefault('100%').describe('How loud the music is when nothing is said.'),
  fallback: className()
    .prefault('default')
    .describe("Class of Asterisk's musiconhold.conf that is heard while the programme can't be."),
  programme: programme
    .optional()
    .meta({ kind: 'as in [programme](#programme)' })
    .describe('What differs from the default programme; a queue may differ further.'),
});

/** One music class; its name is its key. */
export const musicClass = musicClassFields.transform((written, context) => {
  if (written.folder === undefined && written.stream === undefined) {
    context.issues.push({ code: 'custom', input: written, path: [], message: 'a music class needs folder or stream' });
  }
  return {
    folder: written.folder ?? null,
    adviceFolder: written.advice ?? null,
    stream: written.stream ?? null,
    level: written.level,
    fallback: written.fallback,
    programme: written.programme ?? {},
  };
});
