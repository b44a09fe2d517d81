import { type Calendar, type Holiday, type OpeningRange, WEEKDAYS } from './flow-definition.ts';

const DAY_MINUTES = 24 * 60;

/**
 * Whether a calendar is open at an instant (Unix milliseconds). Everything is compared by the wall clock of the time
 * zone: a skipped hour is never reached, a repeated hour is open both times. A range belongs to the day on which it
 * begins: a holiday closes what begins on it, and the night that began on the eve goes on to its end.
 */
export function isOpen(calendar: Calendar, atMs: number): boolean {
  const now = wallClock(calendar.timeZone, atMs);
  const today = rangesOf(calendar, now.date);
  if (today.some((range) => beginsAndCovers(range, now.minute))) return true;
  const yesterday = rangesOf(calendar, dayBefore(now.date));
  return yesterday.some((range) => isOvernight(range) && now.minute < range.toMinute);
}

/** Reads `08:00-17:30`, `22:00-06:00`, `00:00-24:00`; `null` when it is none, or covers nothing. */
export function parseOpeningRange(text: string): OpeningRange | null {
  const match = /^\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*$/.exec(text);
  if (match === null) return null;
  const [fromMinute, toMinute] = [minuteOfDay(match[1], match[2]), minuteOfDay(match[3], match[4])];
  if (fromMinute === null || toMinute === null) return null;
  return fromMinute === toMinute || fromMinute === DAY_MINUTES ? null : { fromMinute, toMinute };
}

/** Reads `2026-05-14`, or `12-25` for every year; `null` when there is no such day. */
export function parseHoliday(text: string): Holiday | null {
  const match = /^\s*(?:(\d{4})-)?(\d\d)-(\d\d)\s*$/.exec(text);
  if (match === null) return null;
  const year = match[1] === undefined ? null : Number(match[1]);
  const [month, day] = [Number(match[2]), Number(match[3])];
  // 2000 is a leap year, so that 02-29 may stand for every year that has it.
  const date = new Date(Date.UTC(year ?? 2000, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { year, month, day } : null;
}

/** Whether the time zone data know the name (`Europe/Berlin`). */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function rangesOf(calendar: Calendar, date: CalendarDate): readonly OpeningRange[] {
  const isHoliday = calendar.holidays.some(
    ({ year, month, day }) => (year === null || year === date.year) && month === date.month && day === date.day,
  );
  if (isHoliday) return [];
  const weekday = WEEKDAYS[new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay()];
  return weekday === undefined ? [] : calendar.week[weekday];
}

function isOvernight({ fromMinute, toMinute }: OpeningRange): boolean {
  return toMinute <= fromMinute;
}

function beginsAndCovers(range: OpeningRange, minute: number): boolean {
  return minute >= range.fromMinute && (isOvernight(range) || minute < range.toMinute);
}

function dayBefore({ year, month, day }: CalendarDate): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day - 1));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs some 50 µs and much memory; a process has few time zones. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}

function wallClock(timeZone: string, atMs: number): { readonly date: CalendarDate; readonly minute: number } {
  const parts = formatOf(timeZone).formatToParts(atMs);
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  return {
    date: { year: value('year'), month: value('month'), day: value('day') },
    minute: value('hour') * 60 + value('minute'),
  };
}

function minuteOfDay(hour: string | undefined, minute: string | undefined): number | null {
  const [hours, minutes] = [Number(hour), Number(minute)];
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= DAY_MINUTES ? total : null;
}
