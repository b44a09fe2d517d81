import { describe, expect, test } from '@jest/globals';
import type { Calendar, Weekday } from '../../../src/core/ivr/flow-definition.ts';
import { WEEKDAYS } from '../../../src/core/ivr/flow-definition.ts';
import { isOpen, isTimeZone, parseHoliday, parseOpeningRange } from '../../../src/core/ivr/opening-hours.ts';

function calendar(
  timeZone: string,
  week: Partial<Record<Weekday, readonly string[]>>,
  holidays: readonly string[] = [],
): Calendar {
  const defined = <T>(value: T | null): T => {
    if (value === null) throw new Error('The test has a wrong range or holiday');
    return value;
  };
  const ranges = (day: Weekday) => (week[day] ?? []).map((text) => defined(parseOpeningRange(text)));
  return {
    timeZone,
    week: Object.fromEntries(WEEKDAYS.map((day) => [day, ranges(day)])) as unknown as Calendar['week'],
    holidays: holidays.map((text) => defined(parseHoliday(text))),
  };
}

const every = (...ranges: string[]) => Object.fromEntries(WEEKDAYS.map((day) => [day, ranges]));

describe('Opening hours', () => {
  const office = calendar('Europe/Berlin', { monday: ['08:00-12:00', '13:00-17:30'], friday: ['08:00-24:00'] });

  // 2026-11-23 is a Monday; Berlin is one hour ahead of UTC.
  test.each([
    ['2026-11-23T06:59:59.999Z', false],
    ['2026-11-23T07:00:00Z', true],
    ['2026-11-23T10:59:59.999Z', true],
    ['2026-11-23T11:00:00Z', false],
    ['2026-11-23T12:00:00Z', true],
    ['2026-11-23T16:30:00Z', false],
    ['2026-11-24T09:00:00Z', false],
    ['2026-11-27T22:59:00Z', true],
    ['2026-11-27T23:00:00Z', false],
  ])('of a week with a lunch break: at %s open is %s', (instant, expected) => {
    expect(isOpen(office, Date.parse(instant))).toBe(expected);
  });

  const night = calendar('Europe/Berlin', { saturday: ['22:00-06:00'] }, ['2026-11-29']);

  test.each([
    ['Saturday 21:59', '2026-11-21T20:59:00Z', false],
    ['Saturday 22:00', '2026-11-21T21:00:00Z', true],
    ['Sunday 05:59', '2026-11-22T04:59:00Z', true],
    ['Sunday 06:00', '2026-11-22T05:00:00Z', false],
    ['Sunday 22:30', '2026-11-22T21:30:00Z', false],
    ['Saturday 05:00, when nothing began on Friday', '2026-11-21T04:00:00Z', false],
    ['a Sunday that is a holiday, 05:59: the night began on Saturday', '2026-11-29T04:59:00Z', true],
  ])('overnight: %s', (_, instant, expected) => {
    expect(isOpen(night, Date.parse(instant))).toBe(expected);
  });

  test('all day, every day, is always open', () => {
    const always = calendar('America/New_York', every('00:00-24:00'));
    for (let hour = 0; hour < 24 * 400; hour += 7) expect(isOpen(always, hour * 3_600_000)).toBe(true);
  });

  test('nothing named is never open', () => {
    expect(isOpen(calendar('UTC', {}), Date.parse('2026-11-23T10:00:00Z'))).toBe(false);
  });
});

