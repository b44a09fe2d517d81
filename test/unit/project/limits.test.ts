import { expect, test } from '@jest/globals';
import { filesBelow, PRODUCT_FOLDERS, textOf } from './sources.ts';

const LINES_MAX = 400;

test(`No file of the product has more than ${LINES_MAX} lines`, () => {
  const files = PRODUCT_FOLDERS.flatMap((folder) => filesBelow(folder, /\.(?:ts|js|sql|sh|py)$/));
  expect(files.length).toBeGreaterThan(50);
  const long = files.filter((path) => textOf(path).split('\n').length - 1 > LINES_MAX);
  expect(long).toEqual([]);
});
