import { durationMs, type Pcm, slice } from '../audio/pcm.ts';
import { closest, type Heard, loadPrompts, type Prompts, recognise } from '../audio/recognise.ts';
import type { Joined } from '../audio/timeline.ts';
import { type Baresip, CommandRefused } from './baresip.ts';
import { CallView, type Ended, type Limit } from './call-view.ts';
import type { SipMessage } from './sip-message.ts';
import { pause } from './waiting.ts';

/**
 * Searches for prompts begin this much before the call, and before the first sound of it: places in a recording are not exact to the millisecond, and a
 * prompt whose first packets seem to lie before the INVITE, or were lost, would not be found at all.
 */
const LEAD_MS = 300;
/** From now on, for a prompt. */
const HEARD_LIMIT_MS = 30_000;

/** A call of a baresip endpoint: what can be seen of it, what can be heard, and what one can do in it. */
export class Call extends CallView {
  readonly #baresip: Baresip;

  constructor(baresip: Baresip, invite: SipMessage) {
    super(baresip, invite);
    this.#baresip = baresip;
  }

  /** The digits that the other side has pressed so far, received as RFC 4733 events. */
  get digits(): string {
    return this.#baresip.digits
      .filter(({ callId }) => callId === this.callId)
      .map(({ digit }) => digit)
      .join('');
  }

  /** Waits until the other side has pressed these digits, one after the other. */
  pressed(digits: string, limit: Limit = {}): Promise<string> {
    return this.until(`the digits ${digits}`, () => (this.digits.includes(digits) ? this.digits : undefined), limit);
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

  /** Hangs up; a call that rings here is refused (486), one that rings there is cancelled. Answers how the call ended. */
  async hangup(): Promise<Ended> {
    if (this.ending) return this.ending;
    const refusal = await this.#command('hangup').catch((error: unknown) => error);
    if (refusal instanceof Error && !(refusal instanceof CommandRefused)) throw refusal;
    // A phone refuses when the other end was first: it tells of that on another way, which may be read later.
    return await this.ended().catch((error: unknown) => {
      throw refusal ?? error;
    });
  }

  /** Puts the other side on hold (re-INVITE, `sendonly`), or takes it back; waits until the switch has agreed. */
  async hold(isOn = true): Promise<void> {
    const before = this.messages.length;
    await this.#command(isOn ? 'hold' : 'resume');
    const isAgreed = ({ direction, method, status }: SipMessage) =>
      direction === 'in' && method === 'INVITE' && status === 200;
    const look = () => this.messages.slice(before).find(isAgreed);
    await this.until(`the answer to ${isOn ? 'hold' : 'resume'}`, look, {});
  }

  /** Sends the other side to a number (REFER), as a person does who does not wait for the answer there. */
  async transfer(number: string): Promise<void> {
    const { host, port } = this.#baresip.account;
    await this.#command('transfer', `sip:${number.replaceAll('#', '%23')}@${host}:${port}`);
  }

  /** Joins the other side with that of another call of this phone (REFER with Replaces), as a person does who has asked there first. */
  async transferInto(other: Call): Promise<void> {
    const { host, port } = this.#baresip.account;
    const replaces = `${other.callId};to-tag=${other.farTag};from-tag=${other.ownTag}`;
    const number = /sips?:([^@]+)@/.exec(other.invite.subject)?.[1] ?? '';
    await this.#command('transfer', `sip:${number}@${host}:${port}?Replaces=${encodeURIComponent(replaces)}`);
  }

  /** What was heard since the call began; milliseconds in it count from `invitedAtMs`. */
  recording(): Promise<Pcm> {
    return this.#baresip.recorder.heard(this.invitedAtMs, this.ending?.atMs);
  }

  /** The same as it came, without pauses: how long a tone was, and what was said, does not depend on whether the machine stood still meanwhile. */
  async sound(): Promise<Pcm> {
    return (await this.#joined()).pcm;
  }

  /** The prompts of sounds/ that were heard so far, in order; `offsetMs` counts from `invitedAtMs`. */
  async heard(options: { language?: string; threshold?: number; headMs?: number } = {}): Promise<Heard[]> {
    const joined = (await this.#joined()).led(LEAD_MS);
    const prompts = loadPrompts({ ...options, sampleRate: joined.pcm.sampleRate });
    return recognise(joined.pcm, prompts, options).map((each) => placed(each, joined));
  }

  /** The first of these sounds that was heard at `afterMs` of the recording or later; `offsetMs` as above. */
  async heardOf(sounds: Prompts, afterMs = 0): Promise<Heard | undefined> {
    const joined = (await this.#joined()).led(LEAD_MS);
    const fromMs = joined.placeMs(afterMs + LEAD_MS);
    const [found] = recognise(slice(joined.pcm, fromMs, Number.POSITIVE_INFINITY), sounds);
    return found && placed({ ...found, offsetMs: found.offsetMs + fromMs }, joined);
  }

  /**
   * Waits until a prompt has been heard to its end (with `headMs`: its beginning only) that began at `afterMs` of the
   * recording or later. When it is not heard, the error names the prompts that fit best.
   */
  async hears(
    name: string,
    options: Limit & { language?: string; headMs?: number; afterMs?: number } = {},
  ): Promise<Heard> {
    const { limitMs = HEARD_LIMIT_MS, afterMs = 0, ...how } = options;
    const limitAtMs = Date.now() + limitMs;
    let searchedMs = 0;
    for (;;) {
      const isOver = this.ending !== undefined || Date.now() > limitAtMs;
      const joined = (await this.#joined()).led(LEAD_MS);
      const prompts = loadPrompts({ ...how, sampleRate: joined.pcm.sampleRate });
      const prompt = prompts.get(name);
      if (!prompt) throw new Error(`There is no prompt ${name}`);
      const firstMs = afterMs === 0 ? 0 : joined.placeMs(afterMs + LEAD_MS);
      // The last look is at the whole.
      const fromMs = isOver ? firstMs : Math.max(firstMs, searchedMs);
      const [found] = recognise(slice(joined.pcm, fromMs, Number.POSITIVE_INFINITY), new Map([[name, prompt]]), how);
      if (found) return placed({ ...found, offsetMs: found.offsetMs + fromMs }, joined);
      if (isOver) {
        const best = closest(joined.pcm, prompts)
          .slice(0, 3)
          .map((each) => placed(each, joined));
        const near = best.map((heard) => `${heard.name} ${heard.score.toFixed(2)} at ${Math.round(heard.offsetMs)} ms`);
        throw new Error(`The prompt ${name} was not heard (closest: ${near.join(', ')})${this.story()}`);
      }
      // Only what may still become the prompt is searched again, so that the search does not hold up the recording itself.
      searchedMs = durationMs(joined.pcm) - durationMs(prompt) - 1000;
      // Looking more often than a fifth of a second would only keep the processor from Asterisk.
      await pause(200);
    }
  }

  #joined(): Promise<Joined> {
    return this.#baresip.recorder.joined(this.invitedAtMs - LEAD_MS, this.ending?.atMs);
  }

  async #command(command: string, params?: string): Promise<void> {
    await this.#baresip.inTurn(async () => {
      // With several calls, commands are for the one that was looked up last.
      await this.#baresip.command('callfind', this.callId);
      await this.#baresip.command(command, params);
    });
  }
}

/** With the time at which it was heard, from the INVITE on, in the place of its place in the sound. */
function placed(heard: Heard, joined: Joined): Heard {
  return { ...heard, offsetMs: joined.heardMs(heard.offsetMs) - LEAD_MS };
}
