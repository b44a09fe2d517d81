import { type CallId, type ChannelId, isRecordingChannel, recordingChannelId } from '../../../src/core/ids.ts';
import type { ChannelSnapshot, Pbx } from '../../../src/ports/pbx.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import type { StoredRecording } from '../../../src/ports/recordings.ts';

/** A file that a process which is gone has begun, and whether Asterisk still writes it. */
export interface RecordingRemains {
  readonly row: StoredRecording;
  readonly isThere: boolean;
}

/** Whether something is recorded at this moment; `consent`: it will be, when the caller has been told. */
export type RecordingState = 'off' | 'consent' | 'recording' | 'paused';

/** What can be asked of the recording of a conversation. */
export type RecordingAction = 'start' | 'pause' | 'resume' | 'stop';

/** The recording of a conversation, as others ask for it. */
export interface KnownRecording {
  readonly state: RecordingState;
  ask(action: RecordingAction): Promise<RecordingState>;
  /** Asterisk was out of reach. */
  reassert(): void;
}

/** Which conversations of this process are recorded, and what earlier processes have left. */
export class Recordings {
  readonly #byCall = new Map<CallId, KnownRecording>();
  readonly #held = new Set<ChannelId>();
  #left: RecordingRemains[] = [];

  /** Makes a conversation's recording known, until it is over. */
  add(callId: CallId, recording: KnownRecording): void {
    this.#byCall.set(callId, recording);
  }

  remove(callId: CallId, recording: KnownRecording): void {
    if (this.#byCall.get(callId) === recording) this.#byCall.delete(callId);
  }

  of(callId: CallId): KnownRecording | undefined {
    return this.#byCall.get(callId);
  }

  /** Asterisk was out of reach. */
  reassert(): void {
    for (const recording of this.#byCall.values()) recording.reassert();
  }

  /** A channel listens for a file that is looked after. */
  hold(channelId: ChannelId): void {
    this.#held.add(channelId);
  }

  release(channelId: ChannelId): void {
    this.#held.delete(channelId);
  }

  /** What was open in the database when Asterisk looked as the snapshot says; what is looked after here is no remnant. */
  found(rows: readonly StoredRecording[], channels: readonly ChannelSnapshot[]): void {
    const there = new Set(channels.map(({ channelId }) => channelId));
    this.#left = rows
      .map((row) => ({ row, channelId: recordingChannelId(row.recordingId) }))
      .filter(({ channelId }) => !this.#held.has(channelId))
      .map(({ row, channelId }) => ({ row, isThere: there.has(channelId) }));
  }

  /** What was left of a call's recordings, for whoever goes on with the conversation; to be asked once. */
  take(callId: CallId): readonly RecordingRemains[] {
    const mine = this.#left.filter(({ row }) => row.callId === callId);
    this.#left = this.#left.filter(({ row }) => row.callId !== callId);
    for (const { row } of mine) this.hold(recordingChannelId(row.recordingId));
    return mine;
  }

  /** Closes what nobody has taken: those conversations are over. Channels that listen for nobody are hung up. */
  async closeRemnants(
    { pbx, store }: { readonly pbx: Pbx; readonly store: QueueStore },
    channels: readonly ChannelSnapshot[],
    atMs: number,
  ): Promise<void> {
    const ids = channels.map(({ channelId }) => channelId);
    const remnants = ids.filter((channelId) => isRecordingChannel(channelId) && !this.#held.has(channelId));
    await Promise.all(remnants.map((channelId) => pbx.hangup(channelId)));
    for (const { row } of this.#left.splice(0)) await store.saveRecording({ ...row, state: 'done', endedAtMs: atMs });
  }
}
