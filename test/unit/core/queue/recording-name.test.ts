import { describe, expect, test } from '@jest/globals';
import { callId, extensionNumber, queueName } from '../../../../src/core/ids.ts';
import { partsOf, RECORDING_DEFAULTS, recordingBytes, recordingFile } from '../../../../src/core/queue/recording.ts';
import {
  patternFault,
  RECORDING_FIELDS,
  type RecordingFacts,
  recordingName,
} from '../../../../src/core/queue/recording-name.ts';
import { fc } from '../../../support/property.ts';

const facts: RecordingFacts = {
  date: '2026-11-29',
  time: '14-25-36',
  queue: queueName('support'),
  extension: extensionNumber('1000'),
  callId: callId('2f0d2b0e-9d0e-4a53-8c58-0d1b5d6a0c11'),
  uniqueId: 'pbx-1796912345.17',
  caller: { number: '+49 30 5550100', name: 'Zoé "Bobby" O’Neil' },
  customer: { id: '4711', name: 'Müller & Söhne GmbH', code: '1111', fields: {} },
};

describe('The name of a recording', () => {
  test.each([
    [RECORDING_DEFAULTS.name, 'support/2026-11-29/14-25-36-1000-2f0d2b0e-9d0e-4a53-8c58-0d1b5d6a0c11'],
    ['{year}/{month}/{day}/{time}', '2026/11/29/14-25-36'],
    ['{customer}-{customer-name}-{time}', '4711-Müller_Söhne_GmbH-14-25-36'],
    ['{caller}_{caller-name}.{time}', '+49_30_5550100_Zoé_Bobby_O_Neil.14-25-36'],
    ['{unique-id}-{time}', 'pbx-1796912345_17-14-25-36'],
  ])('%s', (pattern, name) => {
    expect(patternFault(pattern)).toBeNull();
    expect(recordingName(pattern, facts, 'together')).toBe(name);
  });

  test('tells the parts of one conversation, and a second recording of the same name, from each other', () => {
    expect(recordingName('{time}', facts, 'caller')).toBe('14-25-36-caller');
    expect(recordingName('{time}', facts, 'member', 2)).toBe('14-25-36-member-2');
    expect(recordingName('{time}', facts, 'together', 3)).toBe('14-25-36-3');
  });

  test('says none where there is nothing to say', () => {
    const unknown = { ...facts, caller: { number: null, name: null }, customer: null };
    expect(recordingName('{customer}/{caller}-{time}', unknown, 'together')).toBe('none/none-14-25-36');
  });

  test.each([
    ['../../etc/passwd', 'etc_passwd'],
    ['..', 'none'],
    ['.hidden', 'hidden'],
    ['-rf /', 'rf'],
    ['a/b\\c:d', 'a_b_c_d'],
    ['a\0b\nc', 'a_b_c'],
    ['{queue}', 'queue'],
    ['%2e%2e%2f', '2e_2e_2f'],
    ['$(reboot)', 'reboot'],
    ['\ud800x', 'x'],
    ['日本語', '日本語'],
    ['', 'none'],
    [`x${'y'.repeat(500)}`, `x${'y'.repeat(39)}`],
  ])('of the number %j keeps what is harmless: %s', (number, left) => {
    const name = recordingName('{caller}/{time}', { ...facts, caller: { number, name: null } }, 'together');
    expect(name).toBe(`${left}/14-25-36`);
  });

  test('whatever the facts hold, stays in its folder, and in the length of a file name', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '-', '\0', '{', '}', 'ё', '𝔘', '́'), maxLength: 300 }),
    );
    const pattern = fc
      .array(
        fc.array(fc.constantFrom(...RECORDING_FIELDS.map((field) => `{${field}}`), '-', '_', '+', 'a', '.'), {
          minLength: 1,
          maxLength: 6,
        }),
        { minLength: 1, maxLength: 8 },
      )
      .map((steps) => steps.map((step) => step.join('')).join('/'))
      .filter((written) => patternFault(written) === null);
    const anything = fc.record({
      date: fc.constant(facts.date),
      time: fc.constant(facts.time),
      queue: text.map(queueName),
      extension: text.map(extensionNumber),
      callId: text.map(callId),
      uniqueId: text,
      caller: fc.record({ number: fc.option(text), name: fc.option(text) }),
      customer: fc.option(fc.record({ id: text, name: text, code: fc.constant(null), fields: fc.constant({}) })),
    });
    fc.assert(
      fc.property(pattern, anything, fc.constantFrom(...partsOf('both')), (written, each, part) => {
        const name = recordingFile(recordingName(written, each, part, 99), 'wav16');
        const steps = name.split('/');
        expect(steps).toHaveLength(written.split('/').length);
        for (const step of steps) {
          expect(step).toMatch(/^[\p{L}\p{N}_+][\p{L}\p{N}\p{M}_+.-]*$/u);
          expect(Buffer.byteLength(step)).toBeLessThanOrEqual(255);
          // No half of a character is left: those become U+FFFD.
          expect(Buffer.from(step).toString()).toBe(step);
        }
      }),
    );
  });
});

describe('A pattern that can’t be used is refused with the reason', () => {
  test.each([
    ['{nobody}-{time}', 'there is no field {nobody}'],
    ['{constructor}-{time}', 'there is no field {constructor}'],
    ['/var/{time}', 'empty or begins with'],
    ['a//{time}', 'empty or begins with'],
    ['../{time}', 'empty or begins with'],
    ['a/./{time}', 'empty or begins with'],
    ['.{time}', 'empty or begins with'],
    ['-{time}', 'empty or begins with'],
    ['{time}/', 'empty or begins with'],
    ['', 'empty or begins with'],
    ['my calls/{time}', 'may hold letters'],
    ['{time', 'may hold letters'],
    ['a\\{time}', 'may hold letters'],
    ['1/2/3/4/5/6/7/8/{time}', 'more than 8 folders'],
    ['{customer}', 'needs {call-id} or {time}'],
    [`${'a'.repeat(200)}{time}`, 'longer than 200'],
  ])('%j: %s', (pattern, reason) => {
    expect(patternFault(pattern)).toContain(reason);
  });
});

test.each([
  ['a/b.wav', 65_400, 1_046_400],
  ['a/b.wav16', 1_000, 32_000],
  ['a/b.WAV', 60_000, 97_500],
  ['a/b.gsm', 60_000, 99_000],
  ['a/b.wav', -5, 0],
  ['removed', 60_000, null],
])('The size of %s after %d ms: %j', (file, lengthMs, bytes) => {
  expect(recordingBytes(file, lengthMs)).toBe(bytes);
});
