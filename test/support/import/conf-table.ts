import type { ConfFiles } from '../../../src/import/asterisk/conf.ts';
import { expandBraces, nameMatcher } from '../../../src/import/asterisk/glob.ts';

/** Files as a table of texts; patterns are matched against their names. */
export function confTable(files: Readonly<Record<string, string>>): ConfFiles {
  return {
    find: (pattern) => expandBraces(pattern).flatMap((each) => Object.keys(files).filter(nameMatcher(each)).sort()),
    read: (file) => {
      const text = files[file];
      return text === undefined ? { reason: 'there is no such file' } : { text };
    },
  };
}
