import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { findingLine } from '../../../src/config/findings.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import type { ImportOptions } from '../../../src/import/report.ts';
import { runImport } from '../../../src/import.ts';
import { SAMPLE_OPTIONS } from '../../support/import/sample-options.ts';
import { RunningCommand } from '../check/command.ts';

jest.setTimeout(180_000);

/** `FOLDER VERSION` */
const [root = '/'] = execFileSync(join(CHECKOUT, 'install/asterisk.sh'), { encoding: 'utf8' }).trim().split(' ');
/** Samples as Asterisk ships them and as Debian installs them. */
const SAMPLE_FOLDERS = ['usr/share/asterisk/conf/samples', 'etc/asterisk', 'usr/share/asterisk/conf/basic-pbx'].map(
  (folder) => join(root, folder),
);

let folder: string;
const all: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queueapp-import-'));
  all.push(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => expect(all.filter((each) => existsSync(each))).toEqual([]));

const at = (name: string) => join(folder, name);
const options = (over: Partial<ImportOptions> = {}): ImportOptions => ({
  ...{ files: [], named: {}, output: at('out.yaml'), sql: at('out.sql'), force: false, isDryRun: false },
  ...over,
});

/** What `queueapp check` reads first, and refuses to go on without. */
function loaded() {
  const { config, warnings } = loadConfig({ file: at('out.yaml'), env: { ARI_PASSWORD: 'x' } });
  return { config, odd: warnings.map(findingLine) };
}

