import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { PostgresLeases } from '../db/leases.ts';
import { migrate } from '../db/migrate.ts';
import { type OpenDatabase, type OpenDatabaseOptions, openDatabase } from '../db/open.ts';
import { AriPbx } from '../stasis/ari/pbx.ts';
import { Application } from '../stasis/calls/application.ts';
import { callCounts } from '../stasis/calls/application-view.ts';
import { AriMediaOut } from '../stasis/media/media-out.ts';
import { type AnnouncerOptions, createAnnouncer, type XmppAnnouncer } from '../xmpp/announcer.ts';
import { createNullAnnouncer } from '../xmpp/null-announcer.ts';
import { AsteriskSeat } from './asterisk-seat.ts';
import { callSettings } from './call-settings.ts';
import type { Config, Secrets } from './config/config.ts';
import type { LoadedConfig } from './config/load.ts';
import { attemptId } from './core/ids.ts';
import { Drain, type DrainEnd } from './drain.ts';
import { isAppError } from './errors.ts';
import type { PersonalDataFace, ReloadReport } from './http/application-face.ts';
import { Metrics } from './http/metrics.ts';
import { systemClock } from './lib/clock.ts';
import { ReleaserStack } from './lib/releasers.ts';
import { LiveConfig } from './live-config.ts';
import type { Logger } from './log.ts';
import { buildLogTails } from './log-tails.ts';
import { buildMusic, type Music } from './music.ts';
import { openHttp } from './open-http.ts';
import { personalDataElsewhere } from './personal-data-elsewhere.ts';
import type { Lease } from './ports/lease.ts';
import { LogFileEraser } from './queue-log/log-file-eraser.ts';
import { RecordingRemover } from './recording-remover.ts';
import { runningFace } from './running-face.ts';
import { runningFigures } from './running-figures.ts';
import { openStandby, type Standby } from './standby.ts';
import { StandingWatch } from './standing-watch.ts';
import { StrategyShelf } from './strategies/strategy-shelf.ts';
import { switchesSettings } from './switch-settings.ts';
import { watchParts } from './watched-parts.ts';
import { xmppSettings } from './xmpp-settings.ts';

export interface AppOptions {
  readonly loaded: LoadedConfig;
  /**
   * Reads the same file anew and checks it.
   * @throws AppError CONFIG_INVALID
   */
  load(): LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly version: string;
  /** Ends a start that is not over, and the waiting of a standby. */
  readonly signal: AbortSignal;
  /** Another process acts now, or the database was set back: this one has to end at once, without doing anything more. */
  onLeaseLost(reason: string): void;
}

export interface RunningApp {
  /**
   * Reads the file anew; what it changes counts from the next decision on.
   * @throws AppError CONFIG_INVALID: the old configuration goes on
   */
  reload(): Promise<ReloadReport>;
  /** Settles when `queueapp drain` has come to its end: the process is to stop. */
  readonly drained: Promise<DrainEnd>;
  /** Ends everything in the reverse order of its beginning; calls in Asterisk stay as they are. */
  stop(): Promise<void>;
}

/** Builds every room in order. A start that fails undoes what it has built. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const releasers = new ReleaserStack();
  const stop = () => releasers.releaseAll((err, what) => options.log.error({ err, what }, 'Could not be stopped'));
  try {
    return { ...(await build(options, releasers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: AppOptions, releasers: ReleaserStack): Promise<Omit<RunningApp, 'stop'>> {
  const { log } = options;
  const { config, secrets } = options.loaded;
  // First of all: it takes longest, callers wait for it, and a standby is to have it ready.
  const music = buildMusic(config, { clock: systemClock, random: Math.random, log });
  releasers.add('music', () => music.close());
  music.start();
  const databaseUrl = await prepareDatabase({ config, secrets, log }, releasers);
  const seat = new AsteriskSeat(systemClock);
  releasers.add('asterisk', () => seat.leave());
  const taken = await takeLease(options, databaseUrl, releasers);
  const loaded = taken.wasStandby ? readAgain(options) : options.loaded;
  return await buildHolder({ ...options, ...taken, loaded, music, databaseUrl, seat }, releasers);
}

/** The file may have been changed, and the process that acted told of it, while this one waited. */
function readAgain({ load, loaded, log }: AppOptions): LoadedConfig {
  try {
    return load();
  } catch (error) {
    if (!isAppError(error, 'CONFIG_INVALID')) throw error;
    log.error({ err: error }, 'The configuration is wrong now: the one of the start of this process counts');
    return loaded;
  }
}

interface HolderOptions extends AppOptions, TakenLease {
  readonly music: Music;
  readonly databaseUrl: string;
  readonly seat: AsteriskSeat;
}

