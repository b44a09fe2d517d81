import { describe, expect, test } from '@jest/globals';
import { combinedState, DEVICE_STATES, type DeviceState } from '../../../src/core/device-state.ts';

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
