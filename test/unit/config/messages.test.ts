import { describe, expect, test } from '@jest/globals';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';

/** A file that is in order; each case adds to it or replaces a part of it. */
const QUEUES = 'queues:\n  support: {}\n';
const IVR = 'ivr:\n  start: one\n  steps:\n    one: { play: queueapp/welcome, hangup: true }\n';
const SOUND = `${QUEUES}${IVR}`;

/** The lines that a file is answered with. */
function lines(text: string): string[] {
  return checkFile(text, 'queueapp.yaml').findings.map(findingLine);
}

/** The file with this step in place of the first one. */
const withStep = (step: string) =>
  `${QUEUES}ivr:\n  start: one\n  steps:\n    one: ${step}\n    two: { play: x, hangup: true }\n`;
const withQueue = (settings: string) => `queues:\n  support:\n    ${settings}\n${IVR}`;

test('The smallest file is in order', () => {
  expect(lines(SOUND)).toEqual([]);
});

describe('A wrong value is told with line, column, setting and what was expected', () => {
  test.each([
    [withQueue('ring-timeout: fast'), '3:5 queues.support.ring-timeout: expected a duration such as 15s, got "fast"'],
    [
      withQueue('ring-timeout: 15 sec'),
      '3:5 queues.support.ring-timeout: expected a duration such as 15s, got "15 sec"',
    ],
    [withQueue('ring-timeout: -1s'), '3:5 queues.support.ring-timeout: expected a duration such as 15s, got "-1s"'],
    [
      withQueue('ring-timeout: 500ms'),
      '3:5 queues.support.ring-timeout: expected 0, or at least 1s: Asterisk rings in whole seconds',
    ],
    [withQueue('ring-timeout: 2h'), '3:5 queues.support.ring-timeout: expected a duration from 0s to 10m, got "2h"'],
    [withQueue('ring-timeout: [15s]'), '3:5 queues.support.ring-timeout: expected a duration such as 15s, got a list'],
    [withQueue('max-length: -1'), '3:5 queues.support.max-length: expected at least 0, got -1'],
    [withQueue('max-length: 10001'), '3:5 queues.support.max-length: expected at most 10000, got 10001'],
    [withQueue('max-length: 2.5'), '3:5 queues.support.max-length: expected a whole number, got 2.5'],
    [withQueue('title: "two\\nlines"'), '3:5 queues.support.title: must not hold line breaks or control characters'],
    [
      withQueue("recording: { name: '../{time}' }"),
      '3:18 queues.support.recording.name: must not have a folder or file that is empty or begins with . or -',
    ],
    [
      withQueue('recording: { what: stereo }'),
      '3:18 queues.support.recording.what: expected one of together, apart, both, got "stereo"',
    ],
    [
      withQueue('strategy: ringal'),
      '3:5 queues.support.strategy: expected one of leastrecent, ringall, rrmemory, rrordered, fewestcalls, random, wrandom, linear, got "ringal"; did you mean "ringall"?',
    ],
    [
      withQueue('join-empty: sometimes'),
      '3:5 queues.support.join-empty: there is no "sometimes" (there are: yes, no, strict, loose, paused, penalty, inuse, ringing, unavailable, invalid, unknown, wrapup)',
    ],
    [withQueue('penalty-rule: widen'), '3:5 queues.support.penalty-rule: there is no penalty rule "widen"'],
    [
      withQueue('autopause-after: { busy: -1 }'),
      '3:24 queues.support.autopause-after.busy: expected at least 0, got -1',
    ],
    [
      withQueue('nobody-prompt: "a b"'),
      '3:5 queues.support.nobody-prompt: expected a prompt such as queueapp/welcome, got "a b"',
    ],
    [
      withQueue('nobody-prompt: [ok, "a;b,c"]'),
      '3:25 queues.support.nobody-prompt[1]: expected a prompt such as queueapp/welcome, got "a;b,c"',
    ],
    [
      withQueue('music-class: "my class"'),
      '3:5 queues.support.music-class: expected the name of a music class, such as default',
    ],
    [
      `log: { level: inf }\n${SOUND}`,
      '1:8 log.level: expected one of trace, debug, info, warn, error, fatal, silent, got "inf"; did you mean "info"?',
    ],
    [`log: { personal-data: maybe }\n${SOUND}`, '1:8 log.personal-data: expected true or false, got "maybe"'],
    [`limits: { calls: 0 }\n${SOUND}`, '1:11 limits.calls: expected at least 1, got 0'],
    [`limits: many\n${SOUND}`, '1:1 limits: expected a group of settings, got "many"'],
    [`language: English\n${SOUND}`, '1:1 language: expected a language such as en or pt_BR, got "English"'],
    [
      `asterisk: { url: 127.0.0.1 }\n${SOUND}`,
      '1:13 asterisk.url: expected an address that begins with http:// or https:// and names a host',
    ],
    [
      `asterisk: { application: my app }\n${SOUND}`,
      '1:13 asterisk.application: the name of an application is made of letters, digits, - and _',
    ],
    [
      `asterisk: { lost-after: 10s }\n${SOUND}`,
      '1:13 asterisk.lost-after: expected a duration from 1s to 3s, got "10s"',
    ],
    [
      `asterisk: { rtp-address: pbx.example.org }\n${SOUND}`,
      '1:13 asterisk.rtp-address: expected an IP address, got "pbx.example.org"',
    ],
    [
      `http: { listen: 127.0.0.1:70000 }\n${SOUND}`,
      '1:9 http.listen: expected an address such as 127.0.0.1:8080, got "127.0.0.1:70000"',
    ],
    [
      `members: { caller-id: { name: '{kunde}' } }\n${SOUND}`,
      '1:25 members.caller-id.name: there is no placeholder {kunde} (there are: {queue}, {customer}, {id}, {code}, {caller}, {name})',
    ],
    [
      `xmpp: { subscribers: [crm@example.org, crm@example.org/desk] }\n${SOUND}`,
      '1:40 xmpp.subscribers[1]: expected an XMPP address such as crm@example.org, without a resource, got "crm@example.org/desk"',
    ],
    [`xmpp: { payload: xml }\n${SOUND}`, '1:9 xmpp.payload: expected one of native, legacy, hybrid, got "xml"'],
    [
      `xmpp: { service: 'https://x' }\n${SOUND}`,
      '1:9 xmpp.service: expected an address that begins with xmpp:// or xmpps:// and names a host',
    ],
    [`database: { pool: 0 }\n${SOUND}`, '1:13 database.pool: expected at least 1, got 0'],
  ])('%j', (text, line) => {
    expect(lines(text)).toEqual([`queueapp.yaml:${line}`]);
  });
});

