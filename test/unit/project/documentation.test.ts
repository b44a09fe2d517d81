import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { EXIT } from '../../../src/cli/exit-status.ts';
import { runCommandLine } from '../../../src/cli/program.ts';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';
import { fillReference, referenceTables } from '../../../src/config/reference.ts';
import { ScriptedTerminal } from '../../support/scripted-terminal.ts';
import { textOf } from './sources.ts';

describe('docs/configuration.md', () => {
  const page = textOf('docs/configuration.md');

  test('says of every setting what the schemas say (npm run docs)', () => {
    expect(fillReference(page)).toBe(page);
  });

  test('has a place for every table', () => {
    const places = [...page.matchAll(/<!-- settings: (.+?) -->/g)].map(([, name]) => name);
    expect(places.sort()).toEqual([...referenceTables().keys()].sort());
  });

  test('describes every setting in words', () => {
    for (const [name, table] of referenceTables()) {
      const rows = table.trim().split('\n').slice(2);
      expect({ name, rows: rows.length }).toEqual({ name, rows: expect.any(Number) });
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row).toMatch(/^\| `[^|]+` \| .{10,} \|$/);
    }
  });

  test('has examples that make up a configuration without an error', () => {
    const pieces = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => parse(match[1] ?? '') as object);
    expect(pieces.length).toBeGreaterThan(8);
    const { findings, warnings } = checkFile(stringify(Object.assign({}, ...pieces)), 'docs/configuration.md');
    expect([...findings, ...warnings].map(findingLine)).toEqual([]);
  });
});

test('docs/programme.md has examples that are each a configuration without an error', () => {
  const shipped = parse(textOf('install/queueapp.yaml')) as Record<string, object>;
  const pieces = [...textOf('docs/programme.md').matchAll(/```yaml\n(.*?)```/gs)].map((match) => parse(match[1] ?? ''));
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces as Record<string, object>[]) {
    // Each adds to the shipped sections: queues that are named there, sources that are asked there.
    const added = Object.entries(piece).map(([name, section]) => [name, { ...shipped[name], ...section }]);
    const { findings } = checkFile(stringify({ ...shipped, ...Object.fromEntries(added) }), 'docs/programme.md');
    expect(findings.map(findingLine)).toEqual([]);
  }
});

describe('docs/command-line.md', () => {
  const page = textOf('docs/command-line.md');

  const helpOf = async (...args: string[]) => {
    let text = '';
    const parts = {
      env: {},
      streams: {
        out: (more: string) => {
          text += more;
        },
        error: (more: string) => {
          text += more;
        },
      },
      version: '',
      now: () => 0,
      live: () => new ScriptedTerminal(),
      start: async () => undefined,
      check: async () => [],
      importConfiguration: () => Promise.reject(new Error('Nothing is imported here')),
    };
    await runCommandLine([...args, '--help'], parts);
    return text;
  };

  test('shows the help as the command prints it', async () => {
    expect(page).toContain(`\`\`\`text\n${await helpOf()}\`\`\``);
  });

  test.each([
    'start',
    'check',
    'import',
    'status',
    'queues',
    'log',
    'reset-counters',
    'report',
    'members',
    'calls',
    'login',
    'logout',
    'recording start',
    'recording pause',
    'recording resume',
    'recording stop',
    'recording list',
    'reload',
    'set',
    'unset',
    'personal-data list',
    'personal-data erase',
  ])('says more of %s', async (command) => {
    const usage = (await helpOf(...command.split(' ')))
      .split('\n', 1)[0]
      ?.replace('Usage: ', '')
      .replace(' [options]', '');
    expect(page).toContain(`\n## \`${usage}\`\n`);
  });

  test('says what each exit status means', () => {
    for (const status of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${status} \\| .{10,} \\|$`, 'm'));
  });
});
