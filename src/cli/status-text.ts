import type { PendingName } from '../http/standing.ts';
import type { StatusJson } from '../http/views.ts';
import { callsText } from './drain-command.ts';
import { printable } from './output.ts';
import { ago } from './views.ts';

/** What `queueapp status` prints. */
export function statusText(status: StatusJson, nowMs: number): string {
  const { version, started, process, callsBy, parts, pending, music, refusedRows } = status;
  const head = `queueapp ${version} (${printable(process)}), ${stateOf(status)}, up for ${ago(started, nowMs)}`;
  const lines = [
    `${head}: ${callsText(callsBy)}`,
    ...Object.entries(parts).map(([name, part]) => partLine(name, part, nowMs)),
    ...pending.flatMap((each) => pendingLine(each, nowMs)),
    ...switchLines(status, nowMs),
    ...refusedRows.map(({ table, reason }) => `✗ table ${table}, wrong and not used: ${printable(reason)}`),
  ];
  for (const each of music)
    lines.push(musicLine(each), ...each.broken.map(({ path, reason }) => `  ✗ ${printable(path)}: ${reason}`));
  return `${lines.join('\n')}\n`;
}

function stateOf({ ready, stopping, role }: StatusJson): string {
  if (stopping) return 'stopping';
  if (role !== 'active') return role;
  return ready ? 'ready' : 'not ready';
}

function partLine(name: string, { state, since, reason }: StatusJson['parts']['asterisk'], nowMs: number): string {
  if (state === 'off') return `- ${name}: ${reason ?? 'not configured'}`;
  const why = reason === null ? '' : `: ${printable(reason)}`;
  const sign = { up: '✓', slow: '!', down: '✗' }[state];
  return `${sign} ${name} is ${state} for ${ago(since, nowMs)}${why}`;
}

/** Older than this the switches are told with their age: the database is asked every two seconds. */
const STALE_MS = 10_000;

/** `switch main: held by this process (host 1) for 3h, epoch 7, 1 standby, 2 callers`. */
function switchLine(standing: StatusJson['switches'][number], nowMs: number): string {
  const { switch: name, own, holder, holderThere, since, epoch, draining, asteriskLost, standbys, callers } = standing;
  const time = since === null ? '' : ` for ${ago(since, nowMs)}`;
  const who = own ? `this process (${holder})` : holder;
  const held = holder === null ? 'held by nobody' : `held by ${printable(who ?? '')}${time}`;
  const parts = [
    held,
    `epoch ${epoch}`,
    ...(holder !== null && !holderThere ? ['which has no session with the database'] : []),
    ...(draining ? ['draining'] : []),
    ...(asteriskLost === null ? [] : [`its Asterisk out of reach for ${ago(asteriskLost, nowMs)}`]),
    standbys === 0 ? 'no standby' : `${standbys} ${standbys === 1 ? 'standby' : 'standbys'}`,
    `${callers} ${callers === 1 ? 'caller' : 'callers'} in queues`,
  ];
  return `${holder === null ? '✗' : '⇄'} switch ${printable(name)}: ${parts.join(', ')}`;
}

function switchLines({ switches, switchesAsOf }: StatusJson, nowMs: number): readonly string[] {
  const lines = switches.map((each) => switchLine(each, nowMs));
  const isOld = switchesAsOf !== null && nowMs - Date.parse(switchesAsOf) > STALE_MS;
  if (isOld) lines.push(`  (as it was ${ago(switchesAsOf, nowMs)} ago: the database does not answer)`);
  return lines;
}

const PENDING_WORDS: Readonly<Record<PendingName, string>> = {
  'database-writes': 'writes for the database',
  'xmpp-nodes': 'nodes of extensions',
  'xmpp-messages': 'chat messages',
  'queue-log-file': 'lines for the file of queue_log',
  'recordings-to-remove': 'recordings to be removed',
};

/** What waits; nothing when nothing does and nothing was lost. */
function pendingLine(
  { what, waiting, limit, where, since, reason, lost }: StatusJson['pending'][number],
  nowMs: number,
): readonly string[] {
  const words = PENDING_WORDS[what];
  const told: string[] = [];
  if (waiting !== 0 && !(waiting === null && since === null)) {
    const most = limit === null ? '' : ` of at most ${limit}`;
    const place = where === null ? '' : ` in ${printable(where)}`;
    const time = since === null ? '' : `, for ${ago(since, nowMs)}`;
    const why = reason === null ? '' : `: ${printable(reason)}`;
    const amount = waiting === null ? words : `${waiting} ${words}`;
    told.push(`… ${amount} wait${most}${place}${time}${why}`);
  }
  if (lost > 0) told.push(`✗ ${lost} ${words} were lost since the start`);
  return told;
}

function musicLine({ class: name, tracks, advice, stream }: StatusJson['music'][number]): string {
  const files = `♪ music class ${name}: ${tracks} tunes, ${advice} pieces of advice`;
  if (stream === null) return files;
  if (stream.playing) return `${files}, stream plays${stream.title === null ? '' : ` ${printable(stream.title)}`}`;
  return `${files}, stream does not play${stream.reason === null ? '' : ` (${stream.reason})`}: its files instead`;
}
