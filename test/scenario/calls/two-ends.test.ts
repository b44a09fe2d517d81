import { expect, test } from '@jest/globals';
import { channelId } from '../../../src/core/ids.ts';
import { silentLog } from '../../../src/log.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import type { Call } from '../../../stasis/calls/call.ts';
import { EventRouter } from '../../../stasis/calls/event-router.ts';
import { StandStill } from '../../../stasis/calls/hold/stand-still.ts';
import { TwoEnds } from '../../../stasis/calls/talking/two-ends.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakePbx } from '../../support/fakes/fake-pbx.ts';

// The order in which Asterisk's threads tell of a transfer is no promise: every order leads to the same two events.
const MEMBER = channelId('member');
const STAND_IN = channelId('stand-in');
const channel = {
  channelId: STAND_IN,
  name: 'Local/_attended@transfer-00000001;1',
  state: 'Down',
  caller: { number: null, name: null },
  language: 'en',
  dialplan: { context: 'transfer', extension: '_attended', priority: 1 },
  appArguments: [],
  createdAtMs: 0,
  variables: {},
} as const;

const EVENTS = {
  start: { type: 'stasis-start', channel, args: [], replaces: MEMBER },
  told: {
    type: 'attended-transfer',
    firstLeg: { channelId: MEMBER, meets: null },
    secondLeg: { channelId: channelId('second'), meets: null },
    dialled: '2000',
    target: { type: 'APP', application: 'Dial' },
  },
  left: { type: 'bridge-left', channelId: MEMBER, bridgeId: 'bridge' },
  end: { type: 'stasis-end', channelId: MEMBER },
  gone: { type: 'stasis-end', channelId: STAND_IN },
} as unknown as Readonly<Record<'start' | 'told' | 'left' | 'end' | 'gone', PbxEvent>>;

function ends() {
  const clock = new FakeClock();
  const router = new EventRouter({ pbx: new FakePbx(clock), log: silentLog() });
  const call = { channelId: channelId('caller'), signal: new AbortController().signal } as Call;
  return { clock, router, ends: new TwoEnds({ router, clock }, call, MEMBER) };
}

test.each([
  ['as measured', ['start', 'left', 'told', 'end', 'gone']],
  ['the old channel is gone before it is told', ['start', 'left', 'end', 'told', 'gone']],
  ['told before the stand-in comes', ['told', 'start', 'left', 'end', 'gone']],
  ['the stand-in is gone before it is told', ['start', 'left', 'end', 'gone', 'told']],
  ['everything twice', ['start', 'start', 'left', 'left', 'told', 'told', 'end', 'end', 'gone', 'gone']],
] as const)('%s', async (_, order) => {
  const { router, ends: two, clock } = ends();
  const { signal } = new AbortController();
  for (const name of order) router.tell(EVENTS[name]);
  const transfer = { type: 'attended', meets: null, dialled: '2000', target: { type: 'APP', application: 'Dial' } };
  expect(await two.next(signal)).toEqual({
    type: 'transferred',
    end: 'member',
    replaced: MEMBER,
    transfer,
    standIn: channel,
  });
  expect(await two.next(signal)).toEqual({ type: 'left', end: 'member' });
  two.close();
  expect(router.size).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

test('who waits hears of it at once, and a process that stops waits no longer', async () => {
  const { router, ends: two } = ends();
  const stopping = new AbortController();
  const first = two.next(stopping.signal);
  router.tell(EVENTS.end);
  expect(await first).toEqual({ type: 'left', end: 'member' });
  const second = two.next(stopping.signal);
  stopping.abort();
  await expect(second).rejects.toBeInstanceOf(StandStill);
  two.close();
});
