import { describe, expect, test } from '@jest/globals';
import type { Currency } from '../../../src/core/speech/account.ts';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import { parseAmount } from '../../../src/core/speech/money.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import { written } from '../../support/speech/written.ts';

const grammar = grammarOf('pt_BR');
const said = (phrase: Phrase) => written(phrase, 'pt_BR');
const moneySaid = (text: string, currency: Currency) => {
  const parsed = parseAmount(text, currency);
  return parsed.type === 'money' ? said(grammar.money(parsed.money)) : parsed.reason;
};

describe('Brazilian Portuguese', () => {
  test.each([
    [0n, 'zero'],
    [1n, 'um'],
    [2n, 'dois'],
    [14n, 'quatorze'],
    [16n, 'dezesseis'],
    [19n, 'dezenove'],
    [20n, 'vinte'],
    [21n, 'vinte e um'],
    [50n, 'cinquenta'],
    [100n, 'cem'],
    [101n, 'cento e um'],
    [110n, 'cento e dez'],
    [123n, 'cento e vinte e três'],
    [200n, 'duzentos'],
    [222n, 'duzentos e vinte e dois'],
    [500n, 'quinhentos'],
    [999n, 'novecentos e noventa e nove'],
    [1_000n, 'mil'],
    [1_001n, 'mil e um'],
    [1_050n, 'mil e cinquenta'],
    [1_100n, 'mil e cem'],
    [1_101n, 'mil cento e um'],
    [1_200n, 'mil e duzentos'],
    [1_234n, 'mil duzentos e trinta e quatro'],
    [2_000n, 'dois mil'],
    [21_000n, 'vinte e um mil'],
    [100_000n, 'cem mil'],
    [123_456n, 'cento e vinte e três mil quatrocentos e cinquenta e seis'],
    [200_002n, 'duzentos mil e dois'],
    [1_000_000n, 'um milhão'],
    [1_000_001n, 'um milhão e um'],
    [1_001_000n, 'um milhão e mil'],
    [1_200_000n, 'um milhão e duzentos mil'],
    [1_234_000n, 'um milhão duzentos e trinta e quatro mil'],
    [1_200_100n, 'um milhão duzentos mil e cem'],
    [2_000_000n, 'dois milhões'],
    [101_000_000n, 'cento e um milhões'],
    [10n ** 9n, 'um bilhão'],
    [15_023_007_000n, 'quinze bilhões vinte e três milhões e sete mil'],
    [2n * 10n ** 12n, 'dois trilhões'],
    [10n ** 15n, 'um quatrilhão'],
    [-(3n * 10n ** 15n), 'menos três quatrilhões'],
    [-8n, 'menos oito'],
    [10n ** 18n, 'um zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero'],
  ])('%s is %s', (n, expected) => expect(said(grammar.cardinal(n))).toBe(expected));

  test.each([
    [1n, 'uma'],
    [2n, 'duas'],
    [21n, 'vinte e uma'],
    [200n, 'duzentas'],
    [572n, 'quinhentas e setenta e duas'],
    [1_000n, 'mil'],
    [2_000n, 'duas mil'],
    [200_000n, 'duzentas mil'],
    [2_000_000n, 'dois milhões'],
    [200_200_200n, 'duzentos milhões duzentas mil e duzentas'],
  ])('%s of something feminine is %s', (n, expected) => {
    expect(said(grammar.cardinal(n, 'feminine'))).toBe(expected);
  });

  test.each<[string, Currency, string]>([
    ['0', 'BRL', 'zero reais'],
    ['0.01', 'BRL', 'um centavo'],
    ['-0.01', 'BRL', 'menos um centavo'],
    ['0.10', 'BRL', 'dez centavos'],
    ['1', 'BRL', 'um real'],
    ['1.01', 'BRL', 'um real e um centavo'],
    ['2.50', 'BRL', 'dois reais e cinquenta centavos'],
    ['-5.05', 'BRL', 'menos cinco reais e cinco centavos'],
    ['100', 'BRL', 'cem reais'],
    ['101.99', 'BRL', 'cento e um reais e noventa e nove centavos'],
    ['1000', 'BRL', 'mil reais'],
    ['1100', 'BRL', 'mil e cem reais'],
    ['1000000', 'BRL', 'um milhão de reais'],
    ['1200000', 'BRL', 'um milhão e duzentos mil reais'],
    ['1000001', 'BRL', 'um milhão e um reais'],
    ['2000000.10', 'BRL', 'dois milhões de reais e dez centavos'],
    ['3000000000', 'BRL', 'três bilhões de reais'],
    ['15023007000.30', 'BRL', 'quinze bilhões vinte e três milhões e sete mil reais e trinta centavos'],
    ['1.01', 'USD', 'um dólar e um centavo'],
    ['2.02', 'USD', 'dois dólares e dois centavos'],
    ['1.02', 'EUR', 'um euro e dois centavos'],
    ['5', 'EUR', 'cinco euros'],
    ['1.01', 'GBP', 'uma libra e um pêni'],
    ['2.02', 'GBP', 'duas libras e dois pence'],
    ['21', 'GBP', 'vinte e uma libras'],
    ['200', 'GBP', 'duzentas libras'],
    ['202000', 'GBP', 'duzentas e duas mil libras'],
    ['2000000', 'GBP', 'dois milhões de libras'],
    ['1.01', 'RUB', 'um rublo e um copeque'],
    ['2.02', 'RUB', 'dois rublos e dois copeques'],
  ])('%s %s is %s', (amount, currency, expected) => expect(moneySaid(amount, currency)).toBe(expected));

  test.each([
    [1, 'A sua ligação é a próxima da fila.'],
    [2, 'Na fila de espera, sua posição é a segunda'],
    [7, 'Na fila de espera, sua posição é a sétima'],
    [11, 'Na fila de espera, sua posição é a décima primeira'],
    [21, 'Na fila de espera, sua posição é a vigésima primeira'],
    [50, 'Na fila de espera, sua posição é a quinquagésima'],
    [99, 'Na fila de espera, sua posição é a nonagésima nona'],
    [100, 'Seu número na fila é cem'],
    [122, 'Seu número na fila é cento e vinte e dois'],
  ])('place %i: %s', (place, expected) => expect(said(grammar.position(place))).toBe(expected));

  test.each([
    ['007', 'zero zero sete'],
    ['166', 'um seis seis'],
    ['1007', 'um | zero zero sete'],
    ['12345678', 'um dois | três quatro cinco | seis sete oito'],
  ])('the account number %s is %s', (digits, expected) => expect(said(grammar.accountNumber(digits))).toBe(expected));
});
