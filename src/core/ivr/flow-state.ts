import type { QueueName } from '../ids.ts';
import type { Customer } from '../people.ts';
import type {
  CollectStep,
  DialplanStep,
  DialStep,
  LookupStep,
  MenuStep,
  PlayStep,
  Prompt,
  Target,
} from './flow-definition.ts';

/*
 * Where a call stands inside its step. (k) is a key, (p) the end of a prompt, (t) the timer.
 *
 *  play     silence ──t,k──► saying ──p,k──► tone ──t──► next
 *  menu     menu-prompt ──p──► menu-wait ──t──► nothing       a key of the menu, in any stage ──► its target
 *              ▲   wrong k    │        │                      wrong key number `tries`: menu-refused ──p,k──► nothing
 *              └──────────────┴────────┘
 *  collect  code-prompt ──p──► code-first ──t──► (empty)      code-lookup ── found, unavailable ──► their targets
 *              │k                │k                              │not found, (empty), not digits only
 *              └──► code-digits ◄┘                               ├── tries left ──► code-prompt
 *                     │ end key, last digit, t ──► code-lookup   └── last try: code-refused ──p,k──► failed
 *  lookup   number-lookup ── result ──► its target
 *  dial     dialling ── outcome ──► its target
 *  hours    passes at once                                    queue, dialplan, hangup: ended
 *
 * An empty prompt passes at once. Every wait has a timer.
 */
export type PlayStage =
  /** The silence before the prompt. */
  | { readonly name: 'silence'; readonly step: PlayStep }
  | { readonly name: 'saying'; readonly step: PlayStep }
  /** The tone after the prompt, deaf to keys. */
  | { readonly name: 'tone'; readonly step: PlayStep };

export type MenuStage = {
  /** `menu-prompt`: being said; `menu-wait`: said, waiting for a key; `menu-refused`: the last wrong key is being regretted. */
  readonly name: 'menu-prompt' | 'menu-wait' | 'menu-refused';
  readonly step: MenuStep;
  readonly wrongKeys: number;
};

export type CollectStage =
  | { readonly name: 'code-prompt' | 'code-first'; readonly step: CollectStep; readonly triesUsed: number }
  | {
      /** `code-digits`: at least one digit, waiting for more; `code-lookup`: the code is complete and being looked up. */
      readonly name: 'code-digits' | 'code-lookup';
      readonly step: CollectStep;
      readonly triesUsed: number;
      readonly typed: string;
    }
  /** The last code was wrong; the caller is being told. */
  | { readonly name: 'code-refused'; readonly step: CollectStep };

/** `ahead` are the keys pressed so far, for the menu or code that may follow. */
export type LookupStage = { readonly name: 'number-lookup'; readonly step: LookupStep; readonly ahead: string };

export type DialStage = { readonly name: 'dialling'; readonly step: DialStep };

export type Stage =
  | PlayStage
  | MenuStage
  | CollectStage
  | LookupStage
  | DialStage
  /** The exit effect has been given; nothing happens any more. */
  | { readonly name: 'ended' };

/** One call's place in the IVR. */
export interface FlowState {
  /** The name of the step, for logs. */
  readonly step: string;
  readonly stage: Stage;
  /** Numbers the waits, so that an answer to an earlier one is known as stale. */
  readonly waitId: number;
  /** Keys before this instant belong to the code that has just been completed. */
  readonly deafUntilMs: number;
  /** Steps entered in this visit. */
  readonly stepsTaken: number;
  /** The application stops: instead of the next step, back to the dialplan. */
  readonly isLeaving: boolean;
}

/** What a dialled extension came to. */
export type DialOutcome = 'talked' | 'no-answer' | 'busy' | 'rejected' | 'unreachable';

/** What a lookup came to. */
export type FlowLookupResult =
  | { readonly type: 'found'; readonly customer: Customer }
  | { readonly type: 'not-found' }
  | { readonly type: 'unavailable' };

/** What happens to the machine. `atMs` is Unix time; `waitId` is that of the effect which is answered. */
export type FlowEvent = { readonly atMs: number } & (
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'played'; readonly waitId: number; readonly outcome: 'done' | 'failed' }
  | { readonly type: 'timer'; readonly waitId: number }
  | { readonly type: 'lookup-result'; readonly waitId: number; readonly result: FlowLookupResult }
  | { readonly type: 'dial-ended'; readonly waitId: number; readonly outcome: DialOutcome }
  /** Finish the step, then go back to the dialplan. */
  | { readonly type: 'leave-soon' }
);

/** How the IVR ends. */
export type FlowExit =
  /** `prompt` is said in the queue, while a member is looked for already. */
  | { readonly type: 'enter-queue'; readonly queue: QueueName; readonly prompt: Prompt; readonly afterwards: Target }
  /** `null`: the next priority. */
  | { readonly type: 'leave-to-dialplan'; readonly target: DialplanStep['target'] | null }
  /** Q.850 cause; 16 normal clearing, 17 after a busy tone, 34 after a congestion tone. */
  | { readonly type: 'hangup'; readonly causeCode: number };

/** What the interpreter is to do, in this order. At most one playback, timer, lookup and dialling goes on at a time. */
export type FlowEffect =
  | { readonly type: 'answer' }
  | { readonly type: 'set-language'; readonly language: string }
  | { readonly type: 'play'; readonly waitId: number; readonly media: Prompt }
  | { readonly type: 'stop-play' }
  | { readonly type: 'start-timer'; readonly waitId: number; readonly delayMs: number }
  | { readonly type: 'stop-timer' }
  /** `code` is '' for a lookup by the caller's number. */
  | { readonly type: 'lookup'; readonly waitId: number; readonly lookup: string; readonly code: string }
  | { readonly type: 'stop-lookup' }
  | { readonly type: 'know-customer'; readonly customer: Customer }
  | {
      readonly type: 'dial';
      readonly waitId: number;
      readonly extension: string;
      readonly ringTimeoutMs: number;
    }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string; readonly step: string }
  | FlowExit;

/** What a stage waits for: started when it is entered, stopped when it is left. */
export interface Wait {
  readonly play?: Prompt;
  readonly timerMs?: number;
  readonly lookup?: { readonly lookup: string; readonly code: string };
  readonly dial?: { readonly extension: string; readonly ringTimeoutMs: number };
}

/** What a stage answers to an event: another stage, another step, the end, or `null` for nothing. */
export type Move =
  | {
      readonly to: 'stage';
      readonly stage: Stage;
      readonly effects?: readonly FlowEffect[];
      /** A key has completed a code: what follows at once belongs to it. */
      readonly isCodeComplete?: boolean;
    }
  /** The same stage goes on waiting, with something noted. */
  | { readonly to: 'note'; readonly stage: Stage }
  | {
      readonly to: 'target';
      readonly target: Target;
      /** Keys that were pressed and may count for what follows. */
      readonly ahead?: string;
      readonly effects?: readonly FlowEffect[];
    }
  | { readonly to: 'exit'; readonly exit: FlowExit }
  | null;
