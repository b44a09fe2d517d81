import type { QueueName } from '../../../src/core/ids.ts';
import { reduceFlow, startFlow } from '../../../src/core/ivr/flow.ts';
import type { Prompt, Target } from '../../../src/core/ivr/flow-definition.ts';
import type { FlowExit } from '../../../src/core/ivr/flow-state.ts';
import type { DialplanTarget } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import { type IvrDeps, IvrRun } from './ivr-run.ts';

export type { IvrDeps };

/** How a visit to the IVR ended; acting on it is the session's business. */
export type IvrExit =
  /** Into a queue; a call that leaves it unserved goes on in the IVR at `afterwards` (a step, `dialplan` or `hangup`). */
  | { readonly to: 'queue'; readonly queue: QueueName; readonly prompt: Prompt; readonly afterwards: Target }
  /** Without a target: the next priority. */
  | { readonly to: 'dialplan'; readonly target?: DialplanTarget }
  /** Q.850 cause. */
  | { readonly to: 'hangup'; readonly causeCode: number };

/**
 * Leads a caller through the IVR from a step (or `dialplan`, `hangup`) on, up to its exit; sets the call's customer, language
 * and isAnswered on the way. Rejects with the signal's reason when the caller hangs up, in any state, leaving nothing behind.
 */
export async function runIvr(deps: IvrDeps, call: Call, startStep: Target): Promise<IvrExit> {
  call.signal.throwIfAborted();
  const run = new IvrRun({
    ...deps,
    call,
    reduce: (state, event) => reduceFlow(deps.definition, state, event),
    isQuestion: (step) => ['menu', 'collect'].includes(deps.definition.steps[step]?.kind ?? ''),
  });
  return exitOf(await run.run(startFlow(deps.definition, startStep, deps.clock.now())));
}

function exitOf(exit: FlowExit): IvrExit {
  switch (exit.type) {
    case 'enter-queue':
      return { to: 'queue', queue: exit.queue, prompt: exit.prompt, afterwards: exit.afterwards };
    case 'leave-to-dialplan':
      return exit.target === null ? { to: 'dialplan' } : { to: 'dialplan', target: exit.target };
    case 'hangup':
      return { to: 'hangup', causeCode: exit.causeCode };
    default:
      return exit satisfies never;
  }
}
