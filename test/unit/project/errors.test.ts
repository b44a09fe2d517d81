import { expect, test } from '@jest/globals';
import { ERROR_CODES } from '../../../src/errors.ts';
import { filesBelow, textOf } from './sources.ts';

const codes = Object.keys(ERROR_CODES);
const page = textOf('src/errors.md');
const sections = page.split(/^## /m).slice(1);
const documented = sections.map((section) => section.split('\n', 1)[0]?.trim());

test('Every code has a section in errors.md, and every section a code', () => {
  expect(documented).toEqual(expect.arrayContaining(codes));
  expect(codes).toEqual(expect.arrayContaining(documented));
});

test('Table and page are in alphabetical order, each code once', () => {
  expect(codes).toEqual([...codes].sort());
  expect(documented).toEqual([...new Set(documented)].sort());
});

test('Every section says what happened and what to do', () => {
  for (const section of sections) {
    expect(section).toMatch(/^[A-Z0-9_]+\n\n\*\*What happened\.\*\* .{20,}\n\*\*What to do\.\*\* .{10,}/s);
  }
});

test('Every code is used by the product', () => {
  const product = ['src', 'stasis', 'xmpp', 'db'].flatMap((folder) => filesBelow(folder, /\.ts$/));
  const text = product
    .filter((path) => path !== 'src/errors.ts')
    .map(textOf)
    .join('\n');
  expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});
