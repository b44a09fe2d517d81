import type { DeviceState } from '../../../src/core/device-state.ts';
import { type BridgeId, type ChannelId, channelId, type PlaybackId } from '../../../src/core/ids.ts';
import type { WireFormat } from '../../../src/core/programme/sound.ts';
import { AppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
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
} from '../../../src/ports/pbx.ts';
import { Arrivals } from '../../../stasis/ari/arrivals.ts';
import { readChannelFormat } from '../../../stasis/ari/media.ts';
import { FakeCaller } from './fake-pbx-caller.ts';
import { FakeChannel } from './fake-pbx-channel.ts';
import type { FakePhone } from './fake-pbx-phone.ts';
import type { FakeStandIn } from './fake-pbx-transfer.ts';
import { FakePbxWire } from './fake-pbx-wire.ts';
import { FakePbxWorld } from './fake-pbx-world.ts';
import { FakeRecorder } from './fake-recorder.ts';

export interface IncomingCall {
  readonly number?: string | null;
  readonly name?: string | null;
  /** Arguments of `Stasis()`, without the application's name. */
  readonly args?: readonly string[];
  /** Endpoint of the calling channel; a number of a phone makes that phone in use. */
  readonly endpoint?: string;
  /** Asterisk's name of a channel of its own, which belongs to no endpoint. */
  readonly localName?: string;
  /** The extension that was dialled. */
  readonly dialled?: string;
  readonly language?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether the dialplan had answered before `Stasis()`. */
  readonly isAnswered?: boolean;
}

/** As in the real adapter. */
const FORGET_AFTER_MS = 5_000;

/** An Asterisk in memory behind the port `Pbx`, on a clock that tests step, with people who call and answer. */
export class FakePbx implements Pbx {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #wire: FakePbxWire;
  readonly #world: FakePbxWorld;
  /** What it writes to its disk. */
  readonly recorder: FakeRecorder;
  /** As in the real adapter: a created leg is waited for, at most for a request's time. */
  readonly #arrivals: Arrivals;
  readonly #forgotten = new Map<ChannelId, { readonly end: ChannelEnd; readonly atMs: number }>();
  #channelCount = 0;
  /** Whether this switch takes audio over a WebSocket. */
  takesMedia = true;
  /** Whether its dialplan keeps the ends of channels. */
  notesEnds = true;
  /** How much later than it tells of a hold it plays its own music to whoever is on hold: a busy one. */
  set holdTakesMs(ms: number) {
    this.#world.holdTakesMs = ms;
  }
  /** What was dialled, in order. */
  readonly dialled: string[] = [];
  /** Where it says that it expects RTP; nobody listens there. */
  rtpPort = 9;

  /** `name` stands before the ids of its channels. */
  constructor(clock: Clock, name = 'fake') {
    this.#clock = clock;
    this.#name = name;
    this.#wire = new FakePbxWire(clock);
    this.#world = new FakePbxWorld(clock, this.#wire);
    this.recorder = new FakeRecorder(clock, this.#wire, this.#world);
    this.#arrivals = new Arrivals({ clock, limitMs: 5000 });
    this.#wire.subscribe((event) => {
      this.#arrivals.observe(event);
      const isEnd = event.type === 'stasis-end' || event.type === 'channel-destroyed';
      if (isEnd && this.#wire.listenerCount > 0) this.forgetEnd(event.channelId);
    });
  }

  // People and events of the world outside.

