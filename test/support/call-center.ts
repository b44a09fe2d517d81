import { type AttemptId, queueName, type SwitchName } from '../../src/core/ids.ts';
import type { Programme } from '../../src/core/programme/programme.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { Logger } from '../../src/log.ts';
import type { QueueStore } from '../../src/ports/queue-store.ts';
import { Application } from '../../stasis/calls/application.ts';
import type { CallSettings } from '../../stasis/calls/call-room.ts';
import type { SwitchesSettings } from '../../stasis/calls/switches/other-switches.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeAccounts } from './fakes/fake-accounts.ts';
import { FakeAnnouncer, sampleExtension } from './fakes/fake-announcer.ts';
import { FakeDirectory } from './fakes/fake-directory.ts';
import { FakeMediaOut } from './fakes/fake-media-out.ts';
import { FakePbx, type IncomingCall } from './fakes/fake-pbx.ts';
import type { FakeCaller } from './fakes/fake-pbx-caller.ts';
import type { FakePhone } from './fakes/fake-pbx-phone.ts';
import { FakeSoundLibrary } from './fakes/fake-sound-library.ts';
import { MemoryCallerMusic } from './fakes/memory-caller-music.ts';
import { MemoryQueueStore } from './fakes/memory-queue-store.ts';
import { keptLog, type LogLine } from './log-lines.ts';
import { Mortal } from './mortal.ts';
import { queueSettings } from './queue-people.ts';

/** Lines that close an entry. */
export const CLOSING = [
  'ABANDON',
  'EXITWITHTIMEOUT',
  'EXITEMPTY',
  'EXITWITHKEY',
  'WITHDRAW',
  'COMPLETEAGENT',
  'COMPLETECALLER',
  'BLINDTRANSFER',
  'ATTENDEDTRANSFER',
];

/** What is left behind by calls that cleaned up. */
export const NOTHING_LEFT = {
  calls: 0,
  listeners: 0,
  timers: 0,
  holds: [],
  announced: 0,
  pbx: { channels: 0, bridges: 0, playbacks: 0, notes: 0 },
  lines: 0,
  openEntries: 0,
  openAttempts: 0,
  queueLog: 'each entry closed once',
  faults: [],
};

/** Settings as the shipped configuration has them in short, with changes of the queue `support` and of the whole. */
export function centerSettings(queue: Partial<QueueSettings> = {}, all: Partial<CallSettings> = {}): CallSettings {
  const support = queueSettings({ nobodyPrompt: ['sound:nobody'], ...queue });
  const dial = { kind: 'dial', extension: '1000', ringTimeoutMs: 10_000 } as const;
  const lines = { noAnswer: 'dialplan', busy: 'dialplan', unreachable: 'dialplan', ended: 'dialplan' } as const;
  return {
    language: 'en',
    ivr: {
      start: 'main',
      calendars: {},
      steps: {
        main: {
          kind: 'menu',
          prompt: ['sound:menu'],
          waitMs: 3_000,
          keys: { '1': 'support', '2': 'direct' },
          wrongKey: [],
          tries: 3,
          nothing: 'dialplan',
        },
        support: { kind: 'queue', queue: queueName('support'), prompt: ['sound:team'], next: 'dialplan' },
        direct: { ...dial, ...lines },
      },
    },
    queues: [support],
    queueing: { forceLongestWaitingCaller: 'prio', sharedLastCall: true },
    musicClasses: [{ name: 'default', fallback: 'moh', programme: {} }],
    soundFormats: ['ulaw', 'alaw', 'slin16'],
    defaultQueue: queueName('support'),
    customerCodeLookup: null,
    callerId: { name: '{queue}: {customer}', number: '{caller}' },
    callsMax: 100,
    busyPrompt: ['sound:busy'],
    memberPrompts: {
      wait: ['sound:wait'],
      loggedIn: ['sound:logon'],
      loginFailed: ['sound:logon-failed'],
      loggedOut: ['sound:logoff'],
      logoutFailed: ['sound:logoff-failed'],
      paused: ['sound:paused'],
      pauseFailed: ['sound:pause-failed'],
      unpaused: ['sound:unpaused'],
      unpauseFailed: ['sound:unpause-failed'],
    },
    announce: 'members',
    publishWaitMs: 300,
    databaseWaitMs: 10_000,
    queueLog: { hasIvr: false, hasCallerName: false, hasRestrictedCallerId: true },
    ...all,
  };
}

/** One of several switches: what it has in common with the others. */
export interface Neighbourhood {
  readonly clock: FakeClock;
  readonly store: MemoryQueueStore;
  /** The store as the processes of this switch see it. */
  readonly door: QueueStore;
  readonly switchName: SwitchName;
  readonly switches: SwitchesSettings;
}

