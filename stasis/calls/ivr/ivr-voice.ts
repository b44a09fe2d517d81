import type { Clock } from '../../../src/lib/clock.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { EventRouter } from '../event-router.ts';
import { type Playing, startPlaying } from '../hold/playing.ts';
import { tolerate } from './ivr-connection.ts';

/** Longest wait for a prompt that was cut short to fall silent before the call goes elsewhere. */
const SILENCE_WAIT_MS = 1_000;
/**
 * How long a prompt that failed is not believed to have: a hang-up, too, shows first as `failed` (Asterisk 22.10: PlaybackFinished,
 * then StasisEnd), and nothing more must be asked of the channel then. It also slows down a circle of prompts that are missing.
 */
const FAILED_PROMPT_WAIT_MS = 200;

interface VoiceOptions {
  readonly pbx: Pbx;
  readonly router: EventRouter;
  readonly clock: Clock;
  readonly call: Call;
}

/** What the IVR says to one caller, one prompt at a time. */
export class IvrVoice {
  readonly #options: VoiceOptions;
  #playing: Playing | null = null;
  #silent: Promise<void> = Promise.resolve();
  #cancelFailure: () => void = () => undefined;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  /** Says a prompt and tells when it has been said or can't be; never, when it was cut short or the caller has hung up. */
  async say(media: readonly string[], onEnd: (outcome: 'done' | 'failed') => void): Promise<void> {
    const { call, clock } = this.#options;
    this.#cancelFailure();
    const playing = startPlaying(this.#options, call, media);
    this.#playing = playing;
    const outcome = await tolerate(call, 'play', playing.finished);
    if (this.#playing !== playing || call.signal.aborted) return;
    this.#playing = null;
    if (outcome === 'done') onEnd('done');
    else this.#cancelFailure = clock.after(FAILED_PROMPT_WAIT_MS, () => onEnd('failed'));
  }

  /** Cuts short what is being said. A prompt that follows queues up behind it in Asterisk: no need to wait. */
  cut(): void {
    this.#cancelFailure();
    const playing = this.#playing;
    this.#playing = null;
    if (playing === null) return;
    const { call, clock } = this.#options;
    this.#silent = new Promise((resolve) => {
      const cancel = clock.after(SILENCE_WAIT_MS, resolve);
      const stopped = tolerate(call, 'stop-play', playing.stop());
      stopped.then(cancel, cancel).finally(resolve);
    });
  }

  /** Settles when nothing is heard any more of what was cut short; never rejects. */
  get silent(): Promise<void> {
    return this.#silent;
  }

  /** Ends everything. After a hang-up the prompt has ended by itself. */
  release(): void {
    if (this.#options.call.signal.aborted) this.#cancelFailure();
    else this.cut();
  }
}