  /** Somebody calls, and the dialplan hands the call to the application. */
  incomingCall(call: IncomingCall = {}): FakeCaller {
    const { number = '2000', name = null, endpoint = 'caller', dialled = '0000' } = call;
    const channel = new FakeChannel({
      channelId: channelId(`${this.#name}-${String(++this.#channelCount).padStart(8, '0')}`),
      name: call.localName ?? `PJSIP/${endpoint}-${String(this.#channelCount).padStart(8, '0')}`,
      state: call.isAnswered === true ? 'Up' : 'Ring',
      caller: { number, name },
      nowMs: this.#clock.now(),
      appArguments: call.args ?? [],
      dialplan: { context: 'phones', extension: dialled, priority: 1 },
      ...(call.language === undefined ? {} : { language: call.language }),
      ...(call.variables === undefined ? {} : { variables: call.variables }),
    });
    this.#world.add(channel);
    return new FakeCaller(channel, this.#world);
  }

  /** The dialplan, to which a call was sent back, hands it to the application once more. */
  comesBack(caller: FakeCaller, args: readonly string[]): void {
    const channel = this.#world.channels.get(caller.channelId);
    if (!channel || channel.isInStasis) throw new Error(`Channel ${caller.channelId} is not in the dialplan`);
    channel.isInStasis = true;
    channel.continuedTo = null;
    channel.appArguments = args;
    channel.variables.set('STASISSTATUS', '');
    this.#wire.emit({ type: 'stasis-start', channel: channel.snapshot(), args });
  }

  /** A phone joins its two calls, of which both are in bridges of the application. */
  joins(first: ChannelId, second: ChannelId): readonly [FakeStandIn, FakeStandIn] {
    const of = (id: ChannelId) => {
      const channel = this.#world.channels.get(id);
      if (channel === undefined) throw new Error(`There is no channel ${id}`);
      return channel;
    };
    return this.#world.joinLegs(of(first), of(second));
  }

  /** The phone of an extension: registered with one contact that rings, until told otherwise. */
  phone(number: string): FakePhone {
    return this.#world.phone(number);
  }

  /** The dialplan is read anew, and the hint stands for another phone: nobody is told. */
  setHint(hint: string, number: string): void {
    this.#world.dialplanHints.set(hint, `PJSIP/${number}`);
  }

  /** How long a medium plays; `null` for ever, 'missing' when there is no such file. A second unless set; tones never end. */
  setMedia(media: string, durationMs: number | null | 'missing'): void {
    this.#world.media.set(media, durationMs);
  }

  /** The wire's faults (late, lost, doubled, swapped, refused) and the requests that were seen. */
  get wire(): FakePbxWire {
    return this.#wire;
  }

  /** The event socket breaks; calls in the switch go on. */
  losesConnection(): void {
    this.#wire.goDown();
    this.#wire.announce({ type: 'disconnected' });
    this.#world.forgetPlaybacks();
    this.#arrivals.connectionLost();
  }

  /** `awayMs`: as the real one tells how long it was. */
  reconnects(awayMs?: number): void {
    this.#wire.comeUp();
    for (const device of this.#world.watched) {
      this.#wire.announce({ type: 'device-state', device, state: this.#world.deviceState(device) });
    }
    this.#wire.announce(awayMs === undefined ? { type: 'connected' } : { type: 'connected', awayMs });
  }

  /** Another process takes the application's name. */
  isReplaced(): void {
    this.#wire.goDown();
    this.#wire.announce({ type: 'replaced' });
    this.#world.forgetPlaybacks();
    this.#arrivals.connectionLost();
  }

  /** Asterisk restarts: every channel and bridge is gone, and no event tells of it. */
  restarts(): void {
    this.losesConnection();
    for (const channel of [...this.#world.channels.values()]) this.#world.endLeg(channel, 16);
    this.#world.bridges.clear();
    this.reconnects();
  }

  /** The process is gone, and with it what it was about to remove: ends are forgotten some seconds after they were told. */
  losesProcess(): void {
    for (const [id, { end, atMs }] of this.#forgotten)
      if (this.#clock.now() - atMs < FORGET_AFTER_MS) this.#world.ends.set(id, end);
    this.#forgotten.clear();
  }

  /** What is still there: all zero when every call was cleaned up. */
  leftovers() {
    const inStasis = [...this.#world.channels.values()].filter((channel) => channel.isInStasis);
    const playbacks = inStasis.reduce((sum, channel) => sum + channel.playbacks.length, 0);
    const notes = this.notesEnds ? this.#world.ends.size : 0;
    return { channels: inStasis.length, bridges: this.#world.bridges.size, playbacks, notes };
  }

  // The port.

  subscribe(listener: (event: PbxEvent) => void): () => void {
    return this.#wire.subscribe(listener);
  }

  isConnected(): boolean {
    return this.#wire.isUp;
  }

  answer(id: ChannelId): Promise<Presence> {
    return this.#onChannel('answer', id, (channel) => this.#world.setChannelState(channel, 'Up'));
  }

  hangup(id: ChannelId, causeCode = 16): Promise<Presence> {
    return this.#wire.request('hangup', id, () => {
      const channel = this.#world.channels.get(id);
      if (!channel) return 'gone';
      this.#world.endLeg(channel, causeCode);
      return 'done';
    });
  }

  continueInDialplan(id: ChannelId, target?: DialplanTarget): Promise<Presence> {
    return this.#onChannel('continueInDialplan', id, (channel) => this.#world.continueLeg(channel, target ?? 'next'));
  }

  play({ channelId: id, playbackId, media }: PlayRequest): Promise<Presence> {
    return this.#onChannel('play', id, (channel) => this.#world.startPlayback(channel, playbackId, media));
  }

  stopPlayback(playbackId: PlaybackId): Promise<Presence> {
    return this.#wire.request('stopPlayback', playbackId, () =>
      this.#world.stopPlayback(playbackId) ? 'done' : 'gone',
    );
  }

  startMusic(id: ChannelId, musicClass: string): Promise<Presence> {
    return this.#onChannel('startMusic', id, (channel) => {
      channel.musicClass = musicClass;
    });
  }

  /** In a bridge it is always lost, as it now and then is (stasis/ari/README.md). */
  stopMusic(id: ChannelId): Promise<Presence> {
    return this.#onChannel('stopMusic', id, (channel) => {
      if (channel.bridgeId === null) channel.musicClass = null;
    });
  }

