import { z } from 'zod';
import { type Calendar, type OpeningRange, WEEKDAYS, type Weekday } from '../core/ivr/flow-definition.ts';
import { isTimeZone, parseHoliday, parseOpeningRange } from '../core/ivr/opening-hours.ts';
import { shown } from './findings.ts';
import { didYouMean } from './nearest.ts';
import { section } from './values.ts';

const openingRange = z.string().transform((written, context): OpeningRange => {
  const range = parseOpeningRange(written);
  if (range !== null) return range;
  const message = `expected opening hours such as 08:00-17:30, got ${shown(written)}`;
  context.issues.push({ code: 'custom', input: written, message });
  return z.NEVER;
});

const holiday = z.string().transform((written, context) => {
  const day = parseHoliday(written);
  if (day !== null) return day;
  const message = `expected a day such as 12-25 (every year) or 2026-05-14, got ${shown(written)}`;
  context.issues.push({ code: 'custom', input: written, message });
  return z.NEVER;
});

/** One day by its name, or a span of days such as `monday-friday`; `null` when it is neither. */
export function daysOf(written: string): readonly Weekday[] | null {
  const [first, last, ...more] = written
    .toLowerCase()
    .split('-')
    .map((part) => dayOf(part.trim()));
  if (first === undefined || first === null || last === null || more.length > 0) return null;
  if (last === undefined) return [first];
  const [from, to] = [WEEKDAYS.indexOf(first), WEEKDAYS.indexOf(last)];
  const length = ((to - from + WEEKDAYS.length) % WEEKDAYS.length) + 1;
  return Array.from({ length }, (_, index) => WEEKDAYS[(from + index) % WEEKDAYS.length] ?? first);
}

const dayOf = (word: string) => WEEKDAYS.find((day) => day === word || day.slice(0, 3) === word) ?? null;

const dayNames = z.string().refine((written) => daysOf(written) !== null, {
  error: ({ input }) => `expected a day such as monday, or monday-friday${didYouMean(String(input), WEEKDAYS)}`,
});

const week = z
  .record(dayNames, z.array(openingRange).max(20))
  .transform((written, context) => {
    const ranges: Partial<Record<Weekday, readonly OpeningRange[]>> = {};
    for (const [days, times] of Object.entries(written)) {
      for (const day of daysOf(days) ?? []) {
        if (ranges[day] !== undefined) {
          const message = `says something of ${day}, which another line says, too`;
          context.issues.push({ code: 'custom', input: times, path: [days], message });
        }
        ranges[day] = times;
      }
    }
    return { ...CLOSED_WEEK, ...ranges };
  })
  .meta({ kind: 'lists of hours by day' });

const CLOSED_WEEK: Calendar['week'] = {
  sunday: [],
  monday: [],
  tuesday: [],
  wednesday: [],
  thursday: [],
  friday: [],
  saturday: [],
};

/** The fields of one calendar, as the reference of settings lists them. */
export const calendarFields = section({
  'time-zone': z
    .string()
    .refine(isTimeZone, { error: ({ input }) => `expected a time zone such as Europe/Berlin, got ${shown(input)}` })
    .describe('Whose clocks count: a name such as `Europe/Berlin`.'),
  week: week.describe(
    "Hours by day: `monday-friday: ['08:00-12:00', '13:00-17:30']`. `'22:00-06:00'` ends on the next day. A day that is not named is closed.",
  ),
  holidays: z
    .array(holiday)
    .max(1000)
    .prefault([])
    .describe("Closed days: `'12-25'` in every year, `'2026-05-14'` in one."),
});

/** One calendar. */
export const calendar = calendarFields.transform(
  (written): Calendar => ({ timeZone: written['time-zone'], week: written.week, holidays: written.holidays }),
);
