import { describe, expect, test } from '@jest/globals';
import { ANNOUNCEMENT_DEFAULTS } from '../../../src/core/programme/announcement-settings.ts';
import { Programme } from '../../../src/core/programme/programme.ts';
import { PROGRAMME_DEFAULTS } from '../../../src/core/programme/settings.ts';
import type { Sound } from '../../../src/core/programme/sound.ts';
import { announcer } from '../../../src/core/speech/announcer.ts';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import type { Phrase, SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { rmsDbfs } from '../../support/audio/levels.ts';
import { type Pcm, slice } from '../../support/audio/pcm.ts';
import { recognise } from '../../support/audio/recognise.ts';
import { phraseSound } from '../../support/e2e/phrases.ts';
import { amplitudeOf, type Event, listened, seconds, soundOf, TestShelf, tone } from '../../support/programme-stage.ts';

const MUSIC_HZ = 400;
const music = new TestShelf(tone('a', { hz: MUSIC_HZ, seconds: 60, format: 'ulaw' }));

/** The shipped recording of a phrase, word after word, as one sound of the wire. */
function spoken(phrase: Phrase, language: SpokenLanguage): Sound {
  const { samples } = phraseSound(phrase, language);
  const linear = Int16Array.from(samples, (sample) => Math.round(sample * 32_767));
  return soundOf(phrase.join(' '), linear, 'ulaw');
}

/** What a caller with PCMU hears whose queue announces everything. */
function heardIn(language: SpokenLanguage, { to, events }: { to: number; events: readonly Event[] }): Pcm {
  const say = announcer(grammarOf(language));
  const programme = new Programme({
    settings: { ...PROGRAMME_DEFAULTS, advice: { ...PROGRAMME_DEFAULTS.advice, firstAfterMs: 3_600_000 } },
    format: 'ulaw',
    shelf: music,
    startTrack: null,
    random: () => 0.5,
    startedAt: { hour: 9, minute: 0 },
    sayPosition: (place) => [spoken(say.position(place), language)],
    announcements: {
      settings: {
        ...ANNOUNCEMENT_DEFAULTS,
        frequencyMs: 30_000,
        periodic: { ...ANNOUNCEMENT_DEFAULTS.periodic, frequencyMs: 15_000 },
      },
      waitedMs: 0,
      say: {
        position: (place) => [spoken(say.position(place), language)],
        moreThan: (places) => [spoken(say.moreThan(places), language)],
        holdTime: () => [spoken(say.holdTime({ minutes: 2, seconds: 30 }), language)],
        thanks: () => [spoken(say.thanks(), language)],
        periodic: (name) => [spoken([name], language)],
      },
    },
  });
  return listened(programme, { to: seconds(to), events, ahead: 1600 });
}

const inLine = (place: number): Event => ({ at: 0, happens: (each, at) => each.position(place, at) });

describe.each(['en', 'ru', 'pt_BR'] as const)('Announcements in %s', (language) => {
  const say = announcer(grammarOf(language));
  const phrases = new Map(
    Object.entries({
      position: say.position(3),
      'hold-time': say.holdTime({ minutes: 2, seconds: 30 }),
      thanks: say.thanks(),
      periodic: ['queueapp/stay_on_line'],
    }).map(([name, phrase]) => [name, phraseSound(phrase, language)]),
  );
  const heard = heardIn(language, { to: 24, events: [inLine(3)] });
  const found = recognise(heard, phrases);

  test('are recognised word for word over the music, in their order', () => {
    expect(found.map(({ name }) => name)).toEqual(['position', 'hold-time', 'thanks', 'periodic']);
    expect(found[0]?.offsetMs).toBeCloseTo(2_000, -2);
  });

  test('are as loud as everything that is said: 90 % of the recording, over music at a tenth', () => {
    for (const { name, offsetMs } of found) {
      const phrase = phrases.get(name);
      if (phrase === undefined) throw new Error(`No ${name}`);
      const lengthMs = (phrase.samples.length * 1000) / phrase.sampleRate;
      const level = rmsDbfs(slice(heard, offsetMs, offsetMs + lengthMs));
      // The music lies 20 dB below its −15 dBFS, the voice 0.9 dB below its own level.
      expect(Math.abs(level - (rmsDbfs(phrase) - 0.9))).toBeLessThan(0.6);
    }
  });

  test('leave the music low between two parts, and let it come back after the last one', () => {
    const [, holdTime, , periodic] = found;
    const gapEnds = seconds((holdTime?.offsetMs ?? 0) / 1000);
    expect(amplitudeOf(heard, MUSIC_HZ, gapEnds - 2200, gapEnds - 200)).toBeCloseTo(800, -2);
    const periodicBegins = seconds((periodic?.offsetMs ?? 0) / 1000);
    expect(amplitudeOf(heard, MUSIC_HZ, periodicBegins - 12_000, periodicBegins - 9_000)).toBeGreaterThan(7_800);
  });
});

test('A member who is found ends an announcement within 60 ms, and the music comes back', () => {
  const cutAt = 3.5;
  const cut: Event = { at: seconds(cutAt), happens: (each, at) => each.cut(at) };
  const heard = heardIn('en', { to: 10, events: [inLine(3), cut] });
  const whole = heardIn('en', { to: 10, events: [inLine(3)] });
  const before = slice(heard, 2_100, 3_500);
  expect(Math.abs(rmsDbfs(before) - rmsDbfs(slice(whole, 2_100, 3_500)))).toBeLessThan(0.1);
  // What is left is the tone alone.
  for (const fromMs of [3_560, 4_560, 6_000]) {
    const part = slice(heard, fromMs, fromMs + 500);
    const alone = amplitudeOf(heard, MUSIC_HZ, seconds(fromMs / 1000), seconds(fromMs / 1000 + 0.5)) / 32_768;
    expect(Math.abs(rmsDbfs(part) - 20 * Math.log10(alone / Math.SQRT2))).toBeLessThan(0.5);
  }
  expect(amplitudeOf(heard, MUSIC_HZ, seconds(4.6), seconds(9))).toBeGreaterThan(7_800);
});
