import type { Pcm } from '../audio/pcm.ts';
import { closest, type Heard, loadPrompts, recognise } from '../audio/recognise.ts';
import type { Baresip } from './baresip.ts';
import { describeSip, type Party, type SipMessage, shownParty } from './sip-message.ts';
import { pause } from './waiting.ts';

/** How a call ended: `by` whom; `status` and `reason` when it was refused, cancelled or could not be reached. */
export interface Ended {
  readonly atMs: number;
  readonly by: 'this end' | 'far end';
  readonly how: 'bye' | 'cancel' | 'refused';
  readonly status?: number;
  readonly reason: string;
}

/** A time limit for a wait, in milliseconds. @default 10000 */
export interface Limit {
  readonly limitMs?: number;
}

const USUAL_LIMIT_MS = 10_000;

/** One call of an endpoint, in either direction, as its SIP messages tell it. Times are wall clock, in milliseconds. */
export class Call {
  readonly callId: string;
  readonly invitedAtMs: number;
  readonly #baresip: Baresip;
  readonly #invite: SipMessage;

  constructor(baresip: Baresip, invite: SipMessage) {
    this.#baresip = baresip;
    this.#invite = invite;
    this.callId = invite.callId;
    this.invitedAtMs = invite.atMs;
  }

  /** Whether the other side calls us. */
  get isIncoming(): boolean {
    return this.#invite.direction === 'in';
  }