/** A whole application on fakes: people call, phones ring, and time passes when a test says so. */
export class CallCenter {
  readonly clock: FakeClock;
  readonly pbx: FakePbx;
  readonly store: MemoryQueueStore;
  readonly announcer: FakeAnnouncer;
  readonly directory = new FakeDirectory();
  readonly accounts = new FakeAccounts();
  readonly callerMusic = new MemoryCallerMusic();
  readonly sounds = new FakeSoundLibrary().addClass('default', ['a', 'b', 'c']);
  /** One for each process: the lines of one that dies die with it. */
  media: FakeMediaOut;
  readonly settings: CallSettings;
  readonly #neighbourhood: Neighbourhood | null;
  readonly #kept: ReturnType<typeof keptLog>;
  application: Application;
  #process = new Mortal();

  private constructor(settings: CallSettings, level: string, neighbourhood: Neighbourhood | null) {
    this.settings = settings;
    this.#neighbourhood = neighbourhood;
    this.clock = neighbourhood?.clock ?? new FakeClock();
    this.store = neighbourhood?.store ?? new MemoryQueueStore();
    this.store.now = () => this.clock.now();
    this.pbx = new FakePbx(this.clock, neighbourhood?.switchName);
    this.announcer = new FakeAnnouncer(this.clock);
    this.media = new FakeMediaOut(this.clock, (bridgeId) => this.pbx.hasBridge(bridgeId));
    this.#kept = keptLog(level, this.clock);
    this.application = this.#newApplication();
  }

  /** Opens with the members logged in, whose phones ring until they are told otherwise. */
  static async open({ members = [], queue = {}, settings = {}, level = 'fatal', neighbourhood }: CenterOptions = {}) {
    const center = new CallCenter(centerSettings(queue, settings), level, neighbourhood ?? null);
    for (const number of ['1000', '1001', '1002', '1003']) center.store.addExtension(memberExtension(number));
    await center.application.start();
    for (const number of members) {
      await center.logsIn(number);
      // Ties are decided by who is logged in longer.
      await center.clock.advance(10);
    }
    center.pbx.reconnects();
    await center.clock.settle();
    return center;
  }

  /** An administrator changes the configuration while it runs. */
  async isReconfigured(queue: Partial<QueueSettings>, all: Partial<CallSettings> = {}): Promise<void> {
    this.application.configure(centerSettings(queue, all));
    await this.clock.settle();
  }

  get logger(): Logger {
    return this.#kept.log;
  }

  /** What stands in the log, from the level on with which it was opened. */
  get lines(): readonly LogLine[] {
    return this.#kept.lines;
  }

  /** Faults of ours that the log tells of: nothing may stand here. */
  get faults(): readonly string[] {
    return this.lines.filter(({ level }) => level === 'fatal').map((line) => JSON.stringify(line));
  }

  phone(number: string): FakePhone {
    return this.pbx.phone(number);
  }

  /** Logs an extension in as an administrator would, at the database. */
  async logsIn(number: string, queue = 'support'): Promise<void> {
    this.phone(number);
    const extension = memberExtension(number);
    const atMs = this.clock.now();
    await this.store.login({ queue: queueName(queue), extension, uniqueId: 'CLI', atMs });
    this.store.announce({ type: 'membership', extension: extension.number });
    await this.clock.advance(200);
  }

  async logsOut(number: string): Promise<void> {
    const extension = memberExtension(number);
    const request = { queue: queueName('support'), extension, uniqueId: 'CLI', atMs: this.clock.now() };
    await this.store.logout(request);
    this.store.announce({ type: 'membership', extension: extension.number });
    await this.clock.advance(200);
  }

  /** Somebody calls, and everything that needs no time has happened. */
  async calls(call: IncomingCall = {}): Promise<FakeCaller> {
    const caller = this.pbx.incomingCall(call);
    await this.clock.settle();
    return caller;
  }

  /** Somebody calls straight into the queue. Each a millisecond later than the one before, as in life. */
  async entersSupport(call: IncomingCall = {}): Promise<FakeCaller> {
    await this.clock.advance(1);
    return await this.calls({ args: ['queue', 'support'], ...call });
  }

  /** What a caller hears on hold: the track of their programme, or `moh:` and a class of Asterisk's; `null`: nothing. */
  holdSound(caller: FakeCaller): string | null {
    if (caller.music !== null) return `moh:${caller.music}`;
    const line = this.media.lineOf(caller.channelId);
    const isHeard =
      line?.request.by.type === 'bridge' && this.pbx.isInBridge(caller.channelId, line.request.by.bridgeId);
    return isHeard ? (this.programmeOf(caller)?.nowPlaying(line.heardNow()).tunes.at(-1)?.name ?? null) : null;
  }

