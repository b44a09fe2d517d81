import { Band, type Part, type Passage } from '../band.ts';
import { bass, electricPiano, pad, pluckedString, vibraphone } from '../instruments.ts';
import { brush, shaker, thump } from '../percussion.ts';

const HAND = { centre: 61, lowest: 50 };

const A = 'Cmaj9 | Bm7 | Am9 | Gmaj7 | Cmaj9 | Bm7 E7b9 | Am9 | D13';
const A_CLOSE = 'Cmaj9 | Bm7 | Am9 | Gmaj7 | Cmaj9 | Bm7 E7b9 | Am9 D13 | Gmaj9';
const B = 'Em9 | A13 | Am9 | D13 | Bm7 | Em9 | Cmaj9 | D7sus4';

const THEME =
  '-/.5 E5/.5 G5/.5 B5/1 A5/.5 G5/1 | F#5/1 D5/.5 E5/.5 -/2 | -/.5 C5/.5 E5/.5 G5/1 F#5/.5 E5/1 | D5/1 B4/1 -/2 |' +
  '-/.5 E5/.5 G5/.5 B5/1 D6/.5 B5/1 | A5/1 F#5/.5 G#5/.5 E5/1 -/1 | A5/.5 G5/.5 E5/1 C5/.5 D5/.5 E5/1 | F#5/2 -/2';
const CLOSE =
  '-/.5 E5/.5 G5/.5 B5/1 A5/.5 G5/1 | F#5/1 D5/.5 A5/.5 -/2 | -/.5 C5/.5 E5/.5 G5/1 B5/.5 A5/1 | G5/1 D5/1 -/2 |' +
  'B5/.5 A5/.5 G5/.5 E5/1 D5/.5 E5/1 | F#5/.5 A5/.5 G#5/.5 F5/.5 E5/1 -/1 | C5/.5 E5/.5 G5/.5 E5/.5 F#5/.5 E5/.5 D5/1 | B4/1 D5/2 -/1';
const SONG =
  'B5/2 A5/.5 G5/.5 F#5/1 | E5/1 C#5/1 E5/2 | C5/1 E5/1 G5/1 B5/1 | A5/2 F#5/1 -/1 |' +
  'F#5/2 E5/.5 D5/.5 A5/1 | G5/1 E5/1 B4/2 | E5/.5 G5/.5 B5/1 A5/1 G5/1 | A5/1 G5/1 E5/1 D5/1';
const SOLO =
  'E5/.5 D5/.5 B4/1 -/.5 G4/.5 B4/.5 D5/.5 | F#5/.5 A5/.5 F#5/.5 D5/.5 -/2 | C5/.5 B4/.5 C5/.5 E5/.5 G5/1 E5/1 | -/1 B5/.5 A5/.5 G5/.5 D5/.5 B4/1 |' +
  '-/.5 G5/.5 A5/.5 B5/.5 D6/1 B5/.5 G5/.5 | A5/.5 F#5/.5 D5/1 G#5/.5 F5/.5 E5/1 | -/.5 C5/.5 E5/.5 A5/.5 G5/1 E5/1 | F#5/.5 E5/.5 B4/1 A4/1 -/1';

