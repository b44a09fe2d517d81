import { count, flag, line, section } from './values.ts';

const MEBIBYTE = 1024 * 1024;

/** Where queue_log is written besides the database, and lines that app_queue does not have. */
export const queueLogSection = section({
  file: line(4096)
    .optional()
    .describe(
      "File that gets every line of table `queue_log` in the form of Asterisk's, for programs that follow that one; relative to this file. Without it there is none.",
    ),
  'rotate-size': count(0, 1_000_000)
    .prefault(0)
    .describe(
      'From so many MB on the file becomes FILE.1, FILE.1 becomes FILE.2 and so on; 0 never. logrotate may do it instead.',
    ),
  'rotate-daily': flag().prefault(false).describe('The same with the first line of each day.'),
  keep: count(1, 1000).prefault(10).describe('How many of those are kept.'),
  'legacy-transfer': flag()
    .prefault(false)
    .describe(
      'After BLINDTRANSFER and ATTENDEDTRANSFER the file gets the line TRANSFER of Asterisk 11, which Asternic reads.',
    ),
  ivr: flag()
    .prefault(true)
    .describe(
      "Whether the caller's way through menus is written: DID and QueueMetrics' INFO (IVRSTART, IVR, IVRAPPEND, IVRGOAL).",
    ),
}).transform((written) => ({
  file: written.file ?? null,
  rotation: { bytes: written['rotate-size'] * MEBIBYTE, isDaily: written['rotate-daily'], keep: written.keep },
  hasLegacyTransfer: written['legacy-transfer'],
  hasIvr: written.ivr,
}));
