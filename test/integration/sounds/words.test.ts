import { describe, expect, jest, test } from '@jest/globals';
import { grammarOf, vocabulary } from '../../../src/core/speech/grammar.ts';
import { type Phrase, SPOKEN_LANGUAGES, type SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { silences } from '../../support/audio/levels.ts';
import { concat, durationMs, fromMulaw, type Pcm, silence, toMulaw } from '../../support/audio/pcm.ts';
import { heardWords, wordSound } from '../../support/audio/words.ts';

jest.setTimeout(120_000);

const overMulaw = (pcm: Pcm): Pcm => ({ ...pcm, samples: pcm.samples.map((sample) => fromMulaw(toMulaw(sample))) });
const spoken = (phrase: Phrase, language: SpokenLanguage): Pcm =>
  concat(...phrase.map((name) => wordSound(name, language)));

describe.each(SPOKEN_LANGUAGES)('%s', (language) => {
  const grammar = grammarOf(language);

  test('whoever listens knows every word of a place in line and of an amount, in order', () => {
    const phrases = [grammar.position(21), grammar.money({ hundredths: -113_702n, currency: 'RUB' })];
    const call = phrases.flatMap((phrase) => [silence(300), spoken(phrase, language)]);
    expect(heardWords(overMulaw(concat(...call)), language)).toEqual(phrases.flat());
  });

  test('words begin at once and leave hardly a gap to the next one', () => {
    const loose = vocabulary(language)
      .filter((name) => /^(?:numbers|ordinals|money)\//.test(name) && name !== 'numbers/pause')
      .filter((name) => {
        const sound = wordSound(name, language);
        const quiet = silences(concat(silence(20), sound, silence(20)), { thresholdDbfs: -60, minimumMs: 20 });
        const [first, last] = [quiet.at(0), quiet.at(-1)];
        return (first?.toMs ?? 0) - 20 > 40 || durationMs(sound) + 20 - (last?.fromMs ?? 0) > 100;
      });
    expect(loose).toEqual([]);
  });

  test('a pause is silence of a quarter of a second', () => {
    const pause = wordSound('numbers/pause', language);
    expect(durationMs(pause)).toBe(250);
    expect(pause.samples.every((sample) => sample === 0)).toBe(true);
    expect(durationMs(wordSound('numbers/pause', language, 16_000))).toBe(250);
  });
});
