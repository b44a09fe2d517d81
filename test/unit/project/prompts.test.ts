import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { namedSounds } from '../../../src/config/prompts.ts';
import { shippedPath } from '../../../src/config/shipped.ts';

const { config } = loadConfig({ file: shippedPath('install/queueapp.yaml'), env: { ARI_PASSWORD: 'x' } });
const sounds = namedSounds(config);

test('The shipped configuration names the prompts of the issue', () => {
  const names = sounds.map(({ sound }) => sound.replace('queueapp/', ''));
  expect(names).toEqual(
    expect.arrayContaining([
      ...['welcome', 'ivr_menu', 'inform_code', 'invalid_code', 'try_again', 'bye', 'invalid_option'],
      ...['wait_a_moment', 'logon', 'logon_failed', 'logoff', 'logoff_failed', 'support_team'],
    ]),
  );
});

test('Every prompt that the shipped configuration names is in the repository, for narrow and wide band', () => {
  const files = sounds.flatMap(({ sound, languages }) =>
    languages.flatMap((language) => {
      const path = `sounds/${language}/${sound.replace(/^queueapp\//, '')}`;
      return [`${path}.wav`, `${path}.wav16`];
    }),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(shippedPath(file)))).toEqual([]);
});

test('Each sound knows which settings name it', () => {
  const invalid = sounds.find(({ sound }) => sound === 'queueapp/invalid_code');
  expect(invalid).toEqual({ sound: 'queueapp/invalid_code', languages: ['en'], settings: ['ivr.steps.support'] });
});
