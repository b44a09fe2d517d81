import { describe, expect, test } from '@jest/globals';
import { chords, melody } from '../../../sounds/composer/notation.ts';
import { chance, sine } from '../../../sounds/composer/numbers.ts';
import { leadVoices, nearest } from '../../../sounds/composer/voicing.ts';

describe('Melodies', () => {
  test('have notes, lengths and rests, bar by bar', () => {
    expect(melody('C4/1 -/.5 Bb4/1.5 F#5/1 | A4/4', 4)).toEqual([
      { beat: 0, beats: 1, note: 60 },
      { beat: 1.5, beats: 1.5, note: 70 },
      { beat: 3, beats: 1, note: 78 },
      { beat: 4, beats: 4, note: 69 },
    ]);
  });

  test.each([
    ['C4/1 D4/1', 'Bar 1 has 2 beats, not 4'],
    ['C4/4 | H4/4', 'H4 is no note'],
    ['C4/0 D4/4', 'C4/0 is no note'],
    ['C4', 'C4 is no note'],
  ])('%s is refused', (text, message) => {
    expect(() => melody(text, 4)).toThrow(message);
  });
});

describe('Chords', () => {
  test('have their tones and their bass, and share a bar', () => {
    expect(chords('Am7 D7/F# | Bb', 4)).toEqual([
      { beat: 0, beats: 2, tones: [9, 0, 4, 7], bass: 9 },
      { beat: 2, beats: 2, tones: [2, 6, 9, 0], bass: 6 },
      { beat: 4, beats: 4, tones: [10, 2, 5], bass: 10 },
    ]);
  });

  test('that nobody knows are refused', () => {
    expect(() => chords('Cmaj13#11', 4)).toThrow('Cmaj13#11 is no chord');
  });

  test('move little from one to the next, and stay in the hand', () => {
    const voicings = leadVoices(chords('Dmaj7 | Bm7 | Gmaj7 | A7 | F#m7 | B7 | Em7 | A7', 4), {
      centre: 62,
      lowest: 50,
    });
    for (const [index, voicing] of voicings.entries()) {
      expect(Math.min(...voicing)).toBeGreaterThanOrEqual(50);
      expect(Math.max(...voicing)).toBeLessThanOrEqual(76);
      const before = voicings[index - 1];
      if (before)
        expect(voicing.reduce((sum, note, i) => sum + Math.abs(note - (before[i] ?? note)), 0)).toBeLessThan(16);
    }
  });

  test('have the bass near where it was asked for', () => {
    for (let tone = 0; tone < 12; tone += 1) {
      expect(nearest(tone, 43) % 12).toBe(tone);
      expect(Math.abs(nearest(tone, 43) - 43)).toBeLessThanOrEqual(6);
    }
  });
});

const { sin, PI } = Math;

test('The sine from the table is a sine', () => {
  for (let turns = -1.3; turns < 3; turns += 0.0173)
    expect(Math.abs(sine(turns) - sin(2 * PI * turns))).toBeLessThan(1e-6);
});

test('Chance with a seed is the same every time, and even', () => {
  const draws = (seed: number) => {
    const random = chance(seed);
    return Array.from({ length: 10_000 }, () => random());
  };
  expect(draws(5)).toEqual(draws(5));
  expect(draws(5)).not.toEqual(draws(6));
  const mean = draws(5).reduce((sum, value) => sum + value, 0) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
