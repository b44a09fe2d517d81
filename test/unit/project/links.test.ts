import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { shippedPath } from '../../../src/config/shipped.ts';
import { filesBelow, textOf } from './sources.ts';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'src', 'stasis', 'xmpp', 'db', 'install', 'sounds', 'test'].flatMap((folder) =>
    filesBelow(folder, /\.md$/),
  ),
];

/** Places of this project that a page links to, as paths inside it. */
function linksOf(page: string): string[] {
  return [...textOf(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => posix.join(posix.dirname(page), link));
}

test('Every link of every page leads to a file', () => {
  const links = PAGES.flatMap((page) => linksOf(page).map((target) => ({ page, target })));
  expect(links.length).toBeGreaterThan(60);
  expect(links.filter(({ target }) => !existsSync(shippedPath(target)))).toEqual([]);
});
