/** How many names a pattern with braces may stand for. */
export const BRACES_MAX = 64;

/** Whether a name is a pattern: `queues.d/*.conf`, `queue[0-9].conf`, `{a,b}.conf`. */
export const isPattern = (text: string) => /[*?[\]{}]/.test(text);

/** `a{b,c}d` as `abd` and `acd`; further ones beyond the limit are left out. */
export function expandBraces(pattern: string): readonly string[] {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const [next = '', ...rest] = open;
    // The innermost pair first, so that nesting needs no thought.
    const match = /\{([^{}]*)\}/.exec(next);
    open = rest;
    if (match === null) done.push(next);
    else {
      const choices = (match[1] ?? '').split(',');
      open.unshift(
        ...choices.map((choice) => next.slice(0, match.index) + choice + next.slice(match.index + match[0].length)),
      );
      open.length = Math.min(open.length, BRACES_MAX - done.length);
    }
  }
  return done;
}

/** A matcher for one part of a path. As in a shell, a leading dot has to be written. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const parts = tokens(pattern);
  const isHiddenMeant = pattern.startsWith('.');
  return (name) => (isHiddenMeant || !name.startsWith('.')) && matches(parts, [...name]);
}

type Token = '*' | '?' | { readonly characters: RegExp | null } | { readonly literal: string };

function tokens(pattern: string): readonly Token[] {
  const found: Token[] = [];
  for (const [word] of pattern.matchAll(/\[[!^]?\]?[^\]]*\]|\\?./gsu)) {
    if (word === '*' || word === '?') found.push(word);
    else if (word.length > 1 && word.startsWith('[')) found.push({ characters: characterClass(word) });
    else found.push({ literal: word.length > 1 && word.startsWith('\\') ? word.slice(1) : word });
  }
  return found;
}

/** `null` for one that no character can be in, such as `[z-a]`. */
function characterClass(word: string): RegExp | null {
  const isNegated = /^\[[!^]/.test(word);
  const inner = word.slice(isNegated ? 2 : 1, -1).replace(/[\\\]^]/g, '\\$&');
  try {
    return new RegExp(`^[${isNegated ? '^' : ''}${inner}]$`, 'u');
  } catch {
    return null;
  }
}

/** Backtracks to the last `*` only, so that the work is at most the product of both lengths. */
function matches(pattern: readonly Token[], name: readonly string[]): boolean {
  let at = 0;
  let starAt = -1;
  let resumeAt = 0;
  let index = 0;
  while (index < name.length) {
    const token = pattern[at];
    if (token === '*') {
      starAt = at++;
      resumeAt = index;
    } else if (token !== undefined && fits(token, name[index] ?? '')) {
      at++;
      index++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      index = ++resumeAt;
    } else return false;
  }
  return pattern.slice(at).every((token) => token === '*');
}

function fits(token: Token, character: string): boolean {
  if (token === '?') return true;
  if (token === '*') return false;
  return 'literal' in token ? token.literal === character : token.characters?.test(character) === true;
}
