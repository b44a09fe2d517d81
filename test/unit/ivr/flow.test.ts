import { describe, expect, test } from '@jest/globals';
import type { IvrDefinition, IvrStep } from '../../../src/core/ivr/flow-definition.ts';
import { FlowDriver } from './flow-driver.ts';
import { collectStep, menuStep, playStep, shippedIvr } from './shipped-ivr.ts';

/** Limits of prompts are the same everywhere: left out of the expectations. */
const heard = (effects: readonly string[]) =>
  effects.filter((effect) => effect !== 'timer 180000' && effect !== 'stop-timer');

const ivr = (steps: Record<string, IvrStep>): IvrDefinition => ({
  start: Object.keys(steps)[0] ?? '',
  calendars: {},
  steps,
});

/** The rest of A2's third wrong code. */
const FAREWELL = ['play bye', 'timer 4000', 'play tone:congestion', 'hangup 34'];

describe('The shipped IVR', () => {
  test('answers, is silent for a second, welcomes and offers the menu', () => {
    const call = new FlowDriver(shippedIvr);
    expect(call.beginning).toEqual(['answer', 'timer 1000']);
    expect(heard(call.when('time'))).toEqual(['play welcome']);
    expect(heard(call.when('said'))).toEqual(['answer', 'play ivr_menu']);
    expect(heard(call.when('said'))).toEqual(['timer 3000']);
  });

  test('rings reception when nothing is pressed for three seconds after the menu', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('said', 'time'))).toEqual(['timer 3000', 'dial 3000 30000']);
  });

  test('rings sales at key 2, and hangs up when they have talked', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('key 2', 'talked'))).toEqual(['stop-play', 'dial 2000 30000', 'hangup 16']);
  });

  test('knows the customer by a right code and enters the queue', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('key 1', 'said'))).toEqual(['stop-play', 'answer', 'play inform_code', 'timer 5000']);
    expect(heard(call.when('key 1', 'key 1', 'key 1'))).toEqual(['timer 3000', 'timer 3000', 'timer 3000']);
    expect(heard(call.when('key 1'))).toEqual(['timer 30000', 'lookup customer-by-code 1111']);
    expect(heard(call.when('found'))).toEqual(['customer 1', 'queue support support_team then dialplan']);
    expect(call.state.stage.name).toBe('ended');
  });

  test('says goodbye with the congestion tone after the third wrong code', () => {
    const call = new FlowDriver(shippedIvr, 'support');
    const wrong = ['key 9', 'key 9', 'key 9', 'key 9', 'not-found', 'pause 2000'];
    expect(heard(call.when(...wrong)).at(-1)).toBe('play invalid_code try_again inform_code');
    expect(heard(call.when(...wrong)).at(-1)).toBe('play invalid_code try_again inform_code');
    expect(heard(call.when(...wrong)).at(-1)).toBe('play invalid_code');
    expect(heard(call.when('said', 'said', 'time'))).toEqual([...FAREWELL.slice(0, 3), 'stop-play', 'hangup 34']);
  });
});

describe('A menu', () => {
  test('regrets a wrong key and is said again; the third leads where silence leads', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('key 7'))).toEqual(['stop-play', 'play invalid_option ivr_menu']);
    expect(heard(call.when('said', 'key *'))).toEqual(['timer 3000', 'play invalid_option ivr_menu']);
    expect(heard(call.when('said', 'key 0'))).toEqual(['timer 3000', 'play invalid_option']);
    expect(heard(call.when('said'))).toEqual(['dial 3000 30000']);
  });

  test.each([
    ['a right key still counts', 'key 2', 'dial 2000 30000'],
    ['a wrong key cuts it short', 'key 8', 'dial 3000 30000'],
  ])('while the third wrong key is being regretted, %s', (_, key, dialled) => {
    const call = new FlowDriver(shippedIvr, 'main');
    call.when('key 7', 'key 7', 'key 7');
    expect(heard(call.when(key))).toEqual(['stop-play', dialled]);
  });

  test('with a single try and nothing to say about it goes on at the first wrong key', () => {
    const call = new FlowDriver(ivr({ main: menuStep({ tries: 1, wrongKey: [], nothing: 'hangup' }) }));
    expect(heard(call.when('key 7'))).toEqual(['stop-play', 'hangup 16']);
  });

  test('without a prompt waits from the start', () => {
    const call = new FlowDriver(ivr({ main: menuStep({ prompt: [] }) }));
    expect(call.beginning).toEqual(['answer', 'timer 3000']);
  });

  test.each(['', 'x', '11', 'constructor', '__proto__', 'a'])('is not moved by "%s", which is no key', (key) => {
    const call = new FlowDriver(shippedIvr, 'main');
    const before = call.state;
    expect(call.feed({ type: 'digit', digit: key, atMs: 0 })).toEqual({ state: before, effects: [] });
  });
});

