import { WIRE } from '../../src/core/programme/sound.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { AudioProgramme } from '../../src/ports/media-out.ts';
import { type BlockBuffer, framesInBlock } from './block-buffer.ts';
import type { Carrier, CarrierRequest } from './carrier.ts';
import type { MediaConnection } from './connection.ts';
import { FLUSH_MEDIA, GET_STATUS, type MediaEvent, markMedia } from './control-messages.ts';
import type { MediaCounters } from './counters.ts';
import { FrameClock } from './frame-clock.ts';
import type { Pump, Pumped } from './pump.ts';
import { FRAME_MS, type MediaTimes } from './settings.ts';

/** How surely the beat is known: the clock counts whole milliseconds. */
const BEAT_SPREAD_MS = 2;
/** Asterisk's threads wake up when they may: from a question to the next beat, and from a flush, there shall be so much time to spare. */
const SPARE_TO_ASK_MS = 8;
const SPARE_TO_FLUSH_MS = 4;
/** A change is meant for what will still be in the queue when it gets there. */
const REFRESH_MS = 4;
/** Longest way to Asterisk and back that is reckoned with; there is no quiet long enough for more. */
const ROUND_TRIP_MS_MAX = 7;
/** How often Asterisk is asked again when its answer came too near a beat. */
const ASKING_MAX = 3;
/** A mark stands behind so many frames of the first block, so that the beat is known soon. */
const FIRST_FRAMES = 5;
/** A stall that lasts so many times `stallMs` is the end. */
const STALLS_MAX = 5;

/** What a line needs of its connection. */
export type AudioSocket = Omit<Pick<MediaConnection, keyof MediaConnection>, 'opened'>;

export interface LineOptions extends Omit<CarrierRequest, 'channelId'> {
  readonly connection: AudioSocket;
}

/** Frames that had been sent before it, those of them that Asterisk should have taken, and who said so. */
interface Flush {
  readonly sent: number;
  readonly taken: number;
  readonly by: 'asterisk' | 'clock';
}

/** What lines share. */
export interface LineRoom {
  readonly clock: Clock;
  readonly pump: Pump;
  readonly block: BlockBuffer;
  readonly times: MediaTimes;
  readonly counters: MediaCounters;
}

/**
 * One caller's programme on its way over a WebSocket. Frames (20 ms) are counted from `from`; of them, Asterisk has taken so many and was
 * sent so many:
 *
 *    heard ──────────┃ in Asterisk's queue ┃ not rendered yet
 *    0             taken                  sent      taken + lead
 *
 * When the programme changes, `sent` goes back to `taken`: Asterisk is asked how much it has queued, told to forget it, and sent the same
 * frames anew, in the quiet between two beats.
 */
export class WebSocketLine implements Carrier, Pumped {
  readonly #room: LineRoom;
  readonly #connection: AudioSocket;
  readonly #programme: AudioProgramme;
  readonly #from: number;
  readonly #onLost: (reason: string) => void;
  readonly #frames: FrameClock;
  readonly #frameSamples: number;
  readonly #frameBytes: number;
  readonly #leadFrames: number;
  #sent = 0;
  #isXoff = false;
  /** When the mark that was sent last should come back; `null` when none is under way. */
  #markDueMs: number | null = null;
  #nextMarkMs = 0;
  #refresh: 'none' | 'waiting' | 'asked' = 'none';
  #asked = 0;
  #askedMs = 0;
  /** To Asterisk and back, as it was of late. */
  #roundTripMs = 1;
  #cancelRefresh: () => void = () => undefined;
  #cancelDoubt: () => void = () => undefined;
  /** The last flush, until Asterisk has told of it. */
  #flushed: Flush | null = null;
  /** Questions to Asterisk that it has not answered, two at most: that before a flush, which may be too late for it, and that in its midst. */
  #unanswered = 0;
  /** The programme has changed since the last flush, of which Asterisk has not told yet. */
  #isRefreshDue = false;
  /** The first sample that was not heard, when it is over. */
  #end: number | null = null;

  constructor(room: LineRoom, { connection, programme, from, onLost }: LineOptions) {
    const { rate, bytesPerSample } = WIRE[programme.format];
    this.#room = room;
    this.#connection = connection;
    this.#programme = programme;
    this.#from = from;
    this.#onLost = onLost;
    this.#frames = new FrameClock(room.clock.now());
    this.#frameSamples = (rate * FRAME_MS) / 1000;
    this.#frameBytes = this.#frameSamples * bytesPerSample;
    this.#leadFrames = Math.ceil(room.times.leadMs / FRAME_MS);
    connection.listen({
      event: (event) => this.#receive(event),
      ended: (reason) => this.#lost(reason),
      voice: () => room.counters.voiceMessages++,
    });
  }

