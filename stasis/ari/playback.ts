import type { ChannelId, PlaybackId } from '../../src/core/ids.ts';
import { AppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { PbxEvent, PlayRequest, Presence } from '../../src/ports/pbx.ts';
import { presence } from './answers.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;
type Finished = Extract<PbxEvent, { type: 'playback-finished' }>;

interface Options {
  readonly request: Request;
  readonly clock: Clock;
  readonly emit: (event: Finished) => void;
  /** For how long a request waits for the end of what plays on its channel. */
  readonly waitMs: number;
}

interface Open {
  readonly playbackId: PlaybackId;
  readonly channelId: ChannelId;
}

/**
 * What plays where. Asterisk plays inside the channel's own thread: until it is over, answer, set variable and both bridge
 * requests wait for that thread, and as Asterisk works off one socket's requests one after another, *all* requests wait with them
 * (measured on 22.10 with a tone that never ends). So such requests are held here until the channel is silent.
 */
export class Playbacks {
  readonly #options: Options;
  readonly #open = new Map<PlaybackId, Open>();
  readonly #byChannel = new Map<ChannelId, Set<PlaybackId>>();
  readonly #waiting = new Map<ChannelId, Set<() => void>>();

  constructor(options: Options) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** `POST /channels/{id}/play/{playbackId}`, noted before it is sent: its end may be told before its beginning is acknowledged. */
  async play({ channelId, playbackId, media, language }: PlayRequest): Promise<Presence> {
    if (media.length === 0) throw new Error('Nothing to play');
    const request: AriRequest = {
      method: 'POST',
      address: uri`channels/${channelId}/play/${playbackId}`,
      body: { media, ...(language === undefined ? {} : { lang: language }) },
    };
    this.#add({ channelId, playbackId });
    try {
      const answer = presence(request, await this.#options.request(request));
      if (answer === 'gone') this.#remove(playbackId);
      return answer;
    } catch (error) {
      this.#remove(playbackId);
      throw error;
    }
  }

  /** `DELETE /playbacks/{id}`; the end is told by its event, as always. */
  async stop(playbackId: PlaybackId): Promise<Presence> {
    const request: AriRequest = { method: 'DELETE', address: uri`playbacks/${playbackId}` };
    return presence(request, await this.#options.request(request));
  }

  /** Asterisk says that a playback is over. Unknown ones (reported before, or somebody else's) are not passed on. */
  finished(event: Finished): void {
    if (this.#remove(event.playbackId)) this.#options.emit(event);
  }

  /** The channel has left: whatever still counts as playing on it is over. */
  channelGone(channelId: ChannelId): void {
    for (const playbackId of [...(this.#byChannel.get(channelId) ?? [])]) this.#fail(playbackId);
  }

  /** The connection is lost: how they end will not be told. */
  connectionLost(): void {
    for (const playbackId of [...this.#open.keys()]) this.#fail(playbackId);
  }

  /** Waits until nothing plays on the channel. @throws AppError ARI_REFUSED when it goes on playing */
  async untilSilent(channelId: ChannelId): Promise<void> {
    if (!this.#byChannel.has(channelId)) return;
    const { clock, waitMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.after(waitMs, () => {
        waiting.delete(done);
        reject(
          new AppError(
            'ARI_REFUSED',
            `Channel ${channelId} has been playing for ${waitMs} ms: the request would block Asterisk`,
          ),
        );
      });
      const done = () => {
        cancel();
        resolve();
      };
      const waiting = this.#waiting.get(channelId) ?? new Set();
      this.#waiting.set(channelId, waiting.add(done));
    });
  }

  /** Stops whatever plays on the channel, and waits for it. */
  async silence(channelId: ChannelId): Promise<void> {
    const open = this.#byChannel.get(channelId);
    if (open === undefined) return;
    await Promise.all([...open].map((playbackId) => this.stop(playbackId)));
    await this.untilSilent(channelId);
  }

  #fail(playbackId: PlaybackId): void {
    if (this.#remove(playbackId)) this.#options.emit({ type: 'playback-finished', playbackId, outcome: 'failed' });
  }

  #add(open: Open): void {
    if (this.#open.has(open.playbackId)) throw new Error(`Playback id ${open.playbackId} is in use`);
    this.#open.set(open.playbackId, open);
    const ofChannel = this.#byChannel.get(open.channelId) ?? new Set();
    this.#byChannel.set(open.channelId, ofChannel.add(open.playbackId));
  }

  #remove(playbackId: PlaybackId): boolean {
    const open = this.#open.get(playbackId);
    if (!open) return false;
    this.#open.delete(playbackId);
    const ofChannel = this.#byChannel.get(open.channelId);
    ofChannel?.delete(playbackId);
    if (ofChannel?.size === 0) {
      this.#byChannel.delete(open.channelId);
      const waiting = this.#waiting.get(open.channelId);
      this.#waiting.delete(open.channelId);
      for (const done of waiting ?? []) done();
    }
    return true;
  }
}

/** `POST` and `DELETE /channels/{id}/moh`. They take effect after what plays; an unknown class is not refused by Asterisk. */
export function musicRequest(channelId: ChannelId, musicClass: string | null): AriRequest {
  const address = uri`channels/${channelId}/moh`;
  if (musicClass === null) return { method: 'DELETE', address };
  return { method: 'POST', address: withQuery(address, { mohClass: musicClass }) };
}
