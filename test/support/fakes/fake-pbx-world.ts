import type { DeviceState } from '../../../src/core/device-state.ts';
import type { BridgeId, ChannelId, PlaybackId } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { ChannelEnd, DialplanTarget, PbxEvent } from '../../../src/ports/pbx.ts';
import type { CallerSwitch } from './fake-pbx-caller.ts';
import type { FakeChannel, FakePlayback } from './fake-pbx-channel.ts';
import { FakePhone, type PhoneSwitch } from './fake-pbx-phone.ts';
import {
  attendedTransfer,
  blindTransfer,
  type FakeDestination,
  type FakeStandIn,
  joinLegs,
  pickUp,
} from './fake-pbx-transfer.ts';
import type { FakePbxWire } from './fake-pbx-wire.ts';

const CAUSE_TEXT: Readonly<Record<number, string>> = {
  1: 'Unallocated (unassigned) number',
  16: 'Normal Clearing',
  17: 'User busy',
  19: 'User alerting, no answer',
  21: 'Call Rejected',
  34: 'Circuit/channel congestion',
  38: 'Network out of order',
};

/** The switch itself: what happens to channels, bridges, playbacks and phones, whoever caused it. Order of events as measured on 22.10. */
export class FakePbxWorld implements PhoneSwitch, CallerSwitch {
  readonly channels = new Map<ChannelId, FakeChannel>();
  readonly bridges = new Map<BridgeId, { readonly name: string; readonly members: FakeChannel[] }>();
  readonly phones = new Map<string, FakePhone>();
  readonly watched = new Set<string>();
  /** How long a medium plays; `null` is for ever, 'missing' cannot be played. A second unless set; tones never end. */
  readonly media = new Map<string, number | null | 'missing'>();
  /** Ends that were written down, in whole seconds as Asterisk's EPOCH. */
  readonly ends = new Map<ChannelId, ChannelEnd>();
  /** Hints of the dialplan with the device that each stands for. */
  readonly dialplanHints = new Map<string, string>();
  readonly #hints = new Map<string, string>();
  readonly #deviceStates = new Map<string, DeviceState>();
  /** So long after its event, whoever is put on hold and has been in the bridge since then hears Asterisk's own music; until they leave the bridge. */
  holdTakesMs = 0;
  readonly #clock: Clock;
  readonly #wire: FakePbxWire;
  #tellEnd: (channel: FakeChannel) => void = () => undefined;

  constructor(clock: Clock, wire: FakePbxWire) {
    this.#clock = clock;
    this.#wire = wire;
  }

  phone(number: string): FakePhone {
    const known = this.phones.get(number);
    if (known) return known;
    const phone = new FakePhone(number, this);
    this.phones.set(number, phone);
    this.#deviceStates.set(phone.device, 'NOT_INUSE');
    return phone;
  }

  /** What has to be done when a channel ends, before anybody is told of its end. */
  onEnd(tell: (channel: FakeChannel) => void): void {
    this.#tellEnd = tell;
  }

  /** The channel if it is in the application, where requests find it. */
  inStasis(channelId: ChannelId): FakeChannel | undefined {
    const channel = this.channels.get(channelId);
    return channel?.isInStasis ? channel : undefined;
  }

  add(channel: FakeChannel): void {
    this.channels.set(channel.channelId, channel);
    this.#wire.emit({ type: 'stasis-start', channel: channel.snapshot(), args: channel.appArguments });
    this.refreshDevice(channel.device);
  }

  setChannelState(channel: FakeChannel, state: FakeChannel['state']): void {
    if (channel.state === state) return;
    channel.state = state;
    if (channel.isInStasis) this.#wire.emit({ type: 'channel-state', channelId: channel.channelId, state });
    this.refreshDevice(channel.device);
  }

  pressKey(channel: FakeChannel, digit: string): void {
    if (!channel.isInStasis) return;
    this.#wire.emit({ type: 'dtmf', channelId: channel.channelId, digit, durationMs: 100 });
  }

  holdLeg(channel: FakeChannel, isOnHold: boolean): void {
    channel.isOnHold = isOnHold;
    this.#wire.emit({ type: isOnHold ? 'hold' : 'unhold', channelId: channel.channelId });
    if (isOnHold) for (const partner of this.partnerChannelsOf(channel)) this.#beginHold(partner);
    this.refreshDevice(channel.device);
  }

