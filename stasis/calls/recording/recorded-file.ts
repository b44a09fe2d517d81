import { randomUUID } from 'node:crypto';
import { type ChannelId, type RecordingId, recordingChannelId, recordingId } from '../../../src/core/ids.ts';
import { type RecordingPart, type RecordingSettings, recordingFile } from '../../../src/core/queue/recording.ts';
import { type RecordingFacts, recordingName } from '../../../src/core/queue/recording-name.ts';
import { AppError, isAppError } from '../../../src/errors.ts';
import type { Presence } from '../../../src/ports/pbx.ts';
import type { StoredRecording } from '../../../src/ports/recordings.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { quietly } from '../quietly.ts';

/** Files of one name: more than a conversation has parts and beginnings. */
const NAMES_MAX = 20;
/**
 * A recording that ends without being asked has lost its disk, or its channel, of which we shall hear in a moment. Longer than events are apart
 * that one hang-up causes, and short for somebody who reads the log.
 */
const CONVERSATION_ENDS_WITHIN_MS = 1_000;

/** What is listened to. */
export interface ListenRequest {
  readonly part: RecordingPart;
  readonly ofChannelId: ChannelId;
}

/** How the file is called, and what the database is told of it. */
export interface BeginRequest {
  readonly settings: RecordingSettings;
  readonly facts: RecordingFacts;
  readonly row: Pick<StoredRecording, 'callId' | 'entryId' | 'uniqueId' | 'queue' | 'extension'>;
}

/**
 * One file: told to Asterisk, and kept level in the database. Never ends a call.
 *
 *   listening ──begin──> written ──end──> done
 *       └──refused──┬──────┴──ended by itself, and the conversation goes on──> failed
 */
export class RecordedFile {
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #part: RecordingPart;
  readonly #recordingId: RecordingId;
  /** `null` while it is only listened. */
  #row: StoredRecording | null;
  /** What listened has vanished before anything was written. */
  #isGone = false;
  /** Why it can't be listened. */
  #refusal: AppError | null = null;
  #unlisten: () => void;
  #cancelVerdict: () => void = () => undefined;
  /** When Asterisk ended it, without being asked. */
  #endedItselfAtMs: number | null = null;
  /** What is still to be told to Asterisk and the database; nothing waits for it but the end. */
  #work: Promise<void> = Promise.resolve();

  private constructor(room: CallRoom, call: Call, identity: Pick<StoredRecording, 'recordingId' | 'part'>) {
    this.#room = room;
    this.#call = call;
    this.#part = identity.part;
    this.#recordingId = identity.recordingId;
    this.#row = null;
    room.recordings.hold(this.#channelId);
    this.#unlisten = room.router.onChannel(this.#channelId, ({ type }) => {
      if (type === 'recording-finished' || type === 'stasis-end' || type === 'channel-destroyed') this.#endsItself();
    });
  }

  /** Has Asterisk listen; nothing is written yet. */
  static async listen(room: CallRoom, call: Call, { part, ofChannelId }: ListenRequest): Promise<RecordedFile> {
    const file = new RecordedFile(room, call, { recordingId: recordingId(randomUUID()), part });
    const hears = part === 'together' ? 'both' : 'person';
    try {
      await room.pbx.createListener({ channelId: file.#channelId, ofChannelId, hears });
    } catch (error) {
      if (!isAppError(error)) throw error;
      file.#refusal = error;
    }
    return file;
  }

  /** Goes on with one that a process which is gone has begun. `isThere`: Asterisk still writes it. */
  static adopt(room: CallRoom, call: Call, row: StoredRecording, isThere: boolean): RecordedFile {
    const file = new RecordedFile(room, call, row);
    file.#row = row;
    if (!isThere) file.#endsItself();
    return file;
  }

  /** Empty before it has begun. */
  get file(): string {
    return this.#row?.file ?? '';
  }

  get isListening(): boolean {
    return this.#row === null && !this.#isGone;
  }

  get isRunning(): boolean {
    return this.#row?.endedAtMs === null && this.#endedItselfAtMs === null;
  }

  get isPausedInDatabase(): boolean {
    return this.#row?.state === 'paused';
  }

  /** Begins the file, under the first name that is free. What fails is told by log and database. */
  async begin({ settings, facts, row }: BeginRequest): Promise<void> {
    const { format } = settings;
    for (let count = 1; ; count++) {
      const name = recordingName(settings.name, facts, this.#part, count);
      const file = recordingFile(name, format);
      const begun = { ...row, recordingId: this.#recordingId, part: this.#part, file, error: null };
      const now = { ...begun, startedAtMs: this.#room.clock.now(), endedAtMs: null, state: 'recording' } as const;
      try {
        if (this.#refusal !== null) throw this.#refusal;
        const answer = await this.#room.pbx.startRecording({ channelId: this.#channelId, name, format });
        // A channel that has vanished ends the conversation, too.
        if (answer === 'gone') {
          this.#isGone = true;
          return;
        }
        if (answer === 'done') {
          this.#row = now;
          return this.#save({});
        }
        if (count === NAMES_MAX) throw nameTaken(name);
      } catch (error) {
        if (!isAppError(error)) throw error;
        this.#row = now;
        return this.#fail(error);
      }
    }
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

  /** Closes it, begun or not. Idempotent. */
  async end(): Promise<void> {
    if (this.#row === null || this.#row.endedAtMs === null) {
      this.leave();
      this.#stopListening();
      this.#save({ state: 'done', endedAtMs: this.#endedItselfAtMs ?? this.#room.clock.now() });
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
    return recordingChannelId(this.#recordingId);
  }

  /** As Asterisk knows it, without the ending. */
  get #name(): string {
    return this.file.replace(/\.[^./]+$/, '');
  }

  /** `gone`: it has ended while nobody listened. */
  #heard(answer: Presence): void {
    if (answer === 'gone') this.#endsItself();
  }

  #endsItself(): void {
    this.#isGone ||= this.#row === null;
    if (!this.isRunning) return;
    this.#endedItselfAtMs = this.#room.clock.now();
    this.#cancelVerdict = this.#room.clock.after(CONVERSATION_ENDS_WITHIN_MS, () => this.#lost());
  }

  /** They talk on, and nothing is written any more. */
  #lost(): void {
    this.#fail(new AppError('RECORDING_LOST', 'It ended before the conversation: is there room in its folder'));
  }

  #fail(error: AppError): void {
    this.leave();
    this.#stopListening();
    const endedAtMs = this.#endedItselfAtMs ?? this.#room.clock.now();
    this.#call.log.error({ err: error, part: this.#part, pii: { file: this.file } }, 'Recording failed');
    this.#save({ state: 'failed', endedAtMs, error: error.message });
  }

  #stopListening(): void {
    this.#then('stop-recording', () => this.#room.pbx.hangup(this.#channelId));
  }

  /** What was not begun is not in the database. */
  #save(changes: Partial<StoredRecording>): void {
    if (this.#row === null) return;
    const row = { ...this.#row, ...changes };
    this.#row = row;
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
