import { isGroup } from './config/changes.ts';
import type { StoredSettings } from './ports/queue-rows.ts';

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
