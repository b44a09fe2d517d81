import { expect, test } from '@jest/globals';
import { type AnswerFacts, answerVariables } from '../../../../src/core/queue/set-variables.ts';
import { extension, member, queueSettings } from '../../../support/queue-people.ts';

const FACTS: AnswerFacts = {
  member: member('1000', {
    extension: extension('1000', { name: 'Anna' }),
    penalty: 2,
    calls: 7,
    lastCallAtMs: 1_763_640_000_999,
  }),
  entry: { waitedMs: 61_999, originalPosition: 3 },
  queue: queueSettings({ maxLength: 20, serviceLevelMs: 30_000 }),
  waiting: 4,
  figures: { completed: 3, abandoned: 1, completedInLevel: 2, holdMs: 12_900 },
};

test('of the member (setinterfacevar)', () => {
  expect(answerVariables(['interface'], FACTS)).toEqual({
    MEMBERINTERFACE: 'PJSIP/1000',
    MEMBERNAME: 'Anna',
    MEMBERCALLS: '7',
    MEMBERLASTCALL: '1763640000',
    MEMBERPENALTY: '2',
    MEMBERDYNAMIC: '1',
    MEMBERREALTIME: '1',
  });
  const nameless = { ...FACTS, member: member('1000') };
  expect(answerVariables(['interface'], nameless)).toMatchObject({ MEMBERNAME: 'PJSIP/1000', MEMBERLASTCALL: '0' });
});

test('of the entry (setqueueentryvar) and of the queue (setqueuevar)', () => {
  expect(answerVariables(['entry', 'queue'], FACTS)).toEqual({
    QEHOLDTIME: '61',
    QEORIGINALPOS: '3',
    QUEUENAME: 'support',
    QUEUEMAX: '20',
    QUEUESTRATEGY: 'leastrecent',
    QUEUECALLS: '4',
    QUEUEHOLDTIME: '12',
    QUEUECOMPLETED: '3',
    QUEUEABANDONED: '1',
    QUEUESRVLEVEL: '30',
    QUEUESRVLEVELPERF: '66.7',
  });
});

test('nothing when nothing is wanted, and zeros when the figures are not known', () => {
  expect(answerVariables([], FACTS)).toEqual({});
  const zeros = { QUEUEHOLDTIME: '0', QUEUECOMPLETED: '0', QUEUEABANDONED: '0', QUEUESRVLEVELPERF: '0.0' };
  expect(answerVariables(['queue'], { ...FACTS, figures: null })).toMatchObject(zeros);
  expect(
    answerVariables(['queue'], {
      ...FACTS,
      figures: { completed: 0, abandoned: 0, completedInLevel: 0, holdMs: null },
    }),
  ).toMatchObject(zeros);
});