/** What the process that acts has, and a standby has not. */
async function buildHolder(options: HolderOptions, releasers: ReleaserStack): Promise<Omit<RunningApp, 'stop'>> {
  const { loaded, log, version, lease, wasStandby, music, databaseUrl, seat } = options;
  const { config, secrets } = loaded;
  const clock = systemClock;
  // What counts now: asked again whenever something is decided by it.
  let current = config;
  const database = await openRooms({ config, secrets, log, databaseUrl, lease, keep: () => current.keep }, releasers);
  const metrics = new Metrics(version);
  const logFile = await buildLogTails({ config, log, metrics, queueLog: database.queueLog }, releasers);
  // Nothing is asked of it before the application has told it of somebody.
  const isHeldElsewhere = (attempt: string) => application.room.otherSwitches?.holds(attemptId(attempt)) ?? false;
  const announcer = await buildAnnouncer({ config, secrets, log, lease, isHeldElsewhere }, releasers);
  const { pbx, media } = buildAsterisk({ config, secrets, log, lease, seat }, () => current.limits.calls, releasers);
  const strategies = new StrategyShelf({ clock, log: log.child({ room: 'strategies' }) });
  await strategies.load(config.strategies);
  const application = new Application({
    switchName: lease.switchName,
    settings: callSettings(config),
    pbx,
    store: database.queueStore,
    directory: database.directory,
    announcer: announcer ?? createNullAnnouncer(),
    accounts: database.accounts,
    callerMusic: database.callerMusic,
    media,
    sounds: music.library,
    strategyOf: strategies.of,
    switches: switchesSettings(config),
    clock,
    random: Math.random,
    log,
  });
  await application.start();
  const live = new LiveConfig({
    ...options,
    rows: database.queueRows,
    steps: database.stepRows,
    store: database.queueStore,
    clock,
    async apply(now, { secrets: { lookupHeaders, accountHeaders } }) {
      current = now;
      database.configureSources({ lookups: now.lookups, lookupHeaders, accounts: now.accounts, accountHeaders });
      await strategies.load(now.strategies);
      application.configure(callSettings(now));
    },
    reloaded: () => application.reloaded(),
  });
  releasers.add('configuration', () => live.close());
  await live.start();
  const parts = watchParts({ pbx, database, announcer });
  const standing = new StandingWatch({ switches: database.switches, removals: database.recordingRemovals, clock });
  seat.isAwaited = () => standing.standbysOf(lease.switchName) > 0;
  const remover = new RecordingRemover({ removals: database.recordingRemovals, pbx, clock, log });
  releasers.add('removal of recordings', () => remover.close());
  remover.start();
  const personalData = erasingPersonalData(database, remover, () => current);
  const drain = buildDrain({ application, database, lease, log, limits: () => current.limits }, releasers);
  const face = runningFace({
    ...{ application, music, parts, version, personalData, configuration: live, drain, standing },
    pending: { database, announcer, logFile, unwantedRecordings: () => standing.unwantedRecordings },
    figures: runningFigures(application, database),
  });
  const httpUrl = await openHttp({ config, secrets, log, version, face, metrics, lease, wasStandby }, releasers);
  releasers.add('calls', () => application.stop(current.limits.drainMs));
  for (const part of [...Object.values(parts), standing]) {
    releasers.add('watch', () => part.stop());
    await part.start();
  }
  pbx.start();
  log.info({ httpUrl, application: config.asterisk.application, switch: lease.switchName }, 'Started');
  return { reload: () => live.reload(), drained: drain.ended };
}

interface BuildOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/** DATABASE_URL, or the application's own server in its data folder; brought up to this program's schema. */
async function prepareDatabase({ config, secrets, log }: BuildOptions, releasers: ReleaserStack): Promise<string> {
  const dataDir = config.database.dataFolder;
  let { databaseUrl } = secrets;
  if (databaseUrl === null) {
    const embedded = await startEmbeddedPostgres({ dataDir, log });
    releasers.add('embedded database', () => embedded.stop());
    databaseUrl = embedded.databaseUrl;
  }
  await migrate({ databaseUrl, log });
  await mkdir(dataDir, { recursive: true });
  return databaseUrl;
}

interface TakenLease {
  readonly lease: Lease;
  readonly wasStandby: boolean;
}

/** The right to act on a switch. A standby waits here, and says over HTTP that it does. */
async function takeLease(options: AppOptions, databaseUrl: string, releasers: ReleaserStack): Promise<TakenLease> {
  const { loaded, log, version, signal, onLeaseLost } = options;
  const { config, secrets } = loaded;
  const { leaseMs } = config.database;
  const leases = new PostgresLeases({ databaseUrl, leaseMs, log: log.child({ room: 'lease' }) });
  const switches = config.ownSwitch === null ? config.switches.map(({ name }) => name) : [config.ownSwitch];
  // Ends the waiting when the port is taken, or when the process is told to stop.
  const waiting = new AbortController();
  const onStop = () => waiting.abort(signal.reason);
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  let wasStandby = false;
  let opening: Promise<Standby | null> = Promise.resolve(null);
  const onStandby = () => {
    wasStandby = true;
    opening = openStandby({ config, secrets, databaseUrl, version, log });
    opening.catch((error: unknown) => waiting.abort(error));
  };
  try {
    const lease = await leases.take(switches, { signal: waiting.signal, onStandby, onLost: onLeaseLost });
    // Given back late: nothing of this process may act any more then.
    releasers.add('lease', () => lease.release());
    return { lease, wasStandby };
  } finally {
    signal.removeEventListener('abort', onStop);
    await opening.then((standby) => standby?.close()).catch(() => undefined);
  }
}

