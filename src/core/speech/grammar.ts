import type { Account, Money } from './account.ts';
import { ACCOUNT_MESSAGES, accountsMessage } from './accounts-message.ts';
import { ANNOUNCER_PROMPTS } from './announcer-prompts.ts';
import { english } from './english.ts';
import type { Phrase, SpokenLanguage } from './phrase.ts';
import { portuguese } from './portuguese.ts';
import { CARDINAL_DIGITS_MAX, digitByDigit, type Gender, type LanguageRules, type Noun, ORDINAL_MAX } from './rules.ts';
import { russian } from './russian.ts';
import type { SpokenTime } from './spoken-time.ts';

/** How a language says what a caller is told. */
export interface Grammar {
  readonly language: SpokenLanguage;
  /** Any whole number; one of more than {@link CARDINAL_DIGITS_MAX} digits is told digit by digit. */
  cardinal(n: bigint, gender?: Gender): Phrase;
  /** The sentence of a caller's place in line, which counts from 1. */
  position(place: number): Phrase;
  /** The beginning of a sentence in which the place is a cardinal number. */
  positionNumber(): Phrase;
  /** That more calls wait than this, a whole number from 1 on. */
  moreThan(count: number): Phrase;
  /** `two minutes thirty seconds`; a part that is 0 is left out, and of no time at all nothing is said. */
  time(time: SpokenTime, words?: TimeWords): Phrase;
  /** Digits in groups of three, counted from the end as thousands are; what is not a digit is left out. */
  accountNumber(digits: string): Phrase;
  /** `minus five dollars and one cent`; whole units alone when there are no hundredths, hundredths alone below one. */
  money(amount: Money): Phrase;
  /** The whole message about a caller's accounts: none, one, several; `total` when there are more than those given. */
  accounts(accounts: readonly Account[], total?: number): Phrase;
  /** The message when they can't be looked up. */
  accountsUnavailable(): Phrase;
}

/** Recordings of somebody else in the place of the language's words for units. */
export interface TimeWords {
  readonly minute?: Phrase | null;
  readonly minutes?: Phrase | null;
  readonly seconds?: Phrase | null;
}

const POSITION_FIRST = 'queueapp/position_first';
const POSITION = 'queueapp/position';
const POSITION_NUMBER = 'queueapp/position_number';
const POSITION_MORE = 'queueapp/position_more';
const MINUS = 'numbers/minus';
const PAUSE = 'numbers/pause';
/** Folders of recordings in which nouns stand. */
const MONEY = 'money';
const WAITING = 'waiting';

const RULES: Readonly<Record<SpokenLanguage, LanguageRules>> = { en: english, ru: russian, pt_BR: portuguese };

/** The grammar of a language as Asterisk writes it: `en_GB`, `ru`, `pt`, `pt-br`; of a language without one, the fallback's. */
export function grammarOf(language: string, fallback: SpokenLanguage = 'en'): Grammar {
  const rules = RULES[spokenLanguage(language) ?? fallback];
  const accountNumber = (digits: string) => numberInGroups(digits, rules);
  const cardinal = (n: bigint, gender: Gender = 'masculine') => signed(n, gender, rules);
  return {
    language: rules.language,
    cardinal,
    position: (place) => positionOf(place, rules),
    positionNumber: () => [POSITION_NUMBER],
    moreThan: (count) => moreThan(count, rules),
    time: (time, words = {}) => timeOf(time, words, rules),
    accountNumber,
    money: (amount) => moneyOf(amount, rules),
    accounts: (accounts, total = accounts.length) =>
      accountsMessage(
        { accounts, total },
        {
          count: (count) => cardinal(BigInt(count), rules.accountGender),
          formAfter: (count) => rules.formAfter(BigInt(count)),
          number: accountNumber,
          money: (amount) => moneyOf(amount, rules),
          pause: PAUSE,
        },
      ),
    accountsUnavailable: () => [ACCOUNT_MESSAGES.unavailable],
  };
}