describe('A setting that does not exist is told with the one that may be meant', () => {
  test.each([
    [`langauge: en\n${SOUND}`, '1:1 langauge: is no setting here; did you mean "language"?'],
    [withQueue('ringTimeout: 5s'), '3:5 queues.support.ringTimeout: is no setting here; did you mean "ring-timeout"?'],
    [
      withQueue('ring_timeout: 5s'),
      '3:5 queues.support.ring_timeout: is no setting here; did you mean "ring-timeout"?',
    ],
    [`log: { colour: red }\n${SOUND}`, '1:8 log.colour: is no setting here (there are: level, personal-data)'],
    [withStep('{ menue: { prompt: x } }'), '6:12 ivr.steps.one.menue: is no setting here; did you mean "menu"?'],
    [
      withStep('{ dial: { extension: 1, noanswer: two, no-answer: two } }'),
      '6:34 ivr.steps.one.dial.noanswer: is no setting here; did you mean "no-answer"?',
    ],
  ])('%j', (text, line) => {
    expect(lines(text)).toContain(`queueapp.yaml:${line}`);
  });
});

describe('A reference that leads nowhere is told where it stands', () => {
  test.each([
    [withStep('{ play: x, next: tow }'), '6:21 ivr.steps.one.next: there is no step "tow"; did you mean "two"?'],
    [
      withStep("{ menu: { prompt: x, keys: { '1': three }, nothing: two } }"),
      '6:39 ivr.steps.one.menu.keys.1: there is no step "three" (there are: one, two, hangup, dialplan)',
    ],
    [withStep('{ queue: suport }'), '6:12 ivr.steps.one.queue: there is no queue "suport"; did you mean "support"?'],
    [
      withStep('{ lookup: { by: who, found: two, not-found: two } }'),
      '6:22 ivr.steps.one.lookup.by: there is no lookup "who"',
    ],
    [
      withStep('{ collect: { prompt: x, digits: 4, lookup: who, found: two, failed: two } }'),
      '6:45 ivr.steps.one.collect.lookup: there is no lookup "who"',
    ],
    [
      withStep('{ hours: { calendar: office, open: two, closed: two } }'),
      '6:21 ivr.steps.one.hours.calendar: there is no calendar "office"',
    ],
    [`default-queue: sales\n${SOUND}`, '1:1 default-queue: there is no queue "sales" (there are: support)'],
    [
      `${QUEUES}ivr:\n  start: on\n  steps:\n    one: { play: x, hangup: true }\n`,
      '4:3 ivr.start: there is no step "on"; did you mean "one"?',
    ],
  ])('%j', (text, line) => {
    expect(lines(text)).toEqual([`queueapp.yaml:${line}`]);
  });
});

