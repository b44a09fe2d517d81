import type { Finding } from '../../config/findings.ts';
import { shown } from '../../config/findings.ts';
import { CommentStripper } from './comments.ts';
import type { Conf, ConfFiles, ConfOption, Place, Remark } from './conf.ts';
import { type Header, readHeader, type SectionFilter } from './header.ts';

/** Longest line, in characters; Asterisk passes over longer ones (of 8,191 bytes and more). */
export const LINE_LENGTH_MAX = 8190;
/** Asterisk's own limit of files within each other. */
export const INCLUDE_DEPTH_MAX = 10;
/** Files of one configuration. */
export const FILES_MAX = 500;
/** Options of one configuration, inherited ones counted again in each section. */
export const OPTIONS_MAX = 100_000;
/** What is wrong is told up to here; then reading ends. */
export const FINDINGS_MAX = 20;

/** A conf, or what is wrong with it: all of it at once, each with file and line. */
export type ParsedConf = { readonly conf: Conf } | { readonly findings: readonly Finding[] };

/**
 * Reads a configuration in Asterisk's format and everything that it includes. What Asterisk refuses is a finding, and so is
 * what it would pass over and lose: a line without `=`, a line that is too long, a comment that never ends.
 */
export function parseConf(file: string, files: ConfFiles): ParsedConf {
  const parser = new Parser(files);
  try {
    parser.readFile(file, { file, line: 1 });
  } catch (error) {
    if (!(error instanceof EnoughError)) throw error;
  }
  if (parser.findings.length > 0) return { findings: parser.findings };
  return { conf: { sections: parser.sections, remarks: parser.remarks, files: parser.files } };
}

interface OpenSection extends Place {
  readonly name: string;
  isTemplate: boolean;
  readonly options: ConfOption[];
}

/** Ends the reading when there are enough findings. */
class EnoughError extends Error {}

class Parser {
  readonly sections: OpenSection[] = [];
  readonly remarks: Remark[] = [];
  readonly findings: Finding[] = [];
  readonly files: string[] = [];
  readonly #files: ConfFiles;
  /** The files that include each other down to here. */
  readonly #chain: string[] = [];
  /** The section that was begun last, in whatever file: an included file goes on with it. */
  #latest: OpenSection | null = null;
  #optionCount = 0;

  constructor(files: ConfFiles) {
    this.#files = files;
  }

  readFile(file: string, from: Place): void {
    const read = this.#files.read(file);
    if ('reason' in read) {
      // Of a file that is there the fault lies in its own line.
      const place = read.line === undefined ? from : { file, line: read.line };
      this.#refuse(place, read.line === undefined && from.file !== file ? `${file} ${read.reason}` : read.reason);
      return;
    }
    if (this.files.length === FILES_MAX) throw this.#enough(from, `more than ${FILES_MAX} files are included`);
    this.files.push(file);
    this.#chain.push(file);
    this.#readLines(file, read.text);
    this.#chain.pop();
  }

