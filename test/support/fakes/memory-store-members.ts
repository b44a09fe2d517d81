import { storableText } from '../../../db/text.ts';
import { AUTO_PAUSE, type CallEvent } from '../../../src/core/events.ts';
import type { ExtensionNumber, QueueName } from '../../../src/core/ids.ts';
import type { Extension, Membership } from '../../../src/core/people.ts';
import {
  afterMiss,
  type MissConsequence,
  type Misses,
  type MissPolicy,
  NO_MISSES,
} from '../../../src/core/queue/misses.ts';
import type {
  EndWrapUpRequest,
  LoginRequest,
  MemberChange,
  PauseRequest,
  PenaltyRequest,
  RingInUseRequest,
} from '../../../src/ports/member-requests.ts';
import { newMembership } from '../queue-people.ts';

/** A row of queue_member: what everybody sees, and what only the database keeps. */
export interface MemoryMembership extends Membership {
  readonly uniqueId: string;
  readonly misses: Misses;
}

interface LastCall {
  readonly lastHangupAtMs: number | null;
  readonly lastQueue: QueueName | null;
  readonly wrapUpEndedAtMs: number | null;
}

const NO_CALL: LastCall = { lastHangupAtMs: null, lastQueue: null, wrapUpEndedAtMs: null };

/** The part of the store in memory that keeps extensions and members, and writes their lines. */
export class MemoryMembers {
  readonly extensions = new Map<string, Extension>();
  readonly #lastCalls = new Map<string, LastCall>();
  readonly #rows = new Map<string, MemoryMembership>();
  readonly #write: (event: CallEvent) => void;

  constructor(write: (event: CallEvent) => void) {
    this.#write = write;
  }

