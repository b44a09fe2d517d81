import type { DeviceState } from '../../src/core/device-state.ts';
import type { BridgeId, ChannelId, PlaybackId } from '../../src/core/ids.ts';
import type { WireFormat } from '../../src/core/programme/sound.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { OutageStatus } from '../../src/lib/outage.ts';
import type { Logger } from '../../src/log.ts';
import type { Lease, SwitchWord } from '../../src/ports/lease.ts';
import type {
  ChannelEnd,
  CreateChannelRequest,
  CreateListenerRequest,
  CreateMediaRequest,
  CreateRtpMediaRequest,
  CreateWhisperRequest,
  DialplanTarget,
  MediaChannel,
  Pbx,
  PbxEvent,
  PlayRequest,
  Presence,
  RecordingRequest,
  RtpMediaChannel,
} from '../../src/ports/pbx.ts';
import { isOk, presence, refused } from './answers.ts';
import type { AriMessage } from './ari-link.ts';
import { Arrivals } from './arrivals.ts';
import { AriConnection, type ConnectionState } from './connection.ts';
import { DeviceWatch } from './device-state.ts';
import { EndNotes } from './end-notes.ts';
import { toPbxEvent } from './events.ts';
import { HintWatch } from './hints.ts';
import {
  createMediaChannel,
  createRtpChannel,
  createWhisperChannel,
  readChannelFormat,
  readMediaWebSocket,
} from './media.ts';
import { createLeg, dialLeg, readContacts } from './originate.ts';
import { musicRequest, Playbacks } from './playback.ts';
import { createListener, deleteRecording, muteRecording, startRecording } from './recording.ts';
import type { AriRequest, AriResponse, Method } from './request-table.ts';
import { ARI_LIMITS, type AriLimits, type AriSettings } from './settings.ts';
import { bridgeName, readSnapshot } from './snapshot.ts';
import { type QueryValue, uri, withQuery } from './uri.ts';
import { readVariable, readVariables } from './variables.ts';

export interface AriPbxOptions {
  readonly settings: AriSettings;
  readonly limits?: Partial<AriLimits>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Nothing is done and nothing is told without it. @default all may pass */
  readonly lease?: Pick<Lease, 'confirm' | 'confirmByDatabase'>;
}

/** Asterisk behind the port `Pbx`. Rejects with ARI_UNAVAILABLE (no answer) or ARI_REFUSED (an answer nobody expected). */
export class AriPbx implements Pbx {
  readonly #application: string;
  readonly #log: Logger;
  readonly #connection: AriConnection;
  readonly #playbacks: Playbacks;
  readonly #devices: DeviceWatch;
  readonly #hints: HintWatch;
  readonly #ends: EndNotes;
  readonly #arrivals: Arrivals;
  /** Of recordings. */
  readonly #beginnings: Arrivals;
  #hasMediaWebSocket: Promise<boolean> | undefined;
  readonly #listeners = new Set<(event: PbxEvent) => void>();
  readonly #request = (request: AriRequest): Promise<AriResponse> => this.#connection.request(request);

