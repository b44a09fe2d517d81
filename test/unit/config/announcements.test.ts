import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';
import { announcedNames } from '../../../src/config/prompts.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { ANNOUNCEMENT_DEFAULTS } from '../../../src/core/programme/announcement-settings.ts';
import { OWN_WORDS } from '../../../src/core/speech/announcer.ts';

const IVR = 'ivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }\n';
const withAnnouncements = (settings: string) => `queues: { support: { announcements: { ${settings} } } }\n${IVR}`;

function read(settings: string) {
  const checked = checkFile(withAnnouncements(settings), 'FILE');
  return checked.value?.queues[0]?.announcements ?? checked.findings.map(findingLine);
}

const told = (settings: string) =>
  checkFile(withAnnouncements(settings), 'FILE').findings.map((finding) => findingLine(finding).replace(/^.*?: /, ''));

describe('What a queue announces', () => {
  test('is nothing unless it is written', () => {
    expect(checkFile(`queues: { support: {} }\n${IVR}`, 'FILE').value?.queues[0]?.announcements).toEqual(
      ANNOUNCEMENT_DEFAULTS,
    );
    expect(read('')).toEqual(ANNOUNCEMENT_DEFAULTS);
  });

  test("has app_queue's words", () => {
    expect(
      read(
        'frequency: 60, min-frequency: 20s, position: more, position-limit: 5, only-up: yes, hold-time: once, round-seconds: 15, to-first: no, thanks: no, periodic: { prompts: [queueapp/stay_on_line, sound:custom/offer], frequency: 45s, start-delay: 0, order: random, relative: yes }, before-conversation: custom/connecting, prompts: { thank-you: none, there-are: custom/there, calls-waiting: [custom/a, custom/b] }',
      ),
    ).toEqual({
      frequencyMs: 60_000,
      minFrequencyMs: 20_000,
      position: 'more',
      positionLimit: 5,
      onlyUp: true,
      holdTime: 'once',
      roundSeconds: 15,
      toFirst: false,
      thanks: false,
      periodic: {
        prompts: ['queueapp/stay_on_line', 'custom/offer'],
        frequencyMs: 45_000,
        startDelayMs: 0,
        order: 'random',
        relative: true,
      },
      beforeConversation: ['sound:custom/connecting'],
      prompts: { ...OWN_WORDS, thankYou: [], thereAre: ['custom/there'], callsWaiting: ['custom/a', 'custom/b'] },
    });
  });

  test.each([
    ['position: no', 'no'],
    ['position: false', 'no'],
    ['position: true', 'yes'],
    ['position: limit', 'limit'],
  ])('%s is %s, however YAML reads it', (settings, position) => expect(read(settings)).toMatchObject({ position }));

  test.each([
    ['position: maybe', 'expected yes, no, limit, more, got "maybe"'],
    ['hold-time: twice', 'expected yes, no, once, got "twice"'],
    ['round-seconds: 7', 'expected one of 0, 5, 10, 15, 20, 30, got 7'],
    ['position-limit: 0', 'expected at least 1, got 0'],
    ['frequency: often', 'expected a duration such as 15s, got "often"'],
    ['periodic: { prompts: [] }', 'expected at least one entry, got 0'],
    [
      `periodic: { prompts: [${Array.from({ length: 11 }, (_, index) => `a${index}`).join(', ')}] }`,
      'expected at most 10 entries, got 11',
    ],
    [
      'periodic: { prompts: [tone:busy] }',
      'expected the name of a recording such as queueapp/stay_on_line, got "tone:busy"',
    ],
    [
      'prompts: { thank-you: ../../etc/passwd }',
      'expected the name of a recording such as queueapp/stay_on_line, got "../../etc/passwd"',
    ],
    [
      'periodic: { prompts: [/var/lib/asterisk/sounds/x] }',
      'expected the name of a recording such as queueapp/stay_on_line, got "/var/lib/asterisk/sounds/x"',
    ],
    ['frequencey: 5s', 'is no setting here; did you mean "frequency"?'],
  ])('%s: %s', (settings, expected) => {
    const [line = '', ...more] = told(settings);
    expect(more).toEqual([]);
    expect(line).toContain(expected);
  });

  test("names recordings of others, which are kept ready for the programme and looked for in Asterisk's folders", () => {
    const checked = checkFile(
      withAnnouncements(
        'periodic: { frequency: 30s, prompts: [queueapp/stay_on_line, custom/offer] }, prompts: { thank-you: queue-thankyou }',
      ),
      'FILE',
    );
    expect(announcedNames(checked.value?.queues ?? [])).toEqual(['custom/offer', 'queue-thankyou']);
  });
});

describe('Oddities of announcements are told', () => {
  const warnings = (queue: string, more = '') =>
    checkFile(`queues: { support: { ${queue} } }\n${more}${IVR}`, 'FILE').warnings.map((finding) =>
      findingLine(finding).replace(/^.*?(?=queues)/, ''),
    );
  const custom = 'announcements: { periodic: { frequency: 30s, prompts: [queueapp/stay_on_line, custom/offer] } }';

  test.each([
    [
      'announcements: { hold-time: once }',
      'queues.support.announcements: tells nothing of place and waiting time: it has no frequency',
    ],
    [
      'announcements: { frequency: 30s, periodic: { prompts: [queueapp/bye] } }',
      'queues.support.announcements.periodic: says nothing: it has no frequency',
    ],
    [
      'announcements: { frequency: 30s }, programme: { position: { every: 1m } }',
      'queues.support.programme.position: has no effect: announcements.frequency decides when the place is told',
    ],
    [
      custom,
      "queues.support.announcements: names recordings of Asterisk's folder (custom/offer), which callers hear only with sounds.asterisk-folder",
    ],
  ])('%s: %s', (queue, expected) => expect(warnings(queue)).toEqual([expected]));

  test.each([
    ['announcements: { frequency: 30s, hold-time: once, periodic: { frequency: 20s, relative: yes } }', ''],
    [custom, 'sounds: { asterisk-folder: /usr/share/asterisk/sounds }\n'],
    [`${custom}, music-class: opera`, ''],
    ['announcements: { prompts: { report-hold: none } }', ''],
  ])('none in %s', (queue, more) => expect(warnings(queue, more)).toEqual([]));
});

test('The shipped configuration shows the defaults', () => {
  const shipped = readFileSync(shippedPath('install/queueapp.yaml'), 'utf8');
  const [, group = ''] = /\n {4}# announcements:.*\n((?: {4}# {3}.*\n)+)/.exec(shipped) ?? [];
  const written = group.replace(/^ {4}# {3}/gm, '        ').replace(/^.*start-delay.*\n/m, '');
  const text = `queues:\n  support:\n    announcements:\n${written}\n${IVR}`;
  const checked = checkFile(text, 'FILE');
  expect(checked.findings.map(findingLine)).toEqual([]);
  expect(checked.value?.queues[0]?.announcements).toEqual(ANNOUNCEMENT_DEFAULTS);
});
