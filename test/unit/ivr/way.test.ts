import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { type FlowResult, reduceFlow, startFlow } from '../../../src/core/ivr/flow.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import type { FlowEvent, FlowState } from '../../../src/core/ivr/flow-state.ts';
import { type WayMark, wayMarks } from '../../../src/core/ivr/way.ts';
import { shippedIvr } from './shipped-ivr.ts';

const definition: IvrDefinition = {
  start: 'main',
  calendars: {},
  steps: {
    main: {
      kind: 'menu',
      prompt: ['sound:menu'],
      waitMs: 3_000,
      keys: { '1': 'line', '2': 'desk', '3': 'inner', '4': 'out' },
      wrongKey: [],
      tries: 3,
      nothing: 'dialplan',
    },
    inner: {
      kind: 'menu',
      prompt: ['sound:inner'],
      waitMs: 3_000,
      keys: { '9': 'line' },
      wrongKey: [],
      tries: 3,
      nothing: 'hangup',
    },
    line: { kind: 'queue', queue: queueName('support'), prompt: [], next: 'dialplan' },
    desk: {
      kind: 'dial',
      extension: '2000',
      ringTimeoutMs: 1_000,
      noAnswer: 'hangup',
      busy: 'hangup',
      unreachable: 'hangup',
      ended: 'hangup',
    },
    out: { kind: 'dialplan', target: { context: 'phones', extension: '777', priority: 1 } },
  },
};

/** Everything that is told of a walk: keys one after the other, `.` for the time that runs out. */
function walk(keys: string, definition: IvrDefinition): readonly string[] {
  const marks: WayMark[] = [];
  let state: FlowState | null = null;
  const take = (event: FlowEvent | null, result: FlowResult) => {
    marks.push(...wayMarks(state, event, result));
    state = result.state;
    return result.state;
  };
  let now = take(null, startFlow(definition, definition.start, 0));
  for (const key of keys) {
    const { waitId } = now;
    const event: FlowEvent = key === '.' ? { type: 'timer', waitId, atMs: 0 } : { type: 'digit', digit: key, atMs: 0 };
    now = take(event, reduceFlow(definition, now, event));
  }
  return marks.map(({ topic, details }) => [topic, ...details].join(' '));
}

describe("The caller's way as QueueMetrics reads it (c3)", () => {
  test.each([
    ['1', ['IVR main', 'IVRAPPEND 1 main', 'IVRGOAL support']],
    ['7', ['IVR main', 'IVRAPPEND 7 main']],
    ['39', ['IVR main', 'IVRAPPEND 3 main', 'IVR inner', 'IVRAPPEND 9 inner', 'IVRGOAL support']],
    ['2', ['IVR main', 'IVRAPPEND 2 main', 'IVRGOAL 2000']],
    ['4', ['IVR main', 'IVRAPPEND 4 main', 'IVRGOAL 777']],
    ['..', ['IVR main', 'IVRGOAL dialplan']],
    ['3..', ['IVR main', 'IVRAPPEND 3 main', 'IVR inner']],
  ])('of the keys %s', (keys, marks) => {
    expect(walk(keys, definition)).toEqual(marks);
  });

  test('tells nobody what is typed as a code', () => {
    const ivr = { ...shippedIvr, start: 'main' };
    expect(walk('11234', ivr)).toEqual(['IVR main', 'IVRAPPEND 1 main', 'IVR support']);
  });
});
