import { readDocument } from './document.ts';

/** A value as it would be written in the file: `20s`, `5`, `[paused, inuse]`; what is no YAML is text. */
export function readSettingValue(text: string): unknown {
  const { value, findings } = readDocument(`value: ${text}`, 'value');
  if (findings.length > 0 || typeof value !== 'object' || value === null || !('value' in value)) return text;
  return value.value;
}
