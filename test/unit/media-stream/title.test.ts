import { expect, test } from '@jest/globals';
import { cleanTitle, decodeText, TITLE_LENGTH_MAX } from '../../../stasis/media/stream/title.ts';
import { fc } from '../../support/property.ts';

test.each([
  ['  Getz   /\tGilberto \r\n', 'Getz / Gilberto'],
  ['Ella &#8211; It&#39;s', "Ella – It's"],
  ['&#0; &#9999999; &#55296;', '&#9999999; &#55296;'],
  ['\u202Eevil\u2028line', 'evil line'],
  ['\u0000\u0007', null],
  ['', null],
])('%j is shown as %j', (text, shown) => {
  expect(cleanTitle(text)).toBe(shown);
});

test('Whatever comes, a title is one line of limited length without control characters', () => {
  const property = fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
    const title = cleanTitle(text);
    if (title === null) return;
    expect([...title].length).toBeLessThanOrEqual(TITLE_LENGTH_MAX);
    expect(title).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
  fc.assert(property);
});

test('UTF-8 is read as that, everything else as Latin-1', () => {
  expect(decodeText(Buffer.from('Águas', 'utf8'))).toBe('Águas');
  expect(decodeText(Buffer.from('Águas', 'latin1'))).toBe('Águas');
});
