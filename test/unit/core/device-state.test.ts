import { describe, expect, test } from '@jest/globals';
import { combinedState, DEVICE_STATES, type DeviceState, stateAcross } from '../../../src/core/device-state.ts';

describe('The state of several devices together', () => {
  test.each<[readonly DeviceState[], DeviceState]>([
    [['NOT_INUSE', 'UNAVAILABLE'], 'NOT_INUSE'],
    [['NOT_INUSE', 'INUSE'], 'INUSE'],
    [['RINGING', 'NOT_INUSE'], 'RINGING'],
    [['RINGING', 'ONHOLD'], 'RINGINUSE'],
    [['RINGING', 'BUSY'], 'RINGINUSE'],
    [['UNAVAILABLE', 'UNKNOWN'], 'UNAVAILABLE'],
    [['INVALID', 'UNKNOWN'], 'NOT_INUSE'],
    [['INVALID', 'INVALID'], 'UNAVAILABLE'],
  ])('%j is %s', (states, combined) => {
    expect(combinedState(states)).toBe(combined);
    expect(combinedState([...states].reverse())).toBe(combined);
  });

  test.each(DEVICE_STATES)('of %s alone is that, as far as a hint can tell', (state) => {
    const told = { UNKNOWN: 'NOT_INUSE', INVALID: 'UNAVAILABLE' } as const;
    expect(combinedState([state])).toBe(state === 'UNKNOWN' || state === 'INVALID' ? told[state] : state);
  });
});

describe('a device that several switches know', () => {
  const cases: [string, DeviceState[], DeviceState][] = [
    ['is there when it is registered anywhere', ['UNAVAILABLE', 'NOT_INUSE'], 'NOT_INUSE'],
    ['is in use when it is in use anywhere', ['NOT_INUSE', 'INUSE'], 'INUSE'],
    ['rings when it rings anywhere', ['UNAVAILABLE', 'RINGING'], 'RINGING'],
    ['rings while it is in use elsewhere', ['INUSE', 'RINGING'], 'RINGINUSE'],
    ['may be there when one of them can’t tell', ['UNKNOWN', 'UNAVAILABLE'], 'UNKNOWN'],
    ['is free when one can’t tell and another says so', ['UNKNOWN', 'NOT_INUSE'], 'NOT_INUSE'],
    ['is away when nobody has it', ['UNAVAILABLE', 'INVALID'], 'UNAVAILABLE'],
    ['is none when no switch has heard of it', ['INVALID', 'INVALID'], 'INVALID'],
    ['is not known without a switch', [], 'UNKNOWN'],
  ];

  test.each(cases)('%s', (_what, states, state) => {
    expect(stateAcross(states)).toBe(state);
    expect(stateAcross([...states].reverse())).toBe(state);
  });

  test.each(DEVICE_STATES)('of one switch is what that one says: %s', (state) => {
    expect(stateAcross([state])).toBe(state);
  });
});
