import { findingLine } from '../config/findings.ts';
import type { Entry, Verdict } from '../import/draft.ts';
import type { Report } from '../import/report.ts';

const WORDS: Readonly<Record<Verdict, string>> = {
  taken: 'taken   ',
  changed: 'changed ',
  default: 'default ',
  left: 'left    ',
};

/** For people: by section, each option in a line, with the reason below it where there is one. */
export function reportText(report: Report): string {
  const lines = [...report.read.map((file) => `read     ${file}`), ''];
  for (const [section, entries] of sections(report.entries)) {
    lines.push(section, ...entries.flatMap(entryLines), '');
  }
  for (const { file, line, text } of report.remarks) lines.push(`note     ${file}:${line} ${text}`);
  for (const warning of report.warnings) lines.push(`odd      ${findingLine(warning)}`);
  lines.push(...report.written.map((file) => `written  ${file}`), totals(report), '');
  return lines.map(printable).join('\n');
}

function sections(entries: readonly Entry[]): Map<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.file} ${entry.section}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [entry]);
    else group.push(entry);
  }
  return found;
}

function entryLines({ line, option, value, verdict, note, path }: Entry): string[] {
  const target = path === null ? '' : ` → ${path.join('.')}`;
  const first = `  ${WORDS[verdict]} line ${line}: ${option} = ${value}${target}`;
  return note === null || note === '' ? [first] : [first, `           ${note}`];
}

function totals({ entries, rows }: Report): string {
  const count = (verdict: Verdict) => entries.filter((entry) => entry.verdict === verdict).length;
  const people = [
    plural(rows.extensions, 'extension'),
    plural(rows.members, 'membership'),
    plural(rows.customers, 'customer'),
  ];
  const counts = `${count('taken')} taken, ${count('changed')} changed, ${count('default')} defaults written out, ${count('left')} left`;
  return `${counts}; rows: ${people.join(', ')}`;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Text of files: nothing of it may move the terminal's cursor. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');

/** For programs: the same by verdict. */
export function reportJson({ read, entries, remarks, warnings, rows, written }: Report): object {
  const of = (verdict: Verdict) =>
    entries.filter((entry) => entry.verdict === verdict).map(({ verdict: _verdict, ...entry }) => entry);
  return {
    read,
    taken: of('taken'),
    changed: of('changed'),
    defaults: of('default'),
    left: of('left'),
    notes: remarks,
    odd: warnings,
    rows,
    written,
  };
}
