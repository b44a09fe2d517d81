import { join } from 'node:path';
import { type OpenDatabase, type OpenDatabaseOptions, openDatabase } from '../db/open.ts';
import { AriPbx } from '../stasis/ari/pbx.ts';
import { Application } from '../stasis/calls/application.ts';
import { callCounts } from '../stasis/calls/application-view.ts';
import { AriMediaOut } from '../stasis/media/media-out.ts';
import { type AnnouncerOptions, createAnnouncer, type XmppAnnouncer } from '../xmpp/announcer.ts';
import { createNullAnnouncer } from '../xmpp/null-announcer.ts';
import type { AsteriskSeat } from './asterisk-seat.ts';
import { callSettings } from './call-settings.ts';
import { callersFirst } from './callers-first.ts';
import type { Config } from './config/config.ts';
import type { LoadedConfig } from './config/load.ts';
import { attemptId } from './core/ids.ts';
import { Drain, type DrainEnd } from './drain.ts';
import type { PersonalDataFace, ReloadReport } from './http/application-face.ts';
import { Metrics } from './http/metrics.ts';
import { assertAddress } from './http/server.ts';
import { systemClock } from './lib/clock.ts';
import type { ReleaserStack } from './lib/releasers.ts';
import { LiveConfig } from './live-config.ts';
import type { Logger } from './log.ts';
import { buildLogTails } from './log-tails.ts';
import type { Music } from './music.ts';
import { buildHttp } from './open-http.ts';
import { personalDataElsewhere } from './personal-data-elsewhere.ts';
import type { Lease } from './ports/lease.ts';
import { type BuildOptions, untilDatabaseAnswers } from './prepare-database.ts';
import { LogFileEraser } from './queue-log/log-file-eraser.ts';
import { RecordingRemover } from './recording-remover.ts';
import { runningFace } from './running-face.ts';
import { runningFigures } from './running-figures.ts';
import { StandingWatch } from './standing-watch.ts';
import { StrategyShelf } from './strategies/strategy-shelf.ts';
import { switchesSettings } from './switch-settings.ts';
import { watchParts } from './watched-parts.ts';
import { xmppSettings } from './xmpp-settings.ts';

export interface HolderOptions {
  readonly loaded: LoadedConfig;
  /** @throws AppError CONFIG_INVALID */
  load(): LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly version: string;
  readonly music: Music;
  readonly databaseUrl: string;
  readonly seat: AsteriskSeat;
  readonly lease: Lease;
  /** Whether this process has waited for its turn. */
  readonly wasStandby: boolean;
  /** Ends a start that is not over. */
  readonly signal: AbortSignal;
}

export interface RunningHolder {
  /**
   * Reads the file anew; what it changes counts from the next decision on.
   * @throws AppError CONFIG_INVALID: the old configuration goes on
   */
  reload(): Promise<ReloadReport>;
  /** Settles when `queueapp drain` has come to its end: the process is to stop. */
  readonly drained: Promise<DrainEnd>;
}

/** What the process that acts has, and a standby has not. */
export async function buildHolder(options: HolderOptions, releasers: ReleaserStack): Promise<RunningHolder> {
  const { loaded, log, version, lease, wasStandby, music, databaseUrl, seat, signal } = options;
  const { config, secrets } = loaded;
  const clock = systemClock;
  // What counts now: asked again whenever something is decided by it.
  let current = config;
  const database = await openRooms({ config, secrets, log, databaseUrl, lease, keep: () => current.keep }, releasers);
  await untilDatabaseAnswers(database, { clock, log, signal });
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
  const http = buildHttp({ config, secrets, log, version, face, metrics, lease, wasStandby }, releasers);
  releasers.add('calls', () => application.stop(current.limits.drainMs));
  // A start that has to fail does so before it has touched a call.
  if (!wasStandby) await assertAddress(config.http.listen);
  const connected = callersFirst(pbx, clock);
  pbx.start();
  await connected;
  for (const part of [...Object.values(parts), standing]) {
    releasers.add('watch', () => part.stop());
    await part.start();
  }
  const httpUrl = await http.open();
  log.info({ httpUrl, application: config.asterisk.application, switch: lease.switchName }, 'Started');
  return { reload: () => live.reload(), drained: drain.ended };
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
    hasRivals: config.switches.length > 1,
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
