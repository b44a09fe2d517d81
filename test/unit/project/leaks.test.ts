import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { shippedPath } from '../../../src/config/shipped.ts';
import { filesBelow, textOf } from './sources.ts';

const FOLDERS = ['src', 'stasis', 'xmpp', 'db', 'install', 'test', 'docs', '.ci', 'sounds'].filter((folder) =>
  existsSync(shippedPath(folder)),
);
const TEXTS = /\.(?:ts|js|json|md|sql|sh|py|ya?ml|conf|lua|service|txt|xml|cfg|xsd|lock)$|^[\w-]+$/;
const FILES = [
  ...FOLDERS.flatMap((folder) => filesBelow(folder, TEXTS)),
  ...[
    'package.json',
    'package-lock.json',
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'tsconfig.json',
    'biome.json',
    'jest.config.js',
    '.npmrc',
  ].filter((file) => existsSync(shippedPath(file))),
];

/** Where the text of a file has something that it must not have. */
function places(pattern: RegExp): string[] {
  return FILES.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

// The patterns are put together from pieces, so that this file does not find itself.
test('No file names a folder of the machine on which it was written', () => {
  expect(places(new RegExp(`/${'work'}/(?:main|shared|\\.)|/tmp/${'brief'}`))).toEqual([]);
});

test('No file names a registry of packages', () => {
  expect(places(new RegExp(`"${'resolved'}"|https?://[^\\s/]*(?:${'registry'}|artifactory|nexus)[^\\s/]*/`))).toEqual(
    [],
  );
});

test('No file holds a private key or a token', () => {
  expect(
    places(new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}-----|\\bghp_[A-Za-z0-9]{20}|\\bAKIA[A-Z0-9]{16}\\b`)),
  ).toEqual([]);
});
