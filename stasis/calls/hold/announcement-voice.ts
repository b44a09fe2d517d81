import type { AnnouncementVoice } from '../../../src/core/programme/announcement.ts';
import { estimatedWait } from '../../../src/core/queue/hold-time.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { announcer } from '../../../src/core/speech/announcer.ts';
import { type Grammar, grammarOf } from '../../../src/core/speech/grammar.ts';
import { type Phrase, phraseMedia } from '../../../src/core/speech/phrase.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';

interface WaitingCaller {
  readonly room: CallRoom;
  readonly call: Call;
  readonly queue: QueueSettings;
  /** Since when the caller waits, Unix milliseconds. */
  readonly waitsSinceMs: () => number;
}

/** What the queue says to this caller, with words that are mixed or played. */
export function announcementVoice<Recording>(
  { room, call, queue, waitsSinceMs }: WaitingCaller,
  record: (phrase: Phrase) => readonly Recording[],
): AnnouncementVoice<Recording> {
  const { prompts, roundSeconds } = queue.announcements;
  const say = announcer(grammarFor(room, call), prompts);
  return {
    position: (place) => record(say.position(place)),
    moreThan: (places) => record(say.moreThan(places)),
    holdTime() {
      const waitedMs = room.clock.now() - waitsSinceMs();
      const wait = { averageMs: room.holdTimes.averageMs(queue.name), waitedMs };
      const estimate = estimatedWait(wait, roundSeconds);
      return estimate === null ? [] : record(say.holdTime(estimate));
    },
    thanks: () => record(say.thanks()),
    periodic: (name) => record([name]),
  };
}

/** What a member is told of a caller. */
export interface MemberReport {
  readonly queue: QueueSettings;
  /** The member's. */
  readonly language: string;
  readonly waitedMs: number;
}

/** How long the caller has waited, for Asterisk to play to the member (app_queue's `reportholdtime`); empty below a second. */
export function callerWaitedMedia({ queue, language, waitedMs }: MemberReport): readonly string[] {
  return phraseMedia(announcer(grammarOf(language), queue.announcements.prompts).callerWaited(waitedMs));
}

/** Of the caller's language, else of the configured one: numbers are spoken by its rules, with its recordings. */
export function grammarFor({ settings }: CallRoom, call: Call): Grammar {
  return grammarOf(call.language, grammarOf(settings.language).language);
}