  all(): Membership[] {
    return [...this.#rows.values()].map((row) => this.#shown(row));
  }

  get(queue: string, extension: string): MemoryMembership | undefined {
    return this.#rows.get(keyOf(queue, extension));
  }

  put(row: MemoryMembership): void {
    this.#rows.set(keyOf(row.queue, row.extension.number), row);
  }

  login(request: LoginRequest): Membership | 'already' | 'unknown-extension' {
    const { queue, uniqueId, atMs, penalty = 0, pausedReason } = request;
    const extension = this.extensions.get(request.extension.number);
    if (extension === undefined) return 'unknown-extension';
    const present = this.get(queue, extension.number);
    if (present !== undefined) {
      const isRepeated = present.uniqueId === uniqueId && present.loggedInAtMs === atMs;
      return isRepeated ? this.#shown(present) : 'already';
    }
    const isPaused = pausedReason !== undefined;
    const row = {
      ...newMembership({ queue, extension, loggedInAtMs: atMs }),
      penalty,
      isPaused,
      pausedReason: pausedReason || null,
      pausedAtMs: isPaused ? atMs : null,
      uniqueId,
      misses: NO_MISSES,
    };
    this.put(row);
    this.#write({ event: 'ADDMEMBER', queue, interface: extension.interface, uniqueId, atMs, isPaused });
    return this.#shown(row);
  }

  logout({ queue, extension, uniqueId, atMs }: LoginRequest): 'logged-out' | 'not-logged-in' {
    if (!this.#rows.delete(keyOf(queue, extension.number))) return 'not-logged-in';
    this.#write({ event: 'REMOVEMEMBER', queue, interface: extension.interface, uniqueId, atMs });
    return 'logged-out';
  }

  pause({ extension, queue, isPaused, reason: given, atMs }: PauseRequest): MemberChange {
    const reason = storableText(given, 100);
    const meant = this.#of(extension.number).filter((row) => queue === null || row.queue === queue);
    if (meant.length === 0) return 'not-logged-in';
    const changed = meant.filter((row) =>
      isPaused ? !row.isPaused || (row.pausedReason ?? '') !== reason : row.isPaused || row.asideUntilMs !== null,
    );
    if (changed.length === 0) return 'already';
    const told = changed.filter((row) => isPaused || row.isPaused);
    const line = { member: nameOf(extension), reason, atMs };
    if (queue === null && told.length > 0) this.#write({ event: isPaused ? 'PAUSEALL' : 'UNPAUSEALL', ...line });
    for (const row of told) this.#write({ event: isPaused ? 'PAUSE' : 'UNPAUSE', queue: row.queue, ...line });
    const state = isPaused
      ? { isPaused, pausedReason: reason || null, pausedAtMs: atMs }
      : { isPaused, pausedReason: null, pausedAtMs: null, asideUntilMs: null };
    for (const row of changed) this.put({ ...row, ...state });
    return 'done';
  }

  setPenalty({ extension, queue, penalty, atMs }: PenaltyRequest): MemberChange {
    const row = this.get(queue, extension.number);
    if (row === undefined) return 'not-logged-in';
    if (row.penalty === penalty) return 'already';
    this.put({ ...row, penalty });
    this.#write({ event: 'PENALTY', queue, interface: extension.interface, penalty, atMs });
    return 'done';
  }

  setRingInUse({ extension, queue, ringInUse, inEffect, atMs }: RingInUseRequest): MemberChange {
    const row = this.get(queue, extension.number);
    if (row === undefined) return 'not-logged-in';
    if (row.ringInUse === ringInUse) return 'already';
    this.put({ ...row, ringInUse });
    this.#write({ event: 'RINGINUSE', queue, interface: extension.interface, ringInUse: inEffect, atMs });
    return 'done';
  }

  endWrapUp({ extension, atMs }: EndWrapUpRequest): 'done' | 'already' {
    const last = this.#lastCall(extension.number);
    const { lastHangupAtMs, lastQueue, wrapUpEndedAtMs } = last;
    if (lastHangupAtMs === null || (wrapUpEndedAtMs !== null && wrapUpEndedAtMs > lastHangupAtMs)) return 'already';
    this.#lastCalls.set(extension.number, { ...last, wrapUpEndedAtMs: Math.max(atMs, lastHangupAtMs + 1) });
    if (lastQueue !== null) this.#write({ event: 'WRAPUPEND', queue: lastQueue, member: nameOf(extension), atMs });
    return 'done';
  }

  /** Counts a miss and does what follows from it; `null` when nothing does. */
  missed({ queue, extension, policy, atMs }: Missed): MissConsequence | null {
    const row = this.get(queue, extension);
    if (row === undefined || policy === undefined) return null;
    const { lastHangupAtMs } = this.#lastCall(extension);
    const { misses, consequence } = afterMiss(policy, { ...row, lastHangupAtMs }, atMs);
    this.put({ ...row, misses, ...(consequence?.type === 'aside' ? { asideUntilMs: consequence.untilMs } : {}) });
    if (consequence?.type !== 'paused') return consequence;
    const line = { member: nameOf(row.extension), reason: AUTO_PAUSE, atMs };
    const paused = this.#of(extension).filter(
      (each) => (policy.pauseIn === 'all' || each.queue === queue) && !each.isPaused,
    );
    if (policy.pauseIn === 'all') this.#write({ event: 'PAUSEALL', ...line });
    for (const each of paused) {
      this.#write({ event: 'PAUSE', queue: each.queue, ...line });
      this.put({ ...each, isPaused: true, pausedReason: AUTO_PAUSE, pausedAtMs: atMs });
    }
    return consequence;
  }

  answered(queue: QueueName, extension: ExtensionNumber): void {
    const row = this.get(queue, extension);
    if (row !== undefined) this.put({ ...row, misses: NO_MISSES, asideUntilMs: null });
  }

  hungUp(extension: ExtensionNumber, queue: QueueName, atMs: number): void {
    const last = this.#lastCall(extension);
    if (atMs >= (last.lastHangupAtMs ?? 0))
      this.#lastCalls.set(extension, { ...last, lastHangupAtMs: atMs, lastQueue: queue });
  }

  #of(extension: string): MemoryMembership[] {
    const mine = [...this.#rows.values()].filter((row) => row.extension.number === extension);
    return mine.sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  #lastCall(extension: string): LastCall {
    return this.#lastCalls.get(extension) ?? NO_CALL;
  }

  #shown({ uniqueId: _, misses: __, ...membership }: MemoryMembership): Membership {
    const extension = this.extensions.get(membership.extension.number) ?? membership.extension;
    return { ...membership, extension, ...this.#lastCall(extension.number) };
  }
}

interface Missed {
  readonly queue: QueueName;
  readonly extension: ExtensionNumber;
  readonly policy: MissPolicy | undefined;
  readonly atMs: number;
}

function nameOf({ name, interface: rung }: Extension): string {
  return name ?? rung;
}

function keyOf(queue: string, extension: string): string {
  return `${queue}|${extension}`;
}
