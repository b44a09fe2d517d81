import { describe, expect, test } from '@jest/globals';
import { ACCOUNTS_MAX, type Account } from '../../../src/core/speech/account.ts';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import type { SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { written } from '../../support/speech/written.ts';

const account = (number: string, hundredths: bigint | null, isLocked = false): Account => ({
  number,
  balance: hundredths === null ? null : { hundredths, currency: 'RUB' },
  isLocked,
});
const said = (language: SpokenLanguage, accounts: readonly Account[]) =>
  written(grammarOf(language).accounts(accounts), language);
const many = (count: number) => Array.from({ length: count }, (_, index) => account(`${index + 1}`, 100n));

describe('what a caller is told of accounts', () => {
  test.each<[SpokenLanguage, string]>([
    ['en', 'No account is known for the number that you are calling from.'],
    ['ru', 'Для номера, с которого вы звоните, лицевой счёт не найден.'],
    ['pt_BR', 'Não há nenhuma conta para o número do seu telefone.'],
  ])('%s, none: %s', (language, expected) => expect(said(language, [])).toBe(expected));

  test.each<[SpokenLanguage, string]>([
    ['en', 'Right now, it is not possible to look up your account. Please ask again later.'],
    ['ru', 'Сведения о лицевом счёте сейчас недоступны. Спросите, пожалуйста, немного позже.'],
    ['pt_BR', 'Os dados da sua conta não estão disponíveis agora. Tente de novo mais tarde, por favor.'],
  ])('%s, not to be looked up: %s', (language, expected) => {
    expect(written(grammarOf(language).accountsUnavailable(), language)).toBe(expected);
  });

  test.each<[SpokenLanguage, string]>([
    ['en', 'Your account number is one | zero zero seven | The balance is minus one kopeck'],
    ['ru', 'Ваш лицевой счёт один | ноль ноль семь | Баланс минус одна копейка'],
    ['pt_BR', 'O número da sua conta é um | zero zero sete | O saldo é de menos um copeque'],
  ])('%s, one: %s', (language, expected) => expect(said(language, [account('1007', -1n)])).toBe(expected));

  test.each<[SpokenLanguage, string]>([
    ['en', 'Your account number is five | The balance is not known at the moment. | This account is locked.'],
    ['ru', 'Ваш лицевой счёт пять | Баланс сейчас неизвестен. | Этот счёт заблокирован.'],
    ['pt_BR', 'O número da sua conta é cinco | O saldo não está disponível no momento. | Esta conta está bloqueada.'],
  ])('%s, one that is locked, its balance unknown: %s', (language, expected) => {
    expect(said(language, [account('5', null, true)])).toBe(expected);
  });

  test.each<[SpokenLanguage, string]>([
    [
      'en',
      'For your telephone number, we have found two accounts | Account number one two | The balance is two rubles | This account is locked. | Account number three | The balance is zero rubles',
    ],
    [
      'ru',
      'По вашему номеру телефона найдено два лицевых счёта | Лицевой счёт двенадцать | Баланс два рубля | Этот счёт заблокирован. | Лицевой счёт три | Баланс ноль рублей',
    ],
    [
      'pt_BR',
      'Para o seu número de telefone, encontramos duas contas | Conta número um dois | O saldo é de dois rublos | Esta conta está bloqueada. | Conta número três | O saldo é de zero rublos',
    ],
  ])('%s, two: %s', (language, expected) => {
    expect(said(language, [account('12', 200n, true), account('3', 0n)])).toBe(expected);
  });

  test.each<[number, string]>([
    [2, 'найдено два лицевых счёта |'],
    [5, 'найдено пять лицевых счетов |'],
    [21, 'найдено двадцать один лицевой счёт | Вот первые пять |'],
    [22, 'найдено двадцать два лицевых счёта | Вот первые пять |'],
    [400, 'найдено четыреста лицевых счетов | Вот первые пять |'],
  ])('in Russian %i: %s', (count, expected) => expect(said('ru', many(count))).toContain(expected));

  test.each<[SpokenLanguage, string, string]>([
    ['en', 'we have found six accounts | These are the first five |', 'Account number'],
    ['pt_BR', 'encontramos seis contas | Estas são as primeiras cinco |', 'Conta número'],
    ['ru', 'найдено шесть лицевых счетов | Вот первые пять |', 'Лицевой счёт'],
  ])('%s, more than are told: %s', (language, expected, each) => {
    expect(said(language, many(ACCOUNTS_MAX + 1))).toContain(expected);
    expect(said(language, many(ACCOUNTS_MAX + 1)).split(each)).toHaveLength(ACCOUNTS_MAX + 1);
    expect(said(language, many(400)).split(each)).toHaveLength(ACCOUNTS_MAX + 1);
    expect(said(language, many(ACCOUNTS_MAX)).split(each)).toHaveLength(ACCOUNTS_MAX + 1);
    expect(said(language, many(ACCOUNTS_MAX))).not.toContain(expected.split(' | ')[1]);
  });
});
