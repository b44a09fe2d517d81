import { EMPTY_CONDITIONS } from '../../core/queue/settings.ts';
import { type Converted, isTrue } from './convert.ts';

const STRICT = ['penalty', 'paused', 'invalid', 'unavailable'];
const LOOSE = ['penalty', 'invalid'];
const SOFT = ['penalty', 'paused', 'invalid'];
const CONDITIONS: readonly string[] = EMPTY_CONDITIONS;

/**
 * `joinempty` and `leavewhenempty`: a word, or a list of conditions. In a list a word takes the place of what stands before it; so
 * does app_queue.
 */
export const emptiness =
  (option: 'joinempty' | 'leavewhenempty') =>
  (value: string): Converted => {
    const words = value.split(',').map((word) => word.trim().toLowerCase());
    let conditions: readonly string[] = [];
    const unknown: string[] = [];
    for (const word of words) {
      const meant = meaning(word, option);
      if (meant !== null) conditions = meant;
      else if (CONDITIONS.includes(word)) conditions = [...conditions, word];
      else unknown.push(word);
    }
    const notes = unknown.map((word) => `Asterisk does not know ${JSON.stringify(word)} either`);
    const [first = ''] = words;
    const isWord = words.length === 1 && unknown.length === 0 && !CONDITIONS.includes(first);
    const written = isWord ? plainWord(first) : [...new Set(conditions)];
    return notes.length === 0 ? { value: written } : { value: written, note: notes.join('; ') };
  };

const isYesOrNo = (word: string) => isTrue(word) || ['no', 'false', 'n', 'f', '0', 'off'].includes(word);

function meaning(word: string, option: 'joinempty' | 'leavewhenempty'): readonly string[] | null {
  if (word === 'strict') return STRICT;
  if (word === 'loose') return LOOSE;
  if (!isYesOrNo(word)) return null;
  // To join although nobody is there, or to leave because of it: each has a word for "no condition".
  return isTrue(word) === (option === 'joinempty') ? [] : SOFT;
}

const plainWord = (word: string) => (isYesOrNo(word) ? (isTrue(word) ? 'yes' : 'no') : word);
