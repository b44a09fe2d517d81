import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../../src/lib/clock.ts';
import type { AriAddress } from './ari-client.ts';
import { type AriRequest, type AriResponse, unavailable } from './request-table.ts';

/** Connections kept at most: far below Asterisk's `sessionlimit` (100 unless raised). Requests beyond them wait in order. */
const CONNECTIONS_MAX = 16;
/**
 * A connection that nobody used for so long is closed by us. Asterisk closes it after 15 s (`session_keep_alive`), and a request that meets that
 * end has failed: "socket hang up".
 */
const IDLE_MS = 5_000;
/** Longest response that is read; `GET /channels` of 2,000 channels is about 1.5 MB. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** ARI over plain HTTP: for probes, and for an Asterisk without REST over WebSocket (before 20.14 and 22.4). */
export class HttpRequests {
  readonly #address: AriAddress;
  readonly #clock: Clock;
  readonly #agent: http.Agent;
  readonly #module: typeof http | typeof https;
  readonly #open = new Set<http.ClientRequest>();

  /** `idleMs` only for tests. */
  constructor(address: AriAddress, clock: Clock, idleMs = IDLE_MS) {
    this.#address = address;
    this.#clock = clock;
    this.#module = address.url.startsWith('https:') ? https : http;
    this.#agent = new this.#module.Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: idleMs });
  }

  send(request: AriRequest, timeoutMs: number): Promise<AriResponse> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return new Promise((resolve, reject) => {
      const outgoing = this.#module.request(`${this.#address.url}/ari/${request.address}`, {
        method: request.method,
        agent: this.#agent,
        auth: `${this.#address.username}:${this.#address.password}`,
        headers:
          body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      });
      this.#open.add(outgoing);
      outgoing.on('close', () => this.#open.delete(outgoing));
      const cancelTimeout = this.#clock.after(timeoutMs, () =>
        outgoing.destroy(new Error(`Asterisk did not answer within ${timeoutMs} ms`)),
      );
      outgoing.on('error', (error) => {
        cancelTimeout();
        reject(unavailable(request, error.message, error));
      });
      outgoing.on('response', (incoming) => {
        readBody(incoming).then(
          (text) => {
            cancelTimeout();
            resolve({ status: incoming.statusCode ?? 0, body: text });
          },
          (error: Error) => outgoing.destroy(error),
        );
      });
      outgoing.end(body);
    });
  }

  close(): void {
    for (const outgoing of this.#open) outgoing.destroy(new Error('The connection to Asterisk was closed'));
    this.#agent.destroy();
  }
}

async function readBody(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`The response is longer than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