  /** Sends the first block. */
  start(): void {
    if (this.#end !== null) return;
    const nowMs = this.#room.clock.now();
    // Whatever changed before is rendered now for the first time.
    this.#programme.takeChangedFrom();
    this.#frames.startAt(0, nowMs);
    this.#connection.gather();
    this.#send(FIRST_FRAMES);
    this.#mark(nowMs, FIRST_FRAMES * FRAME_MS);
    this.#send(this.#leadFrames - FIRST_FRAMES);
    this.#connection.release();
    if (this.#end === null) this.#room.pump.add(this);
  }

  heardNow(): number {
    // What can still be taken back: a change that begins there is heard from its beginning.
    return this.#end ?? this.#sample(this.#room.clock.now() + REFRESH_MS);
  }

  serve(nowMs: number): void {
    if (this.#end !== null || this.#refresh !== 'none' || this.#isXoff) return;
    if (this.#connection.waitingBytes > 0 || this.#isStalled(nowMs)) return;
    let taken = this.#frames.takenBy(nowMs);
    if (taken > this.#sent) {
      this.#room.counters.ranDry++;
      this.#frames.startAt(this.#sent, nowMs);
      taken = this.#sent;
    }
    const due = taken + this.#leadFrames - this.#sent;
    if (due <= 0) return;
    this.#send(due);
    if (nowMs >= this.#nextMarkMs) this.#mark(nowMs, (this.#sent - taken) * FRAME_MS);
  }

  clockWasSet(byMs: number): void {
    this.#frames.shift(byMs);
    this.#nextMarkMs += byMs;
    if (this.#markDueMs !== null) this.#markDueMs += byMs;
  }

  refresh(): void {
    const changedFrom = this.#programme.takeChangedFrom();
    if (this.#end !== null || this.#refresh !== 'none' || changedFrom >= this.#from + this.#sent * this.#frameSamples)
      return;
    // Asterisk answers in the order of the questions: one that does not answer is asked no more, and its queue would not be known by an older answer.
    if (this.#flushed === null) this.#beginRefresh();
    else this.#isRefreshDue = true;
  }

  doubt(): void {
    const { clock, times } = this.#room;
    if (this.#end !== null) return;
    this.#cancelDoubt();
    const cancel = clock.after(times.doubtMs, () => this.#lost('no sign of life after Asterisk was out of reach'));
    this.#cancelDoubt = cancel;
    this.#connection.ping(cancel);
  }

  /** Silence of our side: nothing more is sent. Answers with the first sample that was not heard. */
  stop(): number {
    if (this.#end !== null) return this.#end;
    const end = this.#sample(this.#room.clock.now());
    this.#end = end;
    this.#cancelRefresh();
    this.#cancelDoubt();
    this.#room.pump.remove(this);
    return end;
  }

  end(): void {
    this.stop();
    this.#connection.end();
  }

  #lost(reason: string): void {
    if (this.#end !== null) return;
    this.end();
    this.#onLost(reason);
  }

  #sample(atMs: number): number {
    const taken = Math.max(0, Math.min(this.#frames.takenBy(atMs), this.#sent));
    return this.#from + taken * this.#frameSamples;
  }

  /** Renders and sends the next frames, in one block or more. */
  #send(count: number): void {
    const { block } = this.#room;
    const blockMax = framesInBlock(this.#frameBytes);
    for (let left = count; left > 0 && this.#end === null; ) {
      const frames = Math.min(left, blockMax);
      const bytes = block.view(frames * this.#frameBytes);
      try {
        const from = this.#from + this.#sent * this.#frameSamples;
        this.#programme.render(from, frames * this.#frameSamples, bytes, 0);
      } catch (error) {
        this.#lost(`the programme could not be rendered: ${error instanceof Error ? error.message : 'unknown'}`);
        return;
      }
      this.#connection.sendAudio(bytes);
      if (this.#connection.waitingBytes > 0) block.giveAway();
      this.#sent += frames;
      left -= frames;
    }
  }

  #mark(nowMs: number, inMs: number): void {
    this.#connection.sendCommand(markMedia(this.#sent));
    this.#markDueMs = nowMs + inMs;
    this.#nextMarkMs = nowMs + this.#room.times.markEveryMs;
  }

  /** Asterisk stands still, so what is sent would only lengthen its queue. */
  #isStalled(nowMs: number): boolean {
    if (this.#markDueMs === null) return false;
    const lateMs = nowMs - this.#markDueMs;
    const { stallMs } = this.#room.times;
    if (lateMs > STALLS_MAX * stallMs) this.#lost(`Asterisk has played nothing for ${lateMs} ms`);
    return lateMs > stallMs;
  }

  #receive(event: MediaEvent): void {
    const nowMs = this.#room.clock.now();
    switch (event.type) {
      case 'xoff':
        this.#isXoff = true;
        this.#room.counters.xoffs++;
        return;
      case 'xon':
        this.#isXoff = false;
        return;
      case 'mark':
        this.#markDueMs = null;
        this.#frames.observeBeat(event.id, nowMs);
        return;
      case 'status':
        this.#receiveStatus(event.queueLength, nowMs);
        return;
      case 'start':
        return;
      default:
        event satisfies never;
    }
  }

  #beginRefresh(): void {
    this.#isRefreshDue = false;
    this.#room.counters.refreshes++;
    this.#asked = 0;
    this.#askInTheQuiet();
  }

  /** In between two beats there must be time for the question, its answer and the flush. */
  #askInTheQuiet(): void {
    const { clock } = this.#room;
    const since = this.#frames.sinceBeatMs(clock.now());
    const isQuiet = since >= BEAT_SPREAD_MS && since <= FRAME_MS - SPARE_TO_ASK_MS - 2 * this.#roundTripMs;
    if (isQuiet) {
      this.#ask();
      return;
    }
    this.#refresh = 'waiting';
    const waitMs = (since < BEAT_SPREAD_MS ? 0 : FRAME_MS) + BEAT_SPREAD_MS - since;
    this.#cancelRefresh = clock.after(Math.ceil(waitMs), () => this.#ask());
  }

  #ask(): void {
    const { clock, times } = this.#room;
    this.#refresh = 'asked';
    this.#asked++;
    this.#askedMs = clock.now();
    this.#question();
    this.#cancelRefresh = clock.after(times.statusMs, () => this.#flush(this.#frames.takenBy(clock.now()), 'clock'));
  }

  #question(): void {
    this.#connection.sendCommand(GET_STATUS);
    this.#unanswered++;
  }

  /** The answer before a flush, with which it is made; or the one out of its midst, which says whether it was right. */
  #receiveStatus(queueLength: number, nowMs: number): void {
    if (this.#end !== null || this.#unanswered === 0) return;
    this.#unanswered--;
    if (this.#flushed !== null) {
      // It was flushed by the clock: the answer that was too late for it says nothing that the next one does not say better.
      if (this.#unanswered > 0) return;
      this.#learn(this.#flushed, queueLength, nowMs);
      this.#flushed = null;
      if (this.#isRefreshDue) this.#beginRefresh();
      return;
    }
    if (this.#refresh !== 'asked') return;
    this.#cancelRefresh();
    const taken = this.#sent - queueLength;
    const roundTripMs = Math.min(nowMs - this.#askedMs, ROUND_TRIP_MS_MAX);
    this.#roundTripMs = Math.max(roundTripMs, (3 * this.#roundTripMs + roundTripMs) / 4);
    this.#frames.observeTaken(taken, nowMs, BEAT_SPREAD_MS);
    const since = this.#frames.sinceBeatMs(nowMs);
    const isNear = since + roundTripMs + SPARE_TO_FLUSH_MS > FRAME_MS || this.#frames.takenBy(nowMs) !== taken;
    if (isNear && this.#asked < ASKING_MAX) this.#askInTheQuiet();
    else this.#flush(taken, 'asterisk');
  }

  #flush(takenByNow: number, by: Flush['by']): void {
    const taken = Math.max(0, Math.min(takenByNow, this.#sent));
    this.#refresh = 'none';
    this.#flushed = { sent: this.#sent, taken, by };
    // All that has changed up to now is in what is rendered now.
    this.#programme.takeChangedFrom();
    this.#connection.gather();
    this.#question();
    this.#connection.sendCommand(FLUSH_MEDIA);
    this.#sent = taken;
    this.#send(this.#leadFrames);
    this.#connection.release();
    // It was in the queue, perhaps.
    if (this.#markDueMs !== null) this.#nextMarkMs = 0;
    this.#markDueMs = null;
  }

  /** A beat slipped in between question and flush: the count is off by it. Or Asterisk stood still, nobody knows how long: it begins where we had it begin. */
  #learn({ sent, taken, by }: Flush, queueLength: number, nowMs: number): void {
    const { counters } = this.#room;
    const wrong = sent - queueLength - taken;
    if (wrong > 0) counters.framesRepeated += wrong;
    else counters.framesSkipped -= wrong;
    if (by === 'asterisk') this.#frames.slip(-wrong);
    else this.#frames.observeTaken(taken, nowMs, BEAT_SPREAD_MS);
  }
}
