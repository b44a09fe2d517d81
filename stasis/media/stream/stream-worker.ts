import { parentPort, workerData } from 'node:worker_threads';
import type { StreamCodec } from './content.ts';
import type { StreamDecoder } from './decoder-output.ts';
import type { LoudnessChange } from './loudness.ts';
import { RingWriter } from './ring-writer.ts';
import type { StreamMemory } from './rings.ts';
import { createDecoder } from './stream-decoder.ts';

/** What the thread starts with. */
export interface StreamWorkerData {
  readonly memory: StreamMemory;
  /** Samples at BASE_RATE that lie in the rings already. */
  readonly position: number;
}

/** To the thread: a connection begins, a piece of it, its end. Each piece is answered by `taken` before the next is sent. */
export type StreamCommand =
  | { readonly type: 'begin'; readonly connection: number; readonly codec: StreamCodec }
  | { readonly type: 'piece'; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly connection: number };

export type StreamReport =
  | { readonly type: 'taken'; readonly connection: number }
  | { readonly type: 'sound'; readonly connection: number; readonly changes: readonly LoudnessChange[] }
  | { readonly type: 'title'; readonly connection: number; readonly text: string }
  | { readonly type: 'failed'; readonly connection: number; readonly reason: string };

const { memory, position } = workerData as StreamWorkerData;
const writer = new RingWriter(memory, position);
let current = -1;
let decoder: StreamDecoder | null = null;
let work: Promise<void> = Promise.resolve();

// One after the other: decoding a piece takes several turns of the event loop.
parentPort?.on('message', (command: StreamCommand) => {
  work = work.then(() => carryOut(command)).catch((error: unknown) => fail(command.connection, error));
});

async function carryOut(command: StreamCommand): Promise<void> {
  const { connection } = command;
  switch (command.type) {
    case 'begin':
      decoder?.close();
      current = connection;
      decoder = await createDecoder(command.codec, {
        block: (block) =>
          report({ type: 'sound', connection, changes: connection === current ? writer.write(block) : [] }),
        title: (text) => report({ type: 'title', connection, text }),
        aheadMs: () => writer.aheadMs,
        failed: (reason) => report({ type: 'failed', connection, reason }),
      });
      return;
    case 'piece':
      if (connection === current) await decoder?.decode(command.bytes);
      report({ type: 'taken', connection });
      return;
    case 'end':
      decoder?.close();
      decoder = null;
      current = -1;
      return;
    default:
      command satisfies never;
  }
}

function fail(connection: number, error: unknown): void {
  report({ type: 'failed', connection, reason: error instanceof Error ? error.message : String(error) });
}

function report(message: StreamReport): void {
  parentPort?.postMessage(message);
}
