import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { findAsterisk } from '../../../install/private-stack/asterisk-files.ts';
import { TEXTS } from '../../support/speech/written.ts';

// The first time on a machine Asterisk is fetched.
jest.setTimeout(600_000);

const CHECKOUT = join(import.meta.dirname, '../../..');
const found = spawnSync(join(CHECKOUT, 'install/asterisk.sh'), { encoding: 'utf8' });
const prefix = found.stdout.trim().split(' ')[0] ?? '';

/** What Asterisk's packages say that their recordings say: `digits/1` → `one`. */
function transcript(language: string): ReadonlyMap<string, string> {
  const name = `core-sounds-${language}.txt.gz`;
  const file = join(prefix, `usr/share/doc/asterisk-core-sounds-${language}`, name);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, path, text = ''] = /^([\w/-]+): *(.*)$/.exec(line) ?? [];
      return path === undefined ? [] : [[path, text.toLowerCase().replace(/[.\s]+$/, '')] as const];
    }),
  );
}

describe.each(['en', 'ru'] as const)("Asterisk's recordings in %s", (language) => {
  const aliases: Record<string, string> = parse(
    readFileSync(join(CHECKOUT, 'sounds', language, 'asterisk.yaml'), 'utf8'),
  );
  const said = transcript(language);
  const ours = (name: string) => TEXTS[language].get(name);

  test('are where asterisk.yaml says', () => {
    const folder = findAsterisk(prefix).soundFolders[language] ?? '';
    const missing = Object.values(aliases).filter((path) => !existsSync(join(folder, `${path}.wav`)));
    expect(Object.keys(aliases).length).toBeGreaterThan(55);
    expect(missing).toEqual([]);
  });

  test('say the same numbers as ours', () => {
    const numbers = Object.entries(aliases).filter(([name]) => name.startsWith('numbers/'));
    const other = numbers.filter(([name, path]) => said.get(path) !== ours(name));
    expect(other.map(([name, path]) => `${name}: ${ours(name)}, but ${said.get(path)}`)).toEqual([]);
  });

  test('say the cardinal number for an ordinal one, after a sentence that asks for it', () => {
    const ordinals = Object.entries(aliases).filter(([name]) => name.startsWith('ordinals/'));
    const other = ordinals.filter(([name, path]) => said.get(path) !== ours(name.replace('ordinals/', 'numbers/')));
    expect(other).toEqual([]);
    const sentence = { en: 'you are currently caller number', ru: 'ваша позиция в очереди' }[language];
    expect(said.get(aliases['queueapp/position'] ?? '')).toBe(sentence);
    expect(said.get(aliases['queueapp/position_number'] ?? '')).toBe(sentence);
    expect(said.get(aliases['queueapp/position_first'] ?? '')).toContain(
      { en: 'first in line', ru: 'первым' }[language],
    );
  });
});
