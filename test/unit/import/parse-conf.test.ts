import { describe, expect, test } from '@jest/globals';
import { findingLine } from '../../../src/config/findings.ts';
import { COMMENT_DEPTH_MAX } from '../../../src/import/asterisk/comments.ts';
import {
  FINDINGS_MAX,
  INCLUDE_DEPTH_MAX,
  LINE_LENGTH_MAX,
  parseConf,
} from '../../../src/import/asterisk/parse-conf.ts';
import { confTable } from '../../support/import/conf-table.ts';
import { fc } from '../../support/property.ts';

type Files = Readonly<Record<string, string>>;

const parsed = (files: string | Files) =>
  parseConf('q.conf', confTable(typeof files === 'string' ? { 'q.conf': files } : files));

/** Sections as people would write them down: `name(!): option=value@line, …`. */
function read(files: string | Files): string[] {
  const result = parsed(files);
  if ('findings' in result) throw new Error(result.findings.map(findingLine).join('\n'));
  return result.conf.sections.map(({ name, isTemplate, options }) => {
    const written = options.map((option) => `${option.name}=${option.value}@${option.line}`);
    return `${name}${isTemplate ? '(!)' : ''}: ${written.join(', ')}`;
  });
}

function refused(files: string | Files): string[] {
  const result = parsed(files);
  return 'findings' in result ? result.findings.map(findingLine) : [];
}

function remarks(files: string | Files): string[] {
  const result = parsed(files);
  if ('findings' in result) throw new Error(result.findings.map(findingLine).join('\n'));
  return result.conf.remarks.map(({ file, line, text }) => `${file}:${line} ${text}`);
}