  constructor({ settings, limits, clock, random, log, lease }: AriPbxOptions) {
    this.#application = settings.application;
    this.#log = log;
    this.#devices = new DeviceWatch(settings.application);
    this.#hints = new HintWatch(settings.application, this.#devices);
    const requestTimeoutMs = limits?.requestTimeoutMs ?? ARI_LIMITS.requestTimeoutMs;
    this.#arrivals = new Arrivals({ clock, limitMs: requestTimeoutMs });
    this.#beginnings = new Arrivals({ clock, limitMs: requestTimeoutMs, sign: recordingStarted });
    this.#playbacks = new Playbacks({
      request: this.#request,
      clock,
      emit: (event) => this.#emit(event),
      waitMs: requestTimeoutMs,
    });
    this.#ends = new EndNotes({
      request: this.#request,
      clock,
      onLeft: (err, notes) => log.debug({ err, notes }, 'Notes of ended channels are removed later'),
    });
    this.#connection = new AriConnection({
      settings,
      ...(limits === undefined ? {} : { limits }),
      clock,
      random,
      log,
      ...(lease === undefined ? {} : { lease }),
      listener: {
        restore: async (request, tell) => {
          await Promise.all([this.#ends.restore(request), this.#devices.restore(request, tell)]);
        },
        connected: (awayMs) => this.#emit(awayMs === null ? { type: 'connected' } : { type: 'connected', awayMs }),
        disconnected: () => this.#disconnected('disconnected'),
        replaced: () => this.#disconnected('replaced'),
        event: (message) => this.#receive(message),
      },
    });
  }

  /** Starts connecting, for ever; `connected` events tell. */
  start(): void {
    this.#connection.start();
  }

  /** Whether Asterisk itself says that this process has the application. */
  whoActs(): Promise<SwitchWord> {
    return this.#connection.whoActs();
  }

  /** Ends the connection; calls in Asterisk go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends.close();
    await this.#connection.close();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Another process is to take the application's name: that is no fault then. */
  expectSuccessor(): void {
    this.#connection.expectSuccessor();
  }

  /** Since when Asterisk is out of reach, and why. */
  get outage(): OutageStatus {
    return this.#connection.outage;
  }

  subscribe(listener: (event: PbxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isConnected(): boolean {
    return this.#connection.state === 'up';
  }

  async answer(channelId: ChannelId): Promise<Presence> {
    await this.#playbacks.untilSilent(channelId);
    return this.#ask('POST', uri`channels/${channelId}/answer`);
  }

  hangup(channelId: ChannelId, causeCode = 16): Promise<Presence> {
    // Its end is asked for, so nobody needs a note of it, even when no event tells of it: a leg that another process has made.
    this.#ends.forget(channelId);
    return this.#ask('DELETE', uri`channels/${channelId}`, { reason_code: causeCode });
  }

  async continueInDialplan(channelId: ChannelId, target?: DialplanTarget): Promise<Presence> {
    await this.#playbacks.silence(channelId);
    const query = target && { context: target.context, extension: target.extension, priority: target.priority };
    return this.#ask('POST', uri`channels/${channelId}/continue`, query);
  }

  play(request: PlayRequest): Promise<Presence> {
    return this.#playbacks.play(request);
  }

  stopPlayback(playbackId: PlaybackId): Promise<Presence> {
    return this.#playbacks.stop(playbackId);
  }

  startMusic(channelId: ChannelId, musicClass: string): Promise<Presence> {
    return this.#presence(musicRequest(channelId, musicClass));
  }

  stopMusic(channelId: ChannelId): Promise<Presence> {
    return this.#presence(musicRequest(channelId, null));
  }

  getVariable(channelId: ChannelId, name: string): Promise<string | undefined> {
    return readVariable(this.#request, channelId, name);
  }

  getVariables(channelId: ChannelId, names: readonly string[]): Promise<readonly string[]> {
    return readVariables((name) => this.getVariable(channelId, name), names);
  }

  async setVariable(channelId: ChannelId, name: string, value: string): Promise<Presence> {
    await this.#playbacks.untilSilent(channelId);
    return this.#ask('POST', uri`channels/${channelId}/variable`, { variable: name, value });
  }

  async noteEnd(channelId: ChannelId): Promise<Presence> {
    await this.#playbacks.untilSilent(channelId);
    return await this.#ends.note(channelId);
  }

  async pauseEndNote(channelId: ChannelId, isPaused: boolean): Promise<Presence> {
    await this.#playbacks.untilSilent(channelId);
    return await this.#ends.pause(channelId, isPaused);
  }

  endOf(channelId: ChannelId): Promise<ChannelEnd | null> {
    return this.#ends.endOf(channelId);
  }

  forgetEnd(channelId: ChannelId): void {
    this.#ends.forget(channelId);
  }

  contacts(interfaceName: string, onChannelId: ChannelId): Promise<readonly string[]> {
    return readContacts(this.#request, interfaceName, onChannelId);
  }

  createChannel(request: CreateChannelRequest): Promise<Presence | 'refused'> {
    return this.#arrivals.await(request.channelId, () =>
      createLeg(this.#request, this.#application, { ...request, variables: this.#ends.legVariables(request) }),
    );
  }

  dial(channelId: ChannelId, { timeoutMs }: { readonly timeoutMs: number }): Promise<Presence> {
    return dialLeg(this.#request, channelId, timeoutMs);
  }

  async createBridge(bridgeId: BridgeId, name: string): Promise<void> {
    const named = { type: 'mixing', bridgeId, name: bridgeName(this.#application, name) };
    const create: AriRequest = { method: 'POST', address: withQuery('bridges', named) };
    const response = await this.#request(create);
    if (!isOk(response)) throw refused(create, response);
  }

  destroyBridge(bridgeId: BridgeId): Promise<Presence> {
    return this.#ask('DELETE', uri`bridges/${bridgeId}`);
  }

  async addToBridge(
    bridgeId: BridgeId,
    channelIds: readonly ChannelId[],
    { isMuted }: { readonly isMuted: boolean } = { isMuted: false },
  ): Promise<Presence> {
    await Promise.all(channelIds.map((channelId) => this.#playbacks.silence(channelId)));
    return this.#ask('POST', uri`bridges/${bridgeId}/addChannel`, {
      channel: channelIds.join(','),
      // Otherwise both phones get a re-INVITE: the member's display would lose queue and customer at the answer.
      inhibitConnectedLineUpdates: 'true',
      ...(isMuted ? { mute: 'true' } : {}),
    });
  }

  async removeFromBridge(bridgeId: BridgeId, channelId: ChannelId): Promise<Presence> {
    await this.#playbacks.silence(channelId);
    return this.#ask('POST', uri`bridges/${bridgeId}/removeChannel`, { channel: channelId });
  }

  hasMediaWebSocket(): Promise<boolean> {
    this.#hasMediaWebSocket ??= readMediaWebSocket(this.#request).catch((error: unknown) => {
      this.#hasMediaWebSocket = undefined;
      throw error;
    });
    return this.#hasMediaWebSocket;
  }

  async createMedia(request: CreateMediaRequest): Promise<MediaChannel | 'refused'> {
    const arrived = this.#arrivals.expect(request.channelId);
    try {
      const connectionId = await createMediaChannel(this.#request, this.#application, request);
      if (connectionId !== 'refused') return { connectionId, arrived };
    } catch (error) {
      this.#arrivals.forget(request.channelId);
      throw error;
    }
    this.#arrivals.forget(request.channelId);
    return 'refused';
  }

  async createRtpMedia(request: CreateRtpMediaRequest): Promise<RtpMediaChannel | 'refused'> {
    const arrived = this.#arrivals.expect(request.channelId);
    try {
      const place = await createRtpChannel(this.#request, this.#application, request);
      if (place !== 'refused') return { ...place, arrived };
    } catch (error) {
      this.#arrivals.forget(request.channelId);
      throw error;
    }
    this.#arrivals.forget(request.channelId);
    return 'refused';
  }

  createWhisper(request: CreateWhisperRequest): Promise<Presence | 'refused'> {
    return this.#arrivals.await(request.channelId, () =>
      createWhisperChannel(this.#request, this.#application, request),
    );
  }

  startSilence(channelId: ChannelId): Promise<Presence> {
    return this.#ask('POST', uri`channels/${channelId}/silence`);
  }

  stopSilence(channelId: ChannelId): Promise<Presence> {
    return this.#ask('DELETE', uri`channels/${channelId}/silence`);
  }

  muteMedia(channelId: ChannelId): Promise<Presence> {
    return this.#ask('POST', uri`channels/${channelId}/mute`, { direction: 'out' });
  }

  async channelFormat(channelId: ChannelId): Promise<WireFormat> {
    return readChannelFormat((await this.getVariable(channelId, 'CHANNEL(audionativeformat)')) ?? '');
  }

  createListener(request: CreateListenerRequest): Promise<Presence> {
    return this.#arrivals.await(request.channelId, () => createListener(this.#request, this.#application, request));
  }

  /** Settles with `recording-started`: Asterisk 16.28 answers before, and can't pause it yet. */
  startRecording(request: RecordingRequest): Promise<Presence | 'exists'> {
    return this.#beginnings.await(request.channelId, () => startRecording(this.#request, request));
  }

  pauseRecording(name: string): Promise<Presence> {
    return muteRecording(this.#request, 'POST', name);
  }

  resumeRecording(name: string): Promise<Presence> {
    return muteRecording(this.#request, 'DELETE', name);
  }

  deleteRecording(name: string): Promise<Presence> {
    return deleteRecording(this.#request, name);
  }

  watchDevice(device: string): Promise<DeviceState> {
    return this.#hints.watch(this.#request, device);
  }

  unwatchDevice(device: string): Promise<void> {
    return this.#hints.unwatch(this.#request, device);
  }

  snapshot(): ReturnType<Pbx['snapshot']> {
    return readSnapshot(this.#request, this.#application);
  }

  #ask(method: Method, address: string, query: Readonly<Record<string, QueryValue>> = {}): Promise<Presence> {
    return this.#presence({ method, address: withQuery(address, query) });
  }

  async #presence(request: AriRequest): Promise<Presence> {
    return presence(request, await this.#request(request));
  }

  #disconnected(type: 'disconnected' | 'replaced'): void {
    this.#emit({ type });
    this.#playbacks.connectionLost();
    this.#arrivals.connectionLost();
    this.#beginnings.connectionLost();
    this.#hasMediaWebSocket = undefined;
  }

  #receive(message: AriMessage): void {
    const event = toPbxEvent(message);
    if (event === undefined) return;
    if (event.type === 'playback-finished') {
      this.#playbacks.finished(event);
      return;
    }
    if (event.type === 'stasis-end' || event.type === 'channel-destroyed') this.#playbacks.channelGone(event.channelId);
    this.#ends.observe(event);
    this.#arrivals.observe(event);
    this.#beginnings.observe(event);
    if (event.type !== 'device-state') {
      this.#emit(event);
      return;
    }
    for (const news of this.#hints.changed(event.device, event.state)) this.#emit({ type: 'device-state', ...news });
  }

  #emit(event: PbxEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#log.error({ err: error, event: event.type }, 'A listener of Asterisk events failed');
      }
    }
  }
}

function recordingStarted(event: PbxEvent): ChannelId | undefined {
  return event.type === 'recording-started' ? event.channelId : undefined;
}
