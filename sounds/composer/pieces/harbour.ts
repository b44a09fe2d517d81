import { Band, type Part, type Passage } from '../band.ts';
import { bass, electricPiano, flute, pluckedString } from '../instruments.ts';
import { shaker, wood } from '../percussion.ts';

const HAND = { centre: 61, lowest: 50 };

const A = 'Fmaj9 | Fmaj7 | Gm9 | C13 | Am7 | D7b9 | Gm9 | C9 | Fmaj9 | F9 | Bbmaj7 | Bbm6 | Am7 | D9 | Gm7 C13 | F6';
const B = 'Bbmaj7 | Bbmaj7 | Am7 | D9 | Gm9 | C9 | Fmaj9 | F9 | Bbmaj7 | Bbm6 | Am7 | Dm7 | G9 | G9 | Gm7 | C7sus4 C13';

const THEME =
  '-/1 C5/.5 D5/.5 F5/.5 A5/1.5 | G5/.5 F5/.5 D5/1 -/2 | -/1 Bb4/.5 D5/.5 F5/.5 G5/1.5 | A5/.5 G5/.5 E5/1 -/2 |' +
  '-/1 C5/.5 E5/.5 G5/.5 E5/1.5 | F#5/.5 A5/.5 C6/1 -/2 | Bb5/1.5 A5/.5 G5/1 F5/1 | E5/1.5 G5/.5 -/2 |' +
  '-/1 C5/.5 D5/.5 F5/.5 A5/1.5 | C6/.5 A5/.5 G5/1 Eb5/1 -/1 | D5/1.5 F5/.5 A5/1 G5/1 | F5/1.5 Db5/.5 G5/1 F5/1 |' +
  'E5/1.5 C5/.5 E5/.5 G5/.5 -/1 | F#5/1 E5/.5 A4/.5 -/2 | Bb4/.5 D5/.5 F5/.5 A5/.5 G5/.5 E5/.5 C5/1 | F5/3 -/1';
const VARIED =
  'C5/.5 D5/.5 F5/.5 A5/1 G5/.5 F5/1 | E5/.5 G5/.5 C5/1 -/2 | -/.5 D5/.5 F5/.5 A5/1 Bb5/.5 A5/1 | G5/.5 E5/.5 A5/1 -/2 |' +
  'G5/1 E5/.5 C5/.5 B4/.5 C5/1.5 | Eb5/.5 F#5/.5 A5/1 -/2 | Bb5/.5 A5/.5 G5/.5 F5/.5 D5/1 F5/1 | E5/.5 D5/.5 G5/1 -/2 |' +
  'A5/1.5 G5/.5 F5/.5 C5/1.5 | Eb5/.5 G5/.5 A5/.5 C6/.5 A5/1 -/1 | D6/1 A5/.5 F5/.5 G5/1 A5/1 | G5/1 F5/.5 Db5/.5 F5/2 |' +
  'E5/.5 G5/.5 C6/1 B5/.5 G5/.5 -/1 | A5/1 F#5/.5 E5/.5 -/2 | F5/.5 D5/.5 Bb4/.5 D5/.5 E5/.5 G5/.5 A5/1 | F5/3 -/1';
const SONG =
  'D5/3 C5/.5 D5/.5 | F5/2 A5/2 | G5/3 E5/1 | F#5/2 -/2 | Bb5/3 A5/.5 G5/.5 | E5/2 G5/2 | A5/3 -/1 | Eb5/1 F5/1 A5/1 C6/1 |' +
  'Bb5/3 A5/1 | G5/2 Db5/2 | E5/3 G5/1 | F5/2 A5/2 | B5/1.5 A5/.5 G5/1 F5/1 | D5/1 E5/.5 F5/.5 A5/2 | Bb5/2 A5/1 G5/1 | F5/1 D5/1 E5/2';
