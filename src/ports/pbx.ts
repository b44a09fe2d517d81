import type { DeviceState } from '../core/device-state.ts';
import type { TransferTarget } from '../core/events.ts';
import type { BridgeId, ChannelId, PlaybackId } from '../core/ids.ts';
import type { Caller } from '../core/people.ts';
import type { WireFormat } from '../core/programme/sound.ts';
import type { RecordingFormat } from '../core/queue/recording.ts';

/** What became of a request to a thing that may have vanished meanwhile: a fact of life, not an error. */
export type Presence = 'done' | 'gone';

/** Q.850 cause with Asterisk's words; 0 when Asterisk gave none. */
export interface HangupCause {
  readonly code: number;
  readonly text: string;
}

/** The end of a channel that nobody heard of, as the switch has kept it. Whole seconds. */
export interface ChannelEnd {
  readonly atMs: number;
  readonly cause: HangupCause;
}

/** A channel as ARI shows it. */
export interface ChannelSnapshot {
  readonly channelId: ChannelId;
  /** Asterisk's name, for example `PJSIP/1000-00000001`. */
  readonly name: string;
  readonly state: 'Down' | 'Ring' | 'Ringing' | 'Up' | 'Other';
  readonly caller: Caller;
  readonly language: string;
  /** Where the dialplan stands; `appArguments` are those of `Stasis()`, without the application's name. */
  readonly dialplan: { readonly context: string; readonly extension: string; readonly priority: number };
  readonly appArguments: readonly string[];
  readonly createdAtMs: number;
  /** Variables that ari.conf's `channelvars` lists. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface BridgeSnapshot {
  readonly bridgeId: BridgeId;
  readonly channelIds: readonly ChannelId[];
}

/** The part of ARI's events that calls need, in the order Asterisk sent them. */
export type PbxEvent =
  /** The event socket is up (first time or again): anything may have happened meanwhile, read a snapshot. */
  /** `awayMs`: how long the switch was out of reach; not at the start. */
  | { readonly type: 'connected'; readonly awayMs?: number }
  | { readonly type: 'disconnected' }
  /** Another process took over the application's name: act no more. */
  | { readonly type: 'replaced' }
  | {
      readonly type: 'stasis-start';
      readonly channel: ChannelSnapshot;
      readonly args: readonly string[];
      /** The channel stands in for this one, in the same bridge: somebody was transferred, or picked the call up. The old one leaves. */
      readonly replaces?: ChannelId;
    }
  /** The channel has left the application: hung up, or sent back to the dialplan. Of a caller this is the last word. */
  | { readonly type: 'stasis-end'; readonly channelId: ChannelId }
  /** Sure for a leg that we created; of a caller it may not come, because Asterisk unsubscribes us at `stasis-end`. */
  | { readonly type: 'channel-destroyed'; readonly channelId: ChannelId; readonly cause: HangupCause }
  | { readonly type: 'hangup-request'; readonly channelId: ChannelId; readonly cause: HangupCause }
  | { readonly type: 'channel-state'; readonly channelId: ChannelId; readonly state: ChannelSnapshot['state'] }
  | { readonly type: 'dtmf'; readonly channelId: ChannelId; readonly digit: string; readonly durationMs: number }
  /** `status` is DIALSTATUS: '' at the start, then RINGING, PROGRESS, ANSWER, BUSY, CONGESTION, NOANSWER, CHANUNAVAIL … */
  | { readonly type: 'dial'; readonly channelId: ChannelId; readonly status: string }
  | { readonly type: 'playback-finished'; readonly playbackId: PlaybackId; readonly outcome: 'done' | 'failed' }
  | { readonly type: 'bridge-entered'; readonly bridgeId: BridgeId; readonly channelId: ChannelId }
  | { readonly type: 'bridge-left'; readonly bridgeId: BridgeId; readonly channelId: ChannelId }
  | { readonly type: 'hold'; readonly channelId: ChannelId }
  | { readonly type: 'unhold'; readonly channelId: ChannelId }
  /**
   * The phone of `channelId` has sent its partner to an extension (REFER). Its stand-in came before (`stasis-start`), the phone has left
   * the bridge, and its `stasis-end` comes soon, before or after this. A transfer that failed is not told: nothing has changed.
   */
  | {
      readonly type: 'blind-transfer';
      readonly channelId: ChannelId;
      readonly extension: string;
      readonly context: string;
    }
  /** The phone of these two legs has joined their partners (REFER with Replaces); otherwise as a blind transfer. One leg may not be ours. */
  | {
      readonly type: 'attended-transfer';
      readonly firstLeg: TransferLeg;
      readonly secondLeg: TransferLeg;
      /** What the phone had dialled for its second call. */
      readonly dialled: string;
      readonly target: TransferTarget;
    }
  | { readonly type: 'recording-started'; readonly channelId: ChannelId }
  /**
   * A recording has ended: it was stopped, its channel is gone, or it could not go on. A full disk is not told apart (`done`), so whoever
   * has not stopped it asks whether the channel is still there. `channelId` is the one that listened.
   */
  | { readonly type: 'recording-finished'; readonly channelId: ChannelId; readonly outcome: 'done' | 'failed' }
  | { readonly type: 'device-state'; readonly device: string; readonly state: DeviceState };

/** One of the two calls of a phone that joined them. */
export interface TransferLeg {
  readonly channelId: ChannelId;
  /** Asterisk's name of the channel that the partner of this call talks to now; `null`: an application, or a phone that still rings. */
  readonly meets: string | null;
}

/** Telephony: one Asterisk, reached over ARI. Every creating request takes an id chosen by the caller, so that events can be awaited before it is sent. */
export interface Pbx {
  /** Delivers every event in order; returns the way to stop. A listener that throws is logged, never fatal. */
  subscribe(listener: (event: PbxEvent) => void): () => void;
  isConnected(): boolean;