describe('A code', () => {
  const start = () => new FlowDriver(shippedIvr, 'support');
  const AGAIN = 'play invalid_code try_again inform_code';

  test.each([
    [
      'three digits and a pause are looked up as typed',
      ['key 1', 'key 2', 'key 3', 'time'],
      'lookup customer-by-code 123',
    ],
    ['three digits and # are looked up as typed', ['key 1', 'key 2', 'key 3', 'key #'], 'lookup customer-by-code 123'],
    [
      'of five digits the first four count',
      ['key 1', 'key 1', 'key 1', 'key 1', 'key 5'],
      'lookup customer-by-code 1111',
    ],
    ['digits count during the prompt', ['key 1', 'key 2', 'key 3', 'key 4'], 'lookup customer-by-code 1234'],
    ['leading zeros are kept', ['key 0', 'key 0', 'key 0', 'key 0'], 'lookup customer-by-code 0000'],
  ])('%s', (_, keys, expected) => {
    expect(heard(start().when(...keys)).at(-1)).toBe(expected);
  });

  test.each([
    ['silence', ['said', 'time']],
    ['# at once', ['key #']],
    ['# after the prompt', ['said', 'key #']],
    ['* alone', ['key *', 'time']],
    ['* among digits', ['key 1', 'key *', 'key 1', 'key 1']],
    ['a letter key', ['key A', 'key B', 'key C', 'key D']],
  ])('%s uses up a try without asking the source', (_, words) => {
    const effects = heard(start().when(...words));
    expect(effects.filter((effect) => effect.startsWith('lookup'))).toEqual([]);
    expect(effects.at(-1)).toBe(AGAIN);
  });

  test('three times nothing ends like three wrong codes', () => {
    const call = start();
    call.when('said', 'time', 'said', 'time', 'said');
    expect(heard(call.when('time', 'said', 'said', 'said'))).toEqual(['play invalid_code', ...FAREWELL]);
  });

  test('what is typed right behind the code does not spoil the next try', () => {
    const call = start();
    call.when('key 9', 'key 9', 'key 9', 'key 9', 'key 9', 'key #', 'pause 500', 'not-found');
    expect(call.when('pause 400', 'key 9', 'pause 900', 'key #')).toEqual([]);
    expect(heard(call.when('pause 1000', 'key 1'))).toEqual(['stop-play', 'timer 3000']);
  });

  test('keys during a slow lookup are ignored', () => {
    const call = start();
    call.when('key 1', 'key 1', 'key 1', 'key 1', 'pause 5000');
    expect(heard(call.when('key 5', 'key 6'))).toEqual([]);
    expect(heard(call.when('found'))).toEqual(['customer 1', 'queue support support_team then dialplan']);
  });

  test.each(['unavailable', 'time'])('goes on without a customer when the source is down (%s)', (word) => {
    const call = start();
    call.when('key 1', 'key 1', 'key 1', 'key 1');
    const effects = heard(call.when(word)).filter((effect) => effect !== 'stop-lookup');
    expect(effects.filter((effect) => effect.startsWith('customer'))).toEqual([]);
    expect(effects.at(-1)).toBe('queue support support_team then dialplan');
  });

  test('a lookup that takes too long is given up', () => {
    const call = start();
    call.when('key 1', 'key #');
    expect(heard(call.when('time'))).toEqual([
      'warn: A lookup took too long (support)',
      'stop-lookup',
      'queue support support_team then dialplan',
    ]);
  });

  test('a key cuts the last "invalid code" short', () => {
    const call = new FlowDriver(ivr({ code: collectStep({ tries: 1, failed: 'hangup' }) }));
    call.when('said', 'time');
    expect(heard(call.when('key 5'))).toEqual(['stop-play', 'hangup 16']);
  });

  test('without an end key # is part of the code, and wrong', () => {
    const call = new FlowDriver(ivr({ code: collectStep({ endKey: null, tries: 1, failed: 'hangup' }) }));
    expect(heard(call.when('key 1', 'key 2', 'key #', 'time')).at(-1)).toBe('play invalid_code');
  });
});