  /** What is being played to a caller over their line. */
  programmeOf(caller: FakeCaller): Programme | null {
    return (this.media.lineOf(caller.channelId)?.request.programme as Programme | undefined) ?? null;
  }

  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Names of the queue_log lines of one caller (or of all), in the order of writing, without what members and the start write. */
  log(caller?: FakeCaller): string[] {
    return this.store.log
      .filter((row) => caller === undefined || row.callid === caller.channelId)
      .map((row) => row.event)
      .filter((event) => !['ADDMEMBER', 'REMOVEMEMBER', 'QUEUESTART'].includes(event));
  }

  /** Numbers of the phones that ring now. */
  ringing(): string[] {
    return ['1000', '1001', '1002', '1003'].filter((number) => this.phone(number).ringing.length > 0);
  }

  /** What the announcer was told, without logins: `ringing 1000`, `entered`. */
  told(): string[] {
    return this.announcer.told.flatMap((each) => {
      if (each.what === 'loggedIn' || each.what === 'loggedOut' || each.what === 'reconciled') return [];
      return ['extension' in each ? `${each.what} ${each.extension}` : each.what];
    });
  }

  attempts(): AttemptId[] {
    return [...this.application.room.announced.keys()];
  }

  /** The process is killed in the middle of everything; a new one begins on the same switch and database. */
  async restarts(): Promise<void> {
    this.dies();
    await this.begins();
  }

  /** As `restarts`, its first half. */
  dies(): void {
    this.#process.die();
    this.pbx.losesProcess();
  }

  async begins(): Promise<void> {
    this.dies();
    this.#process = new Mortal();
    this.media = new FakeMediaOut(this.clock, (bridgeId) => this.pbx.hasBridge(bridgeId));
    this.application = this.#newApplication();
    await this.application.start();
    this.pbx.reconnects();
    await this.clock.settle();
  }

  /** SIGTERM, with time for what is being done; resolves when the process would be gone. */
  async stops(drainMs: number): Promise<void> {
    let isOver = false;
    const stopped = this.application.stop(drainMs).then(() => {
      isOver = true;
    });
    await this.clock.advanceUntil(() => isOver, 'the application to stop', { limitMs: drainMs + 1_000 });
    await stopped;
  }

  /** What is left behind; NOTHING_LEFT when every call was cleaned up. */
  async leftovers(): Promise<object> {
    await this.clock.settle();
    const { calls, room } = this.application;
    const extensions = [...new Set(room.board.memberships().map((each) => each.extension.number))];
    return {
      calls: calls.size,
      listeners: room.router.size,
      timers: this.clock.pendingTimers,
      holds: extensions.filter((number) => room.board.heldBy(number) !== undefined),
      announced: room.announced.size,
      pbx: this.pbx.leftovers(),
      lines: this.media.openLines,
      openEntries: (await this.store.openEntries()).length,
      openAttempts: (await this.store.openAttempts()).length,
      queueLog: this.#queueLogVerdict(),
      faults: this.faults,
    };
  }

  #queueLogVerdict(): string {
    const open = new Map<string, number>();
    for (const { callid, event } of this.store.log) {
      const count = open.get(callid) ?? 0;
      if (event === 'ENTERQUEUE') open.set(callid, count + 1);
      if (!CLOSING.includes(event)) continue;
      if (count < 1) return `${event} of ${callid} closes nothing: ${this.log().join()}`;
      open.set(callid, count - 1);
    }
    const left = [...open].filter(([, count]) => count !== 0).map(([callid]) => callid);
    return left.length === 0 ? NOTHING_LEFT.queueLog : `not closed: ${left.join()}: ${this.log().join()}`;
  }

  #newApplication(): Application {
    const { settings } = this;
    const alive = this.#process;
    return new Application({
      settings,
      pbx: alive.port(this.pbx),
      store: alive.port<QueueStore>(this.#neighbourhood?.door ?? this.store),
      directory: alive.port(this.directory),
      announcer: alive.port(this.announcer),
      accounts: alive.port(this.accounts),
      callerMusic: alive.port(this.callerMusic),
      media: alive.port(this.media),
      sounds: this.sounds,
      random: () => 0.5,
      clock: alive.clock(this.clock),
      log: this.logger,
      ...this.#ofSwitch(),
    });
  }

  /** What its processes know of the switches. */
  #ofSwitch() {
    const { switchName, switches } = this.#neighbourhood ?? {};
    if (switchName === undefined || switches === undefined) return {};
    return { switchName, switches: { ...switches, monotonic: this.#process.clock(switches.monotonic) } };
  }
}

export interface CenterOptions {
  readonly members?: readonly string[];
  readonly queue?: Partial<QueueSettings>;
  readonly settings?: Partial<CallSettings>;
  /** From which level on lines of the log are kept. @default fatal */
  readonly level?: string;
  /** @default none: there is one switch */
  readonly neighbourhood?: Neighbourhood;
}

export function memberExtension(number: string) {
  return sampleExtension(number, `member${number}@example.test`);
}
