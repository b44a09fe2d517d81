import { randomUUID } from 'node:crypto';
import { playbackId } from '../../src/core/ids.ts';
import { deferred } from '../../src/lib/deferred.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import type { Call } from './call.ts';
import type { EventRouter } from './event-router.ts';

/** How a playback ended; `failed` also when Asterisk could not play the media at all. */
export type PlayOutcome = 'done' | 'stopped' | 'failed';

/** One list of media being played to a caller. */
export interface Playing {
  /** Settles once, when nothing is heard any more; rejects only with the call's HangupError. */
  readonly finished: Promise<PlayOutcome>;
  /** Cuts it short. */
  stop(): Promise<void>;
}

/** Starts playing media (`sound:queueapp/welcome`, `tone:congestion`) in the call's language. */
export function startPlaying(deps: { pbx: Pbx; router: EventRouter }, call: Call, media: readonly string[]): Playing {
  const { pbx, router } = deps;
  const id = playbackId(randomUUID());
  const end = deferred<PlayOutcome>();
  let wasStopped = false;
  const onAbort = () => end.reject(call.signal.reason);
  const unlisten = router.onPlayback(id, (event) => {
    if (event.type === 'playback-finished') end.resolve(wasStopped ? 'stopped' : event.outcome);
  });
  const request = async () => {
    call.signal.throwIfAborted();
    call.signal.addEventListener('abort', onAbort, { once: true });
    const answer = await pbx.play({ channelId: call.channelId, playbackId: id, media, language: call.language });
    if (answer === 'gone') end.resolve('failed');
  };
  request().catch(end.reject);
  const finished = end.promise.finally(() => {
    unlisten();
    call.signal.removeEventListener('abort', onAbort);
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