describe('A step that cannot work is told', () => {
  test.each([
    [withStep('{ play: x }'), '6:5 ivr.steps.one: does not say where it goes on: it needs next, or hangup: true'],
    [
      withStep('{ play: x, next: two, hangup: true }'),
      '6:5 ivr.steps.one: has next and hangup: true; keep one of them',
    ],
    [withStep('{ menu: {}, dial: {} }'), '6:22 ivr.steps.one.dial: a step does one thing, this one has menu and dial'],
    [withStep('{ queue: support, ring: 3s }'), '6:28 ivr.steps.one.ring: is no setting here'],
    [
      withStep('{ menu: { prompt: x, keys: {}, nothing: two } }'),
      '6:31 ivr.steps.one.menu.keys: expected at least one key',
    ],
    [
      withStep("{ menu: { prompt: x, keys: { '10': two }, nothing: two } }"),
      '6:39 ivr.steps.one.menu.keys.10: is no key of a telephone (0 to 9, *, #, A to D)',
    ],
    [withStep("{ menu: { prompt: x, keys: { '1': two } } }"), '6:12 ivr.steps.one.menu.nothing: is missing'],
    [
      withStep('{ collect: { prompt: x, digits: 33, lookup: a, found: two, failed: two } }'),
      '6:34 ivr.steps.one.collect.digits: expected at most 32, got 33',
    ],
    [
      withStep('{ dial: { extension: "2000;x", no-answer: two } }'),
      `6:20 ivr.steps.one.dial.extension: expected a number such as '2000', got "2000;x"`,
    ],
    [withStep('fast'), '6:5 ivr.steps.one: expected a group of settings, got "fast"'],
    [
      `${QUEUES}ivr: { start: hangup, steps: { hangup: { play: x, hangup: true } } }`,
      '3:32 ivr.steps.hangup: "hangup" is a target of its own and can\'t be the name of a step',
    ],
    [withStep('{ next: one }'), '6:5 ivr.steps.one: runs in a circle without a prompt or a wait: one → one'],
  ])('%j', (text, line) => {
    expect(lines(text).join('\n')).toContain(`queueapp.yaml:${line}`);
  });
});

describe('Lookups', () => {
  const withLookup = (lookup: string) => `lookups:\n  who: ${lookup}\n${SOUND}`;
  test.each([
    ['{}', '2:3 lookups.who: a lookup needs sql or http'],
    ['{ sql: select 1, http: "http://x/" }', '2:25 lookups.who.http: a lookup has either sql or http, not both'],
    [
      '{ sql: "select $1 + $2", parameters: [code] }',
      '2:10 lookups.who.sql: uses 2 parameters ($1, …), but there are 1 (code)',
    ],
    [
      '{ sql: "select $1", parameters: [phone] }',
      '2:41 lookups.who.parameters[0]: expected one of code, number, name, got "phone"',
    ],
    [
      '{ http: "http://x/{phone}" }',
      '2:10 lookups.who.http: there is no placeholder {phone} (there are: {code}, {number}, {name})',
    ],
    ['{ http: "http://{code}.example/" }', '2:10 lookups.who.http: a placeholder may not stand in the host'],
    [
      '{ http: "http://user:geheim@x/" }',
      '2:10 lookups.who.http: a password has no place in an address; use headers with { env: NAME }',
    ],
    [
      '{ http: "http://x/", headers: { Authorization: Bearer geheim } }',
      '2:40 lookups.who.headers.Authorization: secrets have no place in this file; write { env: NAME } and set NAME in the environment',
    ],
    [
      '{ http: "http://x/", headers: { x: { env: lower } } }',
      '2:40 lookups.who.headers.x: expected text, or { env: NAME } for a value from the environment, got a group of settings',
    ],
    ['{ http: "http://x/", retries: 6 }', '2:29 lookups.who.retries: expected at most 5, got 6'],
  ])('%j', (lookup, line) => {
    expect(lines(withLookup(lookup))).toContain(`queueapp.yaml:${line}`);
  });
});

describe('Calendars', () => {
  const withCalendar = (calendar: string) => `calendars:\n  office: ${calendar}\n${SOUND}`;
  const week = "week: { monday: ['08:00-12:00'] }";
  test.each([
    [`{ ${week} }`, '2:3 calendars.office.time-zone: is missing'],
    [
      `{ time-zone: Europe/Berln, ${week} }`,
      '2:13 calendars.office.time-zone: expected a time zone such as Europe/Berlin, got "Europe/Berln"',
    ],
    [
      "{ time-zone: UTC, week: { mondey: ['08:00-12:00'] } }",
      '2:37 calendars.office.week.mondey: expected a day such as monday, or monday-friday; did you mean "monday"?',
    ],
    [
      "{ time-zone: UTC, week: { monday: ['8-12'] } }",
      '2:46 calendars.office.week.monday[0]: expected opening hours such as 08:00-17:30, got "8-12"',
    ],
    [
      "{ time-zone: UTC, week: { mon-fri: ['08:00-12:00'], tuesday: ['08:00-09:00'] } }",
      '2:63 calendars.office.week.tuesday: says something of tuesday, which another line says, too',
    ],
    [
      `{ time-zone: UTC, ${week}, holidays: ['02-30'] }`,
      '2:75 calendars.office.holidays[0]: expected a day such as 12-25 (every year) or 2026-05-14, got "02-30"',
    ],
  ])('%j', (calendar, line) => {
    expect(lines(withCalendar(calendar))).toEqual([`queueapp.yaml:${line}`]);
  });
});

