import { expect, test } from '@jest/globals';
import { failuresIn } from '../../support/phones/sipp-errors.ts';

// As sipp 3.6 writes them.
const HEADING = 'The following events occurred:\n';
const again = (second: string) =>
  `2026-11-30\t11:31:${second}\t1796038272.933657: Dead call 7-1@127.0.0.1 (successful), received 'BYE sip:x@127.0.0.1:19877 SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n'`;
const FAILURE =
  "2026-11-30\t11:31:13.500000\t1796038273.500000: Aborting call on unexpected message for Call-Id '8-1@127.0.0.1': while expecting '200' (index 7), received 'SIP/2.0 503 Service Unavailable\r\n'.\n";

test('a message that came again to a call that has ended well is no failure', () => {
  expect(failuresIn('')).toBe('');
  expect(failuresIn(`${HEADING}${again('12.933657')}${again('13.233806')}`)).toBe('');
});

test('everything else is told, whatever came again around it', () => {
  expect(failuresIn(`${HEADING}${again('12.933657')}${FAILURE}${again('13.933657')}`)).toBe(`${HEADING}${FAILURE}`);
  expect(failuresIn(`${HEADING}${again('12.933657').replace('successful', 'failed')}`)).toContain('Dead call');
  expect(failuresIn('sipp: no such option')).toBe('sipp: no such option');
});
