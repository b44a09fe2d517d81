import { randomUUID } from 'node:crypto';
import { playbackId } from '../../../src/core/ids.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { EventRouter } from '../event-router.ts';

/** How a playback ended; `failed` also when Asterisk could not play the media at all, `gone` when there is no such channel. */
export type PlayOutcome = 'done' | 'stopped' | 'failed' | 'gone';

/** Who listens: a caller, or a member before the conversation. */
export type Listener = Pick<Call, 'channelId' | 'signal' | 'language'>;

/** One list of media being played to a caller. */
export interface Playing {
  /** Settles once, when nothing is heard any more; rejects only with the listener's signal's reason. */
  readonly finished: Promise<PlayOutcome>;
  /** Cuts it short. */
  stop(): Promise<void>;
}

/** Starts playing media (`sound:queueapp/welcome`, `tone:congestion`) in the listener's language. */
export function startPlaying(
  deps: { pbx: Pbx; router: EventRouter },
  { channelId, signal, language }: Listener,
  media: readonly string[],
): Playing {
  const { pbx, router } = deps;
  const id = playbackId(randomUUID());
  const end = deferred<PlayOutcome>();
  let wasStopped = false;
  const onAbort = () => end.reject(signal.reason);
  const unlisten = router.onPlayback(id, (event) => {
    if (event.type === 'playback-finished') end.resolve(wasStopped ? 'stopped' : event.outcome);
  });
  const request = async () => {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    const answer = await pbx.play({ channelId, playbackId: id, media, language });
    if (answer === 'gone') end.resolve('gone');
  };
  request().catch(end.reject);
  const finished = end.promise.finally(() => {
    unlisten();
    signal.removeEventListener('abort', onAbort);
  });
  finished.catch(() => undefined);
  return {
    finished,
    async stop() {
      wasStopped = true;
      if ((await pbx.stopPlayback(id)) === 'gone') end.resolve('stopped');
      await finished;
    },
  };
}
