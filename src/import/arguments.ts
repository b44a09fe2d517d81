/**
 * Splits arguments of an application or of `member =>` at their commas, as Asterisk does: those within quotes, parentheses and
 * brackets do not count, a backslash takes the next character as it is, quotes are dropped.
 */
export function splitArguments(text: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === '\\' && index + 1 < text.length) {
      part += text[++index];
    } else if (character === '"') {
      isQuoted = !isQuoted;
    } else if (character === ',' && depth === 0 && !isQuoted) {
      parts.push(part);
      part = '';
    } else {
      depth = Math.max(0, depth + nesting(character, isQuoted));
      part += character;
    }
  }
  return [...parts, part].map((each) => each.trim());
}

function nesting(character: string, isQuoted: boolean): number {
  if (isQuoted) return 0;
  if (character === '(' || character === '[') return 1;
  return character === ')' || character === ']' ? -1 : 0;
}
