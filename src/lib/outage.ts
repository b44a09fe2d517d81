import type { Clock } from './clock.ts';

/** How often the log is reminded of something that stays away. */
export const REMIND_MS = 10 * 60_000;
/** What is lost again so soon after its return comes and goes: its next return is told when it has lasted so long. */
export const STEADY_MS = 60_000;

/** What the log says; each is one line. */
export interface OutageWords {
  /** What is lost, and what goes on meanwhile. */
  readonly lost: string;
  readonly still: string;
  /** `null`: somebody else tells, who knows what was caught up; but not of what comes and goes (`isUnsteady`). */
  readonly back: string | null;
  /** What has come and gone has stayed for a minute. @default as `back` */
  readonly steady?: string;
}

/** Where it is told. */
export interface OutageLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface OutageOptions {
  /** What is lost, as the log names it: `asterisk`, `database`, `xmpp`, `stream default`. */
  readonly power: string;
  readonly words: OutageWords;
  readonly clock: Clock;
  readonly log: OutageLog;
}

/** How it stands. */
export interface OutageStatus {
  readonly isAway: boolean;
  /** Since when it is so. */
  readonly sinceMs: number;
  /** Why it is away; `null` while it is there. */
  readonly reason: string | null;
}

/**
 * Tells of a foreign power once when it is lost, once when it is back, and of a long absence every ten minutes, however many notice it. Several
 * signs can speak of one power (a connection, its statements, what waits to be written): it is away from the first that is lost until all are back.
 *
 *   there ──lost (one line)──> away ──all back (one line)──> there
 *                               │ ^
 *                               └─┘ every ten minutes: still away
 *
 * Lost again within a minute after its return: the next return is told only when it has lasted a minute.
 */
export class Outage {
  readonly #options: OutageOptions;
  /** Signs that are lost, and why. */
  readonly #lost = new Map<string, string>();
  /** What was done about it, for the line at its end. */
  #figures: Record<string, unknown> = {};
  #isTold = false;
  #isUnsteady = false;
  #sinceMs: number;
  #lostAtMs = 0;
  #firstReason = '';
  #toldBackAtMs = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
  }

  get status(): OutageStatus {
    const isAway = this.#lost.size > 0;
    return { isAway, sinceMs: this.#sinceMs, reason: isAway ? ([...this.#lost.values()][0] ?? null) : null };
  }

  /** It comes and goes: its return is told here, when it has lasted. */
  get isUnsteady(): boolean {
    return this.#isTold && this.#isUnsteady;
  }

  isLost(sign: string): boolean {
    return this.#lost.has(sign);
  }

  /** A sign is lost; what is known already is not told again. A refusal, for which somebody has to act, is an error. */
  lost(sign: string, reason: string, level: 'warn' | 'error' = 'warn'): void {
    const { clock, log, power, words } = this.#options;
    const wasAway = this.#lost.size > 0;
    this.#lost.set(sign, reason);
    if (wasAway) return;
    this.#sinceMs = clock.now();
    this.#remindLater();
    if (this.#isTold) return;
    this.#isTold = true;
    this.#lostAtMs = this.#sinceMs;
    this.#firstReason = reason;
    this.#isUnsteady = this.#sinceMs - this.#toldBackAtMs < STEADY_MS;
    log[level]({ lost: power, reason }, words.lost);
  }

  /** A sign is there again; `figures` (what was caught up) stand in the line at the end. Returns how long it was away, once all signs are there. */
  back(sign: string, figures: Readonly<Record<string, unknown>> = {}): number | null {
    if (!this.#lost.delete(sign)) return null;
    Object.assign(this.#figures, figures);
    if (this.#lost.size > 0) return null;
    const { clock } = this.#options;
    this.#sinceMs = clock.now();
    const awayMs = this.#sinceMs - this.#lostAtMs;
    this.#cancel();
    const { back: text, steady = text } = this.#options.words;
    if (!this.#isUnsteady) this.#tellBack(awayMs, text);
    else this.#cancel = clock.after(STEADY_MS, () => this.#tellBack(awayMs, steady));
    return awayMs;
  }

  /** Nothing more is told. */
  close(): void {
    this.#cancel();
  }

  #tellBack(awayMs: number, text: string | null): void {
    const { clock, log, power } = this.#options;
    const figures = this.#figures;
    this.#figures = {};
    this.#isTold = false;
    this.#toldBackAtMs = clock.now();
    if (text !== null) log.info({ back: power, awayMs, reason: this.#firstReason, ...figures }, text);
  }

  #remindLater(): void {
    const { clock, log, power, words } = this.#options;
    this.#cancel();
    this.#cancel = clock.after(REMIND_MS, () => {
      const { reason } = this.status;
      log.warn({ away: power, awayMs: clock.now() - this.#lostAtMs, reason }, words.still);
      this.#remindLater();
    });
  }
}
