import { describe, expect, test } from '@jest/globals';
import { BRACES_MAX, expandBraces, isPattern, nameMatcher } from '../../../src/import/asterisk/glob.ts';
import { fc } from '../../support/property.ts';

describe('A pattern of an include', () => {
  test.each([
    ['*.conf', ['a.conf', '.conf', 'b.txt', '.a.conf'], ['a.conf']],
    ['.*', ['a', '.a'], ['.a']],
    ['queue?.conf', ['queue1.conf', 'queue12.conf', 'queue.conf'], ['queue1.conf']],
    ['q[0-9].conf', ['q1.conf', 'qa.conf'], ['q1.conf']],
    ['q[!0-9].conf', ['q1.conf', 'qa.conf'], ['qa.conf']],
    ['q[^a]', ['qa', 'q^', 'qb'], ['q^', 'qb']],
    ['q[]x]', ['q]', 'qx', 'q['], ['q]', 'qx']],
    ['q[z-a]', ['qz', 'qa'], []],
    ['a\\*b', ['a*b', 'axb'], ['a*b']],
    ['**a*', ['a', 'ba', 'bab', 'b'], ['a', 'ba', 'bab']],
    ['q.(x)+$', ['q.(x)+$', 'qq(x)'], ['q.(x)+$']],
    ['ü?', ['üx', 'ü😀', 'u'], ['üx', 'ü😀']],
  ])('%s', (pattern, names, expected) => {
    expect(names.filter(nameMatcher(pattern))).toEqual(expected);
  });

  test.each([
    ['a.conf', ['a.conf']],
    ['{a,b}.conf', ['a.conf', 'b.conf']],
    ['{a,b{1,2}}x', ['ax', 'b1x', 'ax', 'b2x']],
    ['a{b', ['a{b']],
    ['a{}b', ['ab']],
  ])('%s with braces', (pattern, expected) => {
    expect(expandBraces(pattern)).toEqual(expected);
  });

  test('braces that multiply have an end, and so has a pattern of many stars', () => {
    expect(expandBraces('{a,b}'.repeat(40)).length).toBeLessThanOrEqual(BRACES_MAX);
    expect(nameMatcher(`${'*a'.repeat(60)}b`)('a'.repeat(5000))).toBe(false);
  });

  test('is told from a name', () => {
    expect(['a.conf', '/etc/asterisk/a b.conf'].map(isPattern)).toEqual([false, false]);
    expect(['a*', 'a?', '[a]', '{a,b}'].map(isPattern)).toEqual([true, true, true, true]);
  });

  test('whatever it is: a name that is matched letter by letter matches', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 20 }), (name, pattern) => {
        const literal = name.replace(/[\\*?[]/g, '\\$&');
        expect(nameMatcher(literal)(name)).toBe(true);
        expect(typeof nameMatcher(pattern)(name)).toBe('boolean');
        expect(expandBraces(pattern).length).toBeGreaterThan(0);
      }),
    );
  });
});