  /** While something plays, this and `setVariable` wait for its end: Asterisk would hold up every other request meanwhile. */
  answer(channelId: ChannelId): Promise<Presence>;
  /** Hangs up with a Q.850 cause (`channels/{id}?reason_code=`), by default 16 normal clearing. */
  hangup(channelId: ChannelId, causeCode?: number): Promise<Presence>;
  /** Sends the channel back to the dialplan; without a target it goes on at the next priority. What plays is stopped first. */
  continueInDialplan(channelId: ChannelId, target?: DialplanTarget): Promise<Presence>;

  /**
   * Plays media one after another (`sound:queueapp/welcome`, `tone:congestion`, `digits:42`); `playback-finished` follows
   * exactly once for the playback id, also when the channel hangs up or the playback is stopped.
   */
  play(request: PlayRequest): Promise<Presence>;
  stopPlayback(playbackId: PlaybackId): Promise<Presence>;
  startMusic(channelId: ChannelId, musicClass: string): Promise<Presence>;
  stopMusic(channelId: ChannelId): Promise<Presence>;

  /** The value of a channel variable or function; `undefined` when unset or the channel is gone. */
  getVariable(channelId: ChannelId, name: string): Promise<string | undefined>;
  /** The values of several channel variables or functions at once, in their order; '' for what is unset. All are '' when the channel is gone. */
  getVariables(channelId: ChannelId, names: readonly string[]): Promise<readonly string[]>;
  setVariable(channelId: ChannelId, name: string, value: string): Promise<Presence>;

  /**
   * The switch keeps when and why this channel ends, for whoever asks `endOf` after an absence; a leg is created so. Nothing happens where the
   * dialplan has no extension for it (install/asterisk/extensions.conf). To be asked for when the channel is in the database: who takes over
   * learns from there which ends are kept.
   */
  noteEnd(channelId: ChannelId): Promise<Presence>;
  /** Not while the channel is the dialplan's again: nobody would ask. */
  pauseEndNote(channelId: ChannelId, isPaused: boolean): Promise<Presence>;
  /** What was kept of a channel that is gone; `null`: nothing. To be given back with `forgetEnd` when it has been made use of. */
  endOf(channelId: ChannelId): Promise<ChannelEnd | null>;
  /** What was kept is removed soon. Of ends that came as events that happens by itself. */
  forgetEnd(channelId: ChannelId): void;

