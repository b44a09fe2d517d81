import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { reduceFlow, STEPS_MAX, startFlow } from '../../../src/core/ivr/flow.ts';
import type { IvrDefinition, IvrStep } from '../../../src/core/ivr/flow-definition.ts';
import type { FlowEffect, FlowEvent, FlowState } from '../../../src/core/ivr/flow-state.ts';
import { waitOf } from '../../../src/core/ivr/stages.ts';
import { fc } from '../../support/property.ts';
import { company1 } from './flow-driver.ts';
import { collectStep, menuStep, playStep, shippedIvr } from './shipped-ivr.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const target = fc.constantFrom(...NAMES, 'hangup', 'dialplan', 'nowhere', '__proto__');
const prompt = fc.constantFrom<readonly string[]>([], ['sound:x'], ['sound:x', 'sound:y']);
const time = fc.constantFrom(0, 500, 3_000);
const tone = fc.constantFrom(null, { name: 'congestion', lengthMs: 4_000 });
const key = fc.constantFrom(...'0123456789*#ABCD', 'x', '', '12');

/** Any step that the types allow, also those that validation refuses. */
const step: fc.Arbitrary<IvrStep> = fc.oneof(
  fc.record({ answer: fc.boolean(), silenceMs: time, prompt, tone, next: target }).map((some) => playStep(some)),
  fc
    .record({
      prompt,
      waitMs: time,
      keys: fc.dictionary(key, target),
      wrongKey: prompt,
      tries: fc.nat(3),
      nothing: target,
    })
    .map((some) => menuStep(some)),
  fc
    .record({
      prompt,
      digits: fc.integer({ min: 1, max: 4 }),
      endKey: fc.constantFrom('#', '*', null),
      tries: fc.integer({ min: 1, max: 3 }),
      invalid: prompt,
      again: prompt,
      found: target,
      failed: target,
      unavailable: target,
    })
    .map((some) => collectStep(some)),
  fc
    .record({ noAnswer: target, busy: target, unreachable: target, ended: target })
    .map((some): IvrStep => ({ kind: 'dial', extension: '2000', ringTimeoutMs: 1_000, ...some })),
  fc.record({ open: target, closed: target }).map((some): IvrStep => ({ kind: 'hours', calendar: 'office', ...some })),
  fc
    .record({ found: target, notFound: target, unavailable: target })
    .map((some): IvrStep => ({ kind: 'lookup', by: 'by-number', ...some })),
  fc.record({ prompt, next: target }).map((some): IvrStep => ({ kind: 'queue', queue: queueName('q'), ...some })),
  fc.constant<IvrStep>({ kind: 'dialplan', target: { context: 'x', extension: '1', priority: 1 } }),
);

const anyIvr: fc.Arbitrary<IvrDefinition> = fc.tuple(...NAMES.map(() => step)).map((steps) => ({
  start: 'a',
  calendars: {},
  steps: Object.fromEntries(steps.map((one, index) => [NAMES[index], one])),
}));

/** `stale` events answer an earlier wait. */
type Happening = { readonly afterMs: number; readonly isStale: boolean; readonly event: FlowEvent };

const happening: fc.Arbitrary<Happening> = fc.record({
  afterMs: fc.integer({ min: 0, max: 5_000 }),
  isStale: fc.boolean(),
  event: fc.oneof(
    { weight: 4, arbitrary: key.map((digit): FlowEvent => ({ type: 'digit', digit, atMs: 0 })) },
    fc.constantFrom('done', 'failed').map((outcome): FlowEvent => ({ type: 'played', outcome, waitId: 0, atMs: 0 })),
    fc.constant<FlowEvent>({ type: 'timer', waitId: 0, atMs: 0 }),
    fc
      .constantFrom(
        { type: 'found', customer: company1 } as const,
        { type: 'not-found' } as const,
        {
          type: 'unavailable',
        } as const,
      )
      .map((result): FlowEvent => ({ type: 'lookup-result', result, waitId: 0, atMs: 0 })),
    fc
      .constantFrom('talked', 'no-answer', 'busy', 'rejected', 'unreachable')
      .map((outcome): FlowEvent => ({ type: 'dial-ended', outcome, waitId: 0, atMs: 0 })),
  ),
});

interface Moment {
  /** `null` at the beginning; stale ones are not told. */
  readonly cause: FlowEvent['type'] | null;
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
}

/** Every moment of a call, from its beginning on. */
function live(definition: IvrDefinition, happenings: readonly Happening[]): Moment[] {
  const moments: Moment[] = [{ cause: null, ...startFlow(definition, definition.start, 0) }];
  let atMs = 0;
  let state = moments[0]?.state as FlowState;
  for (const { afterMs, isStale, event } of happenings) {
    atMs += afterMs;
    const waitId = isStale ? state.waitId - 1 : state.waitId;
    const moment = reduceFlow(definition, state, 'waitId' in event ? { ...event, atMs, waitId } : { ...event, atMs });
    moments.push({ cause: isStale ? null : event.type, ...moment });
    state = moment.state;
  }
  return moments;
}