describe('A key during a prompt that is followed by something', () => {
  test.each([
    ['is the choice of the menu that has it', 'key 2', ['stop-play', 'answer', 'dial 2000 30000']],
    ['only cuts the prompt short when the menu has no such key', 'key 9', ['stop-play', 'answer', 'play ivr_menu']],
  ])('%s', (_, key, expected) => {
    const call = new FlowDriver(shippedIvr);
    call.when('time');
    expect(heard(call.when(key))).toEqual(expected);
  });

  test('in the silence before the welcome skips both', () => {
    expect(heard(new FlowDriver(shippedIvr).when('key 1'))).toEqual(['answer', 'answer', 'play inform_code']);
  });

  test('a wrong one does not use up a try of the menu', () => {
    const call = new FlowDriver(shippedIvr);
    call.when('time', 'key 9');
    expect(call.state.stage).toMatchObject({ name: 'menu-prompt', wrongKeys: 0 });
  });

  test('the whole way can be typed ahead', () => {
    const call = new FlowDriver(shippedIvr);
    call.when('time');
    expect(heard(call.when('key 1', 'key 1', 'key 1', 'key 1', 'key 1'))).toContain('lookup customer-by-code 1111');
  });

  test('is the first digit of the code that follows', () => {
    const steps = { hello: playStep({ prompt: ['sound:hi'], next: 'code' }), code: collectStep({ digits: 1 }) };
    expect(heard(new FlowDriver(ivr(steps)).when('key 7'))).toEqual([
      'stop-play',
      'answer',
      'timer 30000',
      'lookup customer-by-code 7',
    ]);
  });

  test('an end key is no code yet', () => {
    const steps = { hello: playStep({ prompt: ['sound:hi'], next: 'code' }), code: collectStep() };
    expect(heard(new FlowDriver(ivr(steps)).when('key #'))).toEqual(['stop-play', 'answer', 'play inform_code']);
  });

  test('is kept through a lookup by number', () => {
    const steps: Record<string, IvrStep> = {
      hello: playStep({ prompt: ['sound:hi'], next: 'who' }),
      who: { kind: 'lookup', by: 'by-number', found: 'main', notFound: 'main', unavailable: 'main' },
      main: menuStep({ keys: { 1: 'code' } }),
      code: collectStep(),
    };
    const call = new FlowDriver(ivr(steps));
    expect(heard(call.when('key 1'))).toEqual(['stop-play', 'timer 30000', 'lookup by-number']);
    expect(call.when('key 1', 'key 2', 'key #')).toEqual([]);
    expect(heard(call.when('not-found'))).toEqual(['answer', 'answer', 'timer 30000', 'lookup customer-by-code 12']);
  });

  test('is lost when another prompt lies between', () => {
    const steps = {
      hello: playStep({ prompt: ['sound:hi'], next: 'notice' }),
      notice: playStep({ prompt: ['sound:notice'], next: 'main' }),
      main: menuStep(),
    };
    const call = new FlowDriver(ivr(steps));
    expect(heard(call.when('key 1', 'said'))).toEqual(['stop-play', 'play sound:notice', 'answer', 'play ivr_menu']);
  });

  test('does not cut a tone', () => {
    const call = new FlowDriver(shippedIvr, 'goodbye');
    expect(heard(call.when('key 1'))).toEqual(['stop-play', 'timer 4000', 'play tone:congestion']);
    expect(call.when('key 1', 'key 2')).toEqual([]);
  });
});