  #readLines(file: string, text: string): void {
    const comments = new CommentStripper();
    let current = this.#latest;
    for (const [index, raw] of text.split('\n').entries()) {
      const place = { file, line: index + 1 };
      if (raw.length > LINE_LENGTH_MAX) {
        this.#refuse(place, `is longer than ${LINE_LENGTH_MAX} characters; Asterisk passes over such a line`);
        continue;
      }
      const stripped = comments.strip(raw, place.line);
      if (stripped === null) throw this.#enough(place, 'has a comment (;-- … --;) within too many others');
      const line = stripped.trim();
      if (line.startsWith('[')) current = this.#beginSection(line, place) ?? current;
      else if (line.startsWith('#')) this.#directive(line, place);
      else if (line !== '') this.#option(line, place, current);
    }
    if (comments.openSince !== null)
      this.#refuse({ file, line: comments.openSince }, 'begins a comment (;--) that never ends (--;)');
  }

  #beginSection(line: string, place: Place): OpenSection | null {
    const header = readHeader(line);
    if (typeof header === 'string') return this.#refuse(place, header);
    if (header.rest !== '') {
      const text = `Asterisk does not read what stands behind [${header.name}]: ${shown(header.rest)}`;
      this.remarks.push({ ...place, text });
    }
    const section = this.#sectionOf(header, place);
    if (section === null) return null;
    section.isTemplate ||= header.isTemplate;
    if (!this.sections.includes(section)) this.sections.push(section);
    this.#latest = section;
    return section;
  }

  #sectionOf({ name, parts }: Header, place: Place): OpenSection | null {
    let section: OpenSection = { name, ...place, isTemplate: false, options: [] };
    for (const part of parts) {
      if ('addTo' in part) {
        const existing = this.#find(name, part.addTo);
        if (existing === undefined)
          return this.#refuse(
            place,
            `there is no section [${name}] that (+) could add to${templateAdvice(part.addTo)}`,
          );
        this.#append(existing, section.options, place);
        section = existing;
      } else {
        const base = this.#find(part.base, { templates: 'with', options: [] });
        if (base === undefined)
          return this.#refuse(
            place,
            `there is no section or template [${part.base}] above that [${name}] could inherit from`,
          );
        this.#append(section, [...base.options], place);
      }
    }
    return section;
  }

  /** The first one, whatever the letters' case: so does Asterisk. */
  #find(name: string, { templates, options }: SectionFilter): OpenSection | undefined {
    return this.sections.find(
      (section) =>
        section.name.toLowerCase() === name.toLowerCase() &&
        (templates === 'with' || section.isTemplate === (templates === 'only')) &&
        options.every((wanted) =>
          section.options.some((option) => option.name === wanted.name && option.value.includes(wanted.text)),
        ),
    );
  }

  #append(section: OpenSection, options: readonly ConfOption[], place: Place): void {
    this.#optionCount += options.length;
    if (this.#optionCount > OPTIONS_MAX)
      throw this.#enough(
        place,
        `there are more than ${OPTIONS_MAX} options, those of templates counted where they are used`,
      );
    section.options.push(...options);
  }

  #option(line: string, place: Place, section: OpenSection | null): void {
    const assignment = readAssignment(line);
    if (section === null || typeof assignment === 'string') {
      this.#refuse(place, section === null ? 'stands before the first [section]' : String(assignment));
      return;
    }
    const { name, value, isAppended } = assignment;
    const earlier = isAppended ? section.options.findLastIndex((option) => option.name === name) : -1;
    const before = section.options[earlier];
    if (before === undefined) {
      this.#append(section, [{ name, value: value.trim(), ...place }], place);
      return;
    }
    section.options[earlier] = { name, value: (before.value + value).trim(), ...place };
    if (section.options[earlier].value.length > LINE_LENGTH_MAX)
      this.#refuse(place, `+= makes ${name} longer than ${LINE_LENGTH_MAX} characters`);
  }

  #directive(line: string, place: Place): void {
    const [, word = '', argument = ''] = /^#(\S*)\s*(.*)$/.exec(line) ?? [];
    const directive = word.toLowerCase();
    const name = unquoted(argument);
    if (directive === 'include' || directive === 'tryinclude') {
      this.#include(name, { place, isOptional: directive === 'tryinclude' });
    } else if (directive === 'exec') {
      const advice = 'run it, write what it prints into a file, and name that file in an #include';
      this.#refuse(place, `#exec ${name} is not carried out by an import; ${advice}`);
    } else {
      this.#refuse(place, `there is no directive #${word} (there are: #include, #tryinclude, #exec)`);
    }
  }

  #include(pattern: string, { place, isOptional }: { place: Place; isOptional: boolean }): void {
    if (pattern === '' || this.#chain.length >= INCLUDE_DEPTH_MAX) {
      const isNameless = pattern === '' ? '#include needs the name of a file' : null;
      this.#refuse(place, isNameless ?? `files include each other more than ${INCLUDE_DEPTH_MAX} deep`);
      return;
    }
    const found = this.#files.find(pattern);
    if (found.length === 0 && isOptional)
      this.remarks.push({ ...place, text: `#tryinclude: there is no file ${pattern}` });
    else if (found.length === 0) this.#refuse(place, `#include: there is no file ${pattern}`);
    for (const file of found) {
      const begin = this.#chain.indexOf(file);
      const circle = [...this.#chain.slice(begin), file].join(' → ');
      if (begin < 0) this.readFile(file, place);
      else this.#refuse(place, `files include each other in a circle: ${circle}`);
    }
  }

  #refuse(place: Place, reason: string): null {
    this.findings.push({ file: place.file, line: place.line, column: 1, path: [], reason });
    if (this.findings.length >= FINDINGS_MAX) throw new EnoughError();
    return null;
  }

  #enough(place: Place, reason: string): EnoughError {
    this.findings.push({ file: place.file, line: place.line, column: 1, path: [], reason });
    return new EnoughError();
  }
}

interface Assignment {
  readonly name: string;
  /** As written, not trimmed: `+=` adds it as it is. */
  readonly value: string;
  readonly isAppended: boolean;
}

/** `name = value`, `name => value`, `name += value`; a backslash lets a name begin with [ or #. A text says what is wrong. */
function readAssignment(line: string): Assignment | string {
  const isEscaped = line.startsWith('\\');
  const text = isEscaped ? line.slice(1) : line;
  const equals = text.indexOf('=', isEscaped ? 1 : 0);
  if (equals < 0) return `expected name = value, got ${shown(line)}`;
  const isAppended = equals > 1 && text[equals - 1] === '+';
  const isArrow = !isAppended && text[equals + 1] === '>';
  const name = text.slice(0, isAppended ? equals - 1 : equals).trim();
  if (name === '') return `a name is missing before =, got ${shown(line)}`;
  return { name, value: text.slice(equals + (isArrow ? 2 : 1)), isAppended };
}

const templateAdvice = ({ templates }: SectionFilter) =>
  templates === 'without' ? '; a template is added to with (+TEMPLATES=include)' : '';

function unquoted(text: string): string {
  const closing = text.startsWith('<') ? '>' : '"';
  const isQuoted = /^["<]/.test(text) && text.length > 1 && text.endsWith(closing);
  return isQuoted ? text.slice(1, -1) : text;
}
