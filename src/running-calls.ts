import type { Application } from '../stasis/calls/application.ts';
import type { CallId } from './core/ids.ts';
import { placeOf } from './core/queue/line.ts';
import type { WaitingCallFace } from './http/call-routes.ts';

/** What the API and the command line can do with callers who wait in the running application. */
export function runningCalls({ room, calls }: Application): WaitingCallFace {
  const waiting = (callId: CallId) =>
    calls.list().find((call) => call.callId === callId && ['waiting', 'ringing'].includes(call.phase.name));
  /** One whom another process serves: it hears of what is wanted from the database. */
  const elsewhere = (callId: CallId) => room.otherSwitches?.entries().find((each) => each.callId === callId);
  return {
    async changePriority({ callId, priority, isImmediate }) {
      const { queue = null, entryId = null } = waiting(callId)?.phase ?? elsewhere(callId) ?? {};
      const entry =
        queue === null ? undefined : room.distributor.waitingIn(queue).find((each) => each.entryId === entryId);
      if (queue === null || entry === undefined) return 'unknown-call';
      const ageWeightMs = room.queues.get(queue)?.ageWeightMs ?? 0;
      const since = ageWeightMs === 0 ? room.clock.now() : entry.joinedAtMs;
      const placed = isImmediate ? { ...placeOf(priority, since, ageWeightMs), isLast: ageWeightMs === 0 } : null;
      const placing = await room.store.changePriority({ entryId: entry.entryId, priority, placed });
      if (placing === 'gone') return 'unknown-call';
      room.distributor.moveTo(entry.entryId, placing);
      return 'done';
    },
    async withdraw({ callId, info }) {
      const withdraw = waiting(callId)?.withdraw ?? null;
      if (withdraw !== null) {
        withdraw(info);
        return 'done';
      }
      const entry = elsewhere(callId);
      if (entry === undefined) return 'unknown-call';
      const wanted = await room.store.wantWithdrawal({ entryId: entry.entryId, info });
      return wanted === 'done' ? 'done' : 'unknown-call';
    },
  };
}
