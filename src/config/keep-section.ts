import { z } from 'zod';
import { shown } from './findings.ts';
import { durationMs, durationText, section } from './values.ts';

/** A repeated request whose reply was lost must still find what it asked for. */
const LEAST_MS = 10 * 60_000;
const MOST_MS = 36_500 * 24 * 3_600_000;

/** A length of time in which something is kept, `30d`, or `forever`, which becomes `null`. */
const keepTime = () => {
  const expected = `expected a time from ${durationText(LEAST_MS)} to ${durationText(MOST_MS)}, such as 30d, or forever`;
  return z
    .union([z.string(), z.number()], { error: ({ input }) => `${expected}, got ${shown(input)}` })
    .transform((written, context) => {
      if (written === 'forever') return null;
      const ms = durationMs(String(written));
      if (ms !== null && ms >= LEAST_MS && ms <= MOST_MS) return ms;
      context.issues.push({ code: 'custom', input: written, message: `${expected}, got ${shown(written)}` });
      return z.NEVER;
    })
    .meta({ kind: 'duration, or `forever`' });
};

/** How long what calls leave of people is kept. */
export const keepSection = section(
  {
    entries: keepTime()
      .prefault('24h')
      .describe('Ended places in line with the offers to members: tables `queue_entry` and `ring_attempt`.'),
    attempts: keepTime().prefault('24h').describe('Ended offers to members, where their place is kept longer.'),
    customers: keepTime().prefault('24h').describe('The customer in an ended place, where that is kept longer.'),
    numbers: keepTime()
      .prefault('forever')
      .describe(
        "Callers' numbers and names in ended places and in `queue_log`. Afterwards a token stands there, one for each number, so that reports go on adding up.",
      ),
    'queue-log': keepTime()
      .prefault('forever')
      .describe('Lines of the table `queue_log`; what is removed is missing in reports.'),
    'caller-music': keepTime()
      .prefault('365d')
      .describe('The tune that a caller chose, since the last call that began with it.'),
    recordings: keepTime()
      .prefault('forever')
      .describe('Files of recorded conversations; Asterisk removes them. Their rows in the table `recording` stay.'),
  },
  { name: 'keep' },
).transform((written) => ({
  entriesMs: written.entries,
  attemptsMs: written.attempts,
  customersMs: written.customers,
  numbersMs: written.numbers,
  queueLogMs: written['queue-log'],
  callerMusicMs: written['caller-music'],
  recordingsMs: written.recordings,
}));
