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

interface PlayBody {
  readonly media: string;
  readonly lang?: string;
}

/** One `Pbx` playback: as many of Asterisk's as it has media, all of them queued at once. */
interface Open {
  readonly playbackId: PlaybackId;
  readonly channelId: ChannelId;
  /** Asterisk's playbacks that have not ended, in their order. */
  readonly left: Set<string>;
  isSending: boolean;
  isStopped: boolean;
  hasFailed: boolean;
}

/**
 * What plays where. Asterisk plays inside the channel's own thread: until it is over, answer, set variable and both bridge
 * requests wait for that thread, and as Asterisk works off one socket's requests one after another, *all* requests wait with them
 * (measured on 22.10 with a tone that never ends). So such requests are held here until the channel is silent.
 *
 * A list of media is sent as one playback for each, because stopping a playback of several only skips to its next medium.
 */
export class Playbacks {
  readonly #options: Options;
  readonly #open = new Map<PlaybackId, Open>();
  /** By the id that Asterisk knows. */
  readonly #parts = new Map<string, Open>();
  readonly #byChannel = new Map<ChannelId, Set<Open>>();
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
    const open = this.#add(channelId, playbackId);
    const bodies = media.map((medium) => ({ media: medium, ...(language === undefined ? {} : { lang: language }) }));
    let answer: Presence;
    try {
      answer = await this.#sendAll(open, bodies);
    } catch (error) {
      this.#remove(open);
      throw error;
    }
    if (answer === 'gone') this.#remove(open);
    open.isSending = false;
    this.#endIfOver(open);
    return answer;
  }

  /** `DELETE /playbacks/{id}`, the last of a list first, so that none begins; the end is told by its event, as always. */
  async stop(playbackId: PlaybackId): Promise<Presence> {
    const open = this.#open.get(playbackId);
    if (!open) return 'gone';
    open.isStopped = true;
    const answers = await Promise.all(
      [...open.left].reverse().map(async (partId) => {
        const request: AriRequest = { method: 'DELETE', address: uri`playbacks/${partId}` };
        return presence(request, await this.#options.request(request));
      }),
    );
    return answers.includes('done') ? 'done' : 'gone';
  }

  /** Asterisk says that a playback is over. Unknown ones (reported before, or somebody else's) are not passed on. */
  finished({ playbackId: partId, outcome }: Finished): void {
    const open = this.#parts.get(partId);
    if (!open) return;
    this.#parts.delete(partId);
    open.left.delete(partId);
    if (outcome === 'failed' && !open.isStopped) open.hasFailed = true;
    this.#endIfOver(open);
  }

  /** The channel has left: whatever still counts as playing on it is over. */
  channelGone(channelId: ChannelId): void {
    for (const open of [...(this.#byChannel.get(channelId) ?? [])]) this.#end(open, 'failed');
  }

  /** The connection is lost: how they end will not be told. */
  connectionLost(): void {
    for (const open of [...this.#open.values()]) this.#end(open, 'failed');
  }

  /** Waits until nothing plays on the channel. @throws AppError ARI_REFUSED when it goes on playing */
  async untilSilent(channelId: ChannelId): Promise<void> {
    if (!this.#byChannel.has(channelId)) return;
    const { clock, waitMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const waiting = this.#waiting.get(channelId) ?? new Set();
      const cancel = clock.after(waitMs, () => {
        waiting.delete(done);
        const words = `Channel ${channelId} has been playing for ${waitMs} ms, and the request would block Asterisk`;
        reject(new AppError('ARI_REFUSED', words, { details: { channelId } }));
      });
      const done = () => {
        cancel();
        resolve();
      };
      this.#waiting.set(channelId, waiting.add(done));
    });
  }

  /** Stops whatever plays on the channel, and waits for it. */
  async silence(channelId: ChannelId): Promise<void> {
    const open = this.#byChannel.get(channelId);
    if (open === undefined) return;
    await Promise.all([...open].map(({ playbackId }) => this.stop(playbackId)));
    await this.untilSilent(channelId);
  }

  /** The answer is the first request's; what becomes of the others is told by the playback's end. */
  async #sendAll(open: Open, bodies: readonly PlayBody[]): Promise<Presence> {
    const [first, ...others] = bodies;
    if (first === undefined) return 'gone';
    const answer = await this.#send(open, open.playbackId, first);
    for (const [index, body] of others.entries()) {
      // Stopped, or gone with the channel or the connection, while the one before was sent.
      if (answer === 'gone' || open.isStopped || this.#open.get(open.playbackId) !== open) break;
      const isQueued = await this.#send(open, `${open.playbackId}.${index + 1}`, body).catch(() => 'failed' as const);
      if (isQueued !== 'done') open.hasFailed = true;
    }
    return answer;
  }

  async #send(open: Open, partId: string, body: PlayBody): Promise<Presence> {
    const request: AriRequest = { method: 'POST', address: uri`channels/${open.channelId}/play/${partId}`, body };
    open.left.add(partId);
    this.#parts.set(partId, open);
    let answer: Presence = 'gone';
    try {
      answer = presence(request, await this.#options.request(request));
      return answer;
    } finally {
      if (answer === 'gone') {
        open.left.delete(partId);
        this.#parts.delete(partId);
      }
    }
  }

  #endIfOver(open: Open): void {
    if (!open.isSending && open.left.size === 0) this.#end(open, open.hasFailed ? 'failed' : 'done');
  }

  #end(open: Open, outcome: Finished['outcome']): void {
    if (this.#remove(open)) this.#options.emit({ type: 'playback-finished', playbackId: open.playbackId, outcome });
  }

  #add(channelId: ChannelId, playbackId: PlaybackId): Open {
    if (this.#open.has(playbackId)) throw new Error(`Playback id ${playbackId} is in use`);
    const open = {
      playbackId,
      channelId,
      left: new Set<string>(),
      isSending: true,
      isStopped: false,
      hasFailed: false,
    };
    this.#open.set(playbackId, open);
    const ofChannel = this.#byChannel.get(channelId) ?? new Set();
    this.#byChannel.set(channelId, ofChannel.add(open));
    return open;
  }

  #remove(open: Open): boolean {
    if (!this.#open.delete(open.playbackId)) return false;
    for (const partId of open.left) this.#parts.delete(partId);
    const ofChannel = this.#byChannel.get(open.channelId);
    ofChannel?.delete(open);
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
