import { Document, isMap, isScalar, type Scalar, visit, type YAMLSeq } from 'yaml';
import { checkFile } from '../config/check-file.ts';
import { FILE_BYTES_MAX } from '../config/document.ts';
import { type Finding, findingLine } from '../config/findings.ts';
import { RESERVED_TARGETS } from '../core/ivr/flow-definition.ts';
import { AppError } from '../errors.ts';
import { type Draft, type Entry, isTree, type Path } from './draft.ts';

/** Each round takes at least one setting out; more rounds than this would be a fault of the import itself. */
export const ROUNDS_MAX = 200;

/** Widest line of a comment. */
const COMMENT_WIDTH = 240;

export interface Configuration {
  readonly text: string;
  /** What the check finds odd, but lets pass. */
  readonly warnings: readonly Finding[];
}

/**
 * The draft as a configuration file that `queueapp check` accepts: what the check refuses is taken out again and left, in the
 * check's own words.
 */
export function configurationOf(draft: Draft, file: string): Configuration {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { queues } = draft;
    if (queues.length === 0) throw new Error('A configuration needs a queue');
    const text = written(draft, queues);
    if (Buffer.byteLength(text) > FILE_BYTES_MAX) {
      const limit = `${FILE_BYTES_MAX / 1024} KiB`;
      throw new AppError(
        'IMPORT_SOURCE',
        `The configuration would be larger than ${limit}; import fewer queues at once`,
      );
    }
    const { findings, warnings } = checkFile(text, file);
    if (findings.length === 0) return { text, warnings };
    for (const finding of findings) takeOut(draft, finding);
  }
  throw new Error(`The configuration is still refused after ${ROUNDS_MAX} rounds`);
}

/** The setting that a finding is about, or the nearest one above it that came from a file. */
function takeOut(draft: Draft, finding: Finding): void {
  const path = finding.path.map(String);
  for (let length = path.length; length > 1; length--) {
    const part = path.slice(0, length);
    const isRead = draft.entries.some((entry) => entry.path !== null && isPrefix(part, entry.path));
    if ((isRead || isNamedGroup(part)) && draft.drop(part, finding.reason)) return;
  }
  throw new Error(`What the import writes is refused, and nothing that was read is to blame: ${findingLine(finding)}`);
}

/** A class or rule of which too little is left; a queue is one without any setting. */
const isNamedGroup = ([place = '', ...names]: Path) =>
  names.length === 1 && ['music-classes', 'penalty-rules'].includes(place);

const isPrefix = (part: Path, path: Path) => part.every((name, index) => name === path[index]);

const HEAD = ` Written by queueapp import. What means something else now has a line above it; what is left is named above
 its queue or class.
 Every setting is explained in docs/configuration.md, what became of each option of Asterisk in docs/app-queue.md.
 Secrets come from the environment (ARI_PASSWORD, XMPP_PASSWORD, DATABASE_URL, API_TOKEN).`;

/** As a person would order it: what others refer to comes first. */
const ORDER = ['xmpp', 'lookups', 'customer-code-lookup', 'queueing', 'penalty-rules', 'music-classes', 'queues'];

function written(draft: Draft, queues: readonly string[]): string {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const groups = Object.entries(draft.tree).toSorted(([one], [other]) => place(one) - place(other));
  const document = new Document({ ...Object.fromEntries(groups), ivr: entrance(queues[0] ?? '') });
  document.commentBefore = HEAD;
  for (const entry of draft.entries) if (entry.path !== null) noteOrigin(document, entry);
  for (const [group, entries] of leftBySection(draft)) noteLeft(document, group, entries);
  visit(document, { Seq: (_key, node) => flowIfPlain(node) });
  return document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false });
}

/** `[a, b]` in one line. */
function flowIfPlain(node: YAMLSeq): void {
  node.flow = node.items.every((item) => isScalar(item));
}

/** A call with `Stasis(queueapp)` alone goes into the first queue; `Stasis(queueapp,queue,NAME)` names any. */
function entrance(queue: string): object {
  const step = (RESERVED_TARGETS as readonly string[]).includes(queue) ? `${queue}-queue`.slice(0, 64) : queue;
  return { start: step, steps: { [step]: { queue, next: 'dialplan' } } };
}

/** Stands above the setting. */
function noteOrigin(document: Document, { path, file, line, option, value, verdict, note }: Entry): void {
  if (path === null || verdict === 'taken') return;
  const parent = document.getIn(path.slice(0, -1), true) ?? document.contents;
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  if (!isScalar(pair?.key)) return;
  const origin = verdict === 'default' ? 'nothing was written' : `${baseName(file)}:${line} ${option} = ${value}`;
  addComment(pair.key, ` ${oneLine(`${origin}: ${note ?? ''}`)}`);
}

function addComment(node: Scalar, comment: string): void {
  if (node.commentBefore?.split('\n').includes(comment)) return;
  node.commentBefore = node.commentBefore ? `${node.commentBefore}\n${comment}` : comment;
}

/** Options that were left, by the group of settings above which they are named. */
function leftBySection({ entries, tree }: Draft): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.verdict !== 'left') continue;
    const name = entry.section.replace(/^\[|\]$/g, '');
    const place = ['queues', 'music-classes', 'penalty-rules'].find((each) => {
      const group = tree[each];
      return isTree(group) && Object.hasOwn(group, name);
    });
    const key = place === undefined ? '' : JSON.stringify([place, name]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function noteLeft(document: Document, key: string, entries: readonly Entry[]): void {
  const lines = entries.map(
    ({ file, line, option, value, note }) =>
      ` left: ${oneLine(`${baseName(file)}:${line} ${option} = ${value}: ${note ?? ''}`)}`,
  );
  if (key === '') {
    document.commentBefore = `${document.commentBefore ?? ''}\n\n${lines.join('\n')}`;
    return;
  }
  const [place, name] = JSON.parse(key) as [string, string];
  const group = document.get(place);
  const pair = isMap(group) ? group.items.find((item) => isScalar(item.key) && item.key.value === name) : undefined;
  if (isScalar(pair?.key)) addComment(pair.key, lines.join('\n'));
}

const baseName = (file: string) => file.slice(file.lastIndexOf('/') + 1);

/** Comments are cut: the report has them whole. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trim();
  return plain.length > COMMENT_WIDTH ? `${plain.slice(0, COMMENT_WIDTH - 1)}…` : plain;
}
