import { randomUUID } from 'node:crypto';
import { type ChannelId, recordingChannelId, recordingId } from '../../src/core/ids.ts';
import { type RecordingPart, type RecordingSettings, recordingFile } from '../../src/core/queue/recording.ts';
import { type RecordingFacts, recordingName } from '../../src/core/queue/recording-name.ts';
import { AppError, isAppError } from '../../src/errors.ts';
import type { Presence } from '../../src/ports/pbx.ts';
import type { StoredRecording } from '../../src/ports/recordings.ts';
import type { Call } from './call.ts';
import { type CallRoom, quietly } from './call-room.ts';

/** Files of one name: more than a conversation has parts and beginnings. */
const NAMES_MAX = 20;
/**
 * A recording that ends without being asked has lost its disk, or its channel, of which we shall hear in a moment. Longer than events are apart
 * that one hang-up causes, and short for somebody who reads the log.
 */
const CONVERSATION_ENDS_WITHIN_MS = 1_000;

/** What is to be recorded. */
export interface FileRequest {
  readonly settings: RecordingSettings;
  readonly part: RecordingPart;
  readonly ofChannelId: ChannelId;
  readonly facts: RecordingFacts;
  readonly row: Pick<StoredRecording, 'callId' | 'entryId' | 'uniqueId' | 'queue' | 'extension'>;
}

/** One file while it is written: told to Asterisk, and kept level in the database. Never ends a call. */
export class RecordedFile {
  readonly #room: CallRoom;
  readonly #call: Call;
  #row: StoredRecording;
  #unlisten: () => void = () => undefined;
  #cancelVerdict: () => void = () => undefined;
  /** When Asterisk ended it, without being asked. */
  #endedItselfAtMs: number | null = null;
  /** What is still to be told to Asterisk and the database; nothing waits for it but the end. */
  #work: Promise<void> = Promise.resolve();

  private constructor(room: CallRoom, call: Call, row: StoredRecording) {
    this.#room = room;
    this.#call = call;
    this.#row = row;
    room.recordings.hold(this.#channelId);
    this.#unlisten = room.router.onChannel(this.#channelId, ({ type }) => {
      if (type === 'recording-finished' || type === 'stasis-end' || type === 'channel-destroyed') this.#endsItself();
    });
  }

  /** Begins a file under the first name that is free. It may have failed already, which log and database tell; `null`: the channel is gone. */
  static async begin(room: CallRoom, call: Call, request: FileRequest): Promise<RecordedFile | null> {
    for (let count = 1; ; count++) {
      const name = recordingName(request.settings.name, request.facts, request.part, count);
      const file = new RecordedFile(room, call, newRow(request, name, room.clock.now()));
      try {
        const answer = await file.#start(request, name);
        if (answer === 'done') return file.#begun();
        if (answer === 'exists' && count === NAMES_MAX) throw nameTaken(name);
        file.leave();
        if (answer === 'gone') return null;
      } catch (error) {
        if (!isAppError(error)) throw error;
        file.#fail(error);
        return file;
      }
    }
  }

  /** Goes on with one that a process which is gone has begun. `isThere`: Asterisk still writes it. */
  static adopt(room: CallRoom, call: Call, row: StoredRecording, isThere: boolean): RecordedFile {
    const file = new RecordedFile(room, call, row);
    if (!isThere) file.#endsItself();
    return file;
  }

  get file(): string {
    return this.#row.file;
  }

  get isRunning(): boolean {
    return this.#row.endedAtMs === null && this.#endedItselfAtMs === null;
  }

  get isPausedInDatabase(): boolean {
    return this.#row.state === 'paused';
  }

  /** Silence is written from now on. */
  async pause(): Promise<void> {
    if (this.isRunning) this.#heard(await this.#room.pbx.pauseRecording(this.#name));
  }

  async resume(): Promise<void> {
    if (this.isRunning) this.#heard(await this.#room.pbx.resumeRecording(this.#name));
  }

  /** Somebody has asked for a pause, which lasts whatever becomes of this process. */
  notePause(isPaused: boolean): void {
    if (this.isRunning && isPaused !== this.isPausedInDatabase)
      this.#save({ state: isPaused ? 'paused' : 'recording' });
  }

  /** Closes it. Idempotent. */
  async end(): Promise<void> {
    if (this.#row.endedAtMs === null) {
      this.leave();
      const endedAtMs = this.#endedItselfAtMs ?? this.#room.clock.now();
      this.#stopListening();
      this.#save({ state: 'done', endedAtMs });
    }
    await this.#work;
  }

  /** Looks after it no longer: it goes on, for the next process. */
  leave(): void {
    this.#unlisten();
    this.#cancelVerdict();
    this.#room.recordings.release(this.#channelId);
  }

  get #channelId(): ChannelId {
    return recordingChannelId(this.#row.recordingId);
  }

  /** As Asterisk knows it, without the ending. */
  get #name(): string {
    return this.#row.file.replace(/\.[^./]+$/, '');
  }

  #start({ settings, part, ofChannelId }: FileRequest, name: string): Promise<Presence | 'exists'> {
    const hears = part === 'together' ? 'both' : 'person';
    const { format } = settings;
    return this.#room.pbx.startRecording({ channelId: this.#channelId, ofChannelId, hears, name, format });
  }

  #begun(): this {
    this.#save({});
    return this;
  }

  /** `gone`: it has ended while nobody listened. */
  #heard(answer: Presence): void {
    if (answer === 'gone') this.#endsItself();
  }

  #endsItself(): void {
    if (this.#row.endedAtMs !== null || this.#endedItselfAtMs !== null) return;
    this.#endedItselfAtMs = this.#room.clock.now();
    this.#cancelVerdict = this.#room.clock.after(CONVERSATION_ENDS_WITHIN_MS, () => this.#lost());
  }

  /** They talk on, and nothing is written any more. */
  #lost(): void {
    this.#stopListening();
    this.#fail(new AppError('RECORDING_LOST', 'It ended before the conversation: is there room in its folder'));
  }

  #fail(error: AppError): void {
    this.leave();
    const endedAtMs = this.#endedItselfAtMs ?? this.#room.clock.now();
    this.#call.log.error({ err: error, part: this.#row.part, pii: { file: this.#row.file } }, 'Recording failed');
    this.#save({ state: 'failed', endedAtMs, error: error.message });
  }

  #stopListening(): void {
    this.#then('stop-recording', () => this.#room.pbx.hangup(this.#channelId));
  }

  #save(changes: Partial<StoredRecording>): void {
    this.#row = { ...this.#row, ...changes };
    const row = this.#row;
    this.#then('save-recording', () => this.#room.store.saveRecording(row));
  }

  /** One after another: the database hears in order, and may be slow. */
  #then(what: string, action: () => Promise<unknown>): void {
    this.#work = this.#work.then(() => quietly(this.#call, what, action));
  }
}

function nameTaken(name: string): AppError {
  return new AppError('RECORDING_REFUSED', `${NAMES_MAX} files of this name are there already`, { details: { name } });
}

function newRow({ settings, part, row }: FileRequest, name: string, nowMs: number): StoredRecording {
  return {
    ...row,
    recordingId: recordingId(randomUUID()),
    part,
    file: recordingFile(name, settings.format),
    startedAtMs: nowMs,
    endedAtMs: null,
    state: 'recording',
    error: null,
  };
}
