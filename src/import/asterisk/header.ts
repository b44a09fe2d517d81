/** How a section begins: `[name]`, `[name](!)`, `[name](template,other)`, `[name](+)`. */
export interface Header {
  readonly name: string;
  readonly isTemplate: boolean;
  /** In the order in which they are written: sections to inherit from, and `+` to go on with a section that is there. */
  readonly parts: readonly HeaderPart[];
  /** What stands behind the header; Asterisk does not read it. */
  readonly rest: string;
}

export type HeaderPart = { readonly base: string } | { readonly addTo: SectionFilter };

/** Which of several sections of one name `(+…)` means. */
export interface SectionFilter {
  readonly templates: 'without' | 'with' | 'only';
  /** Options that the section has: the value contains the text. */
  readonly options: readonly { readonly name: string; readonly text: string }[];
}

/** Reads a line that begins with `[`; a text says what is wrong with it. */
export function readHeader(line: string): Header | string {
  const end = line.indexOf(']');
  if (end < 0) return `the name of a section has no closing ]`;
  const name = line.slice(1, end);
  if (name === '') return 'a section needs a name between [ and ]';
  const behind = line.slice(end + 1);
  if (!behind.startsWith('(')) return { name, isTemplate: false, parts: [], rest: behind.trim() };
  const close = behind.indexOf(')');
  if (close < 0) return `what follows [${name}] has no closing )`;
  const words = behind
    .slice(1, close)
    .split(',')
    .map((word) => word.trim());
  const parts: HeaderPart[] = [];
  for (const word of words) {
    if (word === '!') continue;
    const part = readPart(word);
    if (typeof part === 'string') return part;
    parts.push(part);
  }
  return { name, isTemplate: words.includes('!'), parts, rest: behind.slice(close + 1).trim() };
}

function readPart(word: string): HeaderPart | string {
  if (!word.startsWith('+')) return word === '' ? 'a name is missing between ( and )' : { base: word };
  let templates: SectionFilter['templates'] = 'without';
  const options: { name: string; text: string }[] = [];
  for (const condition of word.slice(1).split('&')) {
    if (condition === '') continue;
    const [, name = '', text = ''] = /^([^=]+)=(.*)$/.exec(condition) ?? [];
    if (name.toUpperCase() === 'TEMPLATES') templates = text.toLowerCase() === 'restrict' ? 'only' : 'with';
    else if (/^[\w ./@:-]+$/.test(text)) options.push({ name, text });
    // Asterisk takes a regular expression of its machine's library here.
    else return `the condition ${condition} of (+) is not understood; give the section a name of its own`;
  }
  return { addTo: { templates, options } };
}
