import { didYouMean } from '../config/nearest.ts';
import type { ConfOption } from './asterisk/conf.ts';
import type { Draft, Entry, Path, Written } from './draft.ts';
import { type Converted, type OptionRule, ruleNamed } from './options/convert.ts';

/** Where options come from, what they may be, and where their settings go. */
export interface Taking {
  /** `[support]` */
  readonly section: string;
  readonly rules: readonly OptionRule[];
  pathOf(setting: string): Path;
  readonly draft: Draft;
}

/** Options of one section become settings by their rules; what is written twice counts as Asterisk has it: the last one. */
export function takeOptions(options: readonly ConfOption[], { section, rules, pathOf, draft }: Taking): void {
  const earlier = new Map<string, Entry>();
  for (const option of options) {
    const rule = ruleNamed(rules, option.name);
    const entry: Entry = { ...option, section, option: option.name, verdict: 'left', note: null, path: null };
    draft.entries.push(entry);
    if (rule === undefined) {
      entry.note = `Asterisk has no such option here${didYouMean(option.name.toLowerCase(), namesOf(rules))}`;
      continue;
    }
    const before = earlier.get(rule.names[0]);
    if (before !== undefined) supersede(before, entry, draft);
    earlier.set(rule.names[0], entry);
    const path = rule.setting === null ? null : pathOf(rule.setting);
    apply(rule.convert(option.value), { entry, path, draft });
  }
}

const namesOf = (rules: readonly OptionRule[]) => rules.flatMap(({ names }) => names);

/** The line that was written first is no longer what counts; nor is the setting that it made. */
function supersede(before: Entry, { line, file }: Entry, draft: Draft): void {
  const path = before.path;
  const place = file === before.file ? `line ${line}` : `${file}:${line}`;
  if (path !== null) draft.drop(path, '');
  Object.assign(before, {
    verdict: 'left',
    path: null,
    note: `${place} says it again, and that counts`,
  } satisfies Partial<Entry>);
}

function apply(converted: Converted, { entry, path, draft }: { entry: Entry; path: Path | null; draft: Draft }): void {
  if ('left' in converted) {
    entry.note = converted.left;
  } else if ('isSo' in converted) {
    entry.verdict = 'taken';
    entry.note = converted.isSo;
  } else if (path !== null) {
    draft.set(path, together(draft, path, converted.value));
    entry.path = path;
    entry.verdict = converted.note === undefined ? 'taken' : 'changed';
    entry.note = converted.note ?? null;
  }
}

/** Several options make one list. */
function together(draft: Draft, path: Path, value: Written): Written {
  const before = draft.get(path);
  if (!Array.isArray(value) || !Array.isArray(before) || path.at(-1) !== 'set-variables') return value;
  return [...new Set([...before, ...value])];
}