/** The guitar speaks where the flute takes breath. */
const REPLIES =
  '-/4 | -/2.5 C5/.5 A4/.5 C5/.5 | -/4 | -/2.5 E5/.5 C5/.5 A4/.5 | -/4 | -/2.5 Eb5/.5 C5/.5 A4/.5 | -/4 | -/2 Bb4/.5 C5/.5 D5/.5 E5/.5 |' +
  '-/4 | -/3 C5/.5 Eb5/.5 | -/4 | -/4 | -/3 C5/.5 E5/.5 | -/2 F#5/.5 E5/.5 C5/.5 A4/.5 | -/4 | -/1 A4/.5 C5/.5 E5/.5 D5/.5 C5/1';

/** F major, 116 beats a minute: a bossa nova for electric piano, guitar and flute; evening at the quay. */
export function harbour(): Band {
  const band = new Band({ beatsPerMinute: 116, beatsPerBar: 4, seed: 2203 });
  const piano = band.player(electricPiano({ decaySeconds: 2, tine: 0.09 }), { gain: 0.34, hall: 0.16 });
  const pipe = band.player(flute, { gain: 0.5, hall: 0.3 });
  const guitar = band.player(pluckedString({ sustainSeconds: 1.6, brightness: 0.75 }), { gain: 0.52, hall: 0.2 });
  const low = band.player(bass, { gain: 0.5, hall: 0.04 });
  const rhythm = {
    shake: band.player(shaker, { gain: 0.5, hall: 0.06 }),
    knock: band.player(wood, { gain: 0.26, hall: 0.14 }),
  };

  const intro = band.passage('Fmaj9 | Fmaj7 | Gm9 | C13', HAND);
  accompany(band, intro, { piano, low, ...rhythm });

  const first = band.passage(A, HAND);
  accompany(band, first, { piano, low, ...rhythm });
  band.sing(pipe, first, THEME, { velocity: 0.72 });

  const second = band.passage(A, HAND);
  accompany(band, second, { piano, low, ...rhythm });
  band.sing(guitar, second, VARIED, { velocity: 0.85, beyond: 0.3 });

  const middle = band.passage(B, { centre: 63, lowest: 52 });
  accompany(band, middle, { piano, low, ...rhythm });
  band.pick(guitar, middle, ['.1.2.3.2', '.2.1.3.1'], { velocity: 0.42 });
  band.sing(pipe, middle, SONG, { velocity: 0.7 });

  const last = band.passage(A, HAND);
  accompany(band, last, { piano, low, ...rhythm });
  band.sing(pipe, last, THEME, { velocity: 0.7 });
  band.sing(guitar, last, REPLIES, { velocity: 0.75, beyond: 0.4 });

  const outro = band.passage('Gm9 C13 | Fmaj9 | Gm9 C13 | Fmaj9', HAND);
  accompany(band, outro, { piano, low, ...rhythm });
  band.sing(pipe, outro, 'Bb5/1 A5/.5 G5/.5 E5/1 D5/1 | C5/3 -/1 | D5/1 F5/1 E5/1 G5/1 | A5/4', { velocity: 0.6 });
  return band;
}

interface Rhythm {
  readonly piano: Part;
  readonly low: Part;
  readonly shake: Part;
  readonly knock: Part;
}

function accompany(band: Band, passage: Passage, { piano, low, shake, knock }: Rhythm): void {
  band.comp(piano, passage, [
    '0/1.3 1.5/.4 2.5/1.3',
    '.5/.4 1.5/1.2 3/.8',
    '0/1.3 1.5/.4 2.5/1.3',
    '.5/.9 2/.4 3.5/.5',
  ]);
  band.walk(low, passage, ['R0/1.4 F1.5/.4 F2/1.4 R3.5/.4', 'R0/1.4 R1.5/.4 F2/1.3 L3.5/.4'], { centre: 45 });
  band.strike(shake, passage, ['XoxoXoxo', 'XoxoXoxx']);
  band.strike(knock, passage, ['x..x..x.', '..x..x..']);
}
