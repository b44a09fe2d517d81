import { expect, test } from '@jest/globals';
import { nearestFormat } from '../../../src/core/programme/nearest-format.ts';
import type { WireFormat } from '../../../src/core/programme/sound.ts';

test.each<[WireFormat, readonly WireFormat[], WireFormat]>([
  ['ulaw', ['ulaw', 'alaw', 'slin16'], 'ulaw'],
  ['slin16', ['ulaw', 'alaw', 'slin16'], 'slin16'],
  ['slin', ['ulaw', 'alaw', 'slin16'], 'ulaw'],
  ['alaw', ['ulaw', 'slin', 'slin16'], 'slin'],
  ['alaw', ['ulaw'], 'ulaw'],
  ['alaw', ['slin16'], 'slin16'],
  ['slin16', ['alaw', 'ulaw', 'slin'], 'slin'],
  ['slin16', ['alaw'], 'alaw'],
])('A caller who speaks %s, with %j kept, hears %s', (wanted, formats, format) => {
  expect(nearestFormat(wanted, formats)).toBe(format);
});
