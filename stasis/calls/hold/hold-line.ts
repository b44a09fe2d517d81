import type { ProgrammeMemory } from '../../../src/core/programme/continuation.ts';
import type { NowPlaying, Programme } from '../../../src/core/programme/programme.ts';
import { isAppError } from '../../../src/errors.ts';
import { delay } from '../../../src/lib/clock.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import type { MediaLine } from '../../../src/ports/media-out.ts';
import type { Presence } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import { quietly } from '../quietly.ts';
import { timeOfDay } from '../time-of-day.ts';

/** Before the line is laid again: at once, so that the programme is back within 2 s, then less and less often; the last for ever. */
const RELAY_PAUSES_MS = [0, 500, 1_000, 2_000, 5_000, 30_000] as const;
/** A line that held so long was no failure: the pauses begin anew after it. */
const STEADY_MS = 10_000;

interface HoldLineOptions {
  readonly room: CallRoom;
  readonly call: Call;
  readonly bridge: CallBridge;
  /** Makes the programme, when it is to be heard for the first time. */
  readonly programme: () => Programme;
  /** Settles when the programme has what it begins with; `null`: it has. */
  readonly reading: () => Promise<void> | null;
  /** Class of musiconhold.conf that is heard while the programme can't be. */
  readonly fallback: string;
}

/**
 * One caller's programme on its way to the caller, kept up until it is closed:
 *
 *   closed ──open──> reading ──> laying ──────> laid ──close──> closed
 *                       ¦          ^   │          │
 *                       ¦        pause └─> lost <─┘
 *                       ¦          └────────┘
 *                       └───── Asterisk's own music
 *
 * The programme stands still while nobody hears it, and goes on where it stopped.
 */
