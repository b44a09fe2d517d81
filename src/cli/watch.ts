import { isAppError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import type { LiveTerminal } from './live-terminal.ts';
import type { Streams } from './output.ts';

const EVERY_MS = 1_000;
/** Alternate screen without a cursor, and back. */
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_LINE = '\u001b[K\r\n';
const ERASE_BELOW = '\u001b[J';

export interface WatchOptions<Answer> {
  readonly api: ApiClient;
  readonly path: string;
  readonly streams: Streams;
  readonly terminal: LiveTerminal;
  readonly now: () => number;
  readonly json: boolean;
  readonly text: (answer: Answer, nowMs: number) => string;
}

/**
 * Shows an answer of the application anew each second, until the user has seen enough. On a terminal in one place, written over line by line in one
 * go, so that nothing flickers; in a pipe one after the other, with `--json` a document on each line.
 */
export async function watch<Answer>(options: WatchOptions<Answer>): Promise<void> {
  const { terminal, streams } = options;
  if (terminal.isTerminal) streams.out(ENTER_SCREEN);
  let shown = '';
  try {
    do {
      const { text, problem } = await frame(options);
      shown = text ?? shown;
      if (terminal.isTerminal) streams.out(screen(shown, problem, terminal.rows));
      else if (text !== null) streams.out(text);
      else streams.error(`${problem}\n`);
    } while (await terminal.pause(EVERY_MS));
  } finally {
    terminal.release();
    if (terminal.isTerminal) streams.out(`${LEAVE_SCREEN}${shown}`);
  }
}

interface Frame {
  /** `null`: the application did not answer. */
  readonly text: string | null;
  readonly problem: string;
}

/** An application that does not answer may be starting anew: that is shown, and it is asked again. */
async function frame<Answer>({ api, path, json, text, now }: WatchOptions<Answer>): Promise<Frame> {
  try {
    const answer = await api.get(path);
    if (json) return { text: `${JSON.stringify(answer)}\n`, problem: '' };
    const nowMs = now();
    return { text: `${new Date(nowMs).toLocaleTimeString('sv')}\n${text(answer as Answer, nowMs)}\n`, problem: '' };
  } catch (error) {
    if (!isAppError(error, 'APPLICATION_UNREACHABLE')) throw error;
    return { text: null, problem: error.message };
  }
}

function screen(text: string, problem: string, rows: number): string {
  const lines = [...text.trimEnd().split('\n'), '', problem === '' ? 'q ends' : problem];
  const fitting = lines.length <= rows - 1 ? lines : [...lines.slice(0, rows - 2), '…'];
  return `${HOME}${fitting.map((line) => `${line}${END_LINE}`).join('')}${ERASE_BELOW}`;
}
