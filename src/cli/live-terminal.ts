import { systemClock } from '../lib/clock.ts';

/** In raw mode Ctrl-C and Ctrl-D are characters like others. */
const END_KEYS = ['q', 'Q', '\u0003', '\u0004'];

/** A terminal, or a pipe, on which something is shown until the user has seen enough. */
export interface LiveTerminal {
  readonly isTerminal: boolean;
  /** Lines that fit; what is longer would scroll. */
  readonly rows: number;
  /** Waits; false when nothing more is wanted: `q`, Ctrl-C, SIGTERM, or nobody reads any more. */
  pause(ms: number): Promise<boolean>;
  /** Gives the terminal back as it was. */
  release(): void;
}

/** The process's own: keys come one by one, and a reader that goes away (`| head`) is an end like any other. */
export function processTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream): LiveTerminal {
  const isTerminal = output.isTTY === true;
  let isOver = false;
  let wake: () => void = () => undefined;
  const end = () => {
    isOver = true;
    wake();
  };
  const onKeys = (keys: Buffer) => {
    if (END_KEYS.some((key) => keys.includes(key))) end();
  };
  const isRaw = isTerminal && input.isTTY === true;
  if (isRaw) input.setRawMode(true).on('data', onKeys);
  output.on('error', end);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  return {
    isTerminal,
    get rows() {
      return output.rows ?? 24;
    },
    async pause(ms) {
      if (isOver) return false;
      await new Promise<void>((resolve) => {
        const cancel = systemClock.after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
      return !isOver;
    },
    release() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end);
      if (!isRaw) return;
      input.setRawMode(false).removeListener('data', onKeys);
      input.pause();
    },
  };
}
