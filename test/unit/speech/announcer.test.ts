import { describe, expect, test } from '@jest/globals';
import { announcer, OWN_WORDS } from '../../../src/core/speech/announcer.ts';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import { phraseMedia, SPOKEN_LANGUAGES, type SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { spokenTime } from '../../../src/core/speech/spoken-time.ts';
import { fc } from '../../support/property.ts';
import { written } from '../../support/speech/written.ts';

const of = (language: SpokenLanguage) => announcer(grammarOf(language));

describe('The estimated waiting time', () => {
  test.each<[SpokenLanguage, number, number, string]>([
    ['en', 1, 0, 'The estimated waiting time is one minute'],
    ['en', 2, 0, 'The estimated waiting time is two minutes'],
    ['en', 21, 0, 'The estimated waiting time is twenty one minutes'],
    ['en', 0, 30, 'The estimated waiting time is thirty seconds'],
    ['en', 1, 5, 'The estimated waiting time is one minute five seconds'],
    ['ru', 1, 0, 'Примерное время ожидания одна минута'],
    ['ru', 2, 0, 'Примерное время ожидания две минуты'],
    ['ru', 4, 0, 'Примерное время ожидания четыре минуты'],
    ['ru', 5, 0, 'Примерное время ожидания пять минут'],
    ['ru', 11, 0, 'Примерное время ожидания одиннадцать минут'],
    ['ru', 12, 0, 'Примерное время ожидания двенадцать минут'],
    ['ru', 21, 0, 'Примерное время ожидания двадцать одна минута'],
    ['ru', 22, 0, 'Примерное время ожидания двадцать две минуты'],
    ['ru', 111, 0, 'Примерное время ожидания сто одиннадцать минут'],
    ['ru', 3, 20, 'Примерное время ожидания три минуты двадцать секунд'],
    ['ru', 0, 30, 'Примерное время ожидания тридцать секунд'],
    ['pt_BR', 1, 0, 'O tempo estimado de espera é de um minuto'],
    ['pt_BR', 2, 0, 'O tempo estimado de espera é de dois minutos'],
    ['pt_BR', 21, 0, 'O tempo estimado de espera é de vinte e um minutos'],
    ['pt_BR', 100, 0, 'O tempo estimado de espera é de cem minutos'],
    ['pt_BR', 1, 30, 'O tempo estimado de espera é de um minuto e trinta segundos'],
  ])('%s, %i min %i s: %s', (language, minutes, seconds, expected) => {
    expect(written(of(language).holdTime({ minutes, seconds }), language)).toBe(expected);
  });

  test.each(SPOKEN_LANGUAGES)('of no time is not said in %s', (language) => {
    expect(of(language).holdTime({ minutes: 0, seconds: 0 })).toEqual([]);
  });
});

describe('How long the caller has waited, for the member', () => {
  test.each<[SpokenLanguage, number, string]>([
    ['en', 1_000, 'Your caller has waited one second'],
    ['en', 59_999, 'Your caller has waited fifty nine seconds'],
    ['en', 60_000, 'Your caller has waited one minute'],
    ['en', 125_000, 'Your caller has waited two minutes five seconds'],
    ['ru', 1_000, 'Время ожидания клиента одна секунда'],
    ['ru', 62_500, 'Время ожидания клиента одна минута две секунды'],
    ['ru', 665_000, 'Время ожидания клиента одиннадцать минут пять секунд'],
    ['ru', 1_281_000, 'Время ожидания клиента двадцать одна минута двадцать одна секунда'],
    ['pt_BR', 1_000, 'O cliente esperou um segundo'],
    ['pt_BR', 61_000, 'O cliente esperou um minuto e um segundo'],
    ['pt_BR', 122_000, 'O cliente esperou dois minutos e dois segundos'],
  ])('%s, %i ms: %s', (language, ms, expected) => {
    expect(written(of(language).callerWaited(ms), language)).toBe(expected);
  });

  test.each([0, 999, -5_000, Number.NaN, Number.POSITIVE_INFINITY])('%p ms: nothing', (ms) => {
    expect(of('en').callerWaited(ms)).toEqual([]);
  });

  test('beyond a day is a day', () => {
    expect(spokenTime(10 ** 12)).toEqual({ minutes: 1440, seconds: 0 });
  });

  test('is the time that has passed, in whole seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399_999 }), (ms) => {
        const { minutes, seconds } = spokenTime(ms);
        expect(60 * minutes + seconds).toBe(Math.floor(ms / 1000));
        expect(seconds).toBeLessThan(60);
      }),
    );
  });
});

