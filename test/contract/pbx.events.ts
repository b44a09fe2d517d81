import type { PbxEvent } from '../../src/ports/pbx.ts';

/** Whether an event has all that is given, at any depth. */
export function isLike(value: unknown, match: unknown): boolean {
  if (typeof match !== 'object' || match === null) return value === match;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(match).every(([key, wanted]) => isLike((value as Record<string, unknown>)[key], wanted));
}

/** Events as lines, for the message of a wait in vain. */
export function story(events: readonly PbxEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join('\n');
}
