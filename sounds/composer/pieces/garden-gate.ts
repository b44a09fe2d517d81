import { Band } from '../band.ts';
import { bass, flute, pad, pluckedString, vibraphone } from '../instruments.ts';

const HAND = { centre: 62, lowest: 50 };

const A = 'Dmaj7 | Bm7 | Gmaj7 | A7sus4 A7 | F#m7 | Bm7 | Em7 | A7sus4';
const A_CLOSE = 'Dmaj7 | Bm7 | Gmaj7 | A7 | F#m7 | B7 | Em7 A7 | D6';
const B = 'Gmaj7 | A7/G | F#m7 | Bm7 | Gmaj7 | Gm6 | D/F# | E9 A7';
const C = 'Bm7 | F#m7 | Gmaj7 | D | Bm7 | E9 | Gmaj7 | A7sus4 A7';

const THEME =
  '-/1 F#5/1 E5/.5 D5/.5 A4/1 | D5/2 -/.5 C#5/.5 D5/.5 E5/.5 | F#5/1 D5/1 B4/2 | E5/1.5 D5/.5 C#5/1 -/1 |' +
  '-/1 E5/1 C#5/.5 B4/.5 A4/1 | D5/2 -/.5 C#5/.5 D5/.5 F#5/.5 | G5/1 E5/1 B4/1 D5/1 | E5/3 -/1';
const ANSWER =
  '-/1 F#5/1 E5/.5 D5/.5 A4/1 | D5/1.5 E5/.5 F#5/.5 E5/.5 D5/1 | B4/.5 D5/.5 F#5/1 A5/2 | G5/1.5 E5/.5 C#5/1 -/1 |' +
  '-/1 A5/1 F#5/.5 E5/.5 C#5/1 | D#5/1.5 F#5/.5 A5/1 F#5/1 | G5/1 E5/.5 D5/.5 C#5/1 E5/1 | D5/3 -/1';
const SONG =
  'B5/2 A5/1 G5/1 | A5/1.5 G5/.5 E5/2 | A5/2 G5/.5 F#5/.5 E5/1 | F#5/3 -/1 |' +
  'B5/1 A5/.5 G5/.5 F#5/1 G5/1 | Bb5/1.5 A5/.5 G5/1 E5/1 | F#5/1 E5/.5 D5/.5 A5/2 | G#5/1 E5/1 C#5/1 -/1';
const REPLIES =
  '-/2 D5/.5 F#5/.5 B5/1 | -/2 C#5/.5 E5/.5 A5/1 | -/2 B4/.5 D5/.5 F#5/1 | -/1 E5/.5 D5/.5 A4/2 |' +
  '-/2 D5/.5 F#5/.5 B5/1 | -/2 B5/.5 G#5/.5 F#5/1 | G5/1 F#5/.5 D5/.5 B4/2 | D5/1 E5/1 C#5/2';
const VARIED =
  'F#5/.5 G5/.5 F#5/1 E5/.5 D5/.5 A4/1 | D5/1 F#5/1 B5/1 A5/1 | F#5/.5 G5/.5 F#5/.5 D5/.5 B4/2 | E5/1 G5/.5 E5/.5 C#5/1 -/1 |' +
  '-/1 E5/.5 F#5/.5 A5/.5 E5/.5 C#5/1 | D5/1 F#5/1 B5/1.5 A5/.5 | G5/.5 F#5/.5 E5/1 B4/1 D5/1 | E5/3 -/1';

const ROLLING = ['02132132', '02131213', '02132134', '03214213'];
const WIDE = ['0213.2.1', '02.31.2.', '0213.2.4', '0.2132.1'];

/** D major, 88 beats a minute: a plucked guitar under a vibraphone and a flute; a walk before breakfast. */
export function gardenGate(): Band {
  const band = new Band({ beatsPerMinute: 88, beatsPerBar: 4, seed: 1101 });
  const guitar = band.player(pluckedString({ sustainSeconds: 2.4, brightness: 0.75 }), { gain: 0.55, hall: 0.16 });
  const vibes = band.player(vibraphone(), { gain: 0.5, hall: 0.3 });
  const pipe = band.player(flute, { gain: 0.4, hall: 0.32 });
  const strings = band.player(pad({ partials: 7 }), { gain: 0.26, hall: 0.25 });
  const low = band.player(bass, { gain: 0.42, hall: 0.05 });

  const intro = band.passage('Dadd9 | Gmaj7 | Dadd9 | A7sus4 A7', HAND);
  band.pick(guitar, intro, ROLLING);

  const first = band.passage(A, HAND);
  band.pick(guitar, first, ROLLING);
  band.walk(low, first, ['R0/1.9 F2/1.8']);
  band.sing(vibes, first, THEME, { beyond: 0.6 });

  const second = band.passage(A_CLOSE, HAND);
  band.pick(guitar, second, ROLLING);
  band.walk(low, second, ['R0/1.9 F2/1.4 L3.5/.45']);
  band.hold(strings, second);
  band.sing(vibes, second, ANSWER, { beyond: 0.6 });

  const middle = band.passage(B, HAND);
  band.pick(guitar, middle, WIDE, { velocity: 0.52 });
  band.walk(low, middle, ['R0/1.9 R2/.9 F3/.9']);
  band.hold(strings, middle, { velocity: 0.7 });
  band.sing(pipe, middle, SONG);

  const again = band.passage(A, HAND);
  band.pick(guitar, again, ROLLING, { velocity: 0.56 });
  band.walk(low, again, ['R0/1.9 F2/1.8', 'R0/1.4 F1.5/.4 O2/1.4 L3.5/.4']);
  band.hold(strings, again, { velocity: 0.5 });
  band.sing(vibes, again, VARIED, { beyond: 0.6 });

  const bridge = band.passage(C, HAND);
  band.pick(guitar, bridge, ['0.2.3.2.', '0.213.2.'], { velocity: 0.6, beyond: 1.6 });
  band.hold(strings, bridge, { velocity: 0.8 });
  band.walk(low, bridge, ['R0/3.6'], { velocity: 0.6 });
  band.sing(guitar, bridge, REPLIES, { velocity: 0.85, beyond: 1 });

  const last = band.passage(A_CLOSE, HAND);
  band.pick(guitar, last, ROLLING, { velocity: 0.54 });
  band.walk(low, last, ['R0/1.9 F2/1.4 L3.5/.45']);
  band.hold(strings, last, { velocity: 0.6 });
  band.sing(vibes, last, ANSWER, { beyond: 0.6, velocity: 0.62 });
  band.sing(pipe, last, ANSWER, { velocity: 0.6 });

  const outro = band.passage('Gmaj7 | Gm6 | Dadd9 | Dadd9', HAND);
  band.pick(guitar, outro, ['02132132', '02132132', '0213.2.1', '0...2.3.'], { velocity: 0.5 });
  band.hold(strings, outro, { velocity: 0.6 });
  band.walk(low, outro, ['R0/3.6'], { velocity: 0.6 });
  band.sing(vibes, outro, 'B5/2 A5/1 G5/1 | Bb5/2 A5/1 G5/1 | F#5/2 E5/1 D5/1 | A5/4', { velocity: 0.55, beyond: 1 });
  return band;
}
