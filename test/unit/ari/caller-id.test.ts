import { describe, expect, it } from '@jest/globals';
import { connectedLine, displayName, displayNumber } from '../../../stasis/ari/caller-id.ts';
import { fc } from '../../support/property.ts';

describe('the name that a phone shows', () => {
  it.each([
    ['Support: Company 1', 'Support: Company 1'],
    ['Müller & Söhne (München), 日本', 'Müller & Söhne (München), 日本'],
    ['O"Hara" <sip:evil@example.org>', 'O Hara sip:evil@example.org'],
    ['Alice\r\nX-Evil: 1', 'Alice X-Evil: 1'],
    ['a\u0000b\tc\u007f\u0085\u2028d', 'a b c d'],
    ['😀 emoji 👨‍👩‍👧', 'emoji'],
    ['back\\slash `tick`', 'back slash tick'],
    ['lone \ud800 surrogate', 'lone surrogate'],
    ['   ', ''],
    ['', ''],
  ])('makes %j into %j', (name, expected) => {
    expect(displayName(name)).toBe(expected);
  });

  it('is never longer than 80 characters, whatever comes in', () => {
    expect(displayName('x'.repeat(10_000))).toHaveLength(80);
    expect([...displayName('𠀀'.repeat(10_000))]).toHaveLength(80);
  });

  it('never holds what could end the header or the quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        expect(displayName(name)).not.toMatch(/["<>\\\p{C}\n\r]/u);
      }),
    );
  });
});

describe('the number that a phone shows', () => {
  it.each([
    ['+49301234567', '+49301234567'],
    ['*56#', '*56#'],
    ['alice.smith-2_x', 'alice.smith-2_x'],
    ['7>\r\nX-Evil: 1;a=b', '7X-Evil1ab'],
    ['1'.repeat(500), '1'.repeat(40)],
    ['😀', ''],
  ])('makes %j into %j', (number, expected) => {
    expect(displayNumber(number)).toBe(expected);
  });
});

it('sets the connected line without an update, and says anonymous for a withheld number', () => {
  expect(connectedLine({ number: '2000', name: 'Support' })).toEqual({
    'CONNECTEDLINE(name,i)': 'Support',
    'CONNECTEDLINE(num,i)': '2000',
  });
  expect(connectedLine({ number: null, name: null })).toEqual({
    'CONNECTEDLINE(name,i)': '',
    'CONNECTEDLINE(num,i)': 'anonymous',
  });
});
