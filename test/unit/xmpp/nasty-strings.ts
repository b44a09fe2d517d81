import { fc } from '../../support/property.ts';

/** Strings that have broken something somewhere: markup, quotes, control characters, surrogates, direction marks, length. */
export const NASTY: readonly string[] = [
  '',
  ' ',
  'A & B',
  '<b>bold</b>',
  ']]>',
  '<![CDATA[x]]>',
  '<!-- x -->',
  '<?xml version="1.0"?>',
  '</body><body>second',
  '\'"`',
  '&amp;&#0;&nope;',
  'a\u0000b\u0001c\u000bd\u001fe\u007ff\u0085g',
  '\ufffe\uffff\ufffd',
  '\ud800',
  '\udc00\ud800',
  'Zoë 😀 \u{10ffff}',
  '\u202eevil\u202c \u2066x\u2069',
  'two\r\nlines\tand\u2028more\u2029',
  '/me leaves',
  'a|b|c',
  '%s %n $(reboot) `id`',
  'x'.repeat(10_000),
  '&'.repeat(10_000),
  '😀'.repeat(5_000),
];

/** Any text at all, with the nasty ones often. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
);
