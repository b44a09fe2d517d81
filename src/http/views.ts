import type { MemberFigures, QueueFigures } from '../ports/queue-store.ts';
import {
  type ApplicationStatus,
  type CallView,
  isThere,
  type MemberView,
  type MusicClassView,
  PARTS,
  type PartStatus,
  type QueueView,
} from './application-face.ts';
import { figuresJson, type memberFigures } from './figures-json.ts';
import { pendingJson, switchJson, switchSummaryJson, waitingJson } from './standing.ts';

/** Time as the API writes it: ISO 8601, UTC, milliseconds. */
const time = (ms: number) => new Date(ms).toISOString();
const timeOrNull = (ms: number | null) => (ms === null ? null : time(ms));

const partJson = ({ state, sinceMs, reason }: PartStatus) => ({ state, since: time(sinceMs), reason });

const partsJson = ({ asterisk, database, xmpp }: ApplicationStatus['parts']) => ({
  asterisk: partJson(asterisk),
  database: partJson(database),
  xmpp: partJson(xmpp),
});

/** What `/readyz` says: whether calls can be taken, and which parts are missing since when. */
export function readinessJson(status: ApplicationStatus) {
  const { isStopping, role, parts, pending, ownSwitch, switches } = status;
  const missing = PARTS.filter((part) => parts[part].state === 'down').map((part) => {
    const { since, reason } = partJson(parts[part]);
    return { part, since, reason };
  });
  // Without XMPP calls go on: it is told of, but takes nothing away.
  const ready = !isStopping && role === 'active' && isThere(parts.asterisk) && isThere(parts.database);
  return {
    ready,
    role,
    stopping: isStopping,
    missing,
    parts: partsJson(parts),
    waiting: waitingJson(pending),
    music: status.music.map(({ name, tracks, broken, stream }) => ({
      class: name,
      tracks,
      broken: broken.length,
      stream: stream && { playing: stream.isPlaying, since: time(stream.sinceMs) },
    })),
    switches: switches.map((each) => switchSummaryJson(each, ownSwitch)),
  };
}

/** What `GET /api/v1/status` answers. */
export function statusJson(status: ApplicationStatus) {
  const { version, startedAtMs, isStopping, process, role, calls, callsBy, pending, parts, music } = status;
  return {
    version,
    started: time(startedAtMs),
    ready: readinessJson(status).ready,
    stopping: isStopping,
    process,
    role,
    draining: role === 'draining',
    calls,
    callsBy,
    pending: pending.map(pendingJson),
    switch: status.ownSwitch,
    switches: status.switches.map((each) => switchJson(each, status.ownSwitch)),
    switchesAsOf: timeOrNull(status.switchesAsOfMs),
    parts: partsJson(parts),
    music: music.map(musicJson),
    refusedRows: status.refusedRows.map((row) => ({ ...row })),
  };
}

function musicJson({ name, tracks, advice, broken, stream }: MusicClassView) {
  const { title, reason } = stream ?? { title: null, reason: null };
  const played = stream && { playing: stream.isPlaying, title, since: time(stream.sinceMs), reason };
  return { class: name, tracks, advice, broken, stream: played };
}

export function queueJson({ oldestJoinedAtMs, ...queue }: QueueView, figures: QueueFigures | null) {
  return { ...queue, oldestJoined: timeOrNull(oldestJoinedAtMs), figures: figures && figuresJson(figures) };
}

export function memberJson(
  { lastHangupAtMs, wrapUpUntilMs, queues, ...member }: MemberView,
  figures: ReturnType<typeof memberFigures>,
) {
  return {
    ...member,
    wrapUpUntil: timeOrNull(wrapUpUntilMs),
    lastHangup: timeOrNull(lastHangupAtMs),
    queues: queues.map(({ queue, penalty, isPaused, pausedReason, ringInUse, calls, ...times }) => ({
      queue,
      penalty,
      paused: isPaused,
      pausedReason,
      pausedSince: timeOrNull(times.pausedAtMs),
      asideUntil: timeOrNull(times.asideUntilMs),
      ringInUse,
      ...figuresOf(figures.get(`${queue}|${member.extension}`), calls),
      loggedIn: time(times.loggedInAtMs),
    })),
  };
}

/** As the database counts; while it is away, as it was read last. */
function figuresOf(figures: MemberFigures | undefined, callsAsRead: number) {
  return {
    calls: figures?.calls ?? callsAsRead,
    lastCall: timeOrNull(figures?.lastCallAtMs ?? null),
    lastPaused: timeOrNull(figures?.lastPausedAtMs ?? null),
  };
}

export function callJson({ startedAtMs, sinceMs, ...call }: CallView) {
  return { ...call, started: time(startedAtMs), since: time(sinceMs) };
}

export type StatusJson = ReturnType<typeof statusJson>;
export type QueueJson = ReturnType<typeof queueJson>;
export type MemberJson = ReturnType<typeof memberJson>;
export type CallJson = ReturnType<typeof callJson>;
