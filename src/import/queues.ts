import type { Conf, ConfOption, ConfSection } from './asterisk/conf.ts';
import { type Draft, isTree, type Written } from './draft.ts';
import { MemberRows } from './members.ts';
import { usableName } from './names.ts';
import { ANNOUNCEMENT_OPTIONS } from './options/announcement-options.ts';
import { isTrue, type OptionRule } from './options/convert.ts';
import { GENERAL_OPTIONS } from './options/general-options.ts';
import { QUEUE_OPTIONS } from './options/queue-options.ts';
import { takeOptions } from './take.ts';

/** All options of a queue. */
export const ALL_QUEUE_OPTIONS: readonly OptionRule[] = [...QUEUE_OPTIONS, ...ANNOUNCEMENT_OPTIONS];

/** The one option of a queue that is no setting but a row. */
export const MEMBER_OPTION = 'member';

/** What app_queue does when nothing is written. */
interface Default {
  readonly option: string;
  readonly setting: string;
  readonly value: Written;
  readonly note: string;
}

/** Where this application would do something else by itself: an imported queue goes on as it was. */
export const DEFAULTS_OF_APP_QUEUE: readonly Default[] = [
  {
    option: 'strategy',
    setting: 'strategy',
    value: 'ringall',
    note: 'app_queue rings everybody when nothing is written; leastrecent is the default here',
  },
  {
    option: 'autofill',
    setting: 'autofill',
    value: false,
    note: 'app_queue serves one caller at a time unless it is told otherwise; without this line callers are served side by side',
  },
  {
    option: 'ringinuse',
    setting: 'ring-in-use',
    value: true,
    note: 'app_queue rings members who are talking unless it is told otherwise; without this line they are not',
  },
];

/** queues.conf: `[general]`, and a queue for each other section. */
export function importQueues(conf: Conf, draft: Draft): void {
  const sections = conf.sections.filter(({ isTemplate }) => !isTemplate);
  const isGeneral = ({ name }: ConfSection) => name.toLowerCase() === 'general';
  const general = sections.filter(isGeneral).flatMap(({ options }) => options);
  takeOptions(general, {
    section: '[general]',
    rules: GENERAL_OPTIONS,
    pathOf: (setting) => setting.split('.'),
    draft,
  });
  const isOn = (name: string) => isTrue(general.findLast((each) => each.name.toLowerCase() === name)?.value ?? 'no');
  const context: QueueContext = {
    draft,
    members: new MemberRows(draft, { isNegativeInvalid: isOn('negative_penalty_invalid') }),
    isAutofill: isOn('autofill'),
    names: new Set(),
  };
  const seen = new Map<string, ConfSection>();
  for (const section of sections.filter((each) => !isGeneral(each))) {
    const first = seen.get(section.name.toLowerCase());
    if (first === undefined) importQueue(section, context);
    else leaveSection(section, first, draft);
    seen.set(section.name.toLowerCase(), first ?? section);
  }
}

interface QueueContext {
  readonly draft: Draft;
  readonly members: MemberRows;
  readonly isAutofill: boolean;
  readonly names: Set<string>;
}

function importQueue(section: ConfSection, context: QueueContext): void {
  const { draft, members, names } = context;
  const name = usableName(section.name, names);
  names.add(name);
  draft.addGroup(['queues', name]);
  if (name !== section.name) noteName(section, name, draft);
  const isMember = (option: ConfOption) => option.name.toLowerCase() === MEMBER_OPTION;
  const options = section.options.filter((option) => !isMember(option));
  const pathOf = (setting: string) => ['queues', name, ...setting.split('.')];
  takeOptions(options, { section: `[${name}]`, rules: ALL_QUEUE_OPTIONS, pathOf, draft });
  addDefaults(section, name, context);
  for (const option of section.options.filter(isMember)) members.add(option, name);
}

function noteName(section: ConfSection, name: string, draft: Draft): void {
  const path = ['queues', name, 'title'];
  draft.set(path, section.name.slice(0, 80));
  draft.entries.push({
    ...{ file: section.file, line: section.line, section: `[${name}]` },
    ...{ option: 'queue', value: section.name, verdict: 'changed', path },
    note: `a name is made of letters, digits, - and _: the dialplan says Stasis(queueapp,queue,${name}) now`,
  });
}

function addDefaults(section: ConfSection, name: string, { draft, isAutofill }: QueueContext): void {
  const written = new Set(section.options.map((option) => option.name.toLowerCase()));
  for (const { option, setting, value, note } of DEFAULTS_OF_APP_QUEUE) {
    if (written.has(option) || (option === 'autofill' && isAutofill)) continue;
    const path = ['queues', name, setting];
    draft.set(path, value);
    draft.entries.push({
      ...{ file: section.file, line: section.line, section: `[${name}]` },
      ...{ option, value: String(value), verdict: 'default', path, note },
    });
  }
}

function leaveSection(section: ConfSection, first: ConfSection, draft: Draft): void {
  const note = `app_queue passes over a second [${section.name}], and so does this import (the first: ${first.file}:${first.line}); [${section.name}](+) adds to it`;
  for (const option of section.options) {
    const { name, value, file, line } = option;
    draft.entries.push({
      section: `[${section.name}]`,
      option: name,
      value,
      file,
      line,
      verdict: 'left',
      note,
      path: null,
    });
  }
}

/**
 * Callers of a queue that has announced nothing go on hearing nothing of their place. It is the last thing to be done, for only
 * a music class of this application has a programme.
 */
export function keepQuiet(draft: Draft): void {
  const classes = draft.get(['music-classes']);
  for (const queue of draft.queues) {
    const musicClass = draft.get(['queues', queue, 'music-class']) ?? 'default';
    const isOurs = isTree(classes) ? Object.hasOwn(classes, String(musicClass)) : musicClass === 'default';
    const frequency = draft.get(['queues', queue, 'announcements', 'frequency']) ?? 0;
    const origin = draft.entries.find(({ section }) => section === `[${queue}]`);
    if (!isOurs || frequency !== 0 || origin === undefined) continue;
    const path = ['queues', queue, 'programme', 'position'];
    draft.set([...path, 'on-change'], false);
    draft.set([...path, 'every'], 0);
    draft.entries.push({
      ...{ file: origin.file, line: origin.line, section: origin.section, option: 'announce-frequency' },
      ...{ value: '0', verdict: 'default', path },
      note: 'app_queue says nothing of the place in line without it; without these lines the programme does',
    });
  }
}
