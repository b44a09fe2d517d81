import { Band } from '../band.ts';
import { bass, electricPiano, flute, pad, pluckedString, vibraphone } from '../instruments.ts';

const HAND = { centre: 62, lowest: 50 };

const A = 'Am9 | Fmaj7 | Cmaj7 | G6 | Am7 | Fmaj7 | Dm9 | E7 | Am9 | Am7/G | Fmaj7 | Cmaj7/E | Dm9 | G7 | Cmaj7 | E7';
const B = 'Fmaj7 | G6 | Em7 | Am7 | Dm7 | G7 | Cmaj7 | A7 | Dm7 | Fm6 | Em7 | A7 | D9 | G7sus4 | Cmaj7 | E7';

const THEME =
  'E5/2 A5/1 | G5/1 F5/1 C5/1 | E5/3 | D5/2 B4/1 | C5/2 E5/1 | A5/1 G5/1 F5/1 | F5/2 D5/1 | E5/2 -/1 |' +
  'E5/2 A5/1 | B5/1 A5/1 E5/1 | F5/2 A5/1 | G5/2 E5/1 | F5/1 E5/1 D5/1 | B4/2 D5/1 | E5/3 | G#4/1 B4/1 D5/1';
const SONG =
  'A5/1.5 G5/.5 F5/1 | B5/2 G5/1 | G5/1 E5/1 B4/1 | C5/2 E5/1 | F5/1.5 E5/.5 D5/1 | F5/2 B4/1 | E5/2 G5/1 | C#5/2 E5/1 |' +
  'D5/1 F5/1 A5/1 | Ab5/2 F5/1 | G5/2 B5/1 | A5/1 G5/1 E5/1 | F#5/2 A5/1 | G5/2 F5/1 | E5/3 | B4/1 D5/1 E5/1';
const VARIED =
  'E5/1 C5/.5 E5/.5 A5/1 | G5/.5 A5/.5 F5/1 C5/1 | E5/1.5 D5/.5 C5/1 | D5/1 G5/1 B4/1 | C5/1 B4/.5 C5/.5 E5/1 | A5/1 G5/.5 A5/.5 F5/1 | F5/1 E5/.5 F5/.5 D5/1 | E5/2 -/1 |' +
  'E5/.5 A5/.5 C6/1 A5/1 | B5/1 A5/.5 G5/.5 E5/1 | F5/1 C5/.5 F5/.5 A5/1 | G5/2 E5/1 | F5/.5 E5/.5 D5/1 A4/1 | B4/1 D5/.5 F5/.5 B5/1 | C6/1 B5/.5 G5/.5 E5/1 | D5/1 B4/1 G#4/1';

/** A minor, a waltz of 84 beats a minute: harp, bells and strings; the first snow of the year. */
export function firstSnow(): Band {
  const band = new Band({ beatsPerMinute: 84, beatsPerBar: 3, seed: 3307 });
  const harp = band.player(pluckedString({ sustainSeconds: 3, brightness: 0.62 }), { gain: 0.5, hall: 0.3 });
  const bells = band.player(vibraphone({ decaySeconds: 3.4 }), { gain: 0.52, hall: 0.36 });
  const keys = band.player(electricPiano({ decaySeconds: 3, tine: 0.04, body: 1.1 }), { gain: 0.42, hall: 0.3 });
  const pipe = band.player(flute, { gain: 0.38, hall: 0.36 });
  const strings = band.player(pad({ attackSeconds: 0.9, partials: 7 }), { gain: 0.3, hall: 0.3 });
  const low = band.player(bass, { gain: 0.32, hall: 0.08 });

  const intro = band.passage('Am9 | Fmaj7 | Am9 | E7', HAND);
  band.pick(harp, intro, ['012345', '012343'], { beyond: 1.5 });

  const first = band.passage(A, HAND);
  band.pick(harp, first, ['012321', '021232', '012343', '021321'], { velocity: 0.5, beyond: 1.5 });
  band.hold(strings, first, { velocity: 0.4 });
  band.walk(low, first, ['R0/2.8'], { velocity: 0.7 });
  band.sing(bells, first, THEME, { velocity: 0.75, beyond: 0.8 });

  const middle = band.passage(B, { centre: 63, lowest: 52 });
  band.pick(harp, middle, ['0.2.3.', '0.213.'], { velocity: 0.5, beyond: 1.5 });
  band.hold(strings, middle, { velocity: 0.75 });
  band.walk(low, middle, ['R0/1.8 F2/.9', 'R0/2.8'], { velocity: 0.7 });
  band.sing(pipe, middle, SONG, { velocity: 0.72 });

  const again = band.passage(A, HAND);
  band.comp(keys, again, ['1/.9 2/.9'], { velocity: 0.36, roll: 0.02 });
  band.walk(low, again, ['R0/1.9', 'R0/1.9 L2.5/.4'], { velocity: 0.8 });
  band.hold(strings, again, { velocity: 0.5 });
  band.sing(keys, again, VARIED, { velocity: 0.8, beyond: 0.4 });
  band.pick(harp, again, ['..4...', '....5.', '...3.4', '......'], { velocity: 0.4, beyond: 1.5 });

  const return_ = band.passage(B, HAND);
  band.pick(harp, return_, ['012321', '021232'], { velocity: 0.46, beyond: 1.5 });
  band.hold(strings, return_, { velocity: 0.7 });
  band.walk(low, return_, ['R0/1.8 F2/.9'], { velocity: 0.7 });
  band.sing(bells, return_, SONG, { velocity: 0.66, beyond: 0.8 });
  band.sing(pipe, return_, SONG, { velocity: 0.4, transpose: -12 });

  const outro = band.passage('Am9 | Fmaj7 | Cmaj7 | G6 | Fmaj7 | Em7 | Dm9 E7 | Am9', HAND);
  band.pick(harp, outro, ['012343', '012321'], { velocity: 0.45, beyond: 1.8 });
  band.hold(strings, outro, { velocity: 0.6 });
  band.walk(low, outro, ['R0/2.8'], { velocity: 0.6 });
  band.sing(
    bells,
    outro,
    'E5/2 A5/1 | G5/1 F5/1 C5/1 | E5/3 | D5/2 B4/1 | C5/2 A4/1 | B4/2 G4/1 | A4/1.5 G#4/1.5 | A4/3',
    {
      velocity: 0.6,
      beyond: 1,
    },
  );
  return band;
}