  /**
   * Dialable addresses of all contacts of an interface (`PJSIP_DIAL_CONTACTS`); empty when nothing is registered, reachable
   * or known. Asterisk reads that function only on a channel, so any living one is needed (the caller's); empty when it is gone.
   */
  contacts(interfaceName: string, onChannelId: ChannelId): Promise<readonly string[]>;
  /**
   * `POST /channels/create`: a leg that survives our absence (asterisk-facts.md). Settles once its `stasis-start` (state Down)
   * has been told, so that it can be dialled; it comes before the leg is dialled or answered. `refused`: Asterisk could not make it (unregistered, unknown, no such technology).
   */
  createChannel(request: CreateChannelRequest): Promise<Presence | 'refused'>;
  /**
   * `POST /channels/{id}/dial`: rings the leg for at most `timeoutMs` (rounded up to seconds). Answered: `dial` ANSWER and
   * `channel-state` Up. Not answered: `channel-destroyed` with the cause alone (stasis/ari/README.md has the table).
   */
  dial(channelId: ChannelId, options: { readonly timeoutMs: number }): Promise<Presence>;

  createBridge(bridgeId: BridgeId, name: string): Promise<void>;
  destroyBridge(bridgeId: BridgeId): Promise<Presence>;
  /**
   * What plays on the channels is stopped first, as at `removeFromBridge`. A channel that is in a bridge already, this one or another,
   * leaves it and comes in anew. Muted channels hear the others, who don't hear them; their keys are heard.
   */
  addToBridge(
    bridgeId: BridgeId,
    channelIds: readonly ChannelId[],
    options?: { readonly isMuted: boolean },
  ): Promise<Presence>;
  removeFromBridge(bridgeId: BridgeId, channelId: ChannelId): Promise<Presence>;

  /** Whether this Asterisk takes audio over a WebSocket (chan_websocket); asked once for each connection. */
  hasMediaWebSocket(): Promise<boolean>;
  /**
   * `POST /channels/externalMedia` over a WebSocket that we open: makes the channel and answers at once. It comes into the application,
   * answered, when that socket has been connected; without it Asterisk hangs it up after half a minute. `refused`: Asterisk can't make it.
   */
  createMedia(request: CreateMediaRequest): Promise<MediaChannel | 'refused'>;
  /**
   * `POST /channels/externalMedia` as RTP over UDP, for an Asterisk without chan_websocket: it expects audio from, and sends a caller's
   * voice to, `rtpHost`. The channel comes into the application by itself. `refused`: Asterisk can't make it.
   */
  createRtpMedia(request: CreateRtpMediaRequest): Promise<RtpMediaChannel | 'refused'>;
  /**
   * `POST /channels/{id}/snoop`: a channel that whispers: what it is sent is heard by `toChannelId` alone. Settles once it is in the
   * application. `refused`: Asterisk can't make it.
   */
  createWhisper(request: CreateWhisperRequest): Promise<Presence | 'refused'>;
  /** Silence is sent to the channel all the time, and nothing else of its bridge: something to whisper into. */
  startSilence(channelId: ChannelId): Promise<Presence>;
  stopSilence(channelId: ChannelId): Promise<Presence>;
  /** The channel still is heard, but is told nothing more: otherwise a caller's voice came to us, fifty messages a second. */
  muteMedia(channelId: ChannelId): Promise<Presence>;
  /** The wire format that needs least of Asterisk towards this channel (`CHANNEL(audionativeformat)`); `slin` when it is gone or says nothing. */
  channelFormat(channelId: ChannelId): Promise<WireFormat>;