  #beginHold(channel: FakeChannel): void {
    const { joined } = channel;
    const begins = () => {
      if (channel.joined === joined && channel.bridgeId !== null) channel.isMusicOfHold = true;
    };
    if (this.holdTakesMs === 0) begins();
    else this.#clock.after(this.holdTakesMs, begins);
  }

  legsOf(phone: string): readonly FakeChannel[] {
    return [...this.channels.values()].filter((channel) => channel.contact?.phone === phone);
  }

  partnersOf(channel: FakeChannel): readonly string[] {
    return this.partnerChannelsOf(channel).map((other) => other.device);
  }

  partnerChannelsOf(channel: FakeChannel): readonly FakeChannel[] {
    const bridge = channel.bridgeId === null ? undefined : this.bridges.get(channel.bridgeId);
    return (bridge?.members ?? []).filter((other) => other !== channel);
  }

  blindTransfer(channel: FakeChannel, extension: string): FakeStandIn {
    return blindTransfer(this, channel, extension);
  }

  attendedTransfer(channel: FakeChannel, to: FakeDestination): FakeStandIn {
    return attendedTransfer(this, channel, to);
  }

  pickUp(channel: FakeChannel, by: string): FakeStandIn {
    return pickUp(this, channel, by);
  }

  joinLegs(first: FakeChannel, second: FakeChannel): readonly [FakeStandIn, FakeStandIn] {
    return joinLegs(this, first, second);
  }

  /** Another channel takes a channel's place in its bridge; the old one leaves the switch unless it `isLeft` there. `told`: what Asterisk says meanwhile. */
  replaceLeg(old: FakeChannel, by: FakeChannel, told: PbxEvent | null, { isLeft = false } = {}): void {
    const { bridgeId, channelId } = old;
    if (bridgeId === null) throw new Error(`Channel ${channelId} is in no bridge`);
    this.channels.set(by.channelId, by);
    this.#wire.emit({ type: 'stasis-start', channel: by.snapshot(), args: [], replaces: channelId });
    this.leaveBridge(old);
    this.joinBridge(bridgeId, by, false);
    if (told !== null) this.#wire.emit(told);
    if (isLeft) return;
    old.isReplaced = true;
    this.endLeg(old, 16);
  }

  dialLeg(channel: FakeChannel, timeoutMs: number): void {
    const contact = channel.contact;
    const behaviour = contact
      ? this.phone(contact.phone).contacts[contact.index]
      : { type: 'answer' as const, afterMs: 0 };
    this.#wire.emit({ type: 'dial', channelId: channel.channelId, status: '' });
    const seconds = Math.ceil(timeoutMs / 1000);
    const cancelTimeout = this.#clock.after(seconds * 1000, () => this.endLeg(channel, 19));
    let cancelBehaviour: () => void = () => undefined;
    channel.cancelPending = () => {
      cancelTimeout();
      cancelBehaviour();
    };
    if (contact && channel.shown) this.phone(contact.phone).shown.push(channel.shown);
    if (behaviour === undefined || behaviour.type === 'silent') return;
    if (behaviour.type === 'refuse') {
      cancelBehaviour = this.#clock.after(behaviour.afterMs, () =>
        this.endLeg(channel, behaviour.endCode ?? behaviour.causeCode, behaviour.causeCode),
      );
      return;
    }
    this.setChannelState(channel, 'Ringing');
    this.#wire.emit({ type: 'dial', channelId: channel.channelId, status: 'RINGING' });
    if (behaviour.type === 'answer') {
      cancelBehaviour = this.#clock.after(behaviour.afterMs, () => this.answerLeg(channel));
    }
  }

  answerLeg(channel: FakeChannel): void {
    if (channel.isGone || channel.state === 'Up') return;
    channel.cancelPending();
    this.setChannelState(channel, 'Up');
    this.#wire.emit({ type: 'dial', channelId: channel.channelId, status: 'ANSWER' });
  }

  /** A channel ends, by whichever side: hang-up request, playbacks, bridge, Stasis, destroyed. */
  endLeg(channel: FakeChannel, causeCode: number, requestedCode = causeCode): void {
    if (channel.isGone) return;
    const { channelId } = channel;
    const cause = { code: causeCode, text: CAUSE_TEXT[causeCode] ?? '' };
    channel.isGone = true;
    channel.hangupCause = cause;
    channel.cancelPending();
    if (channel.isEndNoted && !channel.isEndPaused)
      this.ends.set(channelId, { atMs: Math.floor(this.#clock.now() / 1000) * 1000, cause });
    if (channel.isInStasis)
      this.#wire.emit({ type: 'hangup-request', channelId, cause: { code: requestedCode, text: '' } });
    this.#tellEnd(channel);
    this.endPlaybacks(channel, 'failed');
    this.leaveBridge(channel);
    const wasInStasis = channel.isInStasis;
    channel.isInStasis = false;
    this.channels.delete(channelId);
    if (wasInStasis) {
      this.#wire.emit({ type: 'stasis-end', channelId });
    }
    // Asterisk has unsubscribed from a caller by then; only a leg that the application created is told of to its end,
    // unless it was transferred.
    if (channel.isLeg && !channel.isReplaced) this.#wire.emit({ type: 'channel-destroyed', channelId, cause });
    this.refreshDevice(channel.device);
  }

  continueLeg(channel: FakeChannel, target: DialplanTarget | 'next'): void {
    this.endPlaybacks(channel, 'done');
    this.leaveBridge(channel);
    channel.isInStasis = false;
    channel.continuedTo = target;
    channel.variables.set('STASISSTATUS', 'SUCCESS');
    channel.musicClass = null;
    this.#wire.emit({ type: 'stasis-end', channelId: channel.channelId });
  }

  joinBridge(bridgeId: BridgeId, channel: FakeChannel, isMuted: boolean): void {
    this.endPlaybacks(channel, 'done');
    this.leaveBridge(channel);
    this.bridges.get(bridgeId)?.members.push(channel);
    channel.bridgeId = bridgeId;
    channel.isMuted = isMuted;
    channel.joined += 1;
    this.#wire.emit({ type: 'bridge-entered', bridgeId, channelId: channel.channelId });
  }

  leaveBridge(channel: FakeChannel): void {
    const bridgeId = channel.bridgeId;
    if (bridgeId === null) return;
    const members = this.bridges.get(bridgeId)?.members;
    members?.splice(members.indexOf(channel), 1);
    channel.bridgeId = null;
    channel.isMusicOfHold = false;
    this.#wire.emit({ type: 'bridge-left', bridgeId, channelId: channel.channelId });
  }

  startPlayback(channel: FakeChannel, playbackId: PlaybackId, media: readonly string[]): void {
    channel.playbacks.push({ playbackId, media, cancel: () => undefined, isForgotten: false, hasFailed: false });
    if (channel.playbacks.length === 1) this.#playNext(channel);
  }

  stopPlayback(playbackId: PlaybackId): boolean {
    for (const channel of this.channels.values()) {
      if (!channel.playbacks.some((playback) => playback.playbackId === playbackId)) continue;
      this.#endPlayback(channel, playbackId, 'done');
      return true;
    }
    return false;
  }

  endPlaybacks(channel: FakeChannel, outcome: 'done' | 'failed'): void {
    for (const playback of channel.playbacks.splice(0)) {
      playback.cancel();
      this.#tellFinished(playback, outcome);
    }
  }

  /** The application loses sight of what plays: each is reported failed now and never again, though it is heard to its end. */
  forgetPlaybacks(): void {
    for (const channel of this.channels.values()) {
      for (const playback of channel.playbacks) {
        if (playback.isForgotten) continue;
        playback.isForgotten = true;
        this.#wire.announce({ type: 'playback-finished', playbackId: playback.playbackId, outcome: 'failed' });
      }
    }
  }

  /** What a hint stands for is read when somebody begins to watch it, as in the real one. */
  readHint(name: string): void {
    const device = this.dialplanHints.get(name);
    if (device !== undefined) this.#hints.set(name, device);
  }

  /** Of a phone, or of a hint: `hint:1000@internal` stands for phone 1000 unless the dialplan has another one. */
  deviceState(name: string): DeviceState {
    const device = this.#hints.get(name) ?? name.replace(/^hint:(.+)@.*$/, 'PJSIP/$1');
    const phone = this.phones.get(device.replace('PJSIP/', ''));
    if (!phone) return 'INVALID';
    if (phone.stateOverride !== null) return phone.stateOverride;
    if (!phone.isRegistered) return 'UNAVAILABLE';
    const legs = [...this.channels.values()].filter((channel) => channel.device === device && channel.state !== 'Down');
    const isRinging = legs.some((leg) => leg.state === 'Ringing');
    const isTalking = legs.some((leg) => leg.state !== 'Ringing');
    if (isTalking && legs.every((leg) => leg.isOnHold)) return 'ONHOLD';
    if (isRinging) return isTalking ? 'RINGINUSE' : 'RINGING';
    return isTalking ? 'INUSE' : 'NOT_INUSE';
  }

  refreshDevice(device: string): void {
    const state = this.deviceState(device);
    if (state === this.#deviceStates.get(device)) return;
    this.#deviceStates.set(device, state);
    const hint = device.replace('PJSIP/', 'hint:');
    for (const each of this.watched)
      if (each === device || each.startsWith(`${hint}@`))
        this.#wire.emit({ type: 'device-state', device: each, state });
  }

  #playNext(channel: FakeChannel, index = 0): void {
    const playback = channel.playbacks[0];
    if (!playback) return;
    const media = playback.media[index];
    const planned = media === undefined ? undefined : this.media.get(media);
    if (media === undefined) {
      this.#endPlayback(channel, playback.playbackId, playback.hasFailed ? 'failed' : 'done');
      return;
    }
    if (planned === 'missing') {
      playback.hasFailed = true;
      this.#playNext(channel, index + 1);
      return;
    }
    channel.musicClass = null;
    channel.heard.push({ media, atMs: this.#clock.now() });
    const defaultMs = media.startsWith('tone:') ? null : 1000;
    const durationMs = planned === undefined ? defaultMs : planned;
    if (durationMs === null) return;
    playback.cancel = this.#clock.after(durationMs, () => this.#playNext(channel, index + 1));
  }

  #endPlayback(channel: FakeChannel, playbackId: PlaybackId, outcome: 'done' | 'failed'): void {
    const index = channel.playbacks.findIndex((playback) => playback.playbackId === playbackId);
    const [playback] = channel.playbacks.splice(index, 1);
    playback?.cancel();
    this.#tellFinished(playback, outcome);
    if (index === 0) this.#playNext(channel);
  }

  #tellFinished(playback: FakePlayback | undefined, outcome: 'done' | 'failed'): void {
    if (!playback || playback.isForgotten) return;
    this.#wire.emit({ type: 'playback-finished', playbackId: playback.playbackId, outcome });
  }
}
