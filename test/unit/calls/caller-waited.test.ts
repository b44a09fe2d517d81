import { expect, test } from '@jest/globals';
import { ANNOUNCEMENT_DEFAULTS } from '../../../src/core/programme/announcement-settings.ts';
import { callerWaitedMedia } from '../../../stasis/calls/hold/announcement-voice.ts';
import { queueSettings } from '../../support/queue-people.ts';

test('What a member is told of the caller’s wait is media of the member’s language, with the queue’s own recordings', () => {
  expect(callerWaitedMedia({ queue: queueSettings(), language: 'ru', waitedMs: 122_000 })).toEqual([
    'sound:queueapp/caller_waited',
    'sound:queueapp/numbers/2_f',
    'sound:queueapp/waiting/minute_few',
    'sound:queueapp/numbers/2_f',
    'sound:queueapp/waiting/second_few',
  ]);
  const prompts = { ...ANNOUNCEMENT_DEFAULTS.prompts, reportHold: ['queue-reporthold'] };
  const queue = queueSettings({ announcements: { ...ANNOUNCEMENT_DEFAULTS, prompts } });
  expect(callerWaitedMedia({ queue, language: 'en', waitedMs: 1_500 })).toEqual([
    ...['sound:queue-reporthold', 'sound:queueapp/numbers/1', 'sound:queueapp/waiting/second_one'],
  ]);
  expect(callerWaitedMedia({ queue, language: 'en', waitedMs: 999 })).toEqual([]);
});