  getVariable(id: ChannelId, name: string): Promise<string | undefined> {
    return this.#wire.request('getVariable', `${id} ${name}`, () => this.#world.channels.get(id)?.variables.get(name));
  }

  getVariables(id: ChannelId, names: readonly string[]): Promise<readonly string[]> {
    const read = () => names.map((name) => this.#world.channels.get(id)?.variables.get(name) ?? '');
    return this.#wire.request('getVariables', `${id} ${names.join(' ')}`, read);
  }

  setVariable(id: ChannelId, name: string, value: string): Promise<Presence> {
    return this.#wire.request('setVariable', `${id} ${name}`, () => {
      const channel = this.#world.inStasis(id);
      channel?.variables.set(name, value);
      return channel === undefined ? 'gone' : 'done';
    });
  }

  noteEnd(id: ChannelId): Promise<Presence> {
    return this.#onChannel('noteEnd', id, (channel) => {
      channel.isEndNoted = true;
    });
  }

  pauseEndNote(id: ChannelId, isPaused: boolean): Promise<Presence> {
    return this.#onChannel('pauseEndNote', id, (channel) => {
      channel.isEndPaused = isPaused;
    });
  }

  endOf(id: ChannelId): Promise<ChannelEnd | null> {
    return this.#wire.request('endOf', id, () => (this.notesEnds ? (this.#world.ends.get(id) ?? null) : null));
  }

  forgetEnd(id: ChannelId): void {
    const end = this.#world.ends.get(id);
    if (end === undefined) return;
    this.#forgotten.set(id, { end, atMs: this.#clock.now() });
    this.#world.ends.delete(id);
  }

  contacts(interfaceName: string, onChannelId: ChannelId): Promise<readonly string[]> {
    return this.#wire.request('contacts', interfaceName, () => {
      const number = /^PJSIP\/([\w.-]+)$/.exec(interfaceName)?.[1];
      if (number === undefined) return [interfaceName];
      if (!this.#world.channels.has(onChannelId)) return [];
      return (this.#world.phones.get(number)?.contacts ?? []).map(
        (_, index) => `${interfaceName}/sip:${number}@fake:${index}`,
      );
    });
  }

  createChannel(request: CreateChannelRequest): Promise<Presence | 'refused'> {
    return this.#arrivals.await(request.channelId, () => this.#create(request));
  }

  #create(request: CreateChannelRequest): Promise<Presence | 'refused'> {
    return this.#wire.request('createChannel', request.endpoint, () => {
      this.dialled.push(request.endpoint);
      // A phone at another switch: what it does is what the phone `queueapp-switches` does here.
      const [, number = '', , index] = /^PJSIP\/([\w.-]+)(\/sip:[^:]*@fake:(\d+)|\/.*)?$/.exec(request.endpoint) ?? [];
      const phone = this.#world.phones.get(number);
      const contactIndex = Number(index ?? 0);
      const isPhone = request.endpoint.startsWith('PJSIP/');
      if (isPhone && phone?.contacts[contactIndex] === undefined) return 'refused';
      if (this.#world.channels.has(request.channelId)) throw refused(`Channel ${request.channelId} exists`);
      const channel = new FakeChannel({
        channelId: request.channelId,
        name: `${isPhone ? `PJSIP/${number}` : request.endpoint}-${String(++this.#channelCount).padStart(8, '0')}`,
        state: 'Down',
        caller: { number: isPhone ? number : null, name: null },
        shown: request.callerId,
        nowMs: this.#clock.now(),
        appArguments: request.appArgs,
        isLeg: true,
      });
      channel.isEndNoted = request.isEndNoted === true;
      if (isPhone) channel.contact = { phone: number, index: contactIndex };
      this.#world.add(channel);
      return 'done';
    });
  }

  dial(id: ChannelId, { timeoutMs }: { readonly timeoutMs: number }): Promise<Presence> {
    return this.#onChannel('dial', id, (channel) => {
      if (channel.state !== 'Down') throw refused(`Channel ${id} is not Down`);
      this.#world.dialLeg(channel, timeoutMs);
    });
  }

  createBridge(bridgeId: BridgeId, name: string): Promise<void> {
    return this.#wire.request('createBridge', bridgeId, () => {
      if (this.#world.bridges.has(bridgeId)) throw refused(`Bridge ${bridgeId} exists`);
      this.#world.bridges.set(bridgeId, { name, members: [] });
    });
  }

  destroyBridge(bridgeId: BridgeId): Promise<Presence> {
    return this.#wire.request('destroyBridge', bridgeId, () => {
      const bridge = this.#world.bridges.get(bridgeId);
      if (!bridge) return 'gone';
      for (const channel of [...bridge.members]) this.#world.leaveBridge(channel);
      this.#world.bridges.delete(bridgeId);
      return 'done';
    });
  }

  addToBridge(
    bridgeId: BridgeId,
    channelIds: readonly ChannelId[],
    { isMuted }: { readonly isMuted: boolean } = { isMuted: false },
  ): Promise<Presence> {
    return this.#wire.request('addToBridge', `${bridgeId} ${channelIds.join()}`, () => {
      const channels = channelIds.map((id) => this.#world.inStasis(id));
      if (!this.#world.bridges.has(bridgeId) || channels.includes(undefined)) return 'gone';
      for (const channel of channels) if (channel) this.#world.joinBridge(bridgeId, channel, isMuted);
      return 'done';
    });
  }

  removeFromBridge(bridgeId: BridgeId, id: ChannelId): Promise<Presence> {
    return this.#wire.request('removeFromBridge', `${bridgeId} ${id}`, () => {
      const channel = this.#world.inStasis(id);
      if (!channel || channel.bridgeId !== bridgeId) return 'gone';
      this.#world.endPlaybacks(channel, 'done');
      this.#world.leaveBridge(channel);
      return 'done';
    });
  }

  hasMediaWebSocket(): Promise<boolean> {
    return this.#wire.request('hasMediaWebSocket', '', () => this.takesMedia);
  }

  hasBridge(bridgeId: BridgeId): boolean {
    return this.#world.bridges.has(bridgeId);
  }

  /** Whether a channel is in a bridge at this moment. */
  isInBridge(channelId: ChannelId, bridgeId: BridgeId): boolean {
    return this.#world.channels.get(channelId)?.bridgeId === bridgeId;
  }

  async createMedia({ channelId: id, format }: CreateMediaRequest): Promise<MediaChannel | 'refused'> {
    const arrived = this.#arrivals.expect(id);
    const connectionId = await this.#wire.request('createMedia', `${id} ${format}`, () => {
      if (!this.takesMedia) return 'refused';
      this.#mediaChannel(id, 'WebSocket/INCOMING').isInStasis = false;
      return `connection-${id}`;
    });
    return connectionId === 'refused' ? 'refused' : { connectionId, arrived };
  }

  /** A media channel comes into the application, answered: its WebSocket has been opened. */
  mediaConnects(id: ChannelId): void {
    const channel = this.#world.channels.get(id);
    if (channel === undefined) throw new Error(`There is no channel ${id}`);
    channel.isInStasis = true;
    channel.state = 'Up';
    this.#world.add(channel);
  }

  async createRtpMedia({
    channelId: id,
    format,
    rtpHost,
  }: CreateRtpMediaRequest): Promise<RtpMediaChannel | 'refused'> {
    const arrived = this.#arrivals.expect(id);
    await this.#wire.request('createRtpMedia', `${id} ${format} ${rtpHost}`, () => {
      this.#mediaChannel(id, `UnicastRTP/${rtpHost}`);
      this.mediaConnects(id);
    });
    return { address: '127.0.0.1', port: this.rtpPort, arrived };
  }

  createWhisper({ channelId: id, toChannelId }: CreateWhisperRequest): Promise<Presence | 'refused'> {
    return this.#arrivals.await(id, () =>
      this.#wire.request('createWhisper', `${id} ${toChannelId}`, () => {
        if (!this.#world.channels.has(toChannelId)) return 'gone';
        this.#mediaChannel(id, `Snoop/${toChannelId}`);
        this.mediaConnects(id);
        return 'done';
      }),
    );
  }

  #mediaChannel(id: ChannelId, name: string): FakeChannel {
    if (this.#world.channels.has(id)) throw refused(`Channel ${id} exists`);
    const caller = { number: null, name: null };
    const made = { channelId: id, name: `${name}/${++this.#channelCount}`, caller, nowMs: this.#clock.now() };
    const channel = new FakeChannel({ ...made, state: 'Down', isLeg: true });
    this.#world.channels.set(id, channel);
    return channel;
  }

  startSilence(id: ChannelId): Promise<Presence> {
    return this.#onChannel('startSilence', id, () => undefined);
  }

  stopSilence(id: ChannelId): Promise<Presence> {
    return this.#onChannel('stopSilence', id, () => undefined);
  }

  muteMedia(id: ChannelId): Promise<Presence> {
    return this.#onChannel('muteMedia', id, () => undefined);
  }

  channelFormat(id: ChannelId): Promise<WireFormat> {
    return this.#wire.request('channelFormat', id, () => {
      const formats = this.#world.channels.get(id)?.variables.get('CHANNEL(audionativeformat)');
      return formats === undefined ? 'ulaw' : readChannelFormat(formats);
    });
  }

  createListener(request: CreateListenerRequest): Promise<Presence> {
    const { channelId: id, ofChannelId } = request;
    return this.#arrivals.await(id, () =>
      this.#wire.request('createListener', `${id} ${ofChannelId}`, () => this.recorder.listen(request)),
    );
  }

  startRecording(request: RecordingRequest): Promise<Presence | 'exists'> {
    const { channelId: id, name } = request;
    return this.#wire.request('startRecording', `${id} ${name}`, () => this.recorder.start(request));
  }

  pauseRecording(name: string): Promise<Presence> {
    return this.#wire.request('pauseRecording', name, () => this.recorder.pause(name));
  }

  resumeRecording(name: string): Promise<Presence> {
    return this.#wire.request('resumeRecording', name, () => this.recorder.resume(name));
  }

  deleteRecording(name: string): Promise<Presence> {
    return this.#wire.request('deleteRecording', name, () => this.recorder.delete(name));
  }

  watchDevice(device: string): Promise<DeviceState> {
    this.#world.watched.add(device);
    this.#world.readHint(device);
    return this.#wire.request('watchDevice', device, () => this.#world.deviceState(device));
  }

  unwatchDevice(device: string): Promise<void> {
    this.#world.watched.delete(device);
    return this.#wire.request('unwatchDevice', device, () => undefined);
  }

  snapshot(): ReturnType<Pbx['snapshot']> {
    return this.#wire.request('snapshot', '', () => ({
      channels: [...this.#world.channels.values()]
        .filter((channel) => channel.isInStasis)
        .map((channel) => channel.snapshot()),
      bridges: [...this.#world.bridges].map(([bridgeId, { members }]) => ({
        bridgeId,
        channelIds: members.map((member) => member.channelId),
      })),
    }));
  }

  #onChannel(
    name: Parameters<FakePbxWire['request']>[0],
    id: ChannelId,
    effect: (channel: FakeChannel) => void,
  ): Promise<Presence> {
    return this.#wire.request(name, id, () => {
      const channel = this.#world.inStasis(id);
      if (!channel) return 'gone';
      effect(channel);
      return 'done';
    });
  }
}

function refused(message: string): AppError {
  return new AppError('ARI_REFUSED', message);
}
