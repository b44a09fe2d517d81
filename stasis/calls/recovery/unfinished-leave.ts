import type { Target } from '../../../src/core/ivr/flow-definition.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { BridgeSnapshot } from '../../../src/ports/pbx.ts';
import type { EndedEntry } from '../../../src/ports/queue-store.ts';
import { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import type { CallSession } from '../call-session.ts';
import type { IvrMark } from '../ivr/ivr-mark.ts';
import { DRAINED, type QueueExit, sayNobodyIsThere } from '../queue/queue-stage.ts';
import { quietly } from '../quietly.ts';
import { setLeavingVariables } from '../talking/answer-variables.ts';

/** A caller's channel with an entry that is over. */
export interface LeavingCaller {
  readonly ended: EndedEntry;
  /** What is kept on the channel. */
  readonly stay: string | null;
  readonly mark: IvrMark | null;
}

/**
 * Whether the process died after it had closed the entry and before it let the caller go:
 *
 *   the channel's stay is │ the mark of the IVR is      │ then
 *   the entry's           │ from before the entry       │ yes: goes on from where the entry says
 *   the entry's           │ from after it (exit key)    │ no: the question is asked again
 *   another one           │ –                           │ no: has been in the dialplan, and is back
 *   not kept              │ –                           │ only who had talked and was to be hung up: nobody comes back from there; else it is a new stay
 *
 * ABANDON of a channel that is there is no leaving: somebody closed the entry of a caller whom nobody could serve.
 */
export function isLeaving({ ended, stay, mark }: LeavingCaller, exit: QueueExit | null): exit is QueueExit {
  if (exit === null) return false;
  if (stay === null) return exit.type === 'served' && exit.afterwards === 'hangup';
  return stay === ended.callId && mark?.afterEntry !== ended.entryId;
}

/** How the caller left the queue, as the database tells it; `null`: not so that the call could go on from there. */
export function exitOf({ outcome, info, waitMs }: EndedEntry, settings: QueueSettings): QueueExit | null {
  switch (outcome) {
    case 'EXITWITHTIMEOUT':
      return { type: 'unserved', status: 'TIMEOUT', waitMs };
    case 'EXITEMPTY':
      return { type: 'unserved', status: 'LEAVEEMPTY', waitMs };
    case 'WITHDRAW':
      if (info === DRAINED) return { type: 'unserved', status: 'UNAVAILABLE', waitMs };
      return { type: 'unserved', status: 'WITHDRAW', info, waitMs };
    case 'EXITWITHKEY':
      return exitByKey(info, settings, waitMs);
    case 'COMPLETEAGENT':
    case 'COMPLETECALLER':
    case 'BLINDTRANSFER':
    case 'ATTENDEDTRANSFER':
      return { type: 'served', afterwards: settings.afterConversation, waitMs };
    case 'ABANDON':
      return null;
    default:
      return outcome satisfies never;
  }
}

function exitByKey(typed: string, { exitKeys, exitContext }: QueueSettings, waitMs: number): QueueExit {
  if (Object.hasOwn(exitKeys, typed) || exitContext === null)
    return { type: 'by-key', target: exitKeys[typed] ?? 'dialplan', waitMs };
  return { type: 'to-extension', extension: { context: exitContext, extension: typed, priority: 1 }, waitMs };
}

/** What remains to be done for a caller who left. */
export interface LeaveRequest {
  readonly exit: QueueExit;
  readonly ended: EndedEntry;
  readonly settings: QueueSettings;
  /** The bridge in which the caller was left. */
  readonly left: BridgeSnapshot | null;
  /** Where the menus want the caller afterwards. */
  readonly afterwards: Target | null;
}

/** Carries on from the closed entry: the caller is alone on the channel, hears what belongs to it, and goes where the entry leads. */
export async function finishLeaving(room: CallRoom, session: CallSession, request: LeaveRequest): Promise<void> {
  const { call } = session;
  const { exit, ended, settings, left, afterwards } = request;
  call.customer = ended.customer;
  call.isEndNoted = true;
  call.log.info({ outcome: ended.outcome, exit: exit.type }, 'Was about to leave the queue when the process died');
  // Before anything is waited for: bridges that nobody claims are removed.
  const bridge = new CallBridge(room, call, left);
  await bridge.remove();
  await quietly(call, 'stop-music', () => room.pbx.stopMusic(call.channelId));
  call.signal.throwIfAborted();
  const isWithdrawn = exit.type === 'unserved' && exit.status === 'WITHDRAW';
  if (exit.type !== 'served' && !isWithdrawn) await setLeavingVariables({ room, call, settings });
  if (ended.outcome === 'EXITEMPTY') await sayNobodyIsThere({ room, call, settings });
  await session.leaveQueue(exit, afterwards);
}
