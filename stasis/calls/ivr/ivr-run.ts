import type { FlowResult } from '../../../src/core/ivr/flow.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import type {
  DialOutcome,
  FlowEffect,
  FlowEvent,
  FlowExit,
  FlowLookupResult,
  FlowState,
} from '../../../src/core/ivr/flow-state.ts';
import { type WayMark, wayMarks } from '../../../src/core/ivr/way.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { Directory } from '../../../src/ports/directory.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { EventRouter } from '../event-router.ts';
import { StandStill } from '../hold/stand-still.ts';
import { tolerate, untilConnected } from './ivr-connection.ts';
import type { IvrPlace } from './ivr-mark.ts';
import { IvrVoice } from './ivr-voice.ts';

/** Events waiting while an effect is carried out; further keys are dropped. */
const MAILBOX_MAX = 100;

/** What the IVR works with. */
export interface IvrDeps {
  readonly pbx: Pbx;
  readonly router: EventRouter;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly definition: IvrDefinition;
  /** Rings an extension and lets the two talk; rejects with the HangupError when the caller hangs up. */
  readonly dial: (
    call: Call,
    request: { readonly extension: string; readonly ringTimeoutMs: number },
  ) => Promise<DialOutcome>;
  /** Keeps for another process where the caller is; waited for before a prompt. Must not reject. */
  readonly keep?: (mark: IvrPlace) => Promise<void>;
  /** Told of the caller's way, as queue_log has it. */
  readonly passed?: (mark: WayMark) => void;
  /** Aborted when the application stops: the step in progress is finished, then the call goes back to the dialplan. */
  readonly stopping?: AbortSignal;
  /** The same when the process is drained. */
  readonly leaving?: AbortSignal;
  /** Aborted when another process takes the call over: it stands still at once, and hears its step anew there. */
  readonly handover?: AbortSignal;
}

/** What a run needs beside the ports: the caller and the rules. */
export interface IvrRunOptions extends Omit<IvrDeps, 'definition'> {
  readonly call: Call;
  readonly reduce: (state: FlowState, event: FlowEvent) => FlowResult;
  /** Whether a step is one to which another process would lead the caller back. */
  readonly isQuestion: (step: string) => boolean;
}

/** An event without its instant. */
type Happening = FlowEvent extends infer E ? (E extends FlowEvent ? Omit<E, 'atMs'> : never) : never;

type EffectOf<Type extends FlowEffect['type']> = Extract<FlowEffect, { type: Type }>;

/** One visit of one caller: carries out the machine's effects in order and feeds it what happens, one event at a time. */
export class IvrRun {
  readonly #options: IvrRunOptions;
  readonly #call: Call;
  readonly #voice: IvrVoice;
  readonly #end: Deferred<FlowExit> = deferred();
  readonly #mailbox: FlowEvent[] = [];
  #state: FlowState | null = null;
  #kept: IvrPlace;
  #isOver = false;
  #isBusy = false;
  #cancelTimer: () => void = () => undefined;
  #lookup: AbortController | null = null;

  constructor(options: IvrRunOptions) {
    this.#options = options;
    this.#call = options.call;
    this.#voice = new IvrVoice(options);
    this.#kept = { step: null, customer: options.call.customer, afterwards: null };
  }

  /** Goes from the machine's beginning to its exit. */
  async run(beginning: FlowResult): Promise<FlowExit> {
    const { signal } = this.#call;
    const { stopping, leaving, handover } = this.#options;
    const onHangup = () => this.#fail(signal.reason);
    const onStopping = () => this.#tell({ type: 'leave-soon' });
    const onHandover = () => this.#fail(new StandStill());
    signal.addEventListener('abort', onHangup, { once: true });
    const leave = [stopping, leaving];
    for (const each of leave) each?.addEventListener('abort', onStopping, { once: true });
    handover?.addEventListener('abort', onHandover, { once: true });
    const unlisten = this.#call.onDigit((digit) => this.#tell({ type: 'digit', digit }));
    try {
      if (handover?.aborted) throw new StandStill();
      if (leave.some((each) => each?.aborted)) onStopping();
      this.#work(beginning);
      return await this.#end.promise;
    } finally {
      unlisten();
      signal.removeEventListener('abort', onHangup);
      for (const each of leave) each?.removeEventListener('abort', onStopping);
      handover?.removeEventListener('abort', onHandover);
      this.#release();
    }
  }

  #tell(happening: Happening): void {
    if (this.#isOver || (happening.type === 'digit' && this.#mailbox.length >= MAILBOX_MAX)) return;
    this.#mailbox.push({ ...happening, atMs: this.#options.clock.now() });
    if (!this.#isBusy && this.#state !== null) this.#work();
  }

  #work(beginning?: FlowResult): void {
    this.#isBusy = true;
    this.#drain(beginning).catch((error: unknown) => this.#fail(error));
  }

