import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { StoredLogLine } from '../core/queue/queue-log-line.ts';
import { type ApplicationFace, type ApplicationStatus, isThere, PARTS } from './application-face.ts';
import { ROLES } from './standing.ts';
import { readinessJson } from './views.ts';

/** Waits and conversations, seconds: 20 and 60 are the levels that queues usually have. */
const WAIT_BUCKETS = [5, 10, 20, 30, 60, 120, 300, 600, 1800];
const TALK_BUCKETS = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600];
/** Events that have a time series of their own; whatever else is written into the table counts as `other`. */
const EVENTS: ReadonlySet<string> = new Set([
  ...['ENTERQUEUE', 'ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW', 'FULL', 'JOINEMPTY'],
  ...['RINGNOANSWER', 'RINGCANCELED', 'CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER', 'AGENTDUMP'],
  ...['BLINDTRANSFER', 'ATTENDEDTRANSFER', 'CALLERONHOLD', 'CALLEROFFHOLD', 'WRAPUPSTART', 'WRAPUPEND'],
  ...['ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'PAUSEALL', 'UNPAUSEALL', 'PENALTY', 'RINGINUSE'],
  ...['DID', 'INFO', 'QUEUESTART', 'CONFIGRELOAD', 'FALLBACK'],
]);
/** Which column has the seconds of waiting of a caller who left, and of talking. */
const WAIT_COLUMN: Readonly<Record<string, number>> = {
  ABANDON: 2,
  EXITWITHTIMEOUT: 2,
  EXITEMPTY: 2,
  WITHDRAW: 2,
  EXITWITHKEY: 3,
};
const TALK_COLUMN: Readonly<Record<string, number>> = {
  COMPLETEAGENT: 1,
  COMPLETECALLER: 1,
  BLINDTRANSFER: 3,
  ATTENDEDTRANSFER: 3,
};

/** Gauges of prom-client with the name of counters: Prometheus' own check refuses them. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** What Prometheus reads at `/metrics`. Labels are queues, states and events: never a caller, never a member. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges: ReturnType<typeof gauges>;
  readonly #counters: ReturnType<typeof counters>;
  readonly #lines: Counter<'queue' | 'event'>;
  readonly #wait: Histogram<'queue' | 'outcome'>;
  readonly #talk: Histogram<'queue'>;
  #queues: ReadonlySet<string> = new Set();

  constructor(version: string) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
    this.#gauges = gauges(registers);
    this.#counters = counters(registers);
    this.#lines = new Counter({
      name: 'queueapp_queue_log_lines_total',
      help: 'Lines of queue_log since this process started, whichever process wrote them',
      labelNames: ['queue', 'event'],
      registers,
    });
    this.#wait = new Histogram({
      name: 'queueapp_wait_seconds',
      help: 'Waits that have ended since this process started, by how: answered or left',
      labelNames: ['queue', 'outcome'],
      buckets: WAIT_BUCKETS,
      registers,
    });
    this.#talk = new Histogram({
      name: 'queueapp_talk_seconds',
      help: 'Conversations that have ended since this process started',
      labelNames: ['queue'],
      buckets: TALK_BUCKETS,
      registers,
    });
    this.#gauges.info.set({ version }, 1);
  }

  /** A line has been written into queue_log. */
  observe({ queuename, event, data }: StoredLogLine): void {
    const queue = queuename === 'NONE' || this.#queues.has(queuename) ? queuename : 'other';
    this.#lines.inc({ queue, event: EVENTS.has(event) ? event : 'other' });
    const seconds = (column: number | undefined) => {
      const text = column === undefined ? '' : (data[column] ?? '');
      return /^\d{1,9}$/.test(text) ? Number(text) : null;
    };
    const answered = seconds(event === 'CONNECT' ? 0 : undefined);
    const left = seconds(WAIT_COLUMN[event]);
    const talked = seconds(TALK_COLUMN[event]);
    if (answered !== null) this.#wait.observe({ queue, outcome: 'answered' }, answered);
    if (left !== null) this.#wait.observe({ queue, outcome: 'left' }, left);
    if (talked !== null) this.#talk.observe({ queue }, talked);
  }

  /** Queues whose lines are told apart. */
  know(queues: readonly string[]): void {
    this.#queues = new Set(queues);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, as it is now. */
  async text(face: ApplicationFace, nowMs: number): Promise<string> {
    this.#readStatus(face);
    // A standby has none.
    if (face.status().role !== 'standby') await this.#readQueues(face, nowMs);
    return await this.#registry.metrics();
  }

  #readStatus(face: ApplicationFace): void {
    const status = face.status();
    const { ready, calls, part, role, since, stream } = this.#gauges;
    for (const each of ROLES) role.set({ role: each }, status.role === each ? 1 : 0);
    ready.set(readinessJson(status).ready ? 1 : 0);
    calls.set(status.calls);
    for (const name of PARTS) {
      const each = status.parts[name];
      if (each.state === 'off') continue;
      part.set({ part: name }, Number(isThere(each)));
      since.set({ part: name }, each.sinceMs / 1000);
    }
    this.#readPending(status);
    this.#readSwitches(status);
    this.#readRefused(status);
    for (const each of status.music)
      if (each.stream !== null) stream.set({ class: each.name }, each.stream.isPlaying ? 1 : 0);
  }

  #readRefused({ refusedRows }: ApplicationStatus): void {
    for (const table of ['queue', 'ivr_step'] as const) {
      this.#gauges.refusedRows.set({ table }, refusedRows.filter((each) => each.table === table).length);
    }
  }

  #readSwitches({ switches, ownSwitch }: ApplicationStatus): void {
    const { epoch, held, own, standbys, asterisk, callersOfSwitch } = this.#gauges;
    for (const each of switches) {
      const labels = { switch: each.switchName };
      epoch.set(labels, each.epoch);
      held.set(labels, each.holder !== null && each.isHolderThere ? 1 : 0);
      own.set(labels, each.switchName === ownSwitch ? 1 : 0);
      standbys.set(labels, each.standbys);
      asterisk.set(labels, each.asteriskLostAtMs === null ? 1 : 0);
      callersOfSwitch.set(labels, each.callers);
    }
  }

  #readPending({ pending }: ApplicationStatus): void {
    const { pending: waiting, pendingMax, lost } = this.#gauges;
    // What is not known now has no series.
    waiting.reset();
    for (const each of pending) {
      const labels = { what: each.what };
      if (each.waiting !== null) waiting.set(labels, each.waiting);
      if (each.limit !== null) pendingMax.set(labels, each.limit);
      lost.set(labels, each.lost);
    }
  }

  async #readQueues(face: ApplicationFace, nowMs: number): Promise<void> {
    const [queues, members, figures] = await Promise.all([face.queues(), face.members(), face.figures.queues()]);
    this.know(queues.map(({ queue }) => queue));
    const { callers, oldest, loggedIn, available, paused } = this.#gauges;
    // A queue that is gone has no series any more.
    for (const gauge of [callers, oldest, loggedIn, available, paused]) gauge.reset();
    for (const { queue, ...now } of queues) {
      for (const state of ['waiting', 'ringing', 'talking'] as const) callers.set({ queue, state }, now[state]);
      oldest.set({ queue }, now.oldestJoinedAtMs === null ? 0 : Math.max(0, nowMs - now.oldestJoinedAtMs) / 1000);
      loggedIn.set({ queue }, now.members);
      available.set({ queue }, now.available);
      const memberships = members.flatMap((member) => member.queues).filter((each) => each.queue === queue);
      paused.set({ queue }, memberships.filter(({ isPaused }) => isPaused).length);
    }
    for (const each of figures ?? []) if (this.#queues.has(each.queue)) this.#readFigures(each);
  }

  #readFigures(figures: NonNullable<Awaited<ReturnType<ApplicationFace['figures']['queues']>>>[number]): void {
    const { queue } = figures;
    const { completed, abandoned, completedInLevel, abandonedInLevel } = this.#counters;
    const { level, hold, talk } = this.#gauges;
    const set = (counter: Counter<'queue'>, value: number) => {
      counter.remove({ queue });
      counter.inc({ queue }, value);
    };
    set(completed, figures.completed);
    set(abandoned, figures.abandoned);
    set(completedInLevel, figures.completedInLevel);
    set(abandonedInLevel, figures.abandonedInLevel);
    level.set({ queue }, figures.serviceLevelMs / 1000);
    hold.set({ queue }, (figures.holdMs ?? 0) / 1000);
    talk.set({ queue }, (figures.talkMs ?? 0) / 1000);
  }
}