describe('More than so many calls', () => {
  test.each<[SpokenLanguage, number, string]>([
    ['en', 1, 'Currently, more than one call is waiting'],
    ['en', 10, 'Currently, more than ten calls are waiting'],
    ['ru', 1, 'Звонков в очереди больше, чем один'],
    ['ru', 2, 'Звонков в очереди больше, чем два'],
    ['ru', 10, 'Звонков в очереди больше, чем десять'],
    ['ru', 21, 'Звонков в очереди больше, чем двадцать один'],
    ['pt_BR', 1, 'Há atualmente mais de uma ligação na fila'],
    ['pt_BR', 2, 'Há atualmente mais de duas ligações na fila'],
    ['pt_BR', 10, 'Há atualmente mais de dez ligações na fila'],
    ['pt_BR', 200, 'Há atualmente mais de duzentas ligações na fila'],
  ])('%s, %i: %s', (language, count, expected) => {
    expect(written(of(language).moreThan(count), language)).toBe(expected);
  });

  test.each([0, -1, 1.5, Number.NaN])('%p are none', (count) => {
    expect(() => of('en').moreThan(count)).toThrow(RangeError);
  });
});

test.each<[SpokenLanguage, string]>([
  ['en', 'Thank you for waiting.'],
  ['ru', 'Спасибо за ожидание.'],
  ['pt_BR', 'Agradecemos a sua espera.'],
])('Thanks in %s: %s', (language, expected) => expect(written(of(language).thanks(), language)).toBe(expected));

describe('Recordings of the queue’s own', () => {
  const grammar = grammarOf('en');
  const own = announcer(grammar, {
    youAreNext: ['custom/next'],
    thereAre: ['custom/you-are'],
    callsWaiting: ['custom/in-line', 'custom/now'],
    quantity1: ['custom/more'],
    quantity2: ['custom/callers'],
    holdTime: ['custom/hold'],
    minute: ['custom/minute'],
    minutes: ['custom/minutes'],
    seconds: ['custom/seconds'],
    thankYou: [],
    reportHold: ['custom/waited'],
  });

  test('stand in the place of the language’s words, around the same numbers', () => {
    expect(own.position(1)).toEqual(['custom/next']);
    expect(own.position(21)).toEqual(['custom/you-are', 'numbers/20', 'numbers/1', 'custom/in-line', 'custom/now']);
    expect(own.moreThan(10)).toEqual(['custom/more', 'numbers/10', 'custom/callers']);
    expect(own.holdTime({ minutes: 1, seconds: 30 })).toEqual([
      ...['custom/hold', 'numbers/1', 'custom/minute', 'numbers/30', 'custom/seconds'],
    ]);
    expect(own.callerWaited(120_000)).toEqual(['custom/waited', 'numbers/2', 'custom/minutes']);
  });

  test('that are none: that part is not said', () => {
    expect(own.thanks()).toEqual([]);
    expect(announcer(grammar, { ...OWN_WORDS, youAreNext: [] }).position(1)).toEqual([]);
  });

  test('for one part leave the others as they are', () => {
    const behind = announcer(grammar, {
      ...OWN_WORDS,
      callsWaiting: ['custom/in-line'],
      quantity2: ['custom/callers'],
    });
    expect(behind.position(2)).toEqual(['queueapp/position_number', 'numbers/2', 'custom/in-line']);
    expect(behind.position(1)).toEqual(grammar.position(1));
    expect(behind.moreThan(5)).toEqual(['queueapp/position_more', 'numbers/5', 'custom/callers']);
    expect(behind.holdTime({ minutes: 2, seconds: 0 })).toEqual(of('en').holdTime({ minutes: 2, seconds: 0 }));
  });
});

test('A phrase for Asterisk to play: our words lie in our folder, other names are Asterisk’s', () => {
  expect(phraseMedia([...of('en').callerWaited(21_000), 'custom/beep'])).toEqual([
    'sound:queueapp/caller_waited',
    'sound:queueapp/numbers/20',
    'sound:queueapp/numbers/1',
    'sound:queueapp/waiting/second_many',
    'sound:custom/beep',
  ]);
});