describe('Holidays', () => {
  const shop = calendar('Europe/Berlin', every('00:00-24:00'), ['12-25', '2026-05-14', '02-29']);

  test.each([
    ['yearly', '2026-12-25T11:00:00Z', false],
    ['yearly, another year', '2031-12-25T11:00:00Z', false],
    ['begins at midnight of the place', '2026-12-24T22:59:59Z', true],
    ['begins at midnight of the place', '2026-12-24T23:00:00Z', false],
    ['ends at midnight of the place', '2026-12-25T23:00:00Z', true],
    ['of one year', '2026-05-14T10:00:00Z', false],
    ['of one year, the year after', '2027-05-14T10:00:00Z', true],
    ['29 February', '2028-02-29T10:00:00Z', false],
    ['1 March of a year without it', '2027-03-01T10:00:00Z', true],
  ])('%s: at %s open is %s', (_, instant, expected) => {
    expect(isOpen(shop, Date.parse(instant))).toBe(expected);
  });

  test('close the night that would begin on them', () => {
    const nights = calendar('Europe/Berlin', every('22:00-06:00'), ['12-25']);
    expect(isOpen(nights, Date.parse('2026-12-25T04:59:00Z'))).toBe(true);
    expect(isOpen(nights, Date.parse('2026-12-25T21:30:00Z'))).toBe(false);
    expect(isOpen(nights, Date.parse('2026-12-26T04:00:00Z'))).toBe(false);
    expect(isOpen(nights, Date.parse('2026-12-26T21:30:00Z'))).toBe(true);
  });
});

describe('When clocks change', () => {
  // Berlin: 2026-03-29 02:00 → 03:00 (01:00 UTC), 2026-10-25 03:00 → 02:00 (01:00 UTC).
  const early = calendar('Europe/Berlin', every('02:30-05:00'));
  const late = calendar('Europe/Berlin', every('01:00-02:30'));
  const day = calendar('Europe/Berlin', every('08:00-17:00'));
  const night = calendar('Europe/Berlin', every('22:00-06:00'));

  test.each([
    ['the skipped 02:30 is 03:00', early, '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z'],
    ['08:00 in summer comes an hour earlier', day, '2026-03-29T05:59:59Z', '2026-03-29T06:00:00Z'],
    ['08:00 in winter again', day, '2026-10-25T06:59:59Z', '2026-10-25T07:00:00Z'],
    ['the repeated 02:00 is open both times', late, '2026-10-25T00:59:59Z', '2026-10-25T01:00:00Z'],
  ])('%s', (_, hours, before, after) => {
    expect([isOpen(hours, Date.parse(before)), isOpen(hours, Date.parse(after))]).toEqual([false, true]);
  });

  test('a night lasts seven hours in March and nine in October', () => {
    const openMinutes = (from: string, hours: number) =>
      Array.from({ length: hours * 60 }, (_, minute) => isOpen(night, Date.parse(from) + minute * 60_000)).filter(
        Boolean,
      ).length;
    expect(openMinutes('2026-03-28T12:00:00Z', 20)).toBe(7 * 60);
    expect(openMinutes('2026-10-24T12:00:00Z', 20)).toBe(9 * 60);
  });

  test('zones that are no whole hours off are right', () => {
    const kathmandu = calendar('Asia/Kathmandu', every('09:00-17:00'));
    expect(isOpen(kathmandu, Date.parse('2026-11-23T03:14:59Z'))).toBe(false);
    expect(isOpen(kathmandu, Date.parse('2026-11-23T03:15:00Z'))).toBe(true);
  });
});

describe('What administrators write', () => {
  test.each([
    ['08:00-17:30', { fromMinute: 480, toMinute: 1_050 }],
    [' 8:00 - 12:00 ', { fromMinute: 480, toMinute: 720 }],
    ['22:00-06:00', { fromMinute: 1_320, toMinute: 360 }],
    ['00:00-24:00', { fromMinute: 0, toMinute: 1_440 }],
    ['08:00-08:00', null],
    ['24:00-08:00', null],
    ['08:60-09:00', null],
    ['08:00-24:01', null],
    ['8-12', null],
    ['08:00', null],
    ['', null],
  ])('the range "%s"', (text, expected) => {
    expect(parseOpeningRange(text)).toEqual(expected);
  });

  test.each([
    ['12-25', { year: null, month: 12, day: 25 }],
    ['2026-05-14', { year: 2026, month: 5, day: 14 }],
    ['02-29', { year: null, month: 2, day: 29 }],
    ['2026-02-29', null],
    ['13-01', null],
    ['00-10', null],
    ['04-31', null],
    ['25.12.', null],
    ['', null],
  ])('the holiday "%s"', (text, expected) => {
    expect(parseHoliday(text)).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Asia/Kathmandu', true],
    ['Europe/Atlantis', false],
    ['', false],
  ])('the time zone "%s" is known: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
  });
});
