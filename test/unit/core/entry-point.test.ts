import { describe, expect, test } from '@jest/globals';
import { readEntryPoint } from '../../../src/core/entry-point.ts';

describe('The arguments of Stasis()', () => {
  test.each([
    [[], { type: 'start' }],
    [[''], { type: 'start' }],
    [['menu', 'main'], { type: 'menu', step: 'main' }],
    [['queue', 'support'], { type: 'queue', queue: 'support' }],
    [['login', 'support'], { type: 'login', queue: 'support' }],
    [['logout', 'support'], { type: 'logout', queue: 'support' }],
    [['pause', 'support'], { type: 'pause', queue: 'support', reason: '' }],
    [['pause', 'support', 'lunch', ' late'], { type: 'pause', queue: 'support', reason: 'lunch, late' }],
    [['pause'], { type: 'pause', queue: null, reason: '' }],
    [['unpause', '', 'back'], { type: 'unpause', queue: null, reason: 'back' }],
    [['42|Company 1'], { type: 'customer', id: '42', name: 'Company 1' }],
    [['42|Company, Sons', ' and | Daughters'], { type: 'customer', id: '42', name: 'Company, Sons, and | Daughters' }],
    [['42|'], { type: 'customer', id: '42', name: '' }],
    [['leg', 'attempt'], { type: 'leg' }],
    [['menu'], { type: 'unknown', args: ['menu'] }],
    [['queue', ''], { type: 'unknown', args: ['queue', ''] }],
    [['dance', 'support'], { type: 'unknown', args: ['dance', 'support'] }],
    [['|Nobody'], { type: 'unknown', args: ['|Nobody'] }],
  ])('%j', (args, expected) => {
    expect(readEntryPoint(args)).toEqual(expected);
  });
});
