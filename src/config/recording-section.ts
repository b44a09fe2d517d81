import { z } from 'zod';
import {
  RECORDING_DEFAULTS,
  RECORDING_FORMATS,
  RECORDING_KINDS,
  type RecordingSettings,
} from '../core/queue/recording.ts';
import { patternFault, RECORDING_FIELDS } from '../core/queue/recording-name.ts';
import { flag, prompt, section } from './values.ts';

const fields = RECORDING_FIELDS.map((field) => `\`{${field}}\``).join(', ');

/** How a queue's conversations are recorded. */
export const recordingFields = section({
  start: z
    .enum(['at-connect', 'on-demand'])
    .prefault(RECORDING_DEFAULTS.start)
    .describe(
      'Each conversation from its beginning on, or only when it is asked for (`queueapp recording start`). Without `recording` nothing is recorded, `recording: {}` takes the defaults: [recording.md](recording.md).',
    ),
  what: z
    .enum(RECORDING_KINDS)
    .prefault(RECORDING_DEFAULTS.what)
    .describe(
      'One file with both people, or two files (`-caller`, `-member`) with one of them each, aligned in time; `both`: all three (app_queue: `monitor-type`).',
    ),
  format: z
    .enum(RECORDING_FORMATS)
    .prefault(RECORDING_DEFAULTS.format)
    .describe(
      '`wav` is 8,000 samples a second of 16 bits, 1 MB a minute; `wav16` twice that; `wav49` and `gsm` a tenth, and worse (app_queue: `monitor-format`).',
    ),
  name: z
    .string()
    .superRefine((pattern, context) => {
      const fault = patternFault(pattern);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .prefault(RECORDING_DEFAULTS.name)
    .meta({ kind: 'pattern of a name' })
    .describe(`Names of the files below Asterisk's folder of recordings; \`/\` makes folders. Fields: ${fields}.`),
  consent: prompt()
    .prefault([])
    .describe(
      'Said to the caller, for example `queueapp/recording_consent`; nothing is recorded before it was heard to its end.',
    ),
  'pause-on-hold': flag()
    .prefault(RECORDING_DEFAULTS.pauseOnHold)
    .describe('Silence is recorded while the member has put the caller on hold.'),
});

/** A queue's recording in the application's units; `null`: its conversations are not recorded. */
export function recordingSettings(written: z.output<typeof recordingFields> | undefined): RecordingSettings | null {
  if (written === undefined) return null;
  const { 'pause-on-hold': pauseOnHold, ...rest } = written;
  return { ...rest, pauseOnHold };
}
