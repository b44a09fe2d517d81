import type { BridgeId, CallId, ChannelId } from '../core/ids.ts';
import type { WireFormat } from '../core/programme/sound.ts';

/** What one caller hears, by samples at the wire's rate. Implemented by `src/core/programme`. */
export interface AudioProgramme {
  readonly format: WireFormat;
  /**
   * Writes the samples `[from, from + length)` in the wire's format into `out` at `offset`, and allocates nothing. Asked in order, but for a jump back to a
   * sample that was sent and not yet heard, after a change.
   */
  render(from: number, length: number, out: Uint8Array, offset: number): void;
  /** The first sample that sounds otherwise than it was rendered before; Infinity when none. Reading forgets it. */
  takeChangedFrom(): number;
}

/** How a caller's line to us is laid. */
export interface MediaRequest {
  readonly callId: CallId;
  readonly callerChannelId: ChannelId;
  /**
   * `bridge`: the media channel joins the bridge in which the caller is. `whisper`: the caller stays in another bridge, and what is played is
   * whispered to the caller alone through a snoop channel: into what they hear of that bridge, or, where they hear nothing there, into silence,
   * which keeps everything else of that bridge from them.
   */
  readonly by:
    | { readonly type: 'bridge'; readonly bridgeId: BridgeId; readonly isCallerMuted: boolean }
    | { readonly type: 'whisper'; readonly into?: 'conversation' | 'silence' };
  readonly programme: AudioProgramme;
  /** The sample with which to begin: 0, or where an earlier line stopped. */
  readonly from: number;
  /** Told once, when the line has been lost without having been closed. */
  readonly onLost: (reason: string) => void;
}

/** A caller's line: from `open` on, the programme is heard. */
export interface MediaLine {
  /** The media channel in Asterisk. */
  readonly channelId: ChannelId;
  /** The sample that the caller hears now, within 40 ms. */
  heardNow(): number;
  /** The programme was changed: what was sent ahead and sounds otherwise now is taken back and sent anew. */
  refresh(): void;
  /** Silence; the media channel is gone afterwards. Idempotent. Answers with the first sample that was not heard. */
  close(): Promise<number>;
}

/** Personal audio: programmes rendered here and sent to Asterisk (architecture.md, two planes). */
export interface MediaOut {
  /** Lays a line. Rejects with MEDIA_UNAVAILABLE when Asterisk can't make it within the time limit; nothing of it is left then. */
  open(request: MediaRequest): Promise<MediaLine>;
  /** Whether a channel or bridge belongs to a line of this process, one that is being laid included. Others are remnants. */
  holds(channelOrBridge: ChannelId | BridgeId): boolean;
}
