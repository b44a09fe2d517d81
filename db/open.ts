import type { DatabaseSettings, KeepSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import { Outage, type OutageStatus, type OutageWords } from '../src/lib/outage.ts';
import type { Logger } from '../src/log.ts';
import type { Accounts } from '../src/ports/accounts.ts';
import type { CallerMusic } from '../src/ports/caller-music.ts';
import type { Directory } from '../src/ports/directory.ts';
import type { Lease } from '../src/ports/lease.ts';
import type { LogCopies } from '../src/ports/log-copies.ts';
import type { PersonalData } from '../src/ports/personal-data.ts';
import type { QueueLog } from '../src/ports/queue-log.ts';
import type { QueueRows } from '../src/ports/queue-rows.ts';
import type { QueueStore } from '../src/ports/queue-store.ts';
import type { RecordingRemovals } from '../src/ports/recording-removals.ts';
import type { Reports } from '../src/ports/reports.ts';
import type { StepRows } from '../src/ports/step-rows.ts';
import type { Switches } from '../src/ports/switches.ts';
import { PostgresCallerMusic } from './caller-music.ts';
import { ChangeListener } from './change-listener.ts';
import { ConfiguredSources, type SourceSettings } from './configured-sources.ts';
import { Database } from './database.ts';
import { Outbox, type OutboxStatus } from './outbox.ts';
import { PostgresPersonalData } from './personal-data.ts';
import { Pulse } from './pulse.ts';
import { PostgresQueueLog } from './queue-log.ts';
import { PostgresQueueRows } from './queue-rows.ts';
import { PostgresQueueStore } from './queue-store.ts';
import { PostgresRecordingRemovals } from './recording-removals.ts';
import { PostgresReports } from './reports.ts';
import { startRetention } from './retention.ts';
import { PostgresStepRows } from './step-rows.ts';
import { PostgresSwitches } from './switches.ts';

export interface OpenDatabaseOptions extends SourceSettings {
  readonly databaseUrl: string;
  readonly settings: Pick<DatabaseSettings, 'pool' | 'connectTimeoutMs' | 'statementTimeoutMs'>;
  /** For which entries are written, and only while it is held. @default switch main, whoever else acts on it */
  readonly lease?: Pick<Lease, 'switchName' | 'epoch' | 'refused'>;
  /** How long what is kept; asked whenever something may be too old. */
  keep(): KeepSettings;
  /** Copies of queue_log outside of the database. @default none */
  readonly logCopies?: LogCopies | null;
  /** Whether other processes match callers with the same members. @default false */
  readonly hasRivals?: boolean;
  /** File of this process's own in which writes wait while the database is away. */
  readonly outboxFile: string;
  /** ADDMEMBER and REMOVEMEMBER name the member. @default false */
  readonly logMemberNameAsAgent?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reports look at much more than a call does, and must not take the calls' connections. */
const REPORT_LIMITS = {
  pool: 2,
  statementTimeoutMs: 60_000,
};

const AWAY: OutageWords = {
  lost: 'The database is away: calls and music go on, what happens is kept, nothing new is matched until it is back',
  still: 'The database is still away',
  back: 'The database is there again, and everything that waited is written',
};

/** Everything that stands on PostgreSQL. */
export interface OpenDatabase {
  readonly queueStore: QueueStore;
  readonly queueRows: QueueRows;
  readonly stepRows: StepRows;
  readonly directory: Directory;
  readonly accounts: Accounts;
  readonly callerMusic: CallerMusic;
  readonly personalData: PersonalData;
  readonly recordingRemovals: RecordingRemovals;
  readonly queueLog: QueueLog;
  readonly reports: Reports;
  readonly switches: Switches;
  /** Lookups and account sources are others from now on. */
  configureSources(settings: SourceSettings): void;
  /** Writes that wait for the database; 0 when it is there. */
  pendingWrites(): number;
  waitingWrites(): OutboxStatus;
  /** Since when it is away, and why. */
  outage(): OutageStatus;
  /** @throws AppError DATABASE_UNAVAILABLE */
  ping(): Promise<void>;
  /** Since when it answers late, and how late, as the last pings have shown. */
  speed(): OutageStatus;
  close(): Promise<void>;
}

/** Opens the room on a database that `migrate` has brought up to date. Connections are made when they are needed and again when they are lost. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl, settings, clock, log } = options;
  const outage = new Outage({ power: 'database', words: AWAY, clock, log });
  const database = new Database({
    ...{ databaseUrl, ...settings, outage, clock, log },
    sessionSettings: sessionSettings(options),
    onLeaseLost: (reason) => options.lease?.refused(reason),
  });
  const reading = new Database({ databaseUrl, ...settings, ...REPORT_LIMITS, isReadOnly: true, clock, log });
  const { connectTimeoutMs } = settings;
  const hasRivals = options.hasRivals ?? false;
  const changes = new ChangeListener({ databaseUrl, connectTimeoutMs, hasRivals, outage, clock, log });
  const sources = new ConfiguredSources(options, { databaseUrl, clock, log });
  const callerMusic = new PostgresCallerMusic({ databaseUrl, clock, log });
  const store = new PostgresQueueStore(database, changes);
  const outbox = new Outbox(store, { file: options.outboxFile, outage, clock, log }, () => changes.announceAllHere());
  await outbox.open();
  changes.start();
  // The listener is back before the next back-off is over.
  const unsubscribe = changes.subscribe(({ type }) => {
    if (type === 'all' && outbox.pending > 0) outbox.tryNow();
  });
  const personalData = new PostgresPersonalData({
    database,
    logCopies: options.logCopies ?? null,
    pendingWrites: () => outbox.pending,
    clock,
    log,
  });
  const pulse = new Pulse({ database, clock, log });
  const stopRetention = startRetention({ database, personalData, keep: () => options.keep(), clock, log });
  return {
    queueStore: withOutbox(store, outbox),
    queueRows: new PostgresQueueRows(database, changes),
    stepRows: new PostgresStepRows(database, changes),
    directory: sources.directory,
    accounts: sources.accounts,
    callerMusic,
    personalData,
    recordingRemovals: new PostgresRecordingRemovals(database),
    queueLog: new PostgresQueueLog(database, log),
    reports: new PostgresReports(reading),
    switches: new PostgresSwitches(database),
    configureSources: (settings) => sources.configure(settings),
    pendingWrites: () => outbox.pending,
    waitingWrites: () => outbox.status,
    outage: () => outage.status,
    ping: () => pulse.ping(),
    speed: () => pulse.speed,
    async close() {
      stopRetention();
      unsubscribe();
      await outbox.close();
      const rooms = [changes, sources, callerMusic, reading, database];
      await Promise.all(rooms.map((room) => room.close()));
      outage.close();
      pulse.close();
    },
  };
}

function sessionSettings({ lease, logMemberNameAsAgent }: OpenDatabaseOptions): Readonly<Record<string, string>> {
  return {
    ...(lease ? { 'queueapp.switch': lease.switchName, 'queueapp.epoch': String(lease.epoch) } : {}),
    ...(logMemberNameAsAgent ? { 'queueapp.log_member_name': 'on' } : {}),
  };
}

/** The store, with the outbox's methods in place of its own. */
export function withOutbox(store: QueueStore, outbox: Outbox): QueueStore {
  return {
    defineQueues: (queues) => store.defineQueues(queues),
    extensions: (numbers) => store.extensions(numbers),
    extensionByInterface: (interfaceName) => store.extensionByInterface(interfaceName),
    memberships: (numbers) => store.memberships(numbers),
    openAttempts: () => store.openAttempts(),
    openEntries: () => store.openEntries(),
    endedEntries: (channelIds) => store.endedEntries(channelIds),
    lateEnds: (request) => store.lateEnds(request),
    keepHeard: (kept) => store.keepHeard(kept),
    heard: () => store.heard(),
    entries: (entryIds) => store.entries(entryIds),
    closedAmong: (entryIds) => store.closedAmong(entryIds),
    switchLeases: () => store.switchLeases(),
    switchDevices: () => store.switchDevices(),
    saveDevices: (request) => store.saveDevices(request),
    login: (request) => store.login(request),
    logout: (request) => store.logout(request),
    pause: (request) => store.pause(request),
    setPenalty: (request) => store.setPenalty(request),
    setRingInUse: (request) => store.setRingInUse(request),
    endWrapUp: (request) => store.endWrapUp(request),
    changePriority: (request) => store.changePriority(request),
    wantWithdrawal: (request) => store.wantWithdrawal(request),
    figures: () => store.figures(),
    resetFigures: (request) => store.resetFigures(request),
    queueMemories: () => store.queueMemories(),
    enter: (entry, options) => store.enter(entry, options),
    subscribe: (listener) => store.subscribe(listener),
    reserve: (request) => outbox.reserve(request),
    miss: (request) => outbox.miss(request),
    answer: (request) => outbox.answer(request),
    connect: (request) => outbox.connect(request),
    complete: (request) => outbox.complete(request),
    leave: (request) => outbox.leave(request),
    record: (event) => outbox.record(event),
    saveRecording: (recording) => outbox.saveRecording(recording),
    openRecordings: () => store.openRecordings(),
    recordings: (query) => store.recordings(query),
  };
}
