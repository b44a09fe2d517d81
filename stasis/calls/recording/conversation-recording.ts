import type { ChannelId, ExtensionNumber } from '../../../src/core/ids.ts';
import { partsOf, type RecordingPart, type RecordingSettings } from '../../../src/core/queue/recording.ts';
import { AppError } from '../../../src/errors.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { type Playing, startPlaying } from '../hold/playing.ts';
import type { Visit } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';
import { dateAndTime } from '../time-of-day.ts';
import { type BeginRequest, RecordedFile } from './recorded-file.ts';
import type { KnownRecording, RecordingAction, RecordingRemains, RecordingState } from './recordings.ts';

/** With `no` here the dialplan keeps a call from being recorded. */
const RECORDING_VARIABLE = 'RECORDING';
/** So long two people wait at most for Asterisk to listen; it needs 3 ms. */
const READY_WITHIN_MS = 50;
/** Names of the files, for the dialplan. */
const FILE_VARIABLE = 'RECORDING_FILE';

/** Whose conversation it is. */
interface Options {
  readonly settings: RecordingSettings;
  readonly extension: ExtensionNumber;
  readonly memberChannelId: ChannelId;
}

/**
 * The recording of one conversation: one file or several that begin, pause and end together. Whatever fails is logged, and the
 * conversation goes on.
 *
 *   off ──start, both joined──> consent ──heard──> recording <──pause, hold / resume, unhold──> paused
 *                                  └── heard while waiting ──^       all ──stop, conversation over──> off
 */
