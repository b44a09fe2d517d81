import { flag, group, listOf, oneOf, text, textOrNull, time, whole } from './schemas.ts';
import { ROLES, standingProperties, switchSummarySchema, waitingSchema } from './standing.ts';

const reason = textOrNull('Why it is down or slow');

const part = group({
  state: oneOf(
    ['up', 'slow', 'down', 'off'],
    'slow: there, and late with its answers; off: not configured, or not needed by a standby',
  ),
  since: time('Since when it is so'),
  reason,
});

export const readinessSchema = group({
  ready: flag('Whether calls can be taken'),
  role: oneOf(ROLES, 'What the process does for its switch'),
  stopping: flag('Whether the application is being stopped'),
  missing: listOf(
    group({ part: oneOf(['asterisk', 'database', 'xmpp'], 'What is missing'), since: time('Since when'), reason }),
  ),
  parts: group({ asterisk: part, database: part, xmpp: part }),
  waiting: waitingSchema,
  music: listOf(
    group({
      class: text('Name of the music class'),
      tracks: whole('Tunes that can be played'),
      broken: whole('Files and folders that give no sound'),
      stream: {
        ...group({ playing: flag('Whether it is heard'), since: time('Since when it is, or is not') }),
        type: ['object', 'null'],
      },
    }),
  ),
  switches: switchSummarySchema,
});

export const statusSchema = group({
  version: text("The application's version"),
  started: time('When it was started'),
  ready: flag('Whether calls can be taken'),
  stopping: flag('Whether it is being stopped'),
  ...standingProperties,
  calls: whole('Calls in the application now'),
  parts: group({ asterisk: part, database: part, xmpp: part }),
  music: listOf(
    group({
      class: text('Name of the music class'),
      tracks: whole('Tunes that can be played'),
      advice: whole('Pieces of advice that can be said'),
      broken: listOf(group({ path: text('A file that gives no sound'), reason: text('Why') })),
      stream: {
        ...group({
          playing: flag('Whether it is heard; else the class plays its files'),
          title: textOrNull('What it plays, in its own words'),
          since: time('Since when it plays, or does not'),
          reason: textOrNull('Why it does not play'),
        }),
        type: ['object', 'null'],
      },
    }),
  ),
  refusedRows: listOf(
    group({
      table: oneOf(['queue', 'ivr_step'], 'Table of the database'),
      row: text('Name of the queue or step whose row is not used as it stands'),
      reason: text('Why'),
    }),
  ),
});
