import type { ChannelId } from '../../../src/core/ids.ts';
import type { AcceptSettings, QueueSettings } from '../../../src/core/queue/settings.ts';
import { delay } from '../../../src/lib/clock.ts';
import { callerWaitedMedia } from '../hold/announcement-voice.ts';
import { startPlaying } from '../hold/playing.ts';
import type { Stay } from '../queue/queue-visit.ts';

/**
 * How it ended: the two can be joined, the member did not press the key in time, the member hung up, or the caller went, by hanging up
 * or out of the queue.
 */
export type GreetingEnd = 'accepted' | 'not-accepted' | 'dumped' | 'caller-gone';

/** Silence before the question for the key is asked again. */
const QUESTION_PAUSE_MS = 2_000;

/** Whether the queue has anything for the member between the answer and the conversation. */
export function isGreeted({ memberDelayMs, memberAnnounce, reportHoldTime, acceptByKey }: QueueSettings): boolean {
  return memberDelayMs > 0 || memberAnnounce.length > 0 || reportHoldTime || acceptByKey !== null;
}

/**
 * What the member who has answered hears before the conversation (queue-semantics MD1): silence, the announcement, how long the caller
 * has waited, and the question for the key. The caller hears their programme meanwhile. The key counts from the answer on and cuts
 * everything else short. Never rejects.
 */
export async function greetMember(stay: Stay, memberChannelId: ChannelId): Promise<GreetingEnd> {
  const { room, call, settings, line } = stay;
  const { acceptByKey: accept } = settings;
  const over = new AbortController();
  let how: GreetingEnd | null = null;
  const end = (reason: GreetingEnd) => {
    how ??= reason;
    over.abort();
  };
  const unlisten = room.router.onChannel(memberChannelId, (event) => {
    if (event.type === 'channel-destroyed' || event.type === 'stasis-end') end('dumped');
    if (event.type === 'dtmf' && event.digit === accept?.key) end('accepted');
  });
  const onCallerGone = () => end('caller-gone');
  const callerEnds = [call.signal, line.exiting];
  for (const signal of callerEnds) signal.addEventListener('abort', onCallerGone, { once: true });
  try {
    if (callerEnds.some((signal) => signal.aborted)) return 'caller-gone';
    const hearing = { stay, channelId: memberChannelId, signal: over.signal, onGone: () => end('dumped') };
    await introduce(hearing, settings);
    if (accept !== null) await ask(hearing, accept, () => end('not-accepted'));
    return how ?? 'accepted';
  } catch (error) {
    if (!over.signal.aborted) call.log.error({ err: error }, 'The member could not be told who calls');
    return how ?? (accept === null ? 'accepted' : 'not-accepted');
  } finally {
    unlisten();
    for (const signal of callerEnds) signal.removeEventListener('abort', onCallerGone);
  }
}

/** The member's side of a greeting. */
interface Hearing {
  readonly stay: Stay;
  readonly channelId: ChannelId;
  /** Aborted when the greeting is over, for whatever reason. */
  readonly signal: AbortSignal;
  /** The channel has vanished though no event told. */
  readonly onGone: () => void;
}

async function introduce(hearing: Hearing, { memberDelayMs, memberAnnounce, reportHoldTime }: QueueSettings) {
  const { room, place, settings } = hearing.stay;
  if (memberDelayMs > 0) await delay(room.clock, memberDelayMs, hearing.signal);
  await play(hearing, memberAnnounce);
  if (!reportHoldTime) return;
  const { language } = room.settings;
  const waitedMs = room.clock.now() - place.joinedAtMs;
  await play(hearing, callerWaitedMedia({ queue: settings, language, waitedMs }));
}

/** Asks again and again; only the key, or the time, ends it. */
async function ask(hearing: Hearing, { prompt, timeoutMs }: AcceptSettings, onTimeout: () => void): Promise<void> {
  const { clock } = hearing.stay.room;
  const cancel = clock.after(timeoutMs, onTimeout);
  try {
    for (;;) {
      await play(hearing, prompt);
      await delay(clock, QUESTION_PAUSE_MS, hearing.signal);
    }
  } finally {
    cancel();
  }
}

async function play({ stay, channelId, signal, onGone }: Hearing, media: readonly string[]): Promise<void> {
  const { room, call } = stay;
  if (media.length === 0) return;
  const playing = startPlaying(room, { channelId, signal, language: room.settings.language }, media);
  const outcome = await playing.finished;
  if (outcome === 'gone') onGone();
  signal.throwIfAborted();
  if (outcome === 'failed') call.log.warn({ media }, 'The member could not hear it');
}
