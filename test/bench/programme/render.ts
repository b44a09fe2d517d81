// tsx test/bench/programme/render.ts: what rendering costs, path by path, and what it allocates.
import { cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Programme } from '../../../src/core/programme/programme.ts';
import { type Sound, WIRE, type WireFormat } from '../../../src/core/programme/sound.ts';
import { programmeOf, TestShelf, tone } from '../../support/programme-stage.ts';

const CALLERS = 400;
const BLOCK_MS = 200;
const ROUNDS = 5;

/** What a caller hears from `fromMs` on, for as long as is measured. */
interface Path {
  readonly name: string;
  readonly fromMs: number;
  readonly forMs: number;
  readonly prepare: (programme: Programme, rate: number, voice: Sound) => void;
}

const PATHS: readonly Path[] = [
  { name: 'one tune, copied', fromMs: 2000, forMs: 15_000, prepare: () => undefined },
  { name: 'music fades down', fromMs: 1000, forMs: 1000, prepare: say },
  { name: 'voice over music', fromMs: 2100, forMs: 15_000, prepare: say },
  { name: 'cross-fade', fromMs: 5500, forMs: 500, prepare: (programme, rate) => programme.press('3', 5 * rate) },
  { name: 'cross-fade while the music fades down', fromMs: 1500, forMs: 500, prepare: sayAndPress },
];

function say(programme: Programme, rate: number, voice: Sound): void {
  programme.tellAccounts([voice], rate);
}

function sayAndPress(programme: Programme, rate: number, voice: Sound): void {
  programme.tellAccounts([voice], rate);
  programme.press('3', rate);
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Processor time of rendering a stretch for all callers, block after block as the pump does, and the memory that it took. */
function measure(format: WireFormat, { fromMs, forMs, prepare }: Path): { nsPerSample: number; bytesPerBlock: number } {
  const { rate, bytesPerSample } = WIRE[format];
  const options = { seconds: 30, format };
  const shelf = new TestShelf(tone('a', { hz: 440, ...options }), tone('b', { hz: 550, ...options }));
  const voice = tone('voice', { hz: 900, ...options });
  const block = (BLOCK_MS * rate) / 1000;
  const out = new Uint8Array(block * bytesPerSample);
  const programmes = Array.from({ length: CALLERS }, () => programmeOf({ shelf, format }));
  for (const programme of programmes) {
    prepare(programme, rate, voice);
    programme.render((fromMs * rate) / 1000, 1, out, 0);
  }
  const [from, to] = [(fromMs * rate) / 1000, ((fromMs + forMs) * rate) / 1000];
  collect();
  const heap = process.memoryUsage().heapUsed;
  const began = process.cpuUsage();
  let blocks = 0;
  for (let at = from; at < to; at += block) {
    const length = Math.min(block, to - at);
    for (const programme of programmes) programme.render(at, length, out, 0);
    blocks += CALLERS;
  }
  const { user, system } = process.cpuUsage(began);
  const grown = process.memoryUsage().heapUsed - heap;
  return { nsPerSample: ((user + system) * 1000) / ((to - from) * CALLERS), bytesPerBlock: grown / blocks };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}; ${CALLERS} callers, blocks of ${BLOCK_MS} ms\n`,
);
process.stdout.write(
  `median of ${ROUNDS} rounds; % of a core is for ${CALLERS} callers who hear only that, all the time\n\n`,
);
for (const format of ['ulaw', 'slin16'] as const) {
  for (const path of PATHS) {
    const rounds = Array.from({ length: ROUNDS + 1 }, () => measure(format, path)).slice(1);
    const nsPerSample = median(rounds.map((round) => round.nsPerSample));
    const bytes = median(rounds.map((round) => round.bytesPerBlock));
    const share = (nsPerSample * WIRE[format].rate * CALLERS) / 1e7;
    const figures = [
      `${nsPerSample.toFixed(2)} ns/sample`,
      `${share.toFixed(2)} % of a core`,
      `${bytes.toFixed(1)} bytes/block`,
    ];
    process.stdout.write(
      `${format.padEnd(7)}${path.name.padEnd(40)}${figures.map((each) => each.padStart(20)).join('')}\n`,
    );
  }
}

/** What a programme holds after five minutes in which much was said and pressed; music and recordings are shared. */
function memoryPerCaller(): number {
  const options = { seconds: 30, format: 'ulaw' } as const;
  const shelf = new TestShelf(tone('a', { hz: 440, ...options }), tone('b', { hz: 550, ...options }));
  const voice = tone('voice', { hz: 900, seconds: 2, format: 'ulaw' });
  shelf.folders.middle = Array.from({ length: 20 }, (_, index) => ({ ...voice, name: `advice ${index}` }));
  const out = new Uint8Array(1600);
  collect();
  const before = process.memoryUsage().heapUsed;
  const programmes = Array.from({ length: CALLERS }, () =>
    programmeOf({ shelf, format: 'ulaw', sayPosition: () => [voice] }),
  );
  for (const [caller, programme] of programmes.entries()) {
    for (let at = 0; at < 300 * 8000; at += 1600) {
      if (at % 80_000 === 0) programme.position(1 + ((at + caller) % 9), at);
      if (at % 48_000 === 0) programme.press('3', at);
      programme.render(at, 1600, out, 0);
    }
  }
  collect();
  return (process.memoryUsage().heapUsed - before) / programmes.length;
}

process.stdout.write(`\nmemory of a programme after five busy minutes: ${(memoryPerCaller() / 1024).toFixed(1)} KiB\n`);
