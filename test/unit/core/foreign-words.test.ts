import { describe, expect, test } from '@jest/globals';
import { fillCallerId } from '../../../src/core/caller-id.ts';
import { asDeviceState, DEVICE_STATES, isRingable } from '../../../src/core/device-state.ts';
import { readEntryPoint } from '../../../src/core/entry-point.ts';
import { fc } from '../../support/property.ts';

describe('readEntryPoint', () => {
  test('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => typeof readEntryPoint(args).type === 'string'),
      { seed: 20_261_120, numRuns: 1_000 },
    );
  });
});

describe('fillCallerId', () => {
  const customer = { id: '17', name: 'Company 1', code: '1111', fields: {} };
  const caller = { number: '2000', name: 'Anna' };
  const fill = (name: string, values: object = {}) =>
    fillCallerId({ name, number: '{caller}' }, { queueTitle: 'Support', customer, caller, ...values });

  test('all placeholders', () => {
    expect(fill('{queue} {customer} {id} {code} {caller} {name}').name).toBe('Support Company 1 17 1111 2000 Anna');
  });

  test('without a customer: the name, then the number, then nothing', () => {
    expect(fill('{customer}', { customer: null }).name).toBe('Anna');
    expect(fill('{customer}', { customer: null, caller: { number: '2000', name: null } }).name).toBe('2000');
    expect(fill('{customer}', { customer: null, caller: { number: '2000', name: '' } }).name).toBe('2000');
    const nobody = { number: null, name: null };
    expect(fill('{customer}', { customer: null, caller: nobody })).toEqual({ name: null, number: null });
  });

  test('placeholders in what comes from outside are not filled, and unknown ones stay', () => {
    expect(fill('{customer}', { customer: { ...customer, name: '{code}$&{id}' } }).name).toBe('{code}$&{id}');
    expect(fill('{constructor} {toString} {other}').name).toBe('{constructor} {toString} {other}');
  });
});

describe('device states', () => {
  test('only a free or unknown phone is rung; a word never heard of is unknown', () => {
    expect(DEVICE_STATES.filter(isRingable)).toEqual(['UNKNOWN', 'NOT_INUSE']);
    expect([asDeviceState('INUSE'), asDeviceState('DANCING'), asDeviceState('')]).toEqual([
      'INUSE',
      'UNKNOWN',
      'UNKNOWN',
    ]);
  });
});
