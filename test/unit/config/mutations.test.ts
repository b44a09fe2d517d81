import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';
import { nearest } from '../../../src/config/nearest.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { fc } from '../../support/property.ts';

const shipped = readFileSync(shippedPath('install/queueapp.yaml'), 'utf8');
const lines = shipped.split('\n');

const nonsense = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    '[]',
    'null',
    '~',
    '-1',
    '1e9',
    '*a',
    '&a',
    '!!binary x',
    '{a: {b: {c: 1}}}',
    '[[[]]]',
    '"\\u0000"',
    '0x10',
    '.inf',
    '2026-11-20',
    '| x',
    '? x',
    "'",
  ),
  fc.string({ maxLength: 30 }),
);

test('Whatever a line of the shipped file is replaced by: the answer is findings with a place, never a crash', () => {
  const changed = fc.record({ index: fc.nat({ max: lines.length - 1 }), value: nonsense, keepKey: fc.boolean() });
  fc.assert(
    fc.property(fc.array(changed, { minLength: 1, maxLength: 4 }), (changes) => {
      const text = [...lines];
      for (const { index, value, keepKey } of changes) {
        const key = /^\s*[\w'-]+:/.exec(text[index] ?? '')?.[0];
        text[index] = keepKey && key ? `${key} ${value}` : value;
      }
      const { value, findings } = checkFile(text.join('\n'), 'queueapp.yaml');
      expect(value === null).toBe(findings.length > 0);
      for (const finding of findings) {
        expect(finding.line).toBeGreaterThanOrEqual(1);
        expect(finding.line).toBeLessThanOrEqual(text.join('\n').split(/\r\n|\r|\n/).length);
        expect(findingLine(finding)).toMatch(/^queueapp\.yaml:\d+:\d+[: ]/);
        expect(findingLine(finding)).not.toContain('\n');
      }
    }),
    { numRuns: 100 },
  );
});

test('Every setting of the shipped file, misspelt by one letter, is told with the right one', () => {
  const settings = lines.flatMap((line, index) => {
    const [, indent = '', key = ''] = /^(\s*)([a-z][a-z-]{3,}):/.exec(line) ?? [];
    return key === '' ? [] : [{ index, indent, key }];
  });
  // Names that an administrator gives are no settings: misspelling one is a reference that leads nowhere.
  const given = [
    'customer-by-code',
    'own-table',
    'support',
    'welcome',
    'main',
    'sales',
    'reception',
    'support-queue',
    'goodbye',
  ];
  const checked = settings.filter(({ key }) => !given.includes(key));
  expect(checked.length).toBeGreaterThan(50);
  for (const { index, indent, key } of checked) {
    const wrong = `${key.slice(0, 2)}${key.slice(3)}`;
    const text = lines.map((line, at) =>
      at === index ? line.replace(`${indent}${key}:`, `${indent}${wrong}:`) : line,
    );
    const told = checkFile(text.join('\n'), 'queueapp.yaml').findings.map(findingLine);
    expect(told.join('\n')).toContain(`queueapp.yaml:${index + 1}:${indent.length + 1}`);
    expect(told.join('\n')).toContain(`did you mean "${key}"?`);
  }
});

test('The nearest name is found across spelling habits, and nothing is suggested that is not near', () => {
  const known = ['ring-timeout', 'retry', 'max-wait', 'wrap-up'];
  expect(nearest('ringTimeout', known)).toBe('ring-timeout');
  expect(nearest('ring_timeout', known)).toBe('ring-timeout');
  expect(nearest('rnig-timeout', known)).toBe('ring-timeout');
  expect(nearest('wrapup', known)).toBe('wrap-up');
  expect(nearest('colour', known)).toBeNull();
  expect(nearest('', known)).toBeNull();
  expect(nearest('x'.repeat(100_000), known)).toBeNull();
});