function sample(name: string): string {
  const places = SAMPLE_FOLDERS.flatMap((each) => [join(each, `${name}.sample`), join(each, name)]);
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${root} has no sample of ${name}`);
  return found;
}

/** A sample with every section and option that is commented out switched on; of alternatives (`yes|no|once`) the first. `<…>` is syntax. */
function switchedOn(name: string): string {
  return readFileSync(sample(name), 'utf8')
    .replace(/^; ?(?=\[[\w-]+\]|[a-z][\w-]*\s*=(?!>?\s*<))/gm, '')
    .replace(/^([a-z][\w-]*\s*=\s*\w+)\|[\w|]+/gm, '$1');
}

describe("Asterisk's own files", () => {
  test('the samples become a configuration that is accepted', async () => {
    const files = ['queues.conf', 'queuerules.conf', 'musiconhold.conf'].map(sample);
    const [queues, queuerules, musiconhold] = files;
    const report = await runImport(options({ named: { queues, queuerules, musiconhold } }));
    expect(report.read).toEqual(files);
    const { config, odd } = loaded();
    expect(odd).toEqual([]);
    expect(config.queues.length).toBeGreaterThan(0);
    expect(report.entries.length).toBeGreaterThan(3);
  });

  test('with every option of the samples switched on each is taken, changed, or left with a reason; none is unknown', async () => {
    const names = ['queues.conf', 'queuerules.conf', 'musiconhold.conf'];
    for (const name of names) writeFileSync(at(name), switchedOn(name));
    const report = await runImport(options({ files: names.map(at) }));
    const { config } = loaded();
    expect(config.queues.map(({ name }) => name)).toEqual(['markq']);
    expect(config.musicClasses.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['default', 'native-random', 'native-alphabetical']),
    );
    const read = report.entries.filter(({ verdict }) => verdict !== 'default');
    expect(read.length).toBeGreaterThan(100);
    for (const { option, verdict, note } of read) {
      expect(`${option}: ${note}`).not.toContain('no such option');
      if (verdict !== 'taken') expect(`${option}: ${note}`).toMatch(/: .{4,}/);
    }
    // Whatever a newer Asterisk shows, the table of names knows it.
    const named: readonly string[] = Object.values(SAMPLE_OPTIONS).flat();
    expect([...new Set(read.map(({ option }) => option))].filter((option) => !named.includes(option))).toEqual([]);
  });

  test('a small office of the samples: both queues with all their people', async () => {
    const files = ['queues.conf', 'musiconhold.conf'].map((name) =>
      join(root, 'usr/share/asterisk/conf/basic-pbx', name),
    );
    const report = await runImport(options({ files: files.filter((file) => existsSync(file)) }));
    expect(report.rows).toEqual({ extensions: 6, members: 6, customers: 0 });
    expect(loaded().config.queues.map(({ name, strategy }) => `${name} ${strategy}`)).toEqual([
      'sales ringall',
      'customer_advocate ringall',
    ]);
  });

  test("the private stack's own files", async () => {
    const files = ['queues.conf', 'queuerules.conf', 'musiconhold.conf'].map((name) =>
      shippedPath(`install/asterisk/${name}`),
    );
    const { remarks } = await runImport(options({ files }));
    const { config, odd } = loaded();
    expect(config.queues.map(({ name, strategy }) => [name, strategy])).toEqual([
      ['support', 'leastrecent'],
      ['support-kept', 'leastrecent'],
      ['bench', 'leastrecent'],
    ]);
    expect(odd).toEqual([]);
    expect(remarks.map(({ text }) => text)).toEqual(['#tryinclude: there is no file queues-members.conf']);
  });
});

describe('queueapp import', () => {
  const run = (...args: string[]) =>
    new RunningCommand(['import', '--output', at('out.yaml'), '--members-sql', at('out.sql'), ...args], {}).end();

  test('writes both files and says what became of each line', async () => {
    writeFileSync(at('queues.conf'), '[sales]\ntimeout = 20\nbogus = 1\nmember => PJSIP/1000,0,Ann\n');
    const { status, out, error } = await run(at('queues.conf'));
    expect([status, error]).toEqual([0, '']);
    expect(out).toContain('  taken    line 2: timeout = 20 → queues.sales.ring-timeout\n');
    expect(out).toContain('  left     line 3: bogus = 1\n');
    expect(out).toMatch(
      /2 taken, 0 changed, \d+ defaults written out, 1 left; rows: 1 extension, 1 membership, 0 customers\n$/,
    );
    expect(loaded().config.queues[0]).toMatchObject({ name: 'sales', ringTimeoutMs: 20_000 });
    expect(readFileSync(at('out.sql'), 'utf8')).toContain("('1000', 'PJSIP/1000', 'Ann', null, null, null)");
  });

  test.each([
    ['a folder', () => [folder], () => `${folder}:1:1: is a folder; name its files`],
    [
      'a file of another name',
      () => [at('sip.conf')],
      () => `${at('sip.conf')}:1:1: is none of queues.conf, queuerules.conf`,
    ],
    ['nothing at all', () => [at('queues.conf.bak')], () => `${at('queues.conf.bak')}:1:1: there is no such file`],
    [
      'a damaged file',
      () => ['--queues', at('damaged')],
      () => `${at('damaged')}:2:1: expected name = value, got "stra"`,
    ],
    [
      'what is no text',
      () => ['--queues', at('picture')],
      () => `${at('picture')}:2:1: holds the control character 26`,
    ],
    [
      'a second one of a kind',
      () => [at('queues.conf'), '--queues', at('damaged')],
      () => 'is a second queues.conf beside',
    ],
    [
      'a database that is none',
      () => ['--database', 'mysql://u:secret@h/d'],
      () => 'IMPORT_SOURCE: expected a database',
    ],
    [
      'a database that is away',
      () => ['--database', 'postgres://u:secret@127.0.0.1:9/d'],
      () => 'DATABASE_UNAVAILABLE: ',
    ],
  ])('%s: one clear line, exit status 1, nothing written', async (_what, args, expected) => {
    writeFileSync(at('damaged'), '[sales]\nstra');
    writeFileSync(at('picture'), 'PNG\n\u001a');
    writeFileSync(at('queues.conf'), '[sales]\n');
    const before = readdirSync(folder).sort();
    const { status, out, error } = await run(...args());
    expect([status, out]).toEqual([1, '']);
    expect(error.split('\n')).toHaveLength(2);
    expect(error).toContain(expected());
    expect(error).not.toContain('secret');
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('faults of several files are told at once, with --json as an object', async () => {
    writeFileSync(at('queues.conf'), '[sales]\nx\n[a](b)\n');
    writeFileSync(at('queuerules.conf'), 'y=1');
    const { status, out } = await run(at('queues.conf'), at('queuerules.conf'), '--json');
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'IMPORT_SOURCE', findings: [{ line: 2 }, { line: 3 }, { file: at('queuerules.conf'), line: 1 }] },
    });
  });

  test('an existing file stays; --dry-run writes nothing', async () => {
    writeFileSync(at('queues.conf'), '[sales]\nmember => PJSIP/1\n');
    writeFileSync(at('out.sql'), 'mine');
    expect(await run(at('queues.conf'))).toMatchObject({
      status: 1,
      error: `IMPORT_TARGET: ${at('out.sql')} is there already; name another file, or write it anew with --force\n`,
    });
    expect(await run(at('queues.conf'), '--dry-run')).toMatchObject({ status: 0 });
    expect(readdirSync(folder).sort()).toEqual(['out.sql', 'queues.conf']);
    expect(readFileSync(at('out.sql'), 'utf8')).toBe('mine');
  });
});
