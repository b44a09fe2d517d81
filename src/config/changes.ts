import { isDeepStrictEqual } from 'node:util';
import type { FindingPath } from './findings.ts';

/** A setting, or a whole group of them, that is not as it was. */
export interface SettingChange {
  readonly path: FindingPath;
  readonly change: 'new' | 'changed' | 'removed';
}

/** What differs between two files' plain values; a group that is new or gone is told as one. */
export function settingChanges(before: unknown, after: unknown, path: FindingPath = []): SettingChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ path, change: 'new' }];
  if (after === undefined) return [{ path, change: 'removed' }];
  if (!isGroup(before) || !isGroup(after)) return [{ path, change: 'changed' }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => settingChanges(before[name], after[name], [...path, name]));
}

/** A group of settings, and neither a value nor a list. */
export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is read only at start. `music-classes.*` stands for every class: its programme and its fallback count at once. */
const AT_START: readonly FindingPath[] = [
  ['asterisk'],
  ['database', 'pool'],
  ['database', 'connect-timeout'],
  ['database', 'statement-timeout'],
  ['database', 'data-folder'],
  ['database', 'lease-time'],
  ['http'],
  ['language'],
  ['log'],
  ['music-classes', '*', 'advice'],
  ['music-classes', '*', 'folder'],
  ['music-classes', '*', 'level'],
  ['music-classes', '*', 'stream'],
  ['queue-log', 'file'],
  ['queue-log', 'legacy-transfer'],
  ['queue-log', 'keep'],
  ['queue-log', 'rotate-daily'],
  ['queue-log', 'rotate-size'],
  ['queueing', 'log-caller-id-name'],
  ['queueing', 'log-member-name-as-agent'],
  ['sounds'],
  ['switches'],
  ['switches-close-after'],
  ['xmpp', 'ca'],
  ['xmpp', 'jid'],
  ['xmpp', 'payload'],
  ['xmpp', 'presence'],
  ['xmpp', 'pubsub'],
  ['xmpp', 'service'],
  ['xmpp', 'subscribers'],
];

/** Whether a change counts only after a restart; of a group that is new or gone, whether anything in it could. */
export function needsRestart({ path }: SettingChange): boolean {
  return AT_START.some((known) =>
    known.slice(0, path.length).every((part, index) => part === '*' || part === path[index]),
  );
}
