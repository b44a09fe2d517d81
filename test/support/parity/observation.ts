import { MEMBER_NAMES, type MemberName, type Told } from './scenario.ts';

/** One line of queue_log, from Asterisk's file or from this application's table. */
export interface LogLine {
  readonly callid: string;
  readonly agent: string;
  readonly event: string;
  readonly data: readonly string[];
}

export interface ObservedRing {
  readonly member: MemberName;
  readonly callerNumber: string;
  readonly atMs: number;
}

/** What one side did in one story. */
export interface Observation {
  readonly rings: readonly ObservedRing[];
  readonly lines: readonly LogLine[];
  /** Interface or name of each member as this side's log has them. */
  readonly agents: ReadonlyMap<string, MemberName>;
}

/** Columns that are times: they may differ by a second between the sides, in milliseconds or in seconds. */
const TIMES: Readonly<Record<string, readonly ('s' | 'ms' | 'id' | 'same')[]>> = {
  ENTERQUEUE: ['same', 'same', 'same'],
  ABANDON: ['same', 'same', 's'],
  EXITWITHTIMEOUT: ['same', 'same', 's'],
  EXITEMPTY: ['same', 'same', 's'],
  EXITWITHKEY: ['same', 'same', 'same', 's'],
  RINGNOANSWER: ['ms'],
  RINGCANCELED: ['ms'],
  CONNECT: ['s', 'id', 's'],
  COMPLETEAGENT: ['s', 's', 'same'],
  COMPLETECALLER: ['s', 's', 'same'],
  BLINDTRANSFER: ['same', 'same', 's', 's', 'same'],
};

/** What is compared as text: members and callers by their parts, ids as `ID`, times apart. */
export function told({ rings, lines, agents }: Observation, { tiesDiffer = false, ringTogether = false } = {}): Told {
  const callers = new Map<string, string>();
  for (const { event, callid } of lines) {
    if (event === 'ENTERQUEUE' && !callers.has(callid)) callers.set(callid, String(callers.size + 1));
  }
  const inOrder = [...rings].sort((a, b) => a.atMs - b.atMs);
  const rename = tiesDiffer ? byFirstRing(inOrder) : (member: MemberName) => member;
  const agent = (written: string) => {
    const member = agents.get(written);
    return member === undefined ? written : rename(member);
  };
  const rung = inOrder.map(({ member, callerNumber }) => `${rename(member)}<${callerNumber.slice(-1)}`);
  return {
    rings: ringTogether ? rung.sort() : rung,
    lines: lines.map(({ callid, event, agent: written, data }) => {
      const kinds = TIMES[event] ?? [];
      const shown = data.map((text, index) => (kinds[index] === 'id' ? 'ID' : isTime(kinds[index]) ? 'TIME' : text));
      return [callers.get(callid) ?? '-', event, agent(written), ...trimmed(shown)].join(' ');
    }),
  };
}

/** A time that both sides wrote, and by how many seconds they differ. */
interface TimePair {
  readonly what: string;
  readonly ours: number;
  readonly theirs: number;
}

/** A second either way is the rounding of two programs that write whole seconds. */
const ROUNDING_SECONDS = 1;
/** Columns that hold how long the caller waited. */
const WAITS = new Set([
  'CONNECT data1',
  'COMPLETEAGENT data1',
  'COMPLETECALLER data1',
  'BLINDTRANSFER data3',
  'ABANDON data3',
  'EXITEMPTY data3',
]);

/**
 * Times of the same lines that differ by more than they may; a wait may be shorter here by `pollSeconds` (point 3), and either may be longer by what the
 * machine stood still at most meanwhile (`stillSeconds`).
 */
export function timesApart(
  ours: Observation,
  theirs: Observation,
  { pollSeconds = 2, stillSeconds = 0 }: { pollSeconds?: number | undefined; stillSeconds?: number } = {},
): readonly TimePair[] {
  const others = timesOf(theirs);
  return timesOf(ours)
    .map(({ what, seconds }, index) => ({ what, ours: seconds, theirs: others[index]?.seconds ?? Number.NaN }))
    .filter(({ what, ours: mine, theirs: other }) => {
      const later = ROUNDING_SECONDS + stillSeconds;
      const earlier = later + (WAITS.has(what) ? pollSeconds : 0);
      return !(mine - other <= later && other - mine <= earlier);
    });
}

function timesOf({ lines }: Observation): { readonly what: string; readonly seconds: number }[] {
  return lines.flatMap(({ event, data }) =>
    (TIMES[event] ?? []).flatMap((kind, index) => {
      if (!isTime(kind)) return [];
      const value = Number(data[index]);
      return [{ what: `${event} data${index + 1}`, seconds: kind === 'ms' ? value / 1000 : value }];
    }),
  );
}

const isTime = (kind: string | undefined) => kind === 's' || kind === 'ms';

function trimmed(data: readonly string[]): readonly string[] {
  return data.slice(0, data.findLastIndex((text) => text !== '') + 1).map((text) => (text === '' ? '-' : text));
}

function byFirstRing(rings: readonly ObservedRing[]): (member: MemberName) => MemberName {
  const order = [...new Set(rings.map(({ member }) => member))];
  return (member) => MEMBER_NAMES[order.indexOf(member)] ?? member;
}
