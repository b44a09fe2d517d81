import { isGroup } from './config/changes.ts';
import type { QueueName } from './core/ids.ts';
import type { QueueRow, StoredSettings } from './ports/queue-rows.ts';
import type { StepRow, StoredStep } from './ports/step-rows.ts';

/** Groups are merged setting by setting; what has no value is as good as not written, as in the file. */
export function mergedSettings(below: StoredSettings, above: StoredSettings): StoredSettings {
  // Not by assignment: JSON may have the name __proto__.
  const result = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const under = result.get(name);
    if (isGroup(value)) result.set(name, mergedSettings(isGroup(under) ? under : {}, value));
    else if (value !== null) result.set(name, value);
  }
  return Object.fromEntries(result);
}

/** Without the setting of that path (`['programme', 'order']`), and without groups that it leaves empty. */
export function withoutSetting(settings: StoredSettings, [name = '', ...rest]: readonly string[]): StoredSettings {
  const { [name]: value, ...others } = settings;
  if (rest.length === 0 || !isGroup(value)) return others;
  const left = withoutSetting(value, rest);
  return Object.keys(left).length === 0 ? others : { ...others, [name]: left };
}

interface Changes {
  readonly set: StoredSettings;
  readonly unset: readonly (readonly string[])[];
  readonly unsetAll: boolean;
}

/** What stands in a row after a change of it. */
export function changedSettings(before: StoredSettings, { set, unset, unsetAll }: Changes): StoredSettings {
  const kept = unset.reduce<StoredSettings>(withoutSetting, unsetAll ? {} : before);
  return mergedSettings(kept, set);
}

/** The rows as they would be with this one. */
export function changedQueue(rows: readonly QueueRow[], queue: QueueName, settings: StoredSettings): QueueRow[] {
  const title = rows.find(({ name }) => name === queue)?.title ?? queue;
  return [...rows.filter(({ name }) => name !== queue), { name: queue, title, settings, isMadeBySql: true }];
}

/** As above; `null`: without it. */
export function changedStep(rows: readonly StepRow[], step: string, definition: StoredStep | null): StepRow[] {
  const others = rows.filter(({ name }) => name !== step);
  return definition === null ? others : [...others, { name: step, definition }];
}
