/** How deep `;-- … --;` may be nested; Asterisk's own limit. */
export const COMMENT_DEPTH_MAX = 128;

/** What counts in text: `\;` is a semicolon, `;--` begins a comment (`;---` is a line that someone drew), `;` one to the line's end. */
const IN_TEXT = /\\;|;--(?!-)|;/g;
/** What counts in a comment; one that ends and begins with the same semicolon goes one deeper. */
const IN_COMMENT = /\\;|;--(?!-)|--;(?!--(?!-))/g;

/** Takes the comments out of one file, line by line; those between `;--` and `--;` go over many lines and within each other. */
export class CommentStripper {
  readonly #openedInLine: number[] = [];

  /** Line in which the outermost comment that is still open began, or `null`. */
  get openSince(): number | null {
    return this.#openedInLine[0] ?? null;
  }

  /** @returns what is left of the line; `null` when comments are nested too deeply */
  strip(line: string, number: number): string | null {
    let kept = '';
    let at = 0;
    while (at < line.length) {
      const isText = this.#openedInLine.length === 0;
      const pattern = isText ? IN_TEXT : IN_COMMENT;
      pattern.lastIndex = at;
      const match = pattern.exec(line);
      if (isText) kept += line.slice(at, match?.index);
      if (match === null || match[0] === ';') break;
      at = match.index + match[0].length;
      if (isText && match[0] === '\\;') kept += ';';
      else if (!this.#passed(match[0], number)) return null;
    }
    return kept;
  }

  /** @returns whether the comments are still not too deep */
  #passed(mark: string, number: number): boolean {
    if (mark === '--;') this.#openedInLine.pop();
    if (mark === ';--') this.#openedInLine.push(number);
    return this.#openedInLine.length <= COMMENT_DEPTH_MAX;
  }
}
