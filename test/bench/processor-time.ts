import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that groups of processes have used, and the machine as a whole; milliseconds. */
export interface ProcessorReading {
  readonly groups: ReadonlyMap<string, number>;
  /** Of all processors, whoever used them. */
  readonly machineMs: number;
  readonly atMs: number;
}

/** A process by its id; `withChildren` counts what it has started, too, whether it still runs or has been waited for. */
export interface Group {
  readonly pid: number;
  readonly withChildren?: boolean;
  /** Only processes of this name below it, living or ended (the process itself is left out). */
  readonly childrenNamed?: string;
}

/** USER_HZ: the unit of /proc, 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly ownMs: number;
  /** Of children that have ended and were waited for. */
  readonly endedChildrenMs: number;
}

/** Reads /proc/PID/stat of every process (proc(5)): fields utime, stime, cutime and cstime. */
export function readProcessorTime(groups: Readonly<Record<string, Group>>): ProcessorReading {
  const stats = new Map(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => readStat(Number(entry)) ?? [])
      .map((stat) => [stat.pid, stat]),
  );
  const used = Object.entries(groups).map(([name, group]) => [name, usedBy(group, stats)] as const);
  return { groups: new Map(used), machineMs: machineMs(), atMs: performance.now() };
}

function usedBy(group: Group, stats: ReadonlyMap<number, Stat>): number {
  const root = stats.get(group.pid);
  if (root === undefined) throw new Error(`Process ${group.pid}, which was to be measured, has ended`);
  const children = [...stats.values()].filter((stat) => isBelow(stat, group.pid, stats));
  const { childrenNamed } = group;
  if (childrenNamed !== undefined)
    return sum(children.filter(({ name }) => name === childrenNamed).map(({ ownMs }) => ownMs));
  if (!group.withChildren) return root.ownMs;
  return root.ownMs + root.endedChildrenMs + sum(children.map((stat) => stat.ownMs + stat.endedChildrenMs));
}

function isBelow(stat: Stat, ancestor: number, stats: ReadonlyMap<number, Stat>): boolean {
  for (let each: Stat | undefined = stat; each !== undefined && each.parent > 0; each = stats.get(each.parent))
    if (each.parent === ancestor) return true;
  return false;
}

/** What children of this process have used that have ended: programs that were started and waited for meanwhile. */
export function endedChildrenMs(): number {
  return readStat(process.pid)?.endedChildrenMs ?? 0;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended since the folder was read.
    return undefined;
  }
  // The name in field 2 may hold spaces and brackets; field 3 comes after its last bracket.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const ticks = (field: number): number => Number(fields[field - 3] ?? 0) * MS_PER_TICK;
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, close),
    parent: Number(fields[1]),
    ownMs: ticks(14) + ticks(15),
    endedChildrenMs: ticks(16) + ticks(17),
  };
}

/** /proc/stat: user, nice, system, irq, softirq and steal of all processors; not idle and iowait. */
function machineMs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
