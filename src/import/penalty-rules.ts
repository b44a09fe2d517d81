import { shown } from '../config/findings.ts';
import { splitArguments } from './arguments.ts';
import type { Conf, ConfOption, ConfSection } from './asterisk/conf.ts';
import type { Draft, Entry } from './draft.ts';
import { usableName } from './names.ts';
import type { OptionRule } from './options/convert.ts';
import { isTrue } from './options/convert.ts';
import { takeOptions } from './take.ts';

/** Seconds of a row; a caller who waits longer than a day has other troubles. */
const AFTER_MAX_S = 86_400;

export const RULES_GENERAL_OPTIONS: readonly OptionRule[] = [
  {
    names: ['realtime_rules'],
    setting: null,
    convert: (value) =>
      isTrue(value)
        ? { left: 'rules of the database table queue_rules are not read; write them into penalty-rules' }
        : { isSo: 'rules stand in penalty-rules' },
  },
];

/** The one option of a rule; what becomes of it is {@link readRow}. */
export const PENALTY_CHANGE = 'penaltychange';

const RAISE_NOTE =
  'the r holds for callers who came with QUEUE_RAISE_PENALTY=r…: for them members below the least penalty stay left out';

interface Row {
  readonly afterS: number;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly notes: readonly string[];
}

/**
 * queuerules.conf: `[general]`, and a rule for each other section.
 * @returns the names that rules have now, by their names in small letters
 */
export function importRules(conf: Conf, draft: Draft): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const section of conf.sections.filter(({ isTemplate }) => !isTemplate)) {
    if (section.name.toLowerCase() === 'general') {
      const rules = {
        section: '[general]',
        rules: RULES_GENERAL_OPTIONS,
        pathOf: (setting: string) => [setting],
        draft,
      };
      takeOptions(section.options, rules);
      continue;
    }
    const known = names.get(section.name.toLowerCase());
    const name = known ?? usableName(section.name, new Set(names.values()));
    names.set(section.name.toLowerCase(), name);
    importRule(section, name, draft);
  }
  return names;
}

function importRule(section: ConfSection, name: string, draft: Draft): void {
  const read: { row: Row; entry: Entry }[] = [];
  for (const option of section.options) {
    const entry: Entry = {
      ...option,
      section: `[${section.name}]`,
      option: option.name,
      verdict: 'left',
      note: null,
      path: null,
    };
    draft.entries.push(entry);
    const row = option.name.toLowerCase() === PENALTY_CHANGE ? readRow(option) : `a rule knows ${PENALTY_CHANGE} alone`;
    if (typeof row === 'string') entry.note = row;
    else read.push({ row, entry });
  }
  // Asterisk keeps rows in the order of their times; of two of one time the one that was read first stays first.
  const rows = read.toSorted((a, b) => a.row.afterS - b.row.afterS);
  for (const { row, entry } of read) {
    const isRenamed = name === section.name ? [] : [`the rule is named ${name}`];
    const notes = [...row.notes, ...isRenamed];
    Object.assign(entry, {
      verdict: notes.length === 0 ? 'taken' : 'changed',
      note: notes.length === 0 ? null : notes.join('; '),
      path: ['penalty-rules', name],
    } satisfies Partial<Entry>);
  }
  draft.set(
    ['penalty-rules', name],
    rows.map(({ row }) => ({ after: row.afterS === 0 ? 0 : `${row.afterS}s`, ...row.settings })),
  );
}

/** `30,+3,,r20`: seconds, change of the greatest, of the least penalty, and of the one that lower ones are raised to. */
function readRow({ value }: ConfOption): Row | string {
  const [after = '', max = '', min = '', raise = '', ...more] = splitArguments(value);
  if (!/^\d+$/.test(after)) return `expected seconds first, got ${shown(after)}; Asterisk passes over such a line`;
  const afterS = Math.min(Number(after), AFTER_MAX_S);
  const notes = more.length === 0 ? [] : ['there is more in the line than Asterisk reads'];
  if (afterS !== Number(after)) notes.push('a row counts from a day of waiting on at the latest');
  const settings: Record<string, string | number> = {};
  for (const [name, written] of Object.entries({ max, min, raise })) {
    if (written === '') continue;
    const change = readChange(name === 'raise' ? written.replace(/^r/i, '') : written);
    if (change === null)
      return `${shown(written)} is no penalty and no change of one; Asterisk passes over such a line`;
    settings[name] = change;
  }
  if (/^r/i.test(raise)) notes.push(RAISE_NOTE);
  if (Object.keys(settings).length === 0) return 'changes nothing; Asterisk passes over such a line';
  return { afterS, settings, notes };
}

/** `5`, `+1`, `-2`. */
function readChange(written: string): string | number | null {
  const [, sign = '', digits = ''] = /^([+-])?(\d{1,9})$/.exec(written) ?? [];
  if (digits === '') return null;
  return sign === '' ? Number(digits) : `${sign}${digits}`;
}

/** `defaultrule` names a rule whatever the case of its letters; one that is not there is left. */
export function resolveRules(draft: Draft, names: ReadonlyMap<string, string> | null): void {
  for (const queue of draft.queues) {
    const path = ['queues', queue, 'penalty-rule'];
    const written = draft.get(path);
    if (typeof written !== 'string') continue;
    const name = names?.get(written.toLowerCase());
    if (name !== undefined) draft.set(path, name);
    else
      draft.drop(
        path,
        names === null ? 'needs the rules: name queuerules.conf, too' : 'names no rule of queuerules.conf',
      );
  }
}
