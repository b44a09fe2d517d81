import type { Dialog } from './dialogs.ts';
import { type AttemptRow, type Observation, timeOf, type Violation } from './observation.ts';

/**
 * Two ends of a call may see its end and the next one's beginning in another order than they happened: Asterisk sends the CANCEL of one
 * phone and the INVITE of the next in different threads, and the application notes times before it writes them.
 */
const OVERLAP_MAX_MS = 250;

/** One offer of a call to a member, or their conversation: from its beginning to its end. */
interface Span {
  readonly call: string;
  readonly member: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** No call is offered to two members, and no member two calls: as phones ring, and as the database has it. */
export function doubleOffers(seen: Observation): Violation[] {
  return (['phones', 'database'] as const).flatMap((where) => {
    const spans = where === 'phones' ? seen.phones.flatMap(spanOfRing) : spansOfAttempts(seen);
    const byCall = seen.isRingAll === true ? [] : overlaps(spans, 'call');
    const byMember = seen.isRingInUse === true ? [] : overlaps(spans, 'member');
    return [
      ...byCall.map(([a, b]) => ({
        invariant: 'two-members',
        what: `${a.call}: ${told(a)} and ${told(b)} (${where})`,
      })),
      ...byMember.map(([a, b]) => ({
        invariant: 'two-calls',
        what: `${a.member}: ${told(a)} and ${told(b)} (${where})`,
      })),
    ] as Violation[];
  });
}

/** Attempts that hold a member though no call is there any more, in the database and in the application's eyes. */
export function stuckMembers({ attempts, members }: Observation): Violation[] {
  const open = attempts.filter(({ state }) => state !== 'ended');
  const held = members.filter(({ isHeld }) => isHeld);
  return [
    ...open.map(({ extension, state, attemptId, startedAtMs }) => ({
      invariant: 'member-stuck' as const,
      what: `${extension} is ${state} since ${timeOf(startedAtMs)} (attempt ${attemptId})`,
    })),
    ...held.map(({ extension }) => ({
      invariant: 'member-stuck' as const,
      what: `${extension} is held by a call in the application's eyes`,
    })),
  ];
}

function spanOfRing({ extension, caller, invitedAtMs, end }: Dialog): Span[] {
  if (extension === null) return [];
  return [{ call: caller, member: extension, fromMs: invitedAtMs, toMs: end?.atMs ?? Number.POSITIVE_INFINITY }];
}

function spansOfAttempts({ attempts }: Observation): Span[] {
  return attempts.map(({ entryId, extension, startedAtMs, endedAtMs }: AttemptRow) => ({
    call: `entry ${entryId}`,
    member: extension,
    fromMs: startedAtMs,
    toMs: endedAtMs ?? Number.POSITIVE_INFINITY,
  }));
}

/** Pairs that share this and were there at the same time. */
function overlaps(spans: readonly Span[], shared: 'call' | 'member'): [Span, Span][] {
  const groups = new Map<string, Span[]>();
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs))
    groups.set(span[shared], [...(groups.get(span[shared]) ?? []), span]);
  return [...groups.values()].flatMap((group) =>
    group.flatMap((later, index) => {
      const earlier = group.slice(0, index).find(({ toMs }) => toMs - later.fromMs > OVERLAP_MAX_MS);
      return earlier === undefined ? [] : [[earlier, later] as [Span, Span]];
    }),
  );
}

function told({ call, member, fromMs, toMs }: Span): string {
  const until = Number.isFinite(toMs) ? timeOf(toMs) : 'now';
  return `${call} at ${member} from ${timeOf(fromMs)} to ${until}`;
}
