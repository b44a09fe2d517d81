// Free ports on loopback, kept for the life of a stack, so that a server comes back where it was.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** Address that every server of a stack listens on. */
export const LOOPBACK = '127.0.0.1';

// Below the range from which the kernel takes ports for outgoing connections (32768 and up): otherwise a client's
// connection could sit on a server's port while that server restarts.
const FIRST_PORT = 15_000;
const LAST_PORT = 19_999;
// Asterisk takes two UDP ports per channel: 250 channels for trying and testing, 1,000 for measuring.
const RTP_FIRST = 20_000;
const RTP_LAST = 31_999;
const RTP_PORTS = 500;
const RTP_PORTS_BENCH = 2_000;

/** The ports of one stack. */
export interface Ports {
  readonly sip: number;
  readonly ari: number;
  readonly xmpp: number;
  readonly xmppDirectTls: number;
  readonly postgres: number;
  readonly http: number;
  readonly rtpFirst: number;
  readonly rtpLast: number;
}

/** Chooses ports that are free now and that no other stack has taken for itself. Call it under the lock of the ports. */
export const choosePorts = async (others: readonly Ports[], forBench = false): Promise<Ports> => {
  const rtpPorts = forBench ? RTP_PORTS_BENCH : RTP_PORTS;
  const taken = new Set(others.flatMap((ports) => Object.values(ports)));
  const next = async (): Promise<number> => {
    for (let attempt = 0; attempt < 1_000; attempt += 1) {
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      if (!taken.has(port) && (await isFree(port))) {
        taken.add(port);
        return port;
      }
    }
    throw new StackError(
      `No free port between ${FIRST_PORT} and ${LAST_PORT}`,
      'end what listens there (ss -ltnup shows it)',
    );
  };
  const rtpFirst = chooseRtpBlock(others, rtpPorts);
  return {
    sip: await next(),
    ari: await next(),
    xmpp: await next(),
    xmppDirectTls: await next(),
    postgres: await next(),
    http: await next(),
    rtpFirst,
    rtpLast: rtpFirst + rtpPorts - 1,
  };
};

// Asterisk tries another port of its range when one is taken: with very many stacks two may share a block.
const chooseRtpBlock = (others: readonly Ports[], size: number): number => {
  const inUse = udpPortsInUse();
  const blocks = Array.from({ length: (RTP_LAST + 1 - RTP_FIRST) / size }, (_, index) => RTP_FIRST + index * size);
  const start = randomInt(blocks.length);
  const shuffled = [...blocks.slice(start), ...blocks.slice(0, start)];
  const isUnclaimed = (first: number) => !others.some((o) => o.rtpFirst < first + size && o.rtpLast >= first);
  const isQuiet = (first: number) => !inUse.some((port) => port >= first && port < first + size);
  const chosen = shuffled.find((first) => isUnclaimed(first) && isQuiet(first)) ?? shuffled.find(isUnclaimed);
  return chosen ?? RTP_FIRST + start * size;
};

const udpPortsInUse = (): number[] =>
  readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const port = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /.exec(line)?.[1];
      return port === undefined ? [] : [Number.parseInt(port, 16)];
    });

const isFree = async (port: number): Promise<boolean> => (await tcpIsFree(port)) && (await udpIsFree(port));

const tcpIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Every address: somebody else's server on 0.0.0.0 or ::1 counts, too.
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });

const udpIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4' });
    socket.once('error', () => resolve(false));
    socket.bind(port, LOOPBACK, () => socket.close(() => resolve(true)));
  });