interface HoldersOptions extends BuildOptions {
  readonly lease: Lease;
}

interface RoomsOptions extends HoldersOptions, Pick<OpenDatabaseOptions, 'keep' | 'databaseUrl'> {}

/** Everything that stands on the database, with the lease's epoch in each session. */
async function openRooms(
  { config, secrets, log, keep, databaseUrl, lease }: RoomsOptions,
  releasers: ReleaserStack,
): Promise<OpenDatabase> {
  const database = await openDatabase({
    databaseUrl,
    lease,
    settings: config.database,
    lookups: config.lookups,
    lookupHeaders: secrets.lookupHeaders,
    accounts: config.accounts,
    accountHeaders: secrets.accountHeaders,
    keep,
    outboxFile: join(config.database.dataFolder, 'unwritten.jsonl'),
    logCopies: config.queueLog.file === null ? null : new LogFileEraser(config.queueLog.file),
    logMemberNameAsAgent: config.queueing.logMemberNameAsAgent,
    clock: systemClock,
    log: log.child({ room: 'database' }),
  });
  releasers.add('database', () => database.close());
  return database;
}

/** The connection to Asterisk, and that for audio. */
function buildAsterisk(
  { config, secrets, log, lease, seat }: HoldersOptions & { readonly seat: AsteriskSeat },
  linesMax: () => number,
  releasers: ReleaserStack,
) {
  const clock = systemClock;
  const { application, requestTimeoutMs, silenceMs, rtpAddress } = config.asterisk;
  const { url, username } = config.switches.find(({ name }) => name === lease.switchName) ?? config.asterisk;
  const pbx = new AriPbx({
    lease,
    settings: { application, url, username, password: secrets.switchPasswords[lease.switchName] ?? '' },
    // Two pings may go unanswered before the silence is taken for a loss.
    limits: { requestTimeoutMs, silenceMs, pingIntervalMs: silenceMs * 0.4 },
    clock,
    random: Math.random,
    log: log.child({ room: 'ari' }),
  });
  lease.alsoAsk(() => pbx.whoActs());
  seat.take(pbx);
  // Others close the calls of a switch that is out of reach for long; until it is reached for the first time it is that, too.
  lease.tell({ isSwitchLost: true });
  pbx.subscribe(({ type }) => {
    if (type === 'connected' || type === 'disconnected') lease.tell({ isSwitchLost: type === 'disconnected' });
  });
  const media = new AriMediaOut({
    settings: {
      url,
      get linesMax() {
        return linesMax();
      },
      rtpAddress: rtpAddress ?? undefined,
    },
    pbx,
    clock,
    log: log.child({ room: 'media' }),
  });
  releasers.add('media', () => media[Symbol.asyncDispose]());
  return { pbx, media };
}

/** Erasing takes the files of recordings along. */
function erasingPersonalData(
  { personalData }: OpenDatabase,
  remover: RecordingRemover,
  config: () => Config,
): PersonalDataFace {
  return {
    list: (subject) => personalData.list(subject),
    async erase(subject) {
      const report = await personalData.erase(subject);
      await remover.run();
      return report;
    },
    elsewhere: () => personalDataElsewhere(config()),
  };
}

interface DrainOptions {
  readonly application: Application;
  readonly database: OpenDatabase;
  readonly lease: Lease;
  readonly log: Logger;
  limits(): Config['limits'];
}

/** The end on request (`queueapp drain`). */
function buildDrain({ application, database, lease, log, limits }: DrainOptions, releasers: ReleaserStack): Drain {
  const drain = new Drain({
    calls: {
      counts: () => callCounts(application),
      drain: (request) => application.drain(request),
      cancelDrain: () => application.cancelDrain(),
      handOver: () => application.handOver(),
    },
    standbys: () => standbysOf(database, lease),
    tell: (isDraining) => lease.tell({ isDraining }),
    limits: () => ({ ringsMs: limits().drainMs, talksMs: limits().drainTimeMs }),
    clock: systemClock,
    log,
  });
  releasers.add('drain', () => drain.close());
  return drain;
}

/** Processes that would take over at once. @throws AppError DATABASE_UNAVAILABLE */
async function standbysOf(database: OpenDatabase, { switchName }: Lease): Promise<number> {
  const own = (await database.switches.list()).find((each) => each.switchName === switchName);
  return own?.standbys ?? 0;
}

async function buildAnnouncer(
  { config, secrets, log, lease, isHeldElsewhere }: HoldersOptions & Pick<AnnouncerOptions, 'isHeldElsewhere'>,
  releasers: ReleaserStack,
): Promise<XmppAnnouncer | null> {
  const settings = xmppSettings(config, secrets, lease.switchName);
  if (settings === null) return null;
  const announcer = createAnnouncer({
    settings,
    lease,
    log: log.child({ room: 'xmpp' }),
    clock: systemClock,
    random: Math.random,
    ...(isHeldElsewhere === undefined ? {} : { isHeldElsewhere }),
  });
  await announcer.start();
  releasers.add('xmpp', () => announcer.stop());
  return announcer;
}
