import { expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { RECORDING_DEFAULTS } from '../../../src/core/queue/recording.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { STRATEGIES } from '../../../src/core/queue/settings.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { fc } from '../../support/property.ts';
import { queueSettings } from '../../support/queue-people.ts';
import { aPause, aStep, NUMBERS, soundsOverTalk, take } from '../../support/random-day.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** Whatever a queue may say of whom to ring, and of who did not take a call. */
const aQueue: fc.Arbitrary<Partial<QueueSettings>> = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  ringInUse: fc.constantFrom(false, false, true),
  autofill: fc.boolean(),
  autopause: fc.constantFrom('no', 'yes', 'all'),
  autopauseAfter: fc.constantFrom(
    { noAnswer: 1, busy: 0, rejected: 0, unavailable: 0 },
    { noAnswer: 2, busy: 1, rejected: 1, unavailable: 1 },
  ),
  notPresentPenaltyMs: fc.constantFrom(0, 20_000),
  wrapUpMs: fc.constantFrom(0, 3_000),
  timeoutRestart: fc.boolean(),
  timeoutPriority: fc.constantFrom('app', 'conf'),
  weight: fc.constantFrom(0, 5),
  ageWeightMs: fc.constantFrom(0, 5_000),
  penaltyMembersLimit: fc.constantFrom(0, 2),
  memberDelayMs: fc.constantFrom(0, 500),
  maxWaitMs: fc.constantFrom(0, 0, 8_000),
  onePass: fc.constantFrom(false, false, true),
  leaveWhenEmpty: fc.constantFrom([], ['paused', 'unavailable'] as const),
  recording: fc.constantFrom(null, RECORDING_DEFAULTS),
  setVariables: fc.constantFrom([], ['interface', 'entry', 'queue'] as const),
  skillRule: fc.constantFrom(
    [],
    [
      { afterMs: 0, needs: { english: 50 } },
      { afterMs: 10_000, needs: {} },
    ],
  ),
});

/** What an administrator may make of a queue while it serves callers; who may have two calls stays as it is. */
const aChange = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: aQueue.map(({ ringInUse: _ringInUse, ...settings }) => settings) },
);

const aDay = fc.array(fc.tuple(aStep, aPause, aChange), { minLength: 5, maxLength: 40 });

/** How events and answers of the switch come: late, before each other, and twice. */
const aWire = fc.record({
  eventsMs: fc.constantFrom(0, 0, 5, 50),
  repliesMs: fc.constantFrom(0, 0, 5, 50),
  areDoubled: fc.boolean(),
});

const SKILLS = { english: 60 };

/** Two queues share the members: one speaks English, another comes after the others in the second queue. */
async function opened(support: Partial<QueueSettings>, sales: Partial<QueueSettings>): Promise<CallCenter> {
  const short = { ringTimeoutMs: 5_000, retryMs: 1_000 };
  const queues = [
    queueSettings({ ...short, ...support }),
    queueSettings({ ...short, ...sales, name: queueName('sales'), title: 'Sales' }),
  ];
  const center = await CallCenter.open({ members: ['1000', '1001'], settings: { queues } });
  center.store.addExtension({ ...memberExtension('1000'), skills: SKILLS });
  for (const number of ['1001', '1002']) await center.logsIn(number, 'sales');
  const extension = memberExtension('1002');
  await center.application.memberships.setPenalty({ queue: queueName('sales'), extension, penalty: 3 });
  return center;
}

/** The first queue is configured anew, in the middle of everything. */
function reconfigure(center: CallCenter, changes: Partial<QueueSettings> | null): void {
  const [support, ...others] = center.settings.queues;
  if (support === undefined || changes === null) return;
  center.application.configure({ ...center.settings, queues: [{ ...support, ...changes }, ...others] });
}

/** Every third caller goes to the other queue; some are urgent, some want a penalty or a skill. */
const calls = (center: CallCenter) => (number: string) => {
  const nth = Number(number);
  const variables = {
    ...(nth % 4 === 1 && { QUEUE_PRIO: '3' }),
    ...(nth % 5 === 2 && { QUEUE_MAX_PENALTY: '3' }),
    ...(nth % 5 === 3 && { QUEUE_POSITION: '1' }),
  };
  return center.pbx.incomingCall({ args: ['queue', nth % 3 === 0 ? 'sales' : 'support'], number, variables });
};

/** Phones that have more than one call though no queue allows it. */
function overburdened(center: CallCenter, queues: readonly Partial<QueueSettings>[]): readonly string[] {
  if (queues.some(({ ringInUse }) => ringInUse === true) || !center.pbx.isConnected()) return [];
  return NUMBERS.filter((number) => {
    const { ringing, talking } = center.phone(number);
    return ringing.length + (talking === undefined ? 0 : 1) > 1;
  });
}

/** Members come back, whatever kept them away, and take one call after another, for as long as the longest absence. */
async function everybodyWorks(center: CallCenter): Promise<void> {
  for (const number of ['1000', '1001', '1002']) await center.logsIn(number);
  await center.logsIn('1001', 'sales');
  const { memberships } = center.application;
  for (const number of NUMBERS) {
    const extension = memberExtension(number);
    await memberships.pause({ extension, queue: null, isPaused: false, reason: '' });
  }
  for (let second = 0; second < 60; second++) {
    for (const number of NUMBERS) {
      const phone = center.phone(number);
      if (phone.talking !== undefined) phone.hangsUp();
      else if (phone.ringing.length > 0) phone.picksUp();
    }
    await center.wait(1_000);
  }
}

type Day = typeof aDay extends fc.Arbitrary<infer T> ? T : never;

/** Lives through it; at each moment in which nothing is under way members have one call at most, and nobody hears music in a conversation. */
async function live(center: CallCenter, day: Day, queues: readonly Partial<QueueSettings>[]): Promise<FakeCaller[]> {
  const callers: FakeCaller[] = [];
  for (const [what, afterMs, changes] of day) {
    await take(center, callers, what, calls(center));
    reconfigure(center, changes);
    if (afterMs > 0) await center.wait(afterMs);
    if (afterMs < 1_000) continue;
    expect(overburdened(center, queues)).toEqual([]);
    expect(soundsOverTalk(center, callers)).toEqual([]);
  }
  return callers;
}

// fast-check prints seed, path and the shortest day that fails.
test('under any settings, changed at any moment, whatever happens and however events come: a member has one call, whoever stays is served, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(aDay, aQueue, aQueue, aWire, async (day, support, sales, wire) => {
      const center = await opened(support, sales);
      center.pbx.wire.delayEvents(wire.eventsMs);
      center.pbx.wire.delayReplies(wire.repliesMs);
      if (wire.areDoubled) center.pbx.wire.repeatEvents(() => true, Number.POSITIVE_INFINITY);
      const callers = await live(center, day, [support, sales]);
      if (!center.pbx.isConnected()) center.pbx.reconnects();
      await center.wait(1_000);
      await everybodyWorks(center);
      expect(center.application.calls.list().map(({ phase }) => phase.name)).toEqual([]);
      for (const caller of callers) if (!caller.isGone) caller.hangsUp();
      await center.wait(30_000);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
      expect(NUMBERS.flatMap((number) => [...center.phone(number).ringing])).toEqual([]);
    }),
    { seed: 20_261_129, numRuns: 150 },
  );
}, 300_000);