function gauges(registers: Registry[]) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge<Label>({ name: `queueapp_${name}`, help, labelNames: [...labelNames], registers });
  return {
    info: gauge('info', 'Always 1; the version is a label', ['version']),
    ready: gauge('ready', 'Whether calls can be taken', []),
    calls: gauge('calls', 'Calls in the application', []),
    part: gauge('part_up', 'Whether Asterisk, database and XMPP are there', ['part']),
    since: gauge('part_changed_timestamp_seconds', 'Since when it is there, or is not: Unix time', ['part']),
    role: gauge('role', 'What the process does for its switch: 1 for one of the roles', ['role']),
    stream: gauge('stream_up', 'Whether the stream of a music class is heard', ['class']),
    refusedRows: gauge('refused_rows', 'Rows of queues and steps that are not used as they stand: wrong', ['table']),
    pending: gauge('pending_writes', 'What waits to be written or done', ['what']),
    pendingMax: gauge('pending_writes_max', 'Most that may wait', ['what']),
    epoch: gauge('lease_epoch', 'How often the lease of a switch was taken', ['switch']),
    held: gauge('lease_held', 'Whether a process acts on the switch', ['switch']),
    own: gauge('lease_own', 'Whether this process acts on the switch', ['switch']),
    standbys: gauge('standbys', 'Processes that would take the switch over', ['switch']),
    asterisk: gauge('switch_up', 'Whether the process that acts on the switch reaches its Asterisk', ['switch']),
    callersOfSwitch: gauge('switch_callers', 'Callers in queues whose channels are on the switch', ['switch']),
    lost: gauge('pending_writes_lost', 'Lost at the limit since this process started', ['what']),
    callers: gauge('queue_callers', 'Callers in a queue by what they do', ['queue', 'state']),
    oldest: gauge('queue_oldest_wait_seconds', 'How long the first caller has waited', ['queue']),
    loggedIn: gauge('queue_members', 'Members who are logged in', ['queue']),
    available: gauge('queue_members_available', 'Members who would be rung now', ['queue']),
    paused: gauge('queue_members_paused', 'Members who are paused', ['queue']),
    level: gauge('queue_service_level_seconds', 'The service level', ['queue']),
    hold: gauge('queue_hold_seconds', 'Moving average of the wait until the answer', ['queue']),
    talk: gauge('queue_talk_seconds', 'Moving average of talking', ['queue']),
  };
}

/** The database's figures: of all processes, kept over restarts, back at 0 after reset-counters. */
function counters(registers: Registry[]) {
  const counter = (name: string, help: string) =>
    new Counter({ name: `queueapp_queue_${name}_total`, help, labelNames: ['queue'], registers });
  return {
    completed: counter('completed', 'Conversations that have ended'),
    abandoned: counter('abandoned', 'Callers who left unserved, for whatever reason but a key'),
    completedInLevel: counter('completed_in_level', 'Conversations that were answered within the service level'),
    abandonedInLevel: counter('abandoned_in_level', 'Callers who left unserved within the service level'),
  };
}
