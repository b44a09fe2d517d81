import { InvalidArgumentError } from 'commander';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^(\d{1,6})([smhdw])$/;
const ABSOLUTE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * A moment as people write it: `30m`, `2h`, `7d` before now, `today`, `yesterday`, `2026-11-20`, `2026-11-20 12:00`, or with a zone as ISO 8601. Without one
 * it is this machine's time.
 */
export function moment(text: string, nowMs: number): number {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  if (text === 'now') return nowMs;
  if (text === 'today') return midnight;
  if (text === 'yesterday') return new Date(midnight - 1).setHours(0, 0, 0, 0);
  const [, amount, unit] = RELATIVE.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return nowMs - Number(amount) * (UNITS_MS[unit] ?? 0);
  const [, day, time = '00:00', zone = ''] = ABSOLUTE.exec(text) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`);
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError(
    `expected a time such as 2h, today or 2026-11-20 12:00, got ${JSON.stringify(text.slice(0, 40))}.`,
  );
}

/** `2026-11-20 12:00:31` on the clocks of a time zone. */
export function clockTime(iso: string, timeZone?: string): string {
  return new Date(iso).toLocaleString('sv-SE', timeZone === undefined ? {} : { timeZone });
}