/** Every name of a recording that the grammar of a language, or a queue with words of the language alone, can produce, each once. */
export function vocabulary(language: SpokenLanguage): readonly string[] {
  const rules = RULES[language];
  const nouns = Object.values(rules.currencies).flatMap(({ unit, hundredth }) => [unit, hundredth]);
  const { found, ...whole } = ACCOUNT_MESSAGES;
  const forms = (folder: string) => (noun: Noun) =>
    noun.isInvariable ? [nounWord(folder, noun, 'one')] : rules.forms.map((form) => nounWord(folder, noun, form));
  const names = [
    ...[POSITION_FIRST, POSITION, POSITION_NUMBER, POSITION_MORE],
    ...Object.values(ANNOUNCER_PROMPTS),
    ...Object.values(whole),
    ...[found.before, ...rules.accountForms.map((form) => `${found.after}_${form}`)],
    ...[MINUS, PAUSE],
    ...rules.words,
    ...nouns.flatMap(forms(MONEY)),
    ...[rules.minute, rules.second, ...(rules.waitingCall === null ? [] : [rules.waitingCall])].flatMap(forms(WAITING)),
  ];
  return [...new Set(names)];
}

/** `null`: no grammar of it. */
function spokenLanguage(language: string): SpokenLanguage | null {
  const [base] = language.toLowerCase().split(/[_-]/);
  if (base === 'en' || base === 'ru') return base;
  return base === 'pt' ? 'pt_BR' : null;
}

function signed(n: bigint, gender: Gender, rules: LanguageRules): Phrase {
  const size = n < 0n ? -n : n;
  const digits = String(size);
  const words = digits.length > CARDINAL_DIGITS_MAX ? digitByDigit(digits) : rules.cardinal(size, gender);
  return n < 0n ? [MINUS, ...words] : words;
}

function positionOf(place: number, rules: LanguageRules): Phrase {
  if (!Number.isSafeInteger(place) || place < 1) throw new RangeError(`A place in line counts from 1, not ${place}`);
  if (place === 1) return [POSITION_FIRST];
  if (place <= ORDINAL_MAX) return [POSITION, ...rules.ordinal(place)];
  return [POSITION_NUMBER, ...signed(BigInt(place), 'masculine', rules)];
}

function moreThan(count: number, rules: LanguageRules): Phrase {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`Calls are counted from 1, not ${count}`);
  const n = BigInt(count);
  const { waitingCall } = rules;
  return [
    POSITION_MORE,
    ...(waitingCall === null ? signed(n, 'masculine', rules) : counted(n, waitingCall, { folder: WAITING, rules })),
  ];
}

function timeOf({ minutes, seconds }: SpokenTime, words: TimeWords, rules: LanguageRules): Phrase {
  const part = (count: number, noun: Noun, own: Phrase | null | undefined): Phrase => {
    const n = BigInt(count);
    if (own == null) return counted(n, noun, { folder: WAITING, rules });
    return [...signed(n, noun.gender, rules), ...own];
  };
  const said = [
    ...(minutes > 0 ? [part(minutes, rules.minute, minutes === 1 ? words.minute : words.minutes)] : []),
    ...(seconds > 0 ? [part(seconds, rules.second, words.seconds)] : []),
  ];
  return said.flatMap((each, index) => (index === 0 ? each : [...rules.betweenTimes, ...each]));
}

function numberInGroups(text: string, rules: LanguageRules): Phrase {
  const digits = text.replace(/[^0-9]/g, '');
  // The first group alone may be short, so that words heard one after the other mean one number only.
  const groups = digits.match(/^[0-9]{1,2}(?=(?:[0-9]{3})*$)|[0-9]{3}/g) ?? [];
  return groups.flatMap((group, index) => [...(index === 0 ? [] : [PAUSE]), ...rules.accountGroup(group)]);
}

function moneyOf({ hundredths, currency }: Money, rules: LanguageRules): Phrase {
  const { unit, hundredth } = rules.currencies[currency];
  const size = hundredths < 0n ? -hundredths : hundredths;
  const [units, rest] = [size / 100n, size % 100n];
  const told = [
    ...(units > 0n || rest === 0n ? [counted(units, unit, { folder: MONEY, rules })] : []),
    ...(rest > 0n ? [counted(rest, hundredth, { folder: MONEY, rules })] : []),
  ];
  return [
    ...(hundredths < 0n ? [MINUS] : []),
    ...told.flatMap((words, index) => (index === 0 ? words : [...rules.betweenUnits, ...words])),
  ];
}

/** A folder of recordings, and the language. */
interface Counting {
  readonly folder: string;
  readonly rules: LanguageRules;
}

function counted(n: bigint, noun: Noun, { folder, rules }: Counting): Phrase {
  return [...signed(n, noun.gender, rules), ...rules.beforeNoun(n), nounWord(folder, noun, rules.formAfter(n))];
}

const nounWord = (folder: string, noun: Noun, form: string) =>
  noun.isInvariable ? `${folder}/${noun.name}` : `${folder}/${noun.name}_${form}`;