describe('Other steps', () => {
  test.each([
    ['no-answer', 'a'],
    ['busy', 'b'],
    ['rejected', 'b'],
    ['unreachable', 'c'],
    ['talked', 'd'],
  ])('dial: %s leads to its step', (outcome, next) => {
    const marks = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, playStep({ prompt: [name], next: 'hangup' })]),
    );
    const dial: IvrStep = {
      kind: 'dial',
      extension: '2000',
      ringTimeoutMs: 15_000,
      noAnswer: 'a',
      busy: 'b',
      unreachable: 'c',
      ended: 'd',
    };
    const call = new FlowDriver(ivr({ dial, ...marks }));
    expect(call.beginning).toEqual(['dial 2000 15000']);
    expect(heard(call.when('key 5', outcome))).toEqual([`play ${next}`]);
  });

  test.each([
    ['found', ['customer 1', 'play a']],
    ['not-found', ['play b']],
    ['unavailable', ['play c']],
    ['time', ['warn: A lookup took too long (who)', 'stop-lookup', 'play c']],
  ])('lookup by number: %s', (word, expected) => {
    const call = new FlowDriver(
      ivr({
        who: { kind: 'lookup', by: 'by-number', found: 'a', notFound: 'b', unavailable: 'c' },
        a: playStep({ prompt: ['a'], next: 'hangup' }),
        b: playStep({ prompt: ['b'], next: 'hangup' }),
        c: playStep({ prompt: ['c'], next: 'hangup' }),
      }),
    );
    expect(heard(call.beginning)).toEqual(['timer 30000', 'lookup by-number']);
    expect(heard(call.when(word))).toEqual(expected);
  });

  test.each([
    ['2026-11-23T10:00:00Z', 'hangup 16'],
    ['2026-11-23T18:00:00Z', 'dialplan voicemail,1000,1'],
  ])('hours: at %s comes %s', (instant, expected) => {
    const definition: IvrDefinition = {
      start: 'office',
      calendars: {
        office: {
          timeZone: 'Europe/Berlin',
          week: {
            sunday: [],
            monday: [{ fromMinute: 480, toMinute: 1080 }],
            tuesday: [],
            wednesday: [],
            thursday: [],
            friday: [],
            saturday: [],
          },
          holidays: [],
        },
      },
      steps: {
        office: { kind: 'hours', calendar: 'office', open: 'hangup', closed: 'voicemail' },
        voicemail: { kind: 'dialplan', target: { context: 'voicemail', extension: '1000', priority: 1 } },
      },
    };
    expect(new FlowDriver(definition, 'office', Date.parse(instant)).beginning).toEqual([expected]);
  });

  test.each([
    ['busy', 'hangup 17'],
    ['congestion', 'hangup 34'],
    ['dial', 'hangup 16'],
  ])('the %s tone is followed by %s', (name, expected) => {
    const call = new FlowDriver(ivr({ bye: playStep({ tone: { name, lengthMs: 500 }, next: 'hangup' }) }));
    expect(call.beginning).toEqual(['timer 500', `play tone:${name}`]);
    expect(call.when('time').at(-1)).toBe(expected);
  });

  test('a language is set before the prompt', () => {
    const call = new FlowDriver(ivr({ ru: playStep({ language: 'ru', prompt: ['sound:hi'], next: 'hangup' }) }));
    expect(heard(call.beginning)).toEqual(['language ru', 'play sound:hi']);
  });

  test('a prompt that cannot be played is told and passed over', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('said nothing'))).toEqual(['warn: A prompt could not be played (main)', 'timer 3000']);
  });

  test('a prompt whose end is never heard of is given up', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(call.beginning).toEqual(['answer', 'timer 180000', 'play ivr_menu']);
    expect(call.when('time')).toEqual(['warn: A prompt did not end in time (main)', 'stop-play', 'timer 3000']);
  });
});

describe('Limits and ends', () => {
  test('a circle without a wait ends with a logged error', () => {
    const call = new FlowDriver(ivr({ a: playStep({ next: 'b' }), b: playStep({ next: 'a' }) }));
    expect(call.beginning).toEqual(['error: The IVR runs in a circle (a)', 'hangup 16']);
  });

  test('a caller who never acts is hung up on after a thousand steps', () => {
    const call = new FlowDriver(ivr({ main: menuStep({ prompt: [], nothing: 'main' }) }));
    const effects = Array.from({ length: 1_000 }, () => call.when('time')).flat();
    expect(effects.slice(-2)).toEqual(['error: The IVR has been going on for too many steps (main)', 'hangup 16']);
  });

  test('an unknown step leads back to the dialplan', () => {
    const call = new FlowDriver(shippedIvr, 'toString');
    expect(call.beginning).toEqual(['error: The IVR has no such step (toString)', 'dialplan']);
  });

  test.each([
    ['dialplan', 'dialplan'],
    ['hangup', 'hangup 16'],
  ])('starting at %s ends at once', (step, expected) => {
    expect(new FlowDriver(shippedIvr, step).beginning).toEqual([expected]);
  });

  test('when the application stops, the step is finished and the dialplan goes on', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    expect(heard(call.when('leave', 'said', 'time'))).toEqual(['timer 3000', 'dialplan']);
  });

  test('when the application stops, no queue is entered', () => {
    const call = new FlowDriver(shippedIvr, 'support');
    expect(heard(call.when('leave', 'key 1', 'key 1', 'key 1', 'key 1', 'found')).at(-1)).toBe('dialplan');
  });

  test('after the end nothing moves any more', () => {
    const call = new FlowDriver(shippedIvr, 'hangup');
    expect(call.when('key 1', 'said', 'time', 'found', 'talked', 'leave')).toEqual([]);
  });

  test('an answer to an earlier wait changes nothing', () => {
    const call = new FlowDriver(shippedIvr, 'main');
    const stale = { waitId: call.state.waitId, atMs: 0 };
    call.when('said');
    const { state } = call;
    expect(call.feed({ type: 'played', outcome: 'done', ...stale })).toEqual({ state, effects: [] });
    expect(call.feed({ type: 'timer', ...stale })).toEqual({ state, effects: [] });
  });
});
