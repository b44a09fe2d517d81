import { expect, test } from '@jest/globals';
import { positiveNumber, WHOLE_NUMBER_MAX, wholeNumber } from '../../../../src/core/queue/channel-variables.ts';

test.each<[string | undefined, number | null]>([
  ['5', 5],
  [' -3 ', -3],
  ['2147483648', WHOLE_NUMBER_MAX],
  ['-99999999999999999999', -WHOLE_NUMBER_MAX],
  ['', null],
  ['high', null],
  ['1e3', null],
  ['5.5', null],
  ['0x10', null],
  ['9'.repeat(21), null],
  [undefined, null],
])('what the dialplan writes as %j is the number %j', (text, number) => {
  expect(wholeNumber(text)).toBe(number);
});

test.each<[string, number | null]>([
  ['1', 1],
  ['0', null],
  ['-1', null],
  ['99999999999', WHOLE_NUMBER_MAX],
])('as a place %j is %j', (text, place) => {
  expect(positiveNumber(text)).toBe(place);
});