  /**
   * `POST /channels/{id}/snoop`: a channel that listens to another one, whose bridge stays as it is; it ends with it. Settles once it is
   * in the application.
   * @throws AppError ARI_REFUSED when Asterisk can't make it
   */
  createListener(request: CreateListenerRequest): Promise<Presence>;
  /**
   * Writes what a listening channel hears into a file below Asterisk's folder of recordings; settles once it is written. Silence is written
   * while nothing is sent, so that files begun together stay aligned. Ends with the channel: `recording-finished`. `exists`: there is a
   * file of that name, it is left as it is. `gone`: the listening channel has vanished.
   * @throws AppError ARI_REFUSED when Asterisk can't write it (format, folder)
   */
  startRecording(request: RecordingRequest): Promise<Presence | 'exists'>;
  /** Silence is written from now on; pausing twice is pausing once. `name` as in `startRecording`. */
  pauseRecording(name: string): Promise<Presence>;
  resumeRecording(name: string): Promise<Presence>;
  /** Removes the file of a recording that has ended. */
  deleteRecording(name: string): Promise<Presence>;

  /** Reads the state of a device, or of a hint (`hint:1000@internal`), now and has `device-state` events sent for it from then on, also after a reconnect. */
  watchDevice(device: string): Promise<DeviceState>;
  unwatchDevice(device: string): Promise<void>;
  /** Channels and bridges that are in this application now. */
  snapshot(): Promise<{ readonly channels: readonly ChannelSnapshot[]; readonly bridges: readonly BridgeSnapshot[] }>;
}

export interface DialplanTarget {
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
}

export interface PlayRequest {
  readonly channelId: ChannelId;
  readonly playbackId: PlaybackId;
  readonly media: readonly string[];
  readonly language?: string;
}

export interface CreateChannelRequest {
  readonly channelId: ChannelId;
  /** An address from `contacts`, or an interface. */
  readonly endpoint: string;
  /** Arguments that come back in `stasis-start`, so that a returning channel explains itself. */
  readonly appArgs: readonly string[];
  /** Codecs and linked id are taken from this channel. */
  readonly originator?: ChannelId;
  /** What the phone shows. */
  readonly callerId: Caller;
  /** The switch keeps when and why it ends, as with `noteEnd`; only of legs that are found again in the database. @default false */
  readonly isEndNoted?: boolean;
}

export interface CreateMediaRequest {
  /** Of `mediaChannelId`. */
  readonly channelId: ChannelId;
  readonly format: WireFormat;
}

export interface CreateRtpMediaRequest extends CreateMediaRequest {
  /** Address and port of ours, `192.0.2.7:40000` or `[2001:db8::7]:40000`. */
  readonly rtpHost: string;
}

/** A channel that is sent RTP. */
export interface RtpMediaChannel {
  /** Where Asterisk expects it: UNICASTRTP_LOCAL_ADDRESS and UNICASTRTP_LOCAL_PORT. */
  readonly address: string;
  readonly port: number;
  /** As that of a MediaChannel. */
  readonly arrived: Promise<Presence>;
}

export interface CreateWhisperRequest {
  /** Of `mediaChannelId`. */
  readonly channelId: ChannelId;
  readonly toChannelId: ChannelId;
}

export interface CreateListenerRequest {
  /** Of `recordingChannelId`. */
  readonly channelId: ChannelId;
  readonly ofChannelId: ChannelId;
  /** What its person says, or what is said and heard there. */
  readonly hears: 'person' | 'both';
}

export interface RecordingRequest {
  /** The listening one. */
  readonly channelId: ChannelId;
  /** Path without ending; steps end with `/`. */
  readonly name: string;
  readonly format: RecordingFormat;
}

/** A channel that waits for its audio. */
export interface MediaChannel {
  /** The last part of the WebSocket's address. */
  readonly connectionId: string;
  /** Settles with its `stasis-start`; `gone` when it ended before. Rejects with ARI_UNAVAILABLE when neither came in time. */
  readonly arrived: Promise<Presence>;
}
