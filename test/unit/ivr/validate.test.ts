import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { type IvrDefinition, type IvrStep, promptMedia } from '../../../src/core/ivr/flow-definition.ts';
import { validateIvr } from '../../../src/core/ivr/validate.ts';
import { collectStep, menuStep, playStep, shippedIvr } from './shipped-ivr.ts';

const known = { queues: ['support'], lookups: ['customer-by-code'] };

const ivr = (steps: Record<string, IvrStep>): IvrDefinition => ({
  start: Object.keys(steps)[0] ?? '',
  calendars: {},
  steps,
});

const findings = (definition: IvrDefinition) =>
  validateIvr(definition, known).map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`);

test('The shipped IVR is in order', () => {
  expect(validateIvr(shippedIvr, known)).toEqual([]);
});

describe('Names that point at nothing', () => {
  test('are told with their place', () => {
    const steps: Record<string, IvrStep> = {
      main: menuStep({ keys: { 1: 'suport' }, nothing: 'code' }),
      code: collectStep({ found: 'x', failed: 'hangup', unavailable: 'y', lookup: 'nobody' }),
      ring: {
        kind: 'dial',
        extension: '1',
        ringTimeoutMs: 1,
        noAnswer: 'p',
        busy: 'q',
        unreachable: 'r',
        ended: 'dialplan',
      },
      who: { kind: 'lookup', by: 'nobody', found: 'ring', notFound: 's', unavailable: 'main' },
      office: { kind: 'hours', calendar: 'office', open: 'who', closed: 't' },
      line: { kind: 'queue', queue: queueName('nowhere'), prompt: [], next: 'office' },
      hello: playStep({ prompt: ['sound:x'], next: 'line' }),
      voicemail: { kind: 'dialplan', target: { context: 'c', extension: 'e', priority: 1 } },
    };
    const errors = validateIvr({ ...ivr(steps), start: 'welcome' }, known).filter(
      ({ severity }) => severity === 'error',
    );
    expect(errors.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'ivr.start: The IVR starts at "welcome", which is no step',
      'ivr.steps.main.menu.keys.1: Step "main" leads to "suport", which is no step',
      'ivr.steps.code.collect.found: Step "code" leads to "x", which is no step',
      'ivr.steps.code.collect.unavailable: Step "code" leads to "y", which is no step',
      'ivr.steps.ring.dial.no-answer: Step "ring" leads to "p", which is no step',
      'ivr.steps.ring.dial.busy: Step "ring" leads to "q", which is no step',
      'ivr.steps.ring.dial.unreachable: Step "ring" leads to "r", which is no step',
      'ivr.steps.who.lookup.not-found: Step "who" leads to "s", which is no step',
      'ivr.steps.office.hours.closed: Step "office" leads to "t", which is no step',
      'ivr.steps.code.collect.lookup: There is no lookup named "nobody"',
      'ivr.steps.who.lookup.by: There is no lookup named "nobody"',
      'ivr.steps.office.hours.calendar: There is no calendar named "office"',
      'ivr.steps.line.queue: There is no queue named "nowhere"',
    ]);
  });

  test.each(['hangup', 'dialplan'])('a step named "%s" is refused', (name) => {
    expect(findings(ivr({ a: playStep({ next: 'hangup' }), [name]: playStep({ next: 'hangup' }) }))[0]).toBe(
      `error ivr.steps.${name}: No step may be called "${name}": the word has a meaning of its own`,
    );
  });

  test('inherited properties are no steps', () => {
    expect(findings(ivr({ a: playStep({ next: 'constructor' }) }))).toEqual([
      'error ivr.steps.a.next: Step "a" leads to "constructor", which is no step',
    ]);
  });

  test('a time zone that does not exist is told', () => {
    const week = { sunday: [], monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [] };
    const definition = {
      start: 'a',
      calendars: { office: { timeZone: 'Mars/Olympus', week, holidays: [] } },
      steps: { a: { kind: 'hours', calendar: 'office', open: 'hangup', closed: 'hangup' } },
    } as const;
    expect(findings(definition)).toEqual([
      'error calendars.office.time-zone: There is no time zone named "Mars/Olympus"',
    ]);
  });
});

test('A step that only the dialplan can enter is a warning', () => {
  expect(findings(ivr({ a: playStep({ next: 'hangup' }), b: playStep({ next: 'a' }) }))).toEqual([
    'warning ivr.steps.b: No step leads to "b": only the dialplan can enter there, with Stasis(queueapp,menu,b)',
  ]);
});

describe('Circles', () => {
  const hours = (open: string, closed: string): IvrStep => ({ kind: 'hours', calendar: 'office', open, closed });
  const circles = (steps: Record<string, IvrStep>) =>
    findings(ivr(steps)).filter((finding) => finding.includes('circle'));

  test('without a wait are errors, told once', () => {
    expect(circles({ a: playStep({ next: 'b' }), b: hours('c', 'hangup'), c: playStep({ next: 'a' }) })).toEqual([
      'error ivr.steps.a: Steps run in a circle without a prompt or a wait: a → b → c → a',
    ]);
    expect(circles({ a: playStep({ next: 'a' }) })).toHaveLength(1);
  });

  test('that begin behind another step are found, too', () => {
    expect(circles({ a: playStep({ next: 'b' }), b: hours('c', 'hangup'), c: playStep({ next: 'b' }) })).toEqual([
      'error ivr.steps.b: Steps run in a circle without a prompt or a wait: b → c → b',
    ]);
  });

  test('that wait only for others are warnings', () => {
    const ring = (busy: string): IvrStep => ({
      kind: 'dial',
      extension: '1',
      ringTimeoutMs: 1,
      noAnswer: 'hangup',
      busy,
      unreachable: 'hangup',
      ended: 'hangup',
    });
    expect(circles({ a: ring('b'), b: ring('a') })).toEqual([
      'warning ivr.steps.a: Steps can run in a circle without a prompt or a wait, when nobody answers at once: a → b → a',
    ]);
    const line = (prompt: string[]): IvrStep => ({ kind: 'queue', queue: queueName('support'), prompt, next: 'a' });
    expect(circles({ a: line([]) })).toHaveLength(1);
    expect(circles({ a: line(['sound:x']) })).toEqual([]);
    const who: IvrStep = {
      kind: 'lookup',
      by: 'customer-by-code',
      found: 'hangup',
      notFound: 'hangup',
      unavailable: 'a',
    };
    expect(circles({ a: who })).toHaveLength(1);
  });

  test.each<[string, IvrStep]>([
    ['a prompt', playStep({ prompt: ['sound:x'], next: 'b' })],
    ['a silence', playStep({ silenceMs: 1, next: 'b' })],
    ['a tone', playStep({ tone: { name: 'busy', lengthMs: 1 }, next: 'b' })],
    ['a menu', menuStep({ keys: {}, nothing: 'b' })],
    ['a code', collectStep({ found: 'b', failed: 'b', unavailable: 'b' })],
  ])('with %s in them are fine', (_, step) => {
    expect(circles({ a: step, b: hours('a', 'a') })).toEqual([]);
  });

  test('a menu that neither says nor waits does not count as a wait', () => {
    expect(circles({ a: menuStep({ prompt: [], waitMs: 0, keys: {}, nothing: 'a' }) })).toHaveLength(1);
  });
});

test.each([
  ['queueapp/welcome', 'sound:queueapp/welcome'],
  ['digits:42', 'digits:42'],
  ['tone:busy', 'tone:busy'],
  ['sound:x', 'sound:x'],
  ['number:7', 'number:7'],
  ['http://example.org/x.wav', 'sound:http://example.org/x.wav'],
])('The prompt %s is the media %s', (prompt, media) => {
  expect(promptMedia(prompt)).toBe(media);
});
