import type { BridgeId, ChannelId, PlaybackId } from '../../../src/core/ids.ts';
import type { Caller } from '../../../src/core/people.ts';
import type { ChannelSnapshot, DialplanTarget, HangupCause } from '../../../src/ports/pbx.ts';

export interface FakePlayback {
  readonly playbackId: PlaybackId;
  readonly media: readonly string[];
  cancel: () => void;
  isForgotten: boolean;
  /** One of its media could not be played; the others are. */
  hasFailed: boolean;
}

/** Something heard on a channel. */
export interface Heard {
  readonly media: string;
  readonly atMs: number;
}

/** The switch's own record of a channel; tests hold a FakeCaller or a FakePhone, not this. */
export class FakeChannel {
  readonly channelId: ChannelId;
  readonly name: string;
  readonly createdAtMs: number;
  readonly language: string;
  /** Of the stay that goes on. */
  appArguments: readonly string[];
  readonly dialplan: DialplanTarget;
  readonly variables: Map<string, string>;
  readonly playbacks: FakePlayback[] = [];
  readonly heard: Heard[] = [];
  readonly caller: Caller;
  /** What the phone at the other end shows. */
  readonly shown: Caller | null;
  state: ChannelSnapshot['state'];
  /** Created by the application, not by a call that came in. */
  readonly isLeg: boolean;
  isInStasis = true;
  isGone = false;
  /** When it ends, that is written down. */
  isEndNoted = false;
  /** Not at the moment, though. */
  isEndPaused = false;
  isOnHold = false;
  /** Another channel has taken its place in the bridge. */
  isReplaced = false;
  /** Not heard in its bridge. */
  isMuted = false;
  bridgeId: BridgeId | null = null;
  musicClass: string | null = null;
  /** Asterisk's own music, because the partner has put this channel on hold: nobody else is heard. */
  isMusicOfHold = false;
  /** How often it has come into a bridge. */
  joined = 0;
  hangupCause: HangupCause | null = null;
  continuedTo: DialplanTarget | 'next' | null = null;
  /** Who rings: set on a leg that was created towards a phone's contact. */
  contact: { readonly phone: string; readonly index: number } | null = null;
  /** Undoes what waits to happen on the leg (answer, time-out). */
  cancelPending: () => void = () => undefined;

  constructor(options: {
    readonly channelId: ChannelId;
    readonly name: string;
    readonly state: ChannelSnapshot['state'];
    readonly caller: Caller;
    readonly shown?: Caller;
    readonly nowMs: number;
    readonly isLeg?: boolean;
    readonly language?: string;
    readonly appArguments?: readonly string[];
    readonly dialplan?: DialplanTarget;
    readonly variables?: Readonly<Record<string, string>>;
  }) {
    this.channelId = options.channelId;
    this.name = options.name;
    this.state = options.state;
    this.caller = options.caller;
    this.shown = options.shown ?? null;
    this.isLeg = options.isLeg ?? false;
    this.createdAtMs = options.nowMs;
    this.language = options.language ?? 'en';
    this.appArguments = options.appArguments ?? [];
    this.dialplan = options.dialplan ?? { context: 'phones', extension: 's', priority: 1 };
    this.variables = new Map(Object.entries(options.variables ?? {}));
  }

  /** `PJSIP/1000` of `PJSIP/1000-00000001`. */
  get device(): string {
    return this.name.replace(/-[^-]*$/, '');
  }

  snapshot(): ChannelSnapshot {
    return {
      channelId: this.channelId,
      name: this.name,
      state: this.state,
      caller: this.caller,
      language: this.language,
      dialplan: this.dialplan,
      appArguments: this.appArguments,
      createdAtMs: this.createdAtMs,
      variables: Object.fromEntries(this.variables),
    };
  }
}
