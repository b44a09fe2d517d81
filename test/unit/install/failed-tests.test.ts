import { describe, expect, it } from '@jest/globals';
import { failuresOf, type JestResults, tellFailures } from '../../../install/failed-tests.ts';

type File = JestResults['testResults'][number];

const file = (changes: Partial<File>): File => ({
  name: '/checkout/test/unit/a.test.ts',
  status: 'failed',
  message: '',
  assertionResults: [],
  ...changes,
});
const failures = (...testResults: File[]) => failuresOf({ testResults }, '/checkout');

describe('What install/test says of failures at its end', () => {
  it('is the file, the name and the beginning of what jest says, without colours', () => {
    const message =
      '\u001b[31mexpect(received).toBe(expected)\u001b[39m\n\nExpected: 1\nReceived: 2\n    at node_modules/jest/x.js:1';
    expect(
      failures(
        file({
          assertionResults: [
            { status: 'passed', fullName: 'good', failureMessages: [] },
            { status: 'failed', fullName: 'A queue is fair', failureMessages: [message, 'another'] },
          ],
        }),
      ),
    ).toEqual([
      'test/unit/a.test.ts › A queue is fair\n    expect(received).toBe(expected)\n    Expected: 1\n    Received: 2',
    ]);
  });

  it('names a file that could not be loaded', () => {
    expect(failures(file({ message: 'SyntaxError: no' }), file({ status: 'passed' }))).toEqual([
      'test/unit/a.test.ts\n    SyntaxError: no',
    ]);
  });

  it('is short, however much there is to say', () => {
    const message = `${'x'.repeat(1_000)}\n`.repeat(100);
    const [told] = failures(file({ message }));
    expect(told?.split('\n')).toHaveLength(15);
    expect(told?.split('\n').every((line) => line.length <= 244)).toBe(true);
    const all = tellFailures(Array.from({ length: 25 }, (_, index) => `failure ${index}`)).split('\n');
    expect(all).toHaveLength(22);
    expect(all.at(-1)).toBe('… and 5 more');
  });
});