export class HoldLine {
  readonly #options: HoldLineOptions;
  #programme: Programme | null = null;
  #line: MediaLine | null = null;
  /** The first sample that the caller has not heard. */
  #from = 0;
  #isPaused = false;
  /** Asterisk plays music of its own, which only ends for certain when the caller leaves the bridge (stasis/ari/README.md). */
  #isOnHold = false;
  /** The caller was to leave the bridge, to hear Asterisk's music. */
  #isOut = false;
  /** `asked`: for Asterisk's music; that it was not granted does not say that it does not play. */
  #fallback: 'silent' | 'asked' | 'heard' = 'silent';
  #end: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: HoldLineOptions) {
    this.#options = options;
  }

  /**
   * Soon something is heard: the programme, or Asterisk's music in its place. To be called when closed. `isOnHold`: the member has put the
   * caller on hold.
   */
  open({ isOnHold } = { isOnHold: false }): void {
    const end = new AbortController();
    const { call } = this.#options;
    this.#end = end;
    this.#isOnHold = isOnHold;
    this.#running = this.#keepUp(AbortSignal.any([end.signal, call.signal])).catch((error: unknown) => {
      call.log.error({ err: error }, "The caller's programme has ended by a fault");
    });
  }

  /** Silence. Settles when the caller's channel is free for somebody else. Idempotent; `open` may follow. */
  async close(): Promise<void> {
    this.#end?.abort();
    await this.#running;
  }

  /** Whether Asterisk's music is heard in the place of the programme. */
  get isFallbackHeard(): boolean {
    return this.#fallback === 'heard';
  }

  /** What the caller hears of the programme now; `null` before it has begun. */
  nowPlaying(): NowPlaying | null {
    return this.#programme?.nowPlaying(this.#line?.heardNow() ?? this.#from) ?? null;
  }

  /** What has to be known of the programme when it is to go on without this process; `null` before it has begun. */
  memory(): ProgrammeMemory | null {
    return this.#programme?.memory(this.#line?.heardNow() ?? this.#from) ?? null;
  }

  /** Lets something happen in the programme at the sample that the caller hears now; `null` before it has begun. */
  change<Result>(action: (programme: Programme, at: number) => Result): Result | null {
    if (this.#programme === null) return null;
    const result = action(this.#programme, this.#line?.heardNow() ?? this.#from);
    this.#line?.refresh();
    return result;
  }

  async #keepUp(end: AbortSignal): Promise<void> {
    const { clock } = this.#options.room;
    let losses = 0;
    await this.#untilRead(end);
    while (!end.aborted) {
      const laidAtMs = clock.now();
      const isLost = await this.#layOnce(end);
      if (isLost) {
        await this.hearFallback();
        losses = clock.now() - laidAtMs > STEADY_MS ? 1 : Math.min(losses + 1, RELAY_PAUSES_MS.length);
        if (await this.#isBackWithin(RELAY_PAUSES_MS[losses - 1] ?? 0, end)) losses = 0;
      }
    }
    await this.#endFallback();
  }

  /** A pause that ends early when Asterisk has been out of reach and is back: what failed meanwhile says nothing of a line that is laid now. */
  async #isBackWithin(pauseMs: number, end: AbortSignal): Promise<boolean> {
    const { clock, router } = this.#options.room;
    const back = new AbortController();
    const forget = router.onConnected(() => back.abort());
    await delay(clock, pauseMs, AbortSignal.any([end, back.signal])).catch(() => undefined);
    forget();
    return back.signal.aborted;
  }

  /** Who calls while the recordings are being read hears Asterisk's music until then. */
  async #untilRead(end: AbortSignal): Promise<void> {
    const reading = this.#programme === null ? this.#options.reading() : null;
    if (reading === null || end.aborted) return;
    const ended = deferred<void>();
    const onEnd = () => ended.resolve();
    end.addEventListener('abort', onEnd, { once: true });
    await this.hearFallback();
    await Promise.race([reading, ended.promise]);
    end.removeEventListener('abort', onEnd);
  }

  /** One life of the line, until its end is wanted (`false`) or it is lost or can't be laid (`true`). */
  async #layOnce(end: AbortSignal): Promise<boolean> {
    const { call, bridge } = this.#options;
    const isMusicOn = this.#fallback !== 'silent';
    const over = deferred<string | null>();
    const onEnd = () => over.resolve(null);
    end.addEventListener('abort', onEnd, { once: true });
    try {
      // Who hears Asterisk's music comes in when that has ended.
      if (isMusicOn) await bridge.make();
      else if (await this.#isGone()) return false;
      if (end.aborted) return false;
      const opening = this.#lay(over.resolve);
      await Promise.race([opening, over.promise]);
      if (end.aborted) return this.#closeLate(opening);
      this.#line = await opening;
      await this.#endFallback();
      if (isMusicOn && (await this.#isGone())) return false;
      const reason = await over.promise;
      if (reason !== null)
        call.log.warn({ reason }, "The caller's programme was cut off: Asterisk's own music meanwhile");
      return reason !== null;
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (!end.aborted)
        call.log.warn({ err: error }, "The caller's programme can't be sent: Asterisk's own music meanwhile");
      return !end.aborted;
    } finally {
      end.removeEventListener('abort', onEnd);
      await this.#takeUp();
    }
  }

  /** Brings the caller in, and tells of one who vanished unheard. */
  async #isGone(): Promise<boolean> {
    if ((await this.#bringIn()) === 'done') return false;
    this.#options.call.end({ code: 0, text: 'no longer there when the programme was to begin' });
    return true;
  }

  /** Into the bridge; who is on hold comes in anew, once. */
  async #bringIn(): Promise<Presence> {
    const { call, bridge } = this.#options;
    const isAnew = this.#isOnHold || this.#isOut;
    const presence = await (isAnew
      ? bridge.enterAnew(call.channelId, { isMuted: !this.#isOnHold })
      : bridge.listen(call.channelId));
    this.#isOnHold = false;
    this.#isOut = false;
    return presence;
  }

  #lay(onLost: (reason: string) => void): Promise<MediaLine> {
    const { call, room, bridge } = this.#options;
    this.#programme ??= this.#options.programme();
    const programme = this.#programme;
    if (this.#isPaused) programme.resume(this.#from, timeOfDay(room.clock.now()));
    this.#isPaused = false;
    return room.media.open({
      callId: call.callId,
      callerChannelId: call.channelId,
      by: { type: 'bridge', bridgeId: bridge.bridgeId, isCallerMuted: bridge.isMuted(call.channelId) },
      programme,
      from: this.#from,
      onLost,
    });
  }

  /** The end came before the line was laid: whoever comes next must not wait for Asterisk. */
  #closeLate(opening: Promise<MediaLine>): false {
    const { call } = this.#options;
    this.#pause();
    opening
      .then((line) => line.close())
      .catch((error: unknown) => call.log.debug({ err: error }, 'A line was not needed'));
    return false;
  }

  /** Takes the line up, and keeps the place where the programme stopped. */
  async #takeUp(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    if (line === null) return;
    this.#from = await line.close();
    this.#pause();
  }

  #pause(): void {
    this.#programme?.pause(this.#from);
    this.#isPaused = true;
  }

  /**
   * Asterisk's own music; for who waits outside of the bridge, because inside its end can get lost (stasis/ari/README.md). Who is on hold stays with the
   * member, whose return ends it.
   */
  async hearFallback(): Promise<void> {
    const { room, call, bridge, fallback } = this.#options;
    if (this.#fallback === 'heard') return;
    this.#fallback = 'asked';
    // Of who was taken over it is not known whether they are muted.
    const leaves = !this.#isOnHold && bridge.isMuted(call.channelId);
    if (leaves) this.#isOut = true;
    await quietly(call, 'start-music', async () => {
      if (leaves) await bridge.leave(call.channelId);
      await room.pbx.startMusic(call.channelId, fallback);
      this.#fallback = 'heard';
    });
  }

  async #endFallback(): Promise<void> {
    const { room, call } = this.#options;
    if (this.#fallback === 'silent') return;
    this.#fallback = 'silent';
    if (!call.signal.aborted) await quietly(call, 'stop-music', () => room.pbx.stopMusic(call.channelId));
  }
}
