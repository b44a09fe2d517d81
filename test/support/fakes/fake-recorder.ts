import { type ChannelId, channelId } from '../../../src/core/ids.ts';
import { recordingFile } from '../../../src/core/queue/recording.ts';
import { AppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { CreateListenerRequest, Presence, RecordingRequest } from '../../../src/ports/pbx.ts';
import { FakeChannel } from './fake-pbx-channel.ts';
import type { FakePbxWire } from './fake-pbx-wire.ts';
import type { FakePbxWorld } from './fake-pbx-world.ts';

/** One file as the switch writes it; tests look at it. */
export interface FakeRecording {
  readonly file: string;
  readonly name: string;
  readonly channelId: ChannelId;
  readonly ofChannelId: ChannelId;
  readonly hears: CreateListenerRequest['hears'];
  readonly startedAtMs: number;
  /** `null` while it goes on. */
  endedAtMs: number | null;
  /** Stretches of silence that were asked for; the last one is open while it is paused. */
  readonly pauses: { readonly fromMs: number; toMs: number | null }[];
}

/** How much Asterisk holds back before it writes, and so learns that the disk is full. */
const WRITES_EVERY_MS = 2_000;

/** The recorder of the fake switch: files in memory, and a disk that may be full. */
export class FakeRecorder {
  /** Every file that was begun, in order. */
  readonly files: FakeRecording[] = [];
  readonly #clock: Clock;
  readonly #wire: FakePbxWire;
  readonly #world: FakePbxWorld;
  /** Channels that listen, recording or not. */
  readonly #listeners = new Map<ChannelId, CreateListenerRequest>();
  readonly #pending = new Map<FakeRecording, () => void>();
  #isDiskFull = false;
  #canWrite = true;

  constructor(clock: Clock, wire: FakePbxWire, world: FakePbxWorld) {
    this.#clock = clock;
    this.#wire = wire;
    this.#world = world;
    world.onEnd((channel) => this.#channelEnds(channel.channelId));
  }

  /** Those that go on. */
  get running(): readonly FakeRecording[] {
    return this.files.filter(({ endedAtMs }) => endedAtMs === null);
  }

  /** From the next write on nothing fits: what is being recorded ends as if all were well. */
  diskFills(): void {
    this.#isDiskFull = true;
    for (const recording of this.running) this.#learnLater(recording);
  }

  /** The folder can't be written at all: a recording is refused. */
  folderIsLost(): void {
    this.#canWrite = false;
  }

  /** There is room again, and a folder. */
  diskIsMended(): void {
    this.#isDiskFull = false;
    this.#canWrite = true;
  }

  /** Channels that listen, whether they record or not. */
  get listening(): readonly ChannelId[] {
    return [...this.#listeners.keys()];
  }

  listen(request: CreateListenerRequest): Presence {
    const { channelId: id, ofChannelId } = request;
    if (!this.#world.channels.has(ofChannelId)) return 'gone';
    this.#listeners.set(id, request);
    const made = { channelId: id, name: `Snoop/${ofChannelId}-1`, caller: { number: null, name: null } };
    this.#world.add(new FakeChannel({ ...made, state: 'Up', nowMs: this.#clock.now(), isLeg: true }));
    return 'done';
  }

  start({ channelId: id, name, format }: RecordingRequest): Presence | 'exists' {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return 'gone';
    const { ofChannelId, hears } = listener;
    if (!this.#canWrite) throw new AppError('ARI_REFUSED', `The fake switch has no folder for ${name}`);
    if (this.files.some((each) => each.name === name)) return 'exists';
    const startedAtMs = this.#clock.now();
    const file = recordingFile(name, format);
    const recording = { file, name, channelId: id, ofChannelId, hears, startedAtMs, endedAtMs: null, pauses: [] };
    this.files.push(recording);
    this.#wire.emit({ type: 'recording-started', channelId: id });
    if (this.#isDiskFull) this.#learnLater(recording);
    return 'done';
  }

  pause(name: string): Presence {
    const recording = this.#live(name);
    if (recording === undefined) return 'gone';
    if (recording.pauses.at(-1)?.toMs !== null) recording.pauses.push({ fromMs: this.#clock.now(), toMs: null });
    return 'done';
  }

  resume(name: string): Presence {
    const recording = this.#live(name);
    if (recording === undefined) return 'gone';
    this.#closePause(recording);
    return 'done';
  }

  delete(name: string): Presence {
    const index = this.files.findIndex((each) => each.name === name && each.endedAtMs !== null);
    if (index < 0) return 'gone';
    this.files.splice(index, 1);
    return 'done';
  }

  #live(name: string): FakeRecording | undefined {
    return this.running.find((each) => each.name === name);
  }

  #learnLater(recording: FakeRecording): void {
    this.#pending.set(
      recording,
      this.#clock.after(WRITES_EVERY_MS, () => this.#end(recording)),
    );
  }

  /** Of a listening channel, or of one that is listened to: its listeners end with it. */
  #channelEnds(id: ChannelId): void {
    this.#listeners.delete(id);
    for (const recording of this.running) if (recording.channelId === id) this.#end(recording);
    for (const { channelId: listening, ofChannelId } of [...this.#listeners.values()]) {
      const channel = ofChannelId === id ? this.#world.channels.get(listening) : undefined;
      if (channel !== undefined) this.#world.endLeg(channel, 16);
    }
  }

  #end(recording: FakeRecording): void {
    this.#pending.get(recording)?.();
    this.#pending.delete(recording);
    if (recording.endedAtMs !== null) return;
    recording.endedAtMs = this.#clock.now();
    this.#closePause(recording);
    this.#wire.emit({ type: 'recording-finished', channelId: channelId(recording.channelId), outcome: 'done' });
  }

  #closePause(recording: FakeRecording): void {
    const last = recording.pauses.at(-1);
    if (last?.toMs === null) last.toMs = this.#clock.now();
  }
}
