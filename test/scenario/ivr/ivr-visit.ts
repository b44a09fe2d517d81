import { readFileSync } from 'node:fs';
import { checkFile } from '../../../src/config/check-file.ts';
import { callId } from '../../../src/core/ids.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import type { DialOutcome } from '../../../src/core/ivr/flow-state.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { silentLog } from '../../../src/log.ts';
import type { Directory, LookupRequest, LookupResult } from '../../../src/ports/directory.ts';
import type { Call } from '../../../stasis/calls/call.ts';
import { EventRouter } from '../../../stasis/calls/event-router.ts';
import { type IvrExit, runIvr } from '../../../stasis/calls/ivr/ivr-stage.ts';
import { LiveCall } from '../../../stasis/calls/live-call.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakePbx, type IncomingCall } from '../../support/fakes/fake-pbx.ts';

/** The IVR as the shipped configuration file says it: what A1 and A2 ask for. */
export const shippedIvr = readShippedIvr();

function readShippedIvr(): IvrDefinition {
  const file = new URL('../../../install/queueapp.yaml', import.meta.url);
  const { value, findings } = checkFile(readFileSync(file, 'utf8'), 'queueapp.yaml');
  if (value === null) throw new Error(`The shipped configuration is wrong: ${JSON.stringify(findings)}`);
  return { ...value.ivr, calendars: value.calendars };
}

/** How long the prompts of the shipped IVR last here, in milliseconds. */
export const LENGTHS_MS = {
  welcome: 2_000,
  ivr_menu: 4_000,
  inform_code: 3_000,
  invalid_code: 1_500,
  try_again: 1_000,
  bye: 1_200,
  invalid_option: 1_800,
  support_team: 1_600,
  unavailable: 1_400,
} as const;

/** Customers 1111 and 2222, as a lookup that answers after `delayMs`, or never (`null`), or as scripted. */
export class FakeDirectory implements Directory {
  readonly requests: LookupRequest[] = [];
  delayMs: number | null = 20;
  answer: (request: LookupRequest) => LookupResult = ({ code }) =>
    code === '1111' || code === '2222'
      ? { type: 'found', customer: { id: code.slice(0, 1), name: `Company ${code.slice(0, 1)}`, code, fields: {} } }
      : { type: 'not-found' };
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** Questions that were neither answered nor given up. */
  pending = 0;

  lookup(request: LookupRequest): Promise<LookupResult> {
    this.requests.push(request);
    this.pending += 1;
    return new Promise((resolve, reject) => {
      const cancel =
        this.delayMs === null ? () => undefined : this.#clock.after(this.delayMs, () => resolve(this.answer(request)));
      request.signal.addEventListener('abort', () => {
        cancel();
        reject(request.signal.reason);
      });
    }).finally(() => {
      this.pending -= 1;
    }) as Promise<LookupResult>;
  }
}

/** The real call, counting who listens to its digits. */
class CountedCall extends LiveCall {
  digitListeners = 0;

  override onDigit(listener: (digit: string) => void): () => void {
    const unlisten = super.onDigit(listener);
    this.digitListeners += 1;
    return () => {
      this.digitListeners -= 1;
      unlisten();
    };
  }
}

interface Dialled {
  readonly extension: string;
  readonly ringTimeoutMs: number;
  readonly end: Deferred<DialOutcome>;
}

export interface VisitOptions {
  readonly definition?: IvrDefinition;
  readonly start?: string;
  readonly call?: IncomingCall;
  readonly stopping?: AbortSignal;
  /** Whether the switch's connection is lost when the visit begins. */
  readonly isAway?: boolean;
}