export class ConversationRecording implements KnownRecording {
  readonly #room: CallRoom;
  readonly #call: Call;
  readonly #visit: Visit;
  readonly #options: Options;
  readonly #unlisten: () => void;
  readonly #pauses = new Set<'asked' | 'hold'>();
  #files: readonly RecordedFile[] = [];
  #consent: Playing | null = null;
  /** What the dialplan says; asked once. */
  #isForbidden: Promise<boolean> | null = null;
  #isWanted = false;
  #isOver = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(visit: Visit, options: Options) {
    this.#room = visit.room;
    this.#call = visit.call;
    this.#visit = visit;
    this.#options = options;
    this.#unlisten = visit.room.router.onChannel(options.memberChannelId, ({ type }) => {
      if (options.settings.pauseOnHold && (type === 'hold' || type === 'unhold')) this.#held(type === 'hold');
    });
    visit.room.recordings.add(visit.call.callId, this);
  }

  get state(): RecordingState {
    if (this.#consent !== null) return 'consent';
    if (!this.#files.some(({ isRunning }) => isRunning)) return 'off';
    return this.#pauses.size > 0 ? 'paused' : 'recording';
  }

  /**
   * They are about to be joined: Asterisk listens already when they hear each other. Else it would let their phones talk directly first, and
   * take that back in the middle of the first word, or of the one after the consent; some phones are deaf from then on. Nothing is written.
   * Settles when it does so, and at the latest when nobody should wait any longer.
   */
  async prepare(): Promise<void> {
    if (this.#options.settings.start !== 'at-connect') return;
    this.#quietlyThen('prepare-recording', async () => {
      // Both at once: what is asked for before the two are joined Asterisk does before, however late it comes to any of it.
      const [isForbidden] = await Promise.all([this.#forbidden(), this.#listen()]);
      if (isForbidden) await this.#closeFiles();
    });
    const ready = deferred<void>();
    const cancel = this.#room.clock.after(READY_WITHIN_MS, ready.resolve);
    await Promise.race([this.#changing, ready.promise]);
    cancel();
  }

  /** Both are in the bridge. */
  joined(): void {
    if (this.#options.settings.start !== 'at-connect') return;
    this.#isWanted = true;
    this.#quietlyThen('start-recording', async () => {
      if (!(await this.#forbidden())) await this.#begin();
    });
  }

  /** Goes on with files that a process which is gone has begun. Who held the line then is not known any more: that pause is over. */
  adopt(remains: readonly RecordingRemains[]): void {
    if (remains.length === 0) return;
    this.#isWanted = true;
    this.#files = remains.map(({ row, isThere }) => RecordedFile.adopt(this.#room, this.#call, row, isThere));
    if (this.#files.some((file) => file.isPausedInDatabase)) this.#pauses.add('asked');
    this.reassert();
  }

  /** Says again how it is to be, to an Asterisk that was out of reach: so it is heard of, too, if a recording has ended meanwhile. */
  reassert(): void {
    this.#quietlyThen('reassert-recording', () =>
      this.#pauses.size > 0 ? this.#keepPauses() : this.#each((file) => file.resume()),
    );
  }

  /**
   * Somebody asks for it. Settles when it is so; a beginning that has to be told to the caller first answers `consent` at once.
   * @throws AppError RECORDING_REFUSED, or what Asterisk says
   */
  async ask(action: RecordingAction): Promise<RecordingState> {
    if (this.#isOver) throw refusal('The conversation is over');
    if (action === 'start') return await this.#askedToStart();
    if (this.state === 'off') throw refusal('Nothing is recorded of this call now');
    if (action === 'stop') await this.#stop();
    else if (action === 'pause') await this.#then(() => this.#pause('asked'));
    else await this.#then(() => this.#resume('asked'));
    return this.state;
  }

  /** The conversation is over; settles when Asterisk and the database know. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#detach();
    await this.#stop();
  }

  /** The process stops: what is written goes on, for the next one. */
  leave(): void {
    this.#isOver = true;
    this.#detach();
    // A file that is being begun is there then.
    this.#quietlyThen('leave-recording', async () => {
      for (const file of this.#files) file.leave();
    });
  }

  #detach(): void {
    this.#unlisten();
    this.#room.recordings.remove(this.#call.callId, this);
  }

  async #askedToStart(): Promise<RecordingState> {
    if (this.state !== 'off') return this.state;
    this.#isWanted = true;
    this.#pauses.delete('asked');
    const begun = this.#then(() => this.#begin());
    if (this.#mustBeTold) {
      begun.catch((err: unknown) => this.#call.log.warn({ err }, 'Recording could not be started'));
      return 'consent';
    }
    await begun;
    if (this.state === 'off') throw refusal('It could not be begun: the log says why');
    return this.state;
  }

  get #mustBeTold(): boolean {
    return !this.#visit.hold.hasTold(this.#options.settings.consent);
  }

  async #begin(): Promise<void> {
    if (this.#mustBeTold) {
      await this.#tellConsent().catch(async (error: unknown) => {
        await this.#closeFiles();
        throw error;
      });
    }
    if (!this.#isWanted || this.#isOver) return;
    const { settings } = this.#options;
    if (!this.#files.some(({ isListening }) => isListening)) await this.#listen();
    await this.#each((file) => (file.isListening ? file.begin(this.#beginning()) : Promise.resolve()));
    await this.#keepPauses();
    const files = this.#files.filter(({ isRunning }) => isRunning).map(({ file }) => file);
    if (files.length === 0) return;
    this.#call.log.info({ what: settings.what, pii: { files } }, 'Recording');
    await quietly(this.#call, 'set-variables', () =>
      this.#room.pbx.setVariable(this.#call.channelId, FILE_VARIABLE, files.join(',')),
    );
  }

  /** They are connected, and hear each other when it has ended; who hangs up during it was not recorded. */
  async #tellConsent(): Promise<void> {
    const playing = startPlaying(this.#room, this.#call, this.#options.settings.consent);
    this.#consent = playing;
    const outcome = await playing.finished.finally(() => {
      this.#consent = null;
    });
    if (outcome === 'done') this.#visit.hold.noteTold(this.#options.settings.consent);
    else if (outcome === 'failed' || outcome === 'gone') throw refusal('The caller could not be told of it');
    else this.#isWanted = false;
  }

  #forbidden(): Promise<boolean> {
    this.#isForbidden ??= this.#room.pbx
      .getVariable(this.#call.channelId, RECORDING_VARIABLE)
      .then((value) => value === 'no');
    return this.#isForbidden;
  }

  async #listen(): Promise<void> {
    const { settings, memberChannelId } = this.#options;
    const of = (part: RecordingPart) => (part === 'member' ? memberChannelId : this.#call.channelId);
    const listening = partsOf(settings.what).map((part) =>
      RecordedFile.listen(this.#room, this.#call, { part, ofChannelId: of(part) }),
    );
    this.#files = [...this.#files, ...(await Promise.all(listening))];
  }

  #beginning(): BeginRequest {
    const { settings, extension } = this.#options;
    const { callId, uniqueId, caller, customer } = this.#call;
    const { settings: queue, place } = this.#visit;
    const row = { callId, entryId: place.entryId, uniqueId, queue: queue.name, extension };
    return { settings, row, facts: { ...row, caller, customer, ...dateAndTime(this.#room.clock.now()) } };
  }

  async #stop(): Promise<void> {
    this.#isWanted = false;
    const consent = this.#consent;
    if (consent !== null) await quietly(this.#call, 'stop-consent', () => consent.stop());
    await this.#then(() => this.#closeFiles()).catch(() => undefined);
  }

  async #closeFiles(): Promise<void> {
    await this.#each((file) => file.end());
    this.#files = [];
  }

  #held(isOnHold: boolean): void {
    this.#quietlyThen('pause-on-hold', () => (isOnHold ? this.#pause('hold') : this.#resume('hold')));
  }

  async #pause(reason: 'asked' | 'hold'): Promise<void> {
    this.#pauses.add(reason);
    try {
      await this.#keepPauses();
    } catch (error) {
      this.#pauses.delete(reason);
      throw error;
    }
  }

  async #resume(reason: 'asked' | 'hold'): Promise<void> {
    this.#pauses.delete(reason);
    for (const file of this.#files) file.notePause(this.#pauses.has('asked'));
    if (this.#pauses.size === 0) await this.#each((file) => file.resume());
  }

  /** Pauses what goes on, when there is a reason. */
  async #keepPauses(): Promise<void> {
    if (this.#pauses.size === 0) return;
    await this.#each((file) => file.pause());
    for (const file of this.#files) file.notePause(this.#pauses.has('asked'));
  }

  async #each(action: (file: RecordedFile) => Promise<void>): Promise<void> {
    await Promise.all(this.#files.map(action));
  }

  /** One change after another. */
  #then(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  #quietlyThen(what: string, change: () => Promise<void>): void {
    this.#changing = this.#changing.then(async () => {
      try {
        await change();
      } catch (err) {
        // The caller may have hung up while it was told to them.
        if (!this.#call.signal.aborted) this.#call.log.error({ err, what }, 'Recording failed');
      }
    });
  }
}

function refusal(message: string): AppError {
  return new AppError('RECORDING_REFUSED', message);
}
