import { callId, extensionNumber, type QueueName, queueName, switchName } from '../../../src/core/ids.ts';
import type {
  ApplicationFace,
  ApplicationStatus,
  SettingsRequest,
  StepRequest,
} from '../../../src/http/application-face.ts';
import type { DrainView } from '../../../src/http/drain-routes.ts';
import type { FiguresFace } from '../../../src/http/figures-face.ts';
import type { MemberOutcome, MembershipRequest } from '../../../src/http/member-face.ts';
import type { LogFilter } from '../../../src/ports/queue-log.ts';
import type { ReportRequest } from '../../../src/ports/reports.ts';

export const TOKEN = 'a-token-of-the-tests';
export const STARTED_MS = Date.UTC(2026, 10, 20, 12);
export const up = { state: 'up', sinceMs: STARTED_MS, reason: null } as const;

export const allUp: ApplicationStatus = {
  version: '1.2.3',
  startedAtMs: STARTED_MS,
  isStopping: false,
  process: 'host 1',
  role: 'active',
  ownSwitch: switchName('main'),
  switchesAsOfMs: STARTED_MS,
  switches: [
    {
      ...{ switchName: switchName('main'), holder: 'host 1', isHolderThere: true, epoch: 7, isDraining: false },
      ...{ takenAtMs: STARTED_MS, seenAtMs: STARTED_MS, asteriskLostAtMs: null, standbys: 1, callers: 2 },
      httpUrl: 'http://127.0.0.1:8080',
    },
  ],
  calls: 2,
  callsBy: { ivr: 0, waiting: 1, ringing: 0, talking: 1, leaving: 0 },
  pending: [
    {
      ...{ what: 'database-writes', waiting: 12, limit: 50_000, where: 'data/unwritten.jsonl' },
      ...{ sinceMs: STARTED_MS, reason: 'connection refused', lost: 0 },
    },
    { what: 'queue-log-file', waiting: null, limit: null, where: '/log', sinceMs: STARTED_MS, reason: 'full', lost: 0 },
    { what: 'recordings-to-remove', waiting: 0, limit: null, where: null, sinceMs: null, reason: null, lost: 0 },
  ],
  parts: { asterisk: up, database: up, xmpp: up },
  music: [
    {
      name: 'default',
      tracks: 4,
      advice: 9,
      broken: [{ path: '/music/a.mp3', reason: 'holds no sound' }],
      stream: null,
    },
    {
      name: 'radio',
      tracks: 0,
      advice: 0,
      broken: [],
      stream: { isPlaying: true, title: 'Ann – <Song>', sinceMs: STARTED_MS, reason: null },
    },
  ],
  refusedRows: [{ table: 'ivr_step', row: 'main', reason: 'ivr.steps.main.menu.wait: expected a duration' }],
};

/** Figures of queue support, and one line of its log. */
export class FakeFigures implements FiguresFace {
  isAway = false;
  readonly asked: LogFilter[] = [];
  readonly reset = async (queue: string) => (queue === 'support' ? ('done' as const) : ('unknown-queue' as const));

  async queues() {
    const members = [
      { extension: extensionNumber('1000'), calls: 4, lastCallAtMs: STARTED_MS + 9_000, lastPausedAtMs: null },
    ];
    const counters = { completed: 4, abandoned: 2, completedInLevel: 3, abandonedInLevel: 1 };
    const times = { holdMs: 12_345, talkMs: null, serviceLevelMs: 20_000, sinceMs: STARTED_MS };
    return this.isAway ? null : [{ queue: queueName('support'), ...counters, ...times, members }];
  }

  async log(filter: LogFilter) {
    this.asked.push(filter);
    const names = { callid: '1.1', queuename: 'support', agent: 'Ann', event: 'CONNECT' };
    return [{ lineId: '7', atMs: STARTED_MS, ...names, data: ['5', '1.2', '3', '', ''] }];
  }

  readonly reported: ReportRequest[] = [];

  async report(request: ReportRequest) {
    this.reported.push(request);
    return { columns: ['queue', 'offered'], rows: [['support', 8]], isCut: false };
  }
}

