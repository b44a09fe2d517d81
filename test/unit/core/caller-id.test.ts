import { describe, expect, test } from '@jest/globals';
import { fillCallerId } from '../../../src/core/caller-id.ts';

const TEMPLATE = { name: '{queue}: {customer}', number: '{caller}' };
const CUSTOMER = { id: '1', name: 'Company {id}', code: '1111', fields: {} };

describe('What the phone shows', () => {
  test('is the template filled in, once: a customer named like a placeholder stays as named', () => {
    const values = { queueTitle: 'Support', customer: CUSTOMER, caller: { number: '2000', name: 'Ann' } };
    expect(fillCallerId(TEMPLATE, values)).toEqual({ name: 'Support: Company {id}', number: '2000' });
    expect(fillCallerId({ name: '{id}/{code}/{name}/{what}', number: '' }, values)).toEqual({
      name: '1/1111/Ann/{what}',
      number: null,
    });
  });

  test.each([
    ['the name', { number: '2000', name: 'Ann' }, 'Support: Ann'],
    ['else the number', { number: '2000', name: null }, 'Support: 2000'],
    ['else nothing', { number: null, name: null }, 'Support:'],
  ])('is, without a customer, %s of the caller', (_, caller, name) => {
    const shown = fillCallerId(TEMPLATE, { queueTitle: 'Support', customer: null, caller });
    expect(shown).toEqual({ name, number: caller.number });
  });
});