  async #drain(beginning?: FlowResult): Promise<void> {
    const { pbx, clock } = this.#options;
    if (beginning !== undefined) {
      await untilConnected(pbx, clock, this.#call.signal);
      this.#tellWay(null, null, beginning);
      await this.#take(beginning);
    }
    for (let event = this.#mailbox.shift(); event !== undefined; event = this.#mailbox.shift()) {
      await untilConnected(pbx, clock, this.#call.signal);
      if (this.#isOver || this.#state === null) return;
      const before = this.#state;
      const result = this.#options.reduce(before, event);
      const { step, stage } = result.state;
      this.#call.log.debug({ step, from: before.stage.name, event: event.type, to: stage.name }, 'IVR');
      this.#tellWay(before, event, result);
      await this.#take(result);
    }
    this.#isBusy = false;
  }

  #tellWay(before: FlowState | null, event: FlowEvent | null, result: FlowResult): void {
    for (const mark of wayMarks(before, event, result)) this.#options.passed?.(mark);
  }

  async #take({ state, effects }: FlowResult): Promise<void> {
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === 'play' || effect.type === 'start-timer') await this.#keep(state);
      if (this.#isOver) return;
      await this.#perform(effect);
    }
  }

  /** Nothing is asked of Asterisk when nothing is new. */
  async #keep({ step }: FlowState): Promise<void> {
    const { call, isQuestion } = this.#options;
    const mark = { step: isQuestion(step) ? step : this.#kept.step, customer: call.customer, afterwards: null };
    if (mark.step !== this.#kept.step || mark.customer !== this.#kept.customer) await this.#keepMark(mark);
  }

  async #keepMark(mark: IvrPlace): Promise<void> {
    this.#kept = mark;
    await this.#options.keep?.(mark);
  }

  #perform(effect: FlowEffect): Promise<void> | void {
    switch (effect.type) {
      case 'answer':
        return this.#answer();
      case 'set-language':
        return this.#setLanguage(effect.language);
      case 'play':
        return this.#play(effect);
      case 'stop-play':
        return this.#voice.cut();
      case 'start-timer':
        return this.#startTimer(effect);
      case 'stop-timer':
        return this.#cancelTimer();
      case 'lookup':
        return this.#lookUp(effect);
      case 'stop-lookup':
        return this.#lookup?.abort();
      case 'know-customer':
        this.#call.customer = effect.customer;
        return;
      case 'dial':
        return this.#dial(effect);
      case 'log':
        return this.#call.log[effect.level]({ step: effect.step }, effect.message);
      case 'enter-queue':
        return this.#enterQueue(effect);
      case 'leave-to-dialplan':
      case 'hangup':
        return this.#exit(effect);
      default:
        return effect satisfies never;
    }
  }

  async #answer(): Promise<void> {
    if (this.#call.isAnswered) return;
    const answer = await tolerate(this.#call, 'answer', this.#options.pbx.answer(this.#call.channelId));
    if (answer === 'done') this.#call.isAnswered = true;
  }

  async #setLanguage(language: string): Promise<void> {
    this.#call.language = language;
    const { pbx, call } = this.#options;
    await tolerate(this.#call, 'set-language', pbx.setVariable(call.channelId, 'CHANNEL(language)', language));
  }

  #play({ waitId, media }: EffectOf<'play'>): void {
    const said = this.#voice.say(media, (outcome) => this.#tell({ type: 'played', waitId, outcome }));
    said.catch((error: unknown) => this.#fail(error));
  }

  #startTimer({ waitId, delayMs }: EffectOf<'start-timer'>): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(delayMs, () => this.#tell({ type: 'timer', waitId }));
  }

  #lookUp({ waitId, lookup, code }: EffectOf<'lookup'>): void {
    const controller = new AbortController();
    this.#lookup = controller;
    const found = this.#askDirectory(lookup, code, controller.signal);
    const told = found.then((result) => this.#tell({ type: 'lookup-result', waitId, result }));
    told.catch((error: unknown) => this.#fail(error));
  }

  /** A source that fails against its contract counts as unavailable, too: the caller must not suffer for it. */
  async #askDirectory(lookup: string, code: string, signal: AbortSignal): Promise<FlowLookupResult> {
    const { caller, log } = this.#call;
    if (code === '' && caller.number === null) return { type: 'not-found' };
    try {
      const result = await this.#options.directory.lookup({ lookup, code, caller, signal });
      if (result.type === 'unavailable') log.warn({ lookup, reason: result.reason }, 'Lookup unavailable');
      return result;
    } catch (error) {
      if (!signal.aborted) log.error({ err: error, lookup }, 'Lookup failed');
      return { type: 'unavailable' };
    }
  }

  async #dial({ waitId, extension, ringTimeoutMs }: EffectOf<'dial'>): Promise<void> {
    await this.#voice.silent;
    if (this.#isOver) return;
    const dialled = tolerate(this.#call, 'dial', this.#options.dial(this.#call, { extension, ringTimeoutMs }));
    const told = dialled.then((outcome) => {
      this.#tell({ type: 'dial-ended', waitId, outcome: outcome ?? 'unreachable' });
    });
    told.catch((error: unknown) => this.#fail(error));
  }

  async #enterQueue(exit: EffectOf<'enter-queue'>): Promise<void> {
    await this.#voice.silent;
    if (!this.#isOver)
      await this.#keepMark({ ...this.#kept, customer: this.#call.customer, afterwards: exit.afterwards });
    if (!this.#isOver) await this.#exit(exit);
  }

  async #exit(exit: FlowExit): Promise<void> {
    await this.#voice.silent;
    this.#isOver = true;
    this.#end.resolve(exit);
  }

  #fail(reason: unknown): void {
    this.#isOver = true;
    this.#end.reject(reason);
    this.#release();
  }

  #release(): void {
    this.#isOver = true;
    this.#mailbox.length = 0;
    this.#cancelTimer();
    this.#lookup?.abort();
    this.#voice.release();
  }
}