/** An application that knows extension 1000 and queue support, and remembers who was logged in and out. */
export class FakeApplication implements ApplicationFace {
  readonly figures = new FakeFigures();
  current: ApplicationStatus = allUp;
  readonly loggedIn: MembershipRequest[] = [];
  /** Everything else that was asked of members. */
  readonly asked: object[] = [];
  failure: Error | null = null;
  readonly personalData = {
    list: async () => ({ places: [], calls: [], tunes: [], recordings: [], isMore: false }),
    erase: async () => ({ places: 0, lines: 0, tunes: 0, recordings: 0, fileLines: 0, open: 0 }),
    elsewhere: () => [],
  };
  readonly configuration = {
    reload: async () => ({ changes: [], waiting: [], warnings: [], refused: [] }),
    queueSettings: (queue: QueueName) => ({ queue, isOfFile: true, settings: {} }),
    changeQueueSettings: async ({ queue, set }: SettingsRequest) => ({ queue, isOfFile: true, settings: set }),
    step: (step: string) => ({
      step,
      isOfFile: true,
      isInDatabase: false,
      definition: { play: 'hello', hangup: true },
    }),
    changeStep: async ({ step, set }: StepRequest) => ({ step, isOfFile: true, isInDatabase: true, definition: set }),
  };

  /** What a drain would do, and whether one was begun. */
  drained: DrainView = {
    process: 'host 1',
    isDraining: false,
    way: 'dialplan',
    sinceMs: null,
    limitMs: 1_800_000,
    standbys: 0,
    calls: { ivr: 0, waiting: 2, ringing: 0, talking: 1, leaving: 0 },
  };
  readonly drain = {
    view: async () => this.drained,
    begin: async () => {
      this.drained = { ...this.drained, isDraining: true, sinceMs: STARTED_MS };
      return this.drained;
    },
    cancel: async () => {
      this.drained = { ...this.drained, isDraining: false, sinceMs: null };
      return this.drained;
    },
  };

  readonly recordings = {
    control: async () => 'unknown-call' as const,
    list: async () => [],
  };

  status() {
    return this.current;
  }

  async queues() {
    if (this.failure) throw this.failure;
    return [
      {
        queue: queueName('support'),
        title: 'Support',
        strategy: 'leastrecent',
        waiting: 1,
        ringing: 0,
        talking: 1,
        members: 2,
        available: 1,
        oldestJoinedAtMs: STARTED_MS + 250,
      },
    ];
  }

  async members() {
    return [
      {
        extension: extensionNumber('1000'),
        interface: 'PJSIP/1000',
        jid: null,
        queues: [
          {
            queue: queueName('support'),
            penalty: 0,
            isPaused: true,
            pausedReason: 'lunch',
            pausedAtMs: STARTED_MS,
            asideUntilMs: STARTED_MS + 30_000,
            ringInUse: null,
            calls: 7,
            loggedInAtMs: STARTED_MS,
          },
        ],
        deviceState: 'INUSE' as const,
        activity: 'talking' as const,
        wrapUpUntilMs: null,
        lastHangupAtMs: null,
      },
    ];
  }

  async calls() {
    return [
      {
        switch: switchName('main'),
        callId: callId('c1'),
        phase: 'talking' as const,
        caller: { number: '2000', name: null },
        customer: { id: '1', name: 'Company <1> & "sons" 🎉', code: '1111' },
        queue: queueName('support'),
        position: null,
        extension: extensionNumber('1000'),
        extensions: [extensionNumber('1000')],
        hears: null,
        startedAtMs: STARTED_MS,
        sinceMs: STARTED_MS + 1,
      },
    ];
  }

  async login(request: MembershipRequest) {
    if (request.extension !== '1000') return 'unknown-extension' as const;
    if (request.queue !== 'support') return 'unknown-queue' as const;
    this.loggedIn.push(request);
    return 'logged-in' as const;
  }

  async logout(request: MembershipRequest) {
    const index = this.loggedIn.findIndex(({ extension }) => extension === request.extension);
    if (index < 0) return 'not-logged-in' as const;
    this.loggedIn.splice(index, 1);
    return 'logged-out' as const;
  }

  async changePriority(request: { readonly callId: string }) {
    return this.#aboutCall('changePriority', request);
  }

  async withdraw(request: { readonly callId: string }) {
    return this.#aboutCall('withdraw', request);
  }

  #aboutCall(what: string, request: { readonly callId: string }) {
    if (request.callId !== 'c1') return 'unknown-call' as const;
    this.asked.push({ what, ...request });
    return 'done' as const;
  }

  pause = this.#asked('pause');
  setPenalty = this.#asked('setPenalty');
  setRingInUse = this.#asked('setRingInUse');
  endWrapUp = this.#asked('endWrapUp');

  #asked(what: string) {
    return async (request: { readonly extension: string; readonly queue?: string | null }): Promise<MemberOutcome> => {
      if (request.extension !== '1000') return 'unknown-extension';
      if (request.queue === 'nowhere') return 'unknown-queue';
      if (request.queue === 'sales') return 'not-logged-in';
      this.asked.push({ what, ...request });
      return this.asked.length > 1 ? 'already' : 'done';
    };
  }
}
