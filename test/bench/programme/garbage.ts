import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const ANSWER_LIMIT_MS = 20_000;

/** Lets a Node that runs with `--inspect=127.0.0.1:PORT` collect its garbage (HeapProfiler.collectGarbage), so that what lives can be measured. */
export async function collectGarbage(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await answer.json()) as { readonly webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error(`Nothing can be inspected on port ${port}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  try {
    const isDone = new Promise<void>((resolve, reject) => {
      socket.once('open', () => socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' })));
      socket.on('message', (data) => {
        const { id } = JSON.parse(String(data)) as { readonly id?: number };
        if (id === 1) resolve();
      });
      socket.once('error', reject);
    });
    const late = sleep(ANSWER_LIMIT_MS, 'late' as const, { ref: false });
    if ((await Promise.race([isDone, late])) === 'late') throw new Error('Node does not collect its garbage');
  } finally {
    socket.terminate();
  }
}