  /** Who calls, as the phone shows it: P-Asserted-Identity, else From. */
  get caller(): Party {
    return shownParty(this.#invite);
  }

  /** The INVITE that began the call, with all header fields. */
  get invite(): SipMessage {
    return this.#invite;
  }

  /** All messages of this call so far. */
  get messages(): SipMessage[] {
    return this.#baresip.messages.filter((message) => message.callId === this.callId);
  }

  /** When it began to ring (180), or early sound was announced (183). */
  get ringingAtMs(): number | undefined {
    return this.messages.find(({ method, status }) => method === 'INVITE' && (status === 180 || status === 183))?.atMs;
  }

  /** When it was answered. */
  get answeredAtMs(): number | undefined {
    return this.messages.find(({ method, status }) => method === 'INVITE' && status === 200)?.atMs;
  }

  /** How it ended; undefined while it goes on. */
  get ending(): Ended | undefined {
    for (const message of this.messages) {
      const ended = endOf(message, this.answeredAtMs !== undefined);
      if (ended) return ended;
    }
    return undefined;
  }

  /** The digits that the other side has pressed so far, received as RFC 4733 events. */
  get digits(): string {
    return this.#baresip.digits
      .filter(({ callId }) => callId === this.callId)
      .map(({ digit }) => digit)
      .join('');
  }

  /** Waits until it rings and tells when. */
  ringing(limit: Limit = {}): Promise<number> {
    return this.#until('ringing', () => this.ringingAtMs ?? this.answeredAtMs, limit);
  }

  /** Waits until it is answered and tells when; fails when it ends before. */
  answered(limit: Limit = {}): Promise<number> {
    return this.#until('an answer', () => this.answeredAtMs ?? this.#failIfEnded('an answer'), limit);
  }

  /** Waits until it has ended, by whomever. */
  ended(limit: Limit = {}): Promise<Ended> {
    return this.#until('the end of the call', () => this.ending, limit);
  }

  /** Waits until the other side has pressed these digits, one after the other. */
  pressed(digits: string, limit: Limit = {}): Promise<string> {
    return this.#until(`the digits ${digits}`, () => (this.digits.includes(digits) ? this.digits : undefined), limit);
  }

  /** Presses keys (RFC 4733; each takes 240 ms on the line), at once or some time after the answer. */
  async press(digits: string, { afterAnswerMs }: { afterAnswerMs?: number } = {}): Promise<void> {
    if (!/^[0-9*#A-D]+$/.test(digits)) throw new Error(`There are no keys for ${digits}`);
    if (afterAnswerMs !== undefined) await pause((await this.answered()) + afterAnswerMs - Date.now());
    await this.#command('sndcode', digits);
  }

  /** Answers a call that rings here. */
  async answer(): Promise<void> {
    await this.#command('accept');
    await this.answered();
  }

  /** Hangs up; a call that rings here is refused (486), one that rings there is cancelled. Done when the other side knows. */
  async hangup(): Promise<Ended> {
    if (!this.ending) await this.#command('hangup');
    return this.ended();
  }

  /** Puts the other side on hold (re-INVITE, `sendonly`), or takes it back. */
  async hold(isOn = true): Promise<void> {
    await this.#command(isOn ? 'hold' : 'resume');
  }

  /** What was heard since the call began; milliseconds in it count from `invitedAtMs`. */
  recording(): Promise<Pcm> {
    return this.#baresip.recorder.heard(this.invitedAtMs, this.ending?.atMs);
  }

  /** The prompts of sounds/ that were heard so far, in order; `offsetMs` counts from `invitedAtMs`. */
  async heard(options: { language?: string; threshold?: number; headMs?: number } = {}): Promise<Heard[]> {
    return recognise(await this.recording(), loadPrompts(options.language), options);
  }

  /**
   * Waits until a prompt is heard from its beginning to its end (with `headMs`: its beginning only), after the time
   * `afterMs` of the recording. Fails with the prompts that fit best when it is not heard.
   */
  async hears(
    name: string,
    options: Limit & { language?: string; headMs?: number; afterMs?: number } = {},
  ): Promise<Heard> {
    const { limitMs = USUAL_LIMIT_MS, afterMs = 0, ...how } = options;
    const prompts = loadPrompts(how.language);
    const prompt = prompts.get(name);
    if (!prompt) throw new Error(`There is no prompt ${name}`);
    const limitAtMs = Date.now() + limitMs;
    for (;;) {
      const isOver = this.ending !== undefined || Date.now() > limitAtMs;
      const recording = await this.recording();
      const found = recognise(recording, new Map([[name, prompt]]), how).find(({ offsetMs }) => offsetMs >= afterMs);
      if (found) return found;
      if (isOver) {
        const best = closest(recording, prompts)
          .slice(0, 3)
          .map((heard) => `${heard.name} ${heard.score.toFixed(2)}`);
        throw new Error(
          `The prompt ${name} was not heard in ${limitMs} ms (closest: ${best.join(', ')})${this.story()}`,
        );
      }
      // Looking more often than a fifth of a second would only keep the processor from Asterisk.
      await pause(200);
    }
  }

  /** The call's messages as lines for people, times since the INVITE. */
  story(): string {
    return ['', ...this.messages.map((message) => describeSip(message, this.invitedAtMs))].join('\n');
  }

  async #command(command: string, params?: string): Promise<void> {
    // With several calls, commands are for the one that was looked up last.
    await this.#baresip.command('callfind', this.callId);
    await this.#baresip.command(command, params);
  }

  #failIfEnded(wanted: string): undefined {
    if (this.ending)
      throw new Error(
        `The call ended (${this.ending.how} by ${this.ending.by}, ${this.ending.reason}) before ${wanted}${this.story()}`,
      );
    return undefined;
  }

  #until<T>(what: string, look: () => T | undefined, { limitMs = USUAL_LIMIT_MS }: Limit): Promise<T> {
    return this.#baresip.changes.until(look, { what, limitMs }, () => this.story());
  }
}

function endOf(message: SipMessage, wasAnswered: boolean): Ended | undefined {
  const { atMs, direction, method, status } = message;
  const by = direction === 'in' ? 'far end' : 'this end';
  const reason = message.headers.get('reason') ?? '';
  if (status === undefined && method === 'BYE') return { atMs, by, how: 'bye', reason };
  if (status === undefined && method === 'CANCEL') return { atMs, by, how: 'cancel', reason };
  const isChallenge = status === 401 || status === 407;
  if (method === 'INVITE' && status !== undefined && status >= 300 && !isChallenge && !wasAnswered) {
    return { atMs, by, how: 'refused', status, reason: message.subject };
  }
  return undefined;
}