/** One caller's visit to the IVR on a fake switch: what they do, what they hear when, and how it ended. */
export class IvrVisit {
  readonly clock = new FakeClock();
  readonly pbx = new FakePbx(this.clock);
  readonly directory = new FakeDirectory(this.clock);
  readonly router = new EventRouter({ pbx: this.pbx, log: silentLog() });
  readonly dialled: Dialled[] = [];
  readonly caller;
  readonly call: CountedCall;
  /** How it ended; `null` while it goes on. */
  exit: IvrExit | null = null;
  failure: unknown = null;
  readonly #startedAtMs: number;

  constructor({
    definition = shippedIvr,
    start = definition.start,
    call = {},
    stopping,
    isAway = false,
  }: VisitOptions = {}) {
    for (const [name, lengthMs] of Object.entries(LENGTHS_MS)) this.pbx.setMedia(`sound:queueapp/${name}`, lengthMs);
    this.caller = this.pbx.incomingCall(call);
    this.call = this.#callOf(call);
    if (isAway) this.pbx.losesConnection();
    this.#startedAtMs = this.clock.now();
    const { pbx, router, directory, clock } = this;
    const deps = { pbx, router, directory, clock, definition, dial: this.#dial, ...(stopping ? { stopping } : {}) };
    runIvr(deps, this.call, start).then(
      (exit) => {
        this.exit = exit;
      },
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  /** Passes time. */
  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Presses keys, each `everyMs` after the one before. */
  async types(keys: string, everyMs = 200): Promise<void> {
    for (const [index, key] of [...keys].entries()) {
      if (index > 0) await this.wait(everyMs);
      this.caller.press(key);
      await this.clock.settle();
    }
  }

  /** What was heard, and when it began: `3.0 ivr_menu`, in seconds from the beginning. */
  get heard(): string[] {
    return this.caller.heardAt.map(({ media, atMs }) => {
      const seconds = ((atMs - this.#startedAtMs) / 1000).toFixed(2);
      return `${seconds} ${media.replace('sound:queueapp/', '')}`;
    });
  }

  /** What plays at this moment. */
  get hears(): string | undefined {
    return this.caller.hears?.replace('sound:queueapp/', '');
  }

  get codes(): string[] {
    return this.directory.requests.map(({ code }) => code);
  }

  /** The called person of the last dialling picks up and hangs up, is busy, … */
  async dialEnds(outcome: DialOutcome): Promise<void> {
    this.dialled.at(-1)?.end.resolve(outcome);
    await this.clock.settle();
  }

  /** What the visit has left behind, apart from the channel itself: nothing, once it is over. */
  async leftovers(): Promise<object> {
    await this.clock.settle();
    this.call.release();
    return {
      listeners: this.router.size + this.call.digitListeners,
      timers: this.clock.pendingTimers,
      playbacks: this.pbx.leftovers().playbacks,
      lookups: this.directory.pending,
      subscribers: this.pbx.wire.listenerCount - 1,
    };
  }

  readonly #dial = (call: Call, request: Omit<Dialled, 'end'>): Promise<DialOutcome> => {
    const end = deferred<DialOutcome>();
    this.dialled.push({ ...request, end });
    call.signal.addEventListener('abort', () => end.reject(call.signal.reason), { once: true });
    return end.promise;
  };

  #callOf({ number = '2000', name = null, isAnswered = false }: IncomingCall): CountedCall {
    const startedAtMs = this.clock.now();
    const channel = {
      channelId: this.caller.channelId,
      name: 'PJSIP/caller-00000001',
      state: isAnswered ? 'Up' : 'Ring',
      caller: { number, name },
      language: 'en',
      dialplan: { context: 'phones', extension: '0000', priority: 1 },
      appArguments: [],
      createdAtMs: startedAtMs,
      variables: {},
    } as const;
    const { router } = this;
    return new CountedCall({
      callId: callId('call-1'),
      channel,
      args: [],
      router,
      log: silentLog(),
      language: 'en',
      startedAtMs,
    });
  }
}

/** What is left behind by a visit that cleaned up. */
export const NOTHING = { listeners: 0, timers: 0, playbacks: 0, lookups: 0, subscribers: 0 };
