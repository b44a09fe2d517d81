import { GAIN_STEP_MS, type Rehearsal } from './rehearse.ts';

const WIDTH = 1400;
const PLOT = { left: 60, right: 1380, top: 46, bottom: 330 };
const HEIGHT = 420;
/** Rows in which notes stand by turns, so that neighbours do not cover each other. */
const NOTE_ROWS = 5;
/** The bottom of the picture; what is quieter lies on it. */
const FLOOR_DB = -60;
const COLOURS: Readonly<Record<string, string>> = {
  position: '#8fb8de',
  'hold-time': '#9fd3d6',
  thanks: '#c9d8e8',
  accounts: '#f2c179',
  periodic: '#d3b6dd',
  advice: '#a8d5a2',
};

/**
 * The levels of a rehearsal over time as an SVG picture: what is heard (root mean square of 20 ms, against full scale), the gain of the music, what
 * was told as coloured bands, and what happened as lines.
 */
export function levelPicture(title: string, rehearsal: Rehearsal): string {
  const { samples, rate, told, diary, musicGain } = rehearsal;
  const forMs = (samples.length * 1000) / rate;
  const x = (ms: number): string => (PLOT.left + ((PLOT.right - PLOT.left) * ms) / forMs).toFixed(1);
  const bands = told.map(({ kind, fromMs, toMs }) => {
    const width = (Number(x(toMs)) - Number(x(fromMs))).toFixed(1);
    const place = `x="${x(fromMs)}" y="${PLOT.top}" width="${width}" height="${PLOT.bottom - PLOT.top}"`;
    return `<rect ${place} fill="${COLOURS[kind] ?? '#ddd'}" opacity="0.5"/>${label(x(fromMs), PLOT.top - 4, kind)}`;
  });
  const notes = diary
    .filter(({ text }) => /^(?:key|tune|stream|place)/.test(text))
    .map(({ atMs, text }, index) => {
      const line = `<line x1="${x(atMs)}" x2="${x(atMs)}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#999" stroke-dasharray="3 3"/>`;
      return line + label(x(atMs), PLOT.bottom + 28 + 11 * (index % NOTE_ROWS), text);
    });
  const levels = Array.from(rmsOf(samples, rate), (rms, step) => `${x(step * GAIN_STEP_MS)},${y(rms)}`);
  const gains = Array.from(musicGain, (gain, step) => `${x(step * GAIN_STEP_MS)},${y(gain)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="10">`,
    `<title>What a caller on hold hears: ${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="18" font-size="14">${escaped(title)}</text>`,
    `<text x="${PLOT.right}" y="18" text-anchor="end"><tspan fill="#345">what is heard</tspan> · <tspan fill="#c22">gain of the music</tspan></text>`,
    ...bands,
    ...grid(forMs, x),
    ...notes,
    `<polyline fill="none" stroke="#345" stroke-width="0.8" points="${levels.join(' ')}"/>`,
    `<polyline fill="none" stroke="#c22" stroke-width="1.6" points="${gains.join(' ')}"/>`,
    '</svg>\n',
  ].join('\n');
}

/** Root mean square of every 20 ms, 0 to 1. */
function rmsOf(samples: Int16Array, rate: number): Float32Array {
  const window = (rate * GAIN_STEP_MS) / 1000;
  return Float32Array.from({ length: Math.floor(samples.length / window) }, (_, step) => {
    let sum = 0;
    for (let index = step * window; index < (step + 1) * window; index += 1) sum += (samples[index] ?? 0) ** 2;
    return Math.sqrt(sum / window) / 32_768;
  });
}

function y(ratio: number): string {
  const db = Math.max(FLOOR_DB, 20 * Math.log10(Math.max(ratio, 1e-9)));
  return (PLOT.top + ((PLOT.bottom - PLOT.top) * db) / FLOOR_DB).toFixed(1);
}

function grid(forMs: number, x: (ms: number) => string): string[] {
  const lines: string[] = [];
  for (let db = 0; db >= FLOOR_DB; db -= 10) {
    const at = y(10 ** (db / 20));
    lines.push(`<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at}" y2="${at}" stroke="#ccc" stroke-width="0.5"/>`);
    lines.push(`<text x="${PLOT.left - 6}" y="${Number(at) + 3}" text-anchor="end">${db} dB</text>`);
  }
  // The shortest round step with at most 24 of them.
  const stepMs = [1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000].find((step) => forMs / step <= 24) ?? 600_000;
  for (let ms = 0; ms <= forMs; ms += stepMs) {
    lines.push(`<text x="${x(ms)}" y="${PLOT.bottom + 13}" text-anchor="middle">${ms / 1000} s</text>`);
  }
  return lines;
}

function label(x: string, y: number, text: string): string {
  return `<text x="${x}" y="${y}" fill="#333">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