/** G major, 90 beats a minute, swung: electric piano, guitar and brushes; a side street after the rain. */
export function sideStreet(): Band {
  const band = new Band({ beatsPerMinute: 90, beatsPerBar: 4, swing: 0.1, seed: 4409 });
  const piano = band.player(electricPiano({ decaySeconds: 2.8, tine: 0.11 }), { gain: 0.36, hall: 0.2 });
  const guitar = band.player(pluckedString({ sustainSeconds: 1.8, brightness: 0.7 }), { gain: 0.6, hall: 0.22 });
  const vibes = band.player(vibraphone({ decaySeconds: 2.4 }), { gain: 0.46, hall: 0.28 });
  const strings = band.player(pad({ partials: 7, attackSeconds: 1 }), { gain: 0.2, hall: 0.25 });
  const low = band.player(bass, { gain: 0.5, hall: 0.04 });
  const drums = {
    kick: band.player(thump, { gain: 0.5, hall: 0.03 }),
    snare: band.player(brush, { gain: 0.75, hall: 0.12 }),
    shake: band.player(shaker, { gain: 0.42, hall: 0.06 }),
  };
  const rhythm = { piano, low, ...drums };

  const intro = band.passage('Cmaj9 | Bm7 | Am9 | D13', HAND);
  band.comp(piano, intro, ['0/1.8 2.5/1.3', '0/1.3 1.5/2.2']);
  band.strike(drums.shake, intro, ['xoxoxoxo']);

  const first = band.passage(A, HAND);
  groove(band, first, rhythm);
  band.sing(guitar, first, THEME, { velocity: 0.85, beyond: 0.3 });

  const second = band.passage(A_CLOSE, HAND);
  groove(band, second, rhythm);
  band.sing(guitar, second, CLOSE, { velocity: 0.85, beyond: 0.3 });

  const middle = band.passage(B, { centre: 63, lowest: 52 });
  groove(band, middle, rhythm);
  band.hold(strings, middle, { velocity: 0.8 });
  band.sing(vibes, middle, SONG, { velocity: 0.72, beyond: 0.5 });

  const solo = band.passage(A, HAND);
  groove(band, solo, rhythm);
  band.hold(strings, solo, { velocity: 0.5 });
  band.sing(vibes, solo, SOLO, { velocity: 0.7, beyond: 0.3 });

  // The drums rest, so that the last round comes fresh.
  const rest = band.passage(B, { centre: 62, lowest: 51 });
  band.comp(piano, rest, ['0/3.6'], { roll: 0.035 });
  band.walk(low, rest, ['R0/3.4'], { velocity: 0.65 });
  band.hold(strings, rest, { velocity: 0.9 });
  band.pick(guitar, rest, ['.2.3.4.3', '.1.2.3.5'], { velocity: 0.55 });
  band.sing(guitar, rest, SONG, { velocity: 0.75, transpose: -12, beyond: 0.5 });

  const last = band.passage(A_CLOSE, HAND);
  groove(band, last, rhythm);
  band.hold(strings, last, { velocity: 0.6 });
  band.sing(guitar, last, CLOSE, { velocity: 0.8, beyond: 0.3 });
  band.sing(vibes, last, CLOSE, { velocity: 0.34, beyond: 0.3 });

  const outro = band.passage('Cmaj9 | Bm7 | Am9 D13 | Gmaj9', HAND);
  band.comp(piano, outro, ['0/1.8 2.5/1.3', '0/1.3 1.5/2.2', '0/1.8 2/1.8', '0/3.9'], { roll: 0.025 });
  band.walk(low, outro, ['R0/1.9 R2.5/1.3', 'R0/1.9 L3.5/.4', 'R0/1.8 R2/1.8', 'R0/3.6']);
  band.strike(drums.shake, outro, ['xoxoxoxo', 'xoxoxoxo', 'xoxoxoxo', 'x.......']);
  band.sing(vibes, outro, '-/.5 E5/.5 G5/.5 B5/1 A5/.5 G5/1 | F#5/1 D5/1 -/2 | C5/1 E5/1 F#5/1 E5/1 | D5/4', {
    velocity: 0.6,
    beyond: 1,
  });
  return band;
}

interface Rhythm {
  readonly piano: Part;
  readonly low: Part;
  readonly kick: Part;
  readonly snare: Part;
  readonly shake: Part;
}

function groove(band: Band, passage: Passage, { piano, low, kick, snare, shake }: Rhythm): void {
  band.comp(piano, passage, ['0/1.4 1.5/.9 3.5/.4', '.5/.9 2/1.6', '0/1.4 2.5/1.2', '.5/1.2 2.5/.5 3/.8']);
  band.walk(low, passage, ['R0/1.3 R1.5/.4 F2.5/.9 L3.5/.4', 'R0/1.3 T2/.9 F3/.8'], { centre: 45 });
  band.strike(kick, passage, ['X..o.x..', 'X....x.o']);
  band.strike(snare, passage, ['..x...x.', '..x...xo']);
  band.strike(shake, passage, ['xoxoxoxo']);
}
