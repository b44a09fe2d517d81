import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const ALL = { setVariables: ['interface', 'entry', 'queue'] as const, serviceLevelMs: 20_000, maxLength: 5 };
const NAMES = [
  ...[
    'MEMBERINTERFACE',
    'MEMBERNAME',
    'MEMBERCALLS',
    'MEMBERLASTCALL',
    'MEMBERPENALTY',
    'MEMBERDYNAMIC',
    'MEMBERREALTIME',
  ],
  ...['QEHOLDTIME', 'QEORIGINALPOS', 'QUEUENAME', 'QUEUEMAX', 'QUEUESTRATEGY', 'QUEUECALLS', 'QUEUEHOLDTIME'],
  ...['QUEUECOMPLETED', 'QUEUEABANDONED', 'QUEUESRVLEVEL', 'QUEUESRVLEVELPERF'],
];

/** The variables that were set, of one channel each. */
function set(center: CallCenter): Map<string, string[]> {
  const channels = new Map<string, string[]>();
  for (const { name, detail } of center.pbx.wire.requests) {
    const [channel = '', variable = ''] = detail.split(' ');
    if (name === 'setVariable' && NAMES.includes(variable))
      channels.set(channel, [...(channels.get(channel) ?? []), variable]);
  }
  return channels;
}

describe('Variables of the channels, as app_queue sets them', () => {
  test('at the answer, on both channels, while the two talk already', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { ...ALL, afterConversation: 'dialplan' } });
    const caller = await center.entersSupport();
    await center.wait(3_500);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(Object.fromEntries(NAMES.map((name) => [name, caller.variable(name)]))).toEqual({
      ...{ MEMBERINTERFACE: 'PJSIP/1000', MEMBERNAME: 'PJSIP/1000', MEMBERCALLS: '0', MEMBERLASTCALL: '0' },
      ...{ MEMBERPENALTY: '0', MEMBERDYNAMIC: '1', MEMBERREALTIME: '1', QEHOLDTIME: '3', QEORIGINALPOS: '1' },
      ...{ QUEUENAME: 'support', QUEUEMAX: '5', QUEUESTRATEGY: 'leastrecent', QUEUECALLS: '0', QUEUEHOLDTIME: '0' },
      ...{ QUEUECOMPLETED: '0', QUEUEABANDONED: '0', QUEUESRVLEVEL: '20', QUEUESRVLEVELPERF: '0.0' },
    });
    expect([...set(center).values()].map((names) => names.length)).toEqual([NAMES.length, NAMES.length]);
    center.phone('1000').hangsUp();
    await center.wait(500);
    const second = await center.entersSupport();
    await center.wait(3_500);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect(
      ['MEMBERCALLS', 'QUEUECOMPLETED', 'QUEUESRVLEVELPERF', 'QUEUEHOLDTIME'].map((name) => second.variable(name)),
    ).toEqual(['1', '1', '100.0', '3']);
    second.hangsUp();
    await center.wait(500);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('those of the queue when the caller leaves it unserved', async () => {
    const center = await CallCenter.open({ queue: { ...ALL, maxWaitMs: 10_000 } });
    const caller = await center.entersSupport();
    await center.wait(11_000);
    expect([caller.continuedTo, caller.variable('QUEUENAME'), caller.variable('QUEUEABANDONED')]).toEqual([
      'next',
      'support',
      '1',
    ]);
    expect(caller.variable('MEMBERINTERFACE')).toBeUndefined();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['interface', 7],
    ['entry', 2],
    ['queue', 9],
  ] as const)('only those that are asked for: %s', async (kind, count) => {
    const center = await CallCenter.open({ members: ['1000'], queue: { setVariables: [kind] } });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect([...set(center).values()].map((names) => names.length)).toEqual([count, count]);
    caller.hangsUp();
    await center.wait(500);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('none when none are asked for', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect(set(center).size).toBe(0);
    caller.hangsUp();
    await center.wait(500);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