describe('A configuration of Asterisk: sections and options', () => {
  test.each([
    ['= and => mean the same', '[a]\nx=1\ny => 2\nz = >3', ['a: x=1@2, y=2@3, z=>3@4']],
    ['spaces around names and values are dropped', '  [a]  \n  x  =  1 2  \t\r\n', ['a: x=1 2@2']],
    ['a value may hold further equal signs, and be empty', '[a]\nx=b=c\ny=', ['a: x=b=c@2, y=@3']],
    ['the same option twice stays twice', '[a]\nm=>1\nm=>2', ['a: m=1@2, m=2@3']],
    ['the same section twice stays twice', '[a]\nx=1\n[a]\nx=2', ['a: x=1@2', 'a: x=2@4']],
    ['+= adds to the last of the name', '[a]\nx=1\nx=2\nx+=,3', ['a: x=1@2, x=2,3@4']],
    ['+= without one before is =', '[a]\nx+=3', ['a: x=3@2']],
    ['a backslash lets a name begin with [ or #', '[a]\n\\[x]=1\n\\#y=2', ['a: [x]=1@2, #y=2@3']],
    ['a byte order mark is no text', '\uFEFF[a]\nx=1', ['a: x=1@2']],
    ['an empty file is an empty configuration', '', []],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('A configuration of Asterisk: comments', () => {
  test.each([
    ['to the end of the line', '[a] ; one\nx=1;two\n;y=2\n z=3', ['a: x=1@2, z=3@4']],
    ['an escaped semicolon is text', '[a]\nx=1\\;2;3', ['a: x=1;2@2']],
    ['over several lines', '[a]\nx=1 ;-- here\ny=2\n--; z=3', ['a: x=1@2, z=3@4']],
    ['within one line', '[a]\nx=1;-- 2 --;3', ['a: x=13@2']],
    ['within each other', '[a]\n;-- one ;-- two --;\nx=1\n--;\ny=2', ['a: y=2@5']],
    ['hyphens are used once', '[a]\n;--;\nx=1\n--;\ny=2', ['a: y=2@5']],
    ['a drawn line is an ordinary comment', '[a]\n;------\nx=1', ['a: x=1@3']],
    ['in a block a semicolon is nothing', '[a]\n;--\n; x\n--;\ny=2', ['a: y=2@5']],
    ['what looks like an end in text is a comment', '[a]\nx=1 --; y\nz=2', ['a: x=1 --@2, z=2@3']],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('one that never ends is told where it began, for all behind it would be lost', () => {
    expect(refused('[a]\nx=1\n;-- oh\ny=2')).toEqual(['q.conf:3:1: begins a comment (;--) that never ends (--;)']);
  });

  test('too many within each other are refused', () => {
    expect(refused(';-- '.repeat(COMMENT_DEPTH_MAX + 1))).toEqual([
      'q.conf:1:1: has a comment (;-- … --;) within too many others',
    ]);
  });
});

describe('A configuration of Asterisk: templates', () => {
  test.each([
    ['a template stands apart', '[t](!)\nx=1', ['t(!): x=1@2']],
    ['its options come before the own ones', '[t](!)\nx=1\n[a](t)\ny=2', ['t(!): x=1@2', 'a: x=1@2, y=2@4']],
    [
      'of several, in their order',
      '[t](!)\nx=1\n[u](!)\nx=2\n[a](u,t)',
      ['t(!): x=1@2', 'u(!): x=2@4', 'a: x=2@4, x=1@2'],
    ],
    ['a section is one, too, and case does not count', '[A]\nx=1\n[b](a)', ['A: x=1@2', 'b: x=1@2']],
    [
      'a template of a template',
      '[t](!)\nx=1\n[u](!,t)\ny=2\n[a](u)',
      ['t(!): x=1@2', 'u(!): x=1@2, y=2@4', 'a: x=1@2, y=2@4'],
    ],
    [
      'what is added later is not inherited',
      '[t](!)\nx=1\n[a](t)\n[t](+TEMPLATES=include)\ny=2',
      ['t(!): x=1@2, y=2@5', 'a: x=1@2'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ['(+) goes on with the section', '[a]\nx=1\n[b]\n[a](+)\ny=2', ['a: x=1@2, y=2@5', 'b: ']],
    ['(+) finds the first of several', '[a]\nx=1\n[a]\nx=2\n[a](+)\ny=3', ['a: x=1@2, y=3@6', 'a: x=2@4']],
    ['(+name=value) finds the one that has it', '[a]\nx=1\n[a]\nx=2\n[a](+x=2)\ny=3', ['a: x=1@2', 'a: x=2@4, y=3@6']],
    ['(+,t) inherits besides', '[t](!)\nz=9\n[a]\nx=1\n[a](+,t)\ny=2', ['t(!): z=9@2', 'a: x=1@4, z=9@2, y=2@6']],
    ['(t,+) does so, too', '[t](!)\nz=9\n[a]\nx=1\n[a](t,+)', ['t(!): z=9@2', 'a: x=1@4, z=9@2']],
    [
      '(!,+TEMPLATES=restrict) finds only templates',
      '[a](!)\nx=1\n[a](+TEMPLATES=restrict)\ny=2',
      ['a(!): x=1@2, y=2@4'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('what stands behind the brackets is told, for Asterisk does not read it', () => {
    expect(remarks('[t](!)\n[a] (t)')).toEqual(['q.conf:2 Asterisk does not read what stands behind [a]: "(t)"']);
  });
});

describe('A configuration of Asterisk: includes', () => {
  const main = (line: string) => `[a]\nx=1\n${line}\nz=3`;

  test.each([
    ['by name', '#include b.conf', { 'b.conf': 'y=2' }, ['a: x=1@2, y=2@1, z=3@4']],
    ['in quotes', '#include "b.conf"', { 'b.conf': 'y=2' }, ['a: x=1@2, y=2@1, z=3@4']],
    ['in angle brackets, capital letters', '#INCLUDE <b.conf>', { 'b.conf': 'y=2' }, ['a: x=1@2, y=2@1, z=3@4']],
    [
      'by pattern, sorted',
      '#include b*.conf',
      { 'b2.conf': 'y=2', 'b1.conf': 'y=1' },
      ['a: x=1@2, y=1@1, y=2@1, z=3@4'],
    ],
    ['by braces', '#include {c,b}.conf', { 'b.conf': 'y=2', 'c.conf': 'y=3' }, ['a: x=1@2, y=3@1, y=2@1, z=3@4']],
    ['with sections of its own', '#include b.conf', { 'b.conf': '[b]\ny=2' }, ['a: x=1@2, z=3@4', 'b: y=2@2']],
    ['tried, and not there', '#tryinclude b.conf', {}, ['a: x=1@2, z=3@4']],
    [
      'one after another, going on with the newest section',
      '#include b.conf\n#include c.conf',
      { 'b.conf': '[b]', 'c.conf': 'y=2' },
      ['a: x=1@2, z=3@5', 'b: y=2@1'],
    ],
  ])('%s', (_what, line, files, expected) => {
    expect(read({ 'q.conf': main(line), ...files })).toEqual(expected);
  });

  test('a template of an included file can be used', () => {
    expect(read({ 'q.conf': '#include t.conf\n[a](t)', 't.conf': '[t](!)\nx=1' })).toEqual(['t(!): x=1@2', 'a: x=1@2']);
  });

  test('one that was tried and is not there is told', () => {
    expect(remarks('#tryinclude b.conf')).toEqual(['q.conf:1 #tryinclude: there is no file b.conf']);
  });

  test('a comment ends with its file', () => {
    expect(refused({ 'q.conf': '[a]\n#include b.conf\nx=1', 'b.conf': 'y=1\n;-- oh' })).toEqual([
      'b.conf:2:1: begins a comment (;--) that never ends (--;)',
    ]);
  });
});

describe('What is damaged is told with file and line, all of it at once', () => {
  test.each([
    ['[a', 'the name of a section has no closing ]'],
    ['[]', 'a section needs a name between [ and ]'],
    ['[a](t', 'what follows [a] has no closing )'],
    ['[a](t)', 'there is no section or template [t] above that [a] could inherit from'],
    ['[a](a)', 'there is no section or template [a] above that [a] could inherit from'],
    ['[a]()', 'a name is missing between ( and )'],
    ['[a](+)', 'there is no section [a] that (+) could add to; a template is added to with (+TEMPLATES=include)'],
    ['[a](+x=.*)', 'the condition x=.* of (+) is not understood; give the section a name of its own'],
    ['x=1', 'stands before the first [section]'],
    ['#include', '#include needs the name of a file'],
    ['#include gone.conf', '#include: there is no file gone.conf'],
    ['#include gone*.conf', '#include: there is no file gone*.conf'],
    ['#include q.conf', 'files include each other in a circle: q.conf → q.conf'],
    [
      '#exec "/bin/rm x"',
      '#exec /bin/rm x is not carried out by an import; run it, write what it prints into a file, and name that file in an #include',
    ],
    ['#define X', 'there is no directive #define (there are: #include, #tryinclude, #exec)'],
  ])('%s', (line, reason) => {
    expect(refused(`\n\n${line}`)).toEqual([`q.conf:3:1: ${reason}`]);
  });

  test.each([
    ['x', 'expected name = value, got "x"'],
    ['= 1', 'a name is missing before =, got "= 1"'],
    ['=> 1', 'a name is missing before =, got "=> 1"'],
    ['\\=', 'expected name = value, got "\\\\="'],
  ])('%s in a section', (line, reason) => {
    expect(refused(`[a]\n${line}`)).toEqual([`q.conf:2:1: ${reason}`]);
  });

  test('circles over several files are told with their way', () => {
    const files = { 'q.conf': '#include b.conf', 'b.conf': '\n#include c.conf', 'c.conf': '#include b.conf' };
    expect(refused(files)).toEqual(['c.conf:1:1: files include each other in a circle: b.conf → c.conf → b.conf']);
  });

  test('too many files within each other are refused', () => {
    const files = Object.fromEntries(
      Array.from({ length: INCLUDE_DEPTH_MAX + 1 }, (_, index) => [`${index}.conf`, `#include ${index + 1}.conf`]),
    );
    expect(refused({ 'q.conf': '#include 0.conf', ...files })).toEqual([
      `${INCLUDE_DEPTH_MAX - 2}.conf:1:1: files include each other more than ${INCLUDE_DEPTH_MAX} deep`,
    ]);
  });

  test('a file that is not there, a folder: the reason is said of the file itself', () => {
    expect(parseConf('gone.conf', confTable({}))).toEqual({
      findings: [{ file: 'gone.conf', line: 1, column: 1, path: [], reason: 'there is no such file' }],
    });
  });

  test('a line that Asterisk would pass over', () => {
    expect(refused(`[a]\n${'x'.repeat(LINE_LENGTH_MAX - 2)}=1`)).toEqual([]);
    expect(refused(`[a]\n${'x'.repeat(LINE_LENGTH_MAX - 1)}=1`)).toEqual([
      `q.conf:2:1: is longer than ${LINE_LENGTH_MAX} characters; Asterisk passes over such a line`,
    ]);
  });

  test('several faults are several lines, up to a limit', () => {
    expect(refused('[a]\nx\ny=1\nz')).toHaveLength(2);
    expect(refused(`[a]\n${'x\n'.repeat(1000)}`)).toHaveLength(FINDINGS_MAX);
  });

  test('templates that double each other end in a message and not in a full memory', () => {
    const doubling = Array.from({ length: 60 }, (_, index) => `[t${index + 1}](!,t${index},t${index})`);
    expect(refused(['[t0](!)', 'x=1', ...doubling].join('\n'))).toEqual([
      expect.stringMatching(/^q\.conf:\d+:1: there are more than 100000 options/),
    ]);
  });

  test('files that include a hundred others end in a message', () => {
    const files = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`${index}.conf`, '#include ?.conf\n']));
    expect(refused({ 'q.conf': '#include ?.conf', ...files }).length).toBeGreaterThan(0);
  });
});

describe('Whatever a file holds', () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      '[a]',
      '[a](!)',
      '[b](a)',
      '[a](+)',
      '(',
      ')',
      ']',
      ';',
      ';--',
      '--;',
      '\\;',
      '\\',
      '=',
      '=>',
      '+=',
      '\n',
      '\r\n',
    ),
    fc.constantFrom(
      '#include q.conf',
      '#include *',
      '#exec x',
      '#tryinclude "{a,b}*[',
      'member => PJSIP/1,2',
      '\u0000',
      '\uFFFF',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );

  test('the answer is a configuration or findings with a place; nothing is thrown, and it ends', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.array(pieces, { maxLength: 10 }), (main, other) => {
        const text = main.join('');
        const result = parsed({ 'q.conf': text, 'a.conf': other.join('') });
        if ('conf' in result) return;
        expect(result.findings.length).toBeGreaterThan(0);
        for (const { file, line } of result.findings) {
          const lines = (file === 'q.conf' ? text : other.join('')).split('\n').length;
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what is read twice is read the same, and comments at the end of every line change nothing', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9/.,-]{0,8}$/);
    const section = fc.tuple(word, fc.array(fc.tuple(word, word), { maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(section, { maxLength: 5 }), (sections) => {
        const lines = sections.flatMap(([name, options]) => [`[${name}]`, ...options.map((each) => each.join(' = '))]);
        const plain = read(lines.join('\n'));
        expect(plain).toHaveLength(sections.length);
        expect(read(lines.map((line) => `${line} ; comment [x] = y`).join('\r\n'))).toEqual(plain);
      }),
    );
  });
});