describe('A secret in the file is refused with the advice, and never repeated', () => {
  test.each([
    ['asterisk: { password: geheim }', '1:13 asterisk.password', 'ARI_PASSWORD'],
    ['xmpp: { password: geheim }', '1:9 xmpp.password', 'XMPP_PASSWORD'],
    ['database: { url: "postgres://a:geheim@b/c" }', '1:13 database.url', 'DATABASE_URL'],
    ['database: { password: geheim }', '1:13 database.password', 'DATABASE_URL'],
    ['http: { api-token: geheim }', '1:9 http.api-token', 'API_TOKEN'],
    ['secrets: { a: geheim }', '1:1 secrets', 'one of ARI_PASSWORD'],
  ])('%s', (setting, place, variable) => {
    const [line = '', ...more] = lines(`${setting}\n${SOUND}`);
    expect(more).toEqual([]);
    expect(line).toContain(`queueapp.yaml:${place}: secrets have no place in this file; remove it and set ${variable}`);
    expect(line).not.toContain('geheim');
  });

  test('a password in an address', () => {
    const [line = ''] = lines(`asterisk: { url: 'http://queueapp:geheim@127.0.0.1:8088' }\n${SOUND}`);
    expect(line).toContain('asterisk.url: a password has no place in an address');
    expect(line).not.toContain('geheim');
  });
});

describe('YAML', () => {
  test('A key that is written twice is told with both lines', () => {
    expect(lines(`queues:\n  support:\n    retry: 5s\n    title: A\n    retry: 6s\n  support: {}\n${IVR}`)).toEqual([
      'queueapp.yaml:5:5 queues.support.retry: is written twice, first in line 3; keep one of them',
      'queueapp.yaml:6:3 queues.support: is written twice, first in line 2; keep one of them',
    ]);
  });

  test('Broken syntax is told with the line', () => {
    expect(lines(`queues:\n  support: {\n${IVR}`)[0]).toMatch(/^queueapp\.yaml:\d+:\d+: is no proper YAML: /);
    expect(lines('a:\n\t- b\n')[0]).toMatch(/^queueapp\.yaml:2:\d+: is no proper YAML: /);
  });

  test('A name that is a list or a group is refused', () => {
    expect(lines(`{ a: 1 }: x\n${SOUND}`)[0]).toBe('queueapp.yaml:1:1: has a name that is no plain text');
  });

  test('A bare * gets the advice to quote it', () => {
    expect(lines('a: *x\n').join('\n')).toMatch(/is no proper YAML/);
  });

  test.each(['', '# nothing but a comment\n', '- a list\n', 'text\n'])(
    'A file without settings (%j) says what is missing',
    (text) => {
      const found = lines(text);
      expect(found.length).toBeGreaterThan(0);
      for (const line of found) expect(line).toMatch(/^queueapp\.yaml:1:1/);
    },
  );

  test('A bomb of aliases is refused', () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(', ')}]`,
    );
    expect(lines(['a0: &a0 x', ...levels].join('\n'))[0]).toContain('is no proper YAML');
  });

  test('__proto__ and constructor are names like any other', () => {
    expect(lines(`${QUEUES}ivr:\n  start: one\n  steps:\n    one: { play: x, next: constructor }\n`)[0]).toContain(
      'there is no step "constructor"',
    );
    expect(lines(`${SOUND}__proto__: { x: 1 }\n`)[0]).toContain('__proto__');
  });

  test('Anchors and aliases are understood', () => {
    expect(lines(`queues:\n  support: &base { retry: 7s }\n  sales: *base\n${IVR}`)).toEqual([]);
  });
});

test('Everything that is wrong is told at once, in the order of the file', () => {
  const text = `langage: en\nlimits: { calls: x }\nqueues:\n  support: { retry: x, ring: 5s }\nivr:\n  start: on\n  steps:\n    one: { play: x, next: tow }\n`;
  expect(
    lines(text)
      .map((line) => line.split(' ')[0])
      .sort(),
  ).toEqual([
    'queueapp.yaml:1:1',
    'queueapp.yaml:2:11',
    'queueapp.yaml:4:14',
    'queueapp.yaml:4:24',
    'queueapp.yaml:6:3',
    'queueapp.yaml:8:21',
  ]);
});