const EXITS = ['enter-queue', 'leave-to-dialplan', 'hangup'];
const all = (moments: readonly Moment[]) => moments.flatMap(({ effects }) => effects);

describe('Whatever the configuration and whatever happens', () => {
  const property = (check: (moments: Moment[]) => void) =>
    fc.assert(
      fc.property(anyIvr, fc.array(happening, { maxLength: 60 }), (definition, happenings) =>
        check(live(definition, happenings)),
      ),
      { numRuns: 500 },
    );

  test('a call either waits for something that ends, or has ended with exactly one exit', () => {
    property((moments) => {
      const exits = all(moments).filter(({ type }) => EXITS.includes(type));
      const last = moments.at(-1)?.state.stage;
      if (last?.name === 'ended') {
        expect(exits).toHaveLength(1);
      } else {
        const wait = last === undefined ? {} : waitOf(last);
        expect(exits).toHaveLength(0);
        expect(wait.play ?? wait.timerMs ?? wait.dial).toBeDefined();
      }
    });
  });

  test('what is started ends by its own event or is stopped, and only one of each kind goes on', () => {
    property((moments) => {
      const running = { play: false, timer: false, lookup: false };
      let before: FlowState | null = null;
      for (const { cause, state, effects } of moments) {
        const isElsewhere = before?.waitId !== state.waitId || before.stage.name !== state.stage.name;
        if (isElsewhere) settle(running, cause, effects);
        else expect(effects).toEqual([]);
        before = state;
      }
      if (before?.stage.name === 'ended') expect(running).toEqual({ play: false, timer: false, lookup: false });
    });
  });

  test('the number of steps and of effects at once is bounded', () => {
    property((moments) => {
      expect(moments.at(-1)?.state.stepsTaken).toBeLessThanOrEqual(STEPS_MAX);
      for (const { effects } of moments) expect(effects.length).toBeLessThan(350);
    });
  });
});

const ENDINGS = { play: 'played', timer: 'timer', lookup: 'lookup-result' } as const;

/** Follows what runs through the effects of one event. */
function settle(
  running: Record<keyof typeof ENDINGS, boolean>,
  cause: Moment['cause'],
  effects: readonly FlowEffect[],
): void {
  const count = (type: FlowEffect['type']) => effects.filter((effect) => effect.type === type).length;
  for (const kind of ['play', 'timer', 'lookup'] as const) {
    const starts = count(kind === 'timer' ? 'start-timer' : kind);
    expect(starts).toBeLessThanOrEqual(1);
    expect({ kind, stops: count(`stop-${kind}`) }).toEqual({
      kind,
      stops: running[kind] && cause !== ENDINGS[kind] ? 1 : 0,
    });
    running[kind] = starts === 1;
  }
}

describe('In the shipped IVR, whatever the caller does', () => {
  test('no more codes are looked up, and no more wrong keys borne, than there are tries', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        const moments = live(shippedIvr, happenings);
        const said = all(moments).flatMap((effect) => (effect.type === 'play' ? effect.media : []));
        const count = (name: string) => said.filter((media) => media === `sound:queueapp/${name}`).length;
        expect(all(moments).filter(({ type }) => type === 'lookup').length).toBeLessThanOrEqual(3);
        expect(count('invalid_code')).toBeLessThanOrEqual(3);
        expect(count('try_again')).toBeLessThanOrEqual(2);
        expect(count('invalid_option')).toBeLessThanOrEqual(3);
        expect(all(moments).filter(({ type }) => type === 'dial').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_000 },
    );
  });

  test('only digits, one to four of them, are looked up', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const atCode = { ...shippedIvr, start: 'support' };
        for (const effect of all(live(atCode, happenings))) {
          if (effect.type === 'lookup') expect(effect.code).toMatch(/^\d{1,4}$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a caller who does nothing comes to an end', () => {
    const ends = live(
      shippedIvr,
      Array.from({ length: 12 }, (_, index): Happening => {
        const events: FlowEvent[] = [
          { type: 'timer', waitId: 0, atMs: 0 },
          { type: 'played', outcome: 'done', waitId: 0, atMs: 0 },
          { type: 'dial-ended', outcome: 'no-answer', waitId: 0, atMs: 0 },
        ];
        return { afterMs: 1_000, isStale: false, event: events[index % 3] as FlowEvent };
      }),
    );
    expect(ends.at(-1)?.state.stage.name).toBe('ended');
  });
});
