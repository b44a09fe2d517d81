import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../src/lib/clock.ts';
import { delay } from '../../src/lib/clock.ts';

/** Most connections that are opened to find out; they are held for half a second at most. */
export const SESSIONS_PROBED_MAX = 150;
/** For how long Asterisk may take to close a connection that is one too many; it does so at once. */
const REFUSAL_MS = 300;
/** Between two of them: Asterisk's threads count sessions side by side, and a burst brings in more than the limit (84 for 60). */
const GAP_MS = 1;
const CONNECT_LIMIT_MS = 3000;

/**
 * How many connections at a time Asterisk's HTTP server keeps, up to `wanted`. Nothing tells `sessionlimit` from outside, so that
 * many idle connections are really opened: the ones above the limit are closed by Asterisk without a word.
 */
export async function countSessions(url: string, wanted: number, clock: Clock): Promise<number> {
  const sockets: Socket[] = [];
  const refused = new Set<Socket>();
  try {
    while (sockets.length < Math.min(wanted, SESSIONS_PROBED_MAX) && refused.size === 0) {
      await open(url, { sockets, refused, clock });
      await delay(clock, GAP_MS);
    }
    await delay(clock, REFUSAL_MS);
    return sockets.length - refused.size;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

interface Probe {
  readonly sockets: Socket[];
  readonly refused: Set<Socket>;
  readonly clock: Clock;
}

function open(url: string, { sockets, refused, clock }: Probe): Promise<void> {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: Number(port || (isTls ? 443 : 80)) };
  // Whose certificate it is does not matter here: nothing is sent.
  const socket = isTls ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
  sockets.push(socket);
  return new Promise((resolve) => {
    const cancel = clock.after(CONNECT_LIMIT_MS, () => socket.destroy());
    const settle = () => {
      cancel();
      resolve();
    };
    socket.on(isTls ? 'secureConnect' : 'connect', settle);
    // An idle connection is readable only when the other side ends it.
    socket.resume();
    socket.on('error', () => refused.add(socket));
    socket.on('end', () => refused.add(socket));
    socket.on('close', () => {
      refused.add(socket);
      settle();
    });
  });
}
