import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findingLine } from '../../../src/config/findings.ts';
import { confOnDisk, FILE_BYTES_MAX } from '../../../src/import/asterisk/disk.ts';
import { parseConf } from '../../../src/import/asterisk/parse-conf.ts';
import { writeAll } from '../../../src/import/targets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queueapp-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(at(name), '..'), { recursive: true });
    writeFileSync(at(name), text);
  }
}

/** Names of sections and options, or what is wrong, without the folder's name. */
function read(file = 'queues.conf'): string[] {
  const parsed = parseConf(at(file), confOnDisk(at(file)));
  const plain = (text: string) => text.replaceAll(`${folder}/`, '');
  if ('findings' in parsed) return parsed.findings.map(findingLine).map(plain);
  return parsed.conf.sections.map(({ name, options }) => `${name}: ${options.map((each) => each.value).join(' ')}`);
}

describe('Files of Asterisk on the disk', () => {
  test('includes lie in the folder of the file that was named, wherever the including file lies', () => {
    write({
      'queues.conf': '#include queues.d/*.conf\n#include "/dev/../etc/hostname*none"',
      'queues.d/10.conf': '[a]\nx=1\n#include common.conf',
      'queues.d/20.conf': '[b]\nx=2',
      'queues.d/.hidden.conf': '[c]',
      'queues.d/note.txt': 'no configuration',
      'common.conf': 'y=3',
    });
    expect(read()).toEqual(['queues.conf:2:1: #include: there is no file /dev/../etc/hostname*none']);
    write({ 'queues.conf': `#include queues.d/[0-9]*.conf\n#tryinclude none/*/x\n#include ${at('{z,common}.conf')}` });
    expect(read()).toEqual(['a: 1 3', 'b: 2 3']);
  });

  test('a folder, nothing, a pipe, a loop of links, a file that is too large', () => {
    mkdirSync(at('folder.conf'));
    symlinkSync('loop.conf', at('loop.conf'));
    write({ 'large.conf': new Uint8Array(FILE_BYTES_MAX + 1) });
    expect(read('folder.conf')).toEqual(['folder.conf:1:1: is a folder; name a file']);
    expect(read('none.conf')).toEqual(['none.conf:1:1: there is no such file']);
    expect(read('large.conf/x')).toEqual(['large.conf/x:1:1: there is no such file']);
    expect(read('loop.conf')).toEqual(['loop.conf:1:1: is a link that leads to itself']);
    expect(read('large.conf')).toEqual(['large.conf:1:1: is larger than 4 MiB']);
    expect(read('../../dev/null')[0]).toMatch(/null:1:1: is no ordinary file$/);
  });

  test('what is no text is told with its line, in an included file too', () => {
    write({
      'zero.conf': '[a]\nx=1\nb\u0000c=2',
      'latin.conf': new Uint8Array([...Buffer.from('[a]\nx='), 0xfc, 10]),
      'queues.conf': '[a]\n#include zero.conf',
    });
    expect(read('zero.conf')).toEqual([
      'zero.conf:3:1: holds the control character 0: this is no text, or it is damaged',
    ]);
    expect(read('latin.conf')).toEqual([
      'latin.conf:2:1: is no UTF-8 text; convert it, for example: iconv -f latin1 -t utf-8',
    ]);
    expect(read()).toEqual(['zero.conf:3:1: holds the control character 0: this is no text, or it is damaged']);
  });

  test('a folder is no file that could be included', () => {
    mkdirSync(at('folder'));
    write({ 'queues.conf': '[a]\n#include folder' });
    expect(read()).toEqual(['queues.conf:2:1: #include: there is no file folder']);
  });

  test('links that lead in a circle of folders end', () => {
    write({ 'queues.conf': '#include */*/*/*/*/*.conf\n[a]' });
    symlinkSync('.', at('here'));
    expect(read()[0]).toContain('files include each other');
  });
});

describe('What an import writes', () => {
  const targets = () => [
    { file: at('out.yaml'), text: 'new', mode: 0o644 },
    { file: at('out.sql'), text: 'rows', mode: 0o600 },
  ];
  const all = () =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(at(name), 'utf8')] as const));

  test('is all there', () => {
    writeAll(targets(), { force: false, read: [] });
    expect(all()).toEqual({ 'out.sql': 'rows', 'out.yaml': 'new' });
  });

  test.each(['out.yaml', 'out.sql'])('is none at all when %s is there already, unless forced', (name) => {
    write({ [name]: 'old' });
    expect(() => writeAll(targets(), { force: false, read: [] })).toThrow(
      `${at(name)} is there already; name another file, or write it anew with --force`,
    );
    expect(all()).toEqual({ [name]: 'old' });
    writeAll(targets(), { force: true, read: [] });
    expect(all()).toEqual({ 'out.sql': 'rows', 'out.yaml': 'new' });
  });

  test('is never one of the files that were read, not even by another name', () => {
    write({ 'queues.conf': '[q]' });
    symlinkSync('queues.conf', at('out.sql'));
    expect(() => writeAll(targets(), { force: true, read: [at('queues.conf')] })).toThrow('was read for this import');
    expect(all()).toEqual({ 'out.sql': '[q]', 'queues.conf': '[q]' });
  });

  test('is none at all when one of them can not be written', () => {
    mkdirSync(at('out.sql'));
    expect(() => writeAll(targets(), { force: true, read: [] })).toThrow('is a folder; name a file');
    rmSync(at('out.sql'), { recursive: true });
    const [first, second] = targets();
    if (first === undefined || second === undefined) throw new Error('There are two');
    const nowhere = { ...second, file: at('none/out.sql') };
    for (const force of [false, true]) {
      expect(() => writeAll([first, nowhere], { force, read: [] })).toThrow(
        `${nowhere.file} can't be written (ENOENT)`,
      );
      expect(all()).toEqual({});
    }
  });
});
