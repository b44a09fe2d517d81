import { describe, expect, test } from '@jest/globals';
import { levelPicture } from '../../../src/core/programme/rehearsal/picture.ts';
import { type Rehearsal, rehearse } from '../../../src/core/programme/rehearsal/rehearse.ts';
import { readDuration, readTimed } from '../../../src/core/programme/rehearsal/timed.ts';
import { wavFile } from '../../../src/core/programme/rehearsal/wav.ts';
import { parseWav } from '../../support/audio/pcm.ts';
import { hear, linearOf, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

const isKey = (text: string): boolean => /^[0-9*#]$/.test(text);

describe('Keys with their instants', () => {
  test.each([
    ['3@12s', [['3', 12_000]]],
    [
      '3@12s 4@20.5s,  *@1500ms',
      [
        ['3', 12_000],
        ['4', 20_500],
        ['*', 1500],
      ],
    ],
    [
      '#@1:30 0@7 9@2min',
      [
        ['#', 90_000],
        ['0', 7000],
        ['9', 120_000],
      ],
    ],
    ['', []],
  ])('%j is read', (text, wanted) => {
    const { timed, wrong } = readTimed(text, isKey);
    expect(wrong).toEqual([]);
    expect(timed.map(({ what, atMs }) => [what, atMs])).toEqual(wanted);
  });

  test.each(['3', '@5s', '3@', '33@5s', '3@5s@6s', 'a@5s', '3@-5s', '3@5x', '3@1:75', '3@1e9', '3@61min', '3@NaN'])(
    '%j is not',
    (text) => {
      expect(readTimed(`1@1s ${text} 2@2s`, isKey)).toMatchObject({
        timed: [{ what: '1' }, { what: '2' }],
        wrong: [text],
      });
    },
  );

  test('a time is at most an hour', () => {
    expect([readDuration('60min'), readDuration('3600.001s'), readDuration('99999999ms')]).toEqual([
      3_600_000,
      null,
      null,
    ]);
  });
});

const place = tone('place', { hz: 900, seconds: 1.5 });

function rehearsed(format: 'slin' | 'ulaw' | 'slin16' = 'slin'): Rehearsal {
  const make = (name: string, hz: number) => tone(name, { hz, seconds: 30, format });
  const programme = programmeOf({
    format,
    shelf: new TestShelf(make('a', 400), make('b <&> "ü"', 500)),
    sayPosition: () => [{ ...place, name: 'you are' }],
  });
  return rehearse(programme, {
    forMs: 12_000,
    events: [
      { atMs: 8000, happens: (each, at) => JSON.stringify(each.press('3', at)) },
      {
        atMs: 0,
        happens: (each, at) => {
          each.position(2, at);
          return 'place 2 in line';
        },
      },
      { atMs: 11_000, happens: () => null },
    ],
  });
}

describe('A rehearsal', () => {
  test('is what a caller would hear, and keeps a diary of it', () => {
    const { diary, told, samples, rate } = rehearsed();
    expect(diary).toEqual([
      { atMs: 0, text: 'place 2 in line' },
      { atMs: 0, text: 'tune a' },
      { atMs: 2000, text: 'position: you are' },
      { atMs: 3500, text: 'end of position' },
      { atMs: 8000, text: '{"type":"next-tune","track":"b <&> \\"ü\\""}' },
      { atMs: 8500, text: 'tune b <&> "ü"' },
    ]);
    expect(told).toEqual([{ kind: 'position', fromMs: 2000, toMs: 3500 }]);
    expect([samples.length, rate]).toEqual([96_000, 8000]);
    const programme = programmeOf({
      shelf: new TestShelf(tone('a', { hz: 400, seconds: 30 }), tone('b', { hz: 500, seconds: 30 })),
      sayPosition: () => [place],
    });
    const plain = hear(programme, {
      to: seconds(12),
      events: [
        { at: 0, happens: (each, at) => each.position(2, at) },
        { at: seconds(8), happens: (each, at) => each.press('3', at) },
      ],
    });
    expect(samples).toEqual(linearOf(plain, 'slin'));
  });

  test('is heard in every format', () => {
    expect(rehearsed('ulaw').samples.length).toBe(96_000);
    expect(rehearsed('slin16').samples.length).toBe(192_000);
    const [linear, law] = [rehearsed('slin'), rehearsed('ulaw')];
    const difference = law.samples.reduce(
      (most, sample, index) => Math.max(most, Math.abs(sample - (linear.samples[index] ?? 0))),
      0,
    );
    // A step of µ-law is at most a 16th of the value.
    expect(difference).toBeLessThan(600);
    expect(difference).toBeGreaterThan(0);
  });

  test('has the gain of the music every 20 ms', () => {
    const { musicGain } = rehearsed();
    expect(musicGain.length).toBe(600);
    expect([musicGain[50], musicGain[125], musicGain[300]].map((gain) => Math.round((gain ?? 0) * 1000))).toEqual([
      1000, 100, 1000,
    ]);
  });

  test('is written as a WAV file that others read', () => {
    const rehearsal = rehearsed();
    const { sampleRate, samples } = parseWav(Buffer.from(wavFile(rehearsal)));
    expect(sampleRate).toBe(8000);
    expect(Int16Array.from(samples, (sample) => sample * 32_768)).toEqual(rehearsal.samples);
  });

  test('is drawn as a picture: levels, what was told as bands, what happened as lines, names made harmless', () => {
    const picture = levelPicture('class <a>', rehearsed());
    expect(picture.match(/<polyline/g)).toHaveLength(2);
    expect(picture.match(/opacity="0.5"/g)).toHaveLength(1);
    expect(picture).toContain('class &#60;a&#62;');
    expect(picture).toContain('tune b &#60;&#38;&#62; &#34;ü&#34;');
    // The gain of the music: at full level at the top, a tenth at a third of the height.
    const [, gains = ''] = [...picture.matchAll(/points="([^"]+)"/g)].map(([, points = '']) => points);
    const heights = gains.split(' ').map((point) => Number(point.split(',')[1]));
    expect([heights[50], heights[125]]).toEqual([46, 46 + (330 - 46) / 3].map((height) => Number(height.toFixed(1))));
  });

  test('of silence has a picture, too', () => {
    const silent = rehearse(programmeOf({ shelf: new TestShelf() }), { forMs: 1000, events: [] });
    expect(silent.diary).toEqual([]);
    expect(levelPicture('nothing', silent)).not.toMatch(/NaN|Infinity/);
  });
});
