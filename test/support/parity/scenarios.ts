import { answers, answersAndTransfers, isBusy, neverAnswers } from '../phones/phone.ts';
import { type CallerPart, rung, type Scenario, written } from './scenario.ts';

const TALK_MS = 300;
/** Picks up when the first sound can be heard, talks a moment, hangs up. */
const picksUp = { does: answers(400, TALK_MS) };
const everybody = { A: picksUp, B: picksUp, C: picksUp };

const oneAfterTheOther = (count: number): CallerPart[] =>
  Array.from({ length: count }, (_, index) => ({ at: index === 0 ? 0 : 'after the one before' }));

/** The stories; each is told to app_queue and to this queue on the same Asterisk. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'leastrecent (L1, L2): five calls one after the other go round',
    members: everybody,
    callers: oneAfterTheOther(5),
    tiesDiffer: true,
  },
  {
    name: 'fewestcalls (F1): five calls one after the other are spread',
    appQueue: { strategy: 'fewestcalls' },
    queueapp: { strategy: 'fewestcalls' },
    members: everybody,
    callers: oneAfterTheOther(3),
    tiesDiffer: true,
  },
  {
    name: 'rrordered (RR1, RR2): the pointer goes on over callers',
    appQueue: { strategy: 'rrordered' },
    queueapp: { strategy: 'rrordered' },
    members: everybody,
    callers: oneAfterTheOther(4),
    tiesDiffer: true,
  },
  {
    name: 'linear (RR3): every caller begins with the first member; busy members are passed over',
    appQueue: { strategy: 'linear' },
    queueapp: { strategy: 'linear' },
    members: { A: { does: isBusy() }, B: picksUp, C: picksUp },
    callers: oneAfterTheOther(2),
  },
  {
    name: 'penalties (RA1, P1): who is busy leads to the next penalty',
    members: { A: { does: isBusy() }, B: { ...picksUp, penalty: 1 } },
    callers: oneAfterTheOther(1),
  },
  {
    name: 'QUEUE_MAX_PENALTY (P1) and a longest wait (T1, T3): who may be rung does not answer, the other is not asked',
    queueArguments: ',,,,7',
    queueapp: { 'max-wait': '7s' },
    members: { A: { does: neverAnswers }, B: { ...picksUp, penalty: 5 } },
    callers: [{ at: 0, variables: { QUEUE_MAX_PENALTY: '2' } }],
  },
  {
    name: 'the caller gives up while a member rings: RINGCANCELED, ABANDON',
    members: { A: { does: neverAnswers } },
    callers: [{ at: 0, hangsUpAfterMs: 1500, since: rung() }],
  },
  {
    name: 'callers give up while nobody is free: places at the beginning and at the end',
    members: { A: { does: answers(400, 5000), talksUntil: written('ABANDON', 2) } },
    callers: [
      { at: 0 },
      { at: 1500, comesAfter: written('CONNECT'), hangsUpAfterMs: 1000, since: written('ENTERQUEUE', 3) },
      { at: 2000, hangsUpAfterMs: 1000, since: written('ABANDON') },
    ],
  },
  {
    name: 'wrapuptime (W1): the second caller waits until it is over',
    appQueue: { wrapuptime: '3' },
    queueapp: { 'wrap-up': '3s' },
    members: { A: picksUp },
    callers: oneAfterTheOther(2),
  },
  {
    name: 'priorities (PR1): the higher one is served first',
    members: { A: { does: answers(400, 4000), talksUntil: written('ENTERQUEUE', 3) } },
    pollSeconds: 4,
    callers: [{ at: 0 }, { at: 1200, comesAfter: written('CONNECT') }, { at: 2000, variables: { QUEUE_PRIO: '5' } }],
  },
  {
    name: 'autopause (AP1): who does not answer is paused, and the next is rung',
    appQueue: { autopause: 'yes', strategy: 'rrordered' },
    queueapp: { autopause: true, strategy: 'rrordered' },
    members: { A: { does: neverAnswers }, B: picksUp },
    callers: oneAfterTheOther(1),
    tiesDiffer: true,
  },
  {
    name: 'c2 BLINDTRANSFER: the member sends the caller to a number, and takes the next one',
    members: { A: { does: answersAndTransfers(400, 1200, '9002'), talksUntil: written('ENTERQUEUE', 2) } },
    callers: [
      { at: 0, hangsUpAfterMs: 2000, since: written('BLINDTRANSFER') },
      { at: 200, comesAfter: written('CONNECT'), hangsUpAfterMs: 2000, since: written('BLINDTRANSFER', 2) },
    ],
  },
  {
    name: 'ringall (RA2): one answers, the others stop ringing without a line',
    appQueue: { strategy: 'ringall' },
    queueapp: { strategy: 'ringall' },
    ringTogether: true,
    members: { A: { does: neverAnswers }, B: { does: answers(1500, 500) }, C: { does: neverAnswers } },
    callers: oneAfterTheOther(1),
  },
  {
    name: 'leavewhenempty (J6): the only member pauses while talking, and who waits leaves',
    appQueue: { leavewhenempty: 'yes' },
    queueapp: { 'leave-when-empty': true, 'nobody-prompt': [] },
    members: { A: { does: answers(400, 6000), talksUntil: written('EXITEMPTY') } },
    callers: [{ at: 0 }, { at: 1500, comesAfter: written('CONNECT') }],
    meanwhile: { since: written('ENTERQUEUE', 2), afterMs: 1500, act: 'members pause' },
  },
  {
    name: 'maxlen (J5): the second caller in line is refused',
    appQueue: { maxlen: '1' },
    queueapp: { 'max-length': 1 },
    members: { A: { does: answers(400, 4000), talksUntil: ({ over }) => over > 0 } },
    callers: [{ at: 0 }, { at: 1500, comesAfter: written('CONNECT') }, { at: 2000 }],
    differs: {
      point: 8,
      appQueue: {
        rings: ['A<1', 'A<2'],
        lines: [
          '1 ENTERQUEUE NONE - 700001 1',
          '1 CONNECT A TIME ID TIME',
          '2 ENTERQUEUE NONE - 700002 1',
          '1 COMPLETEAGENT A TIME TIME 1',
          '2 CONNECT A TIME ID TIME',
          '2 COMPLETEAGENT A TIME TIME 1',
        ],
      },
      queueapp: {
        rings: ['A<1', 'A<2'],
        lines: [
          '1 ENTERQUEUE NONE - 700001 1',
          '1 CONNECT A TIME ID TIME',
          '2 ENTERQUEUE NONE - 700002 1',
          '- FULL NONE',
          '1 COMPLETEAGENT A TIME TIME 1',
          '2 CONNECT A TIME ID TIME',
          '2 COMPLETEAGENT A TIME TIME 1',
        ],
      },
    },
  },
  {
    name: 'leastrecent after a miss (L3): app_queue rings the same member again, this queue moves on',
    members: { A: { does: neverAnswers }, B: { does: neverAnswers } },
    callers: [{ at: 0, hangsUpAfterMs: 1500, since: rung(2) }],
    tiesDiffer: true,
    differs: {
      point: 2,
      appQueue: {
        rings: ['A<1', 'A<1'],
        lines: [
          '1 ENTERQUEUE NONE - 700001 1',
          '1 RINGNOANSWER A TIME',
          '1 RINGCANCELED A TIME',
          '1 ABANDON NONE 1 1 TIME',
        ],
      },
      queueapp: {
        rings: ['A<1', 'B<1'],
        lines: [
          '1 ENTERQUEUE NONE - 700001 1',
          '1 RINGNOANSWER A TIME',
          '1 RINGCANCELED B TIME',
          '1 ABANDON NONE 1 1 TIME',
        ],
      },
    },
  },
];
