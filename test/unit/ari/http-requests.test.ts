import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/lib/clock.ts';
import { HttpRequests } from '../../../stasis/ari/http-requests.ts';

let server: Server;
let requests: HttpRequests;
const connections: Socket[] = [];

afterEach(async () => {
  requests.close();
  server.close();
  await once(server, 'close');
  connections.length = 0;
});

async function asteriskThatKeeps(ms: number, idleMs: number): Promise<void> {
  server = createServer({ keepAliveTimeout: ms }, (_request, response) => response.end('{}'));
  server.on('connection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  requests = new HttpRequests({ url, username: 'queueapp', password: 'x' }, systemClock, idleMs);
}

const asks = () => requests.send({ method: 'GET', address: 'bridges' }, 5_000);

test('A connection is used again, and left before Asterisk closes it: else a request could meet its end', async () => {
  // Longer than this process is held up between two requests.
  await asteriskThatKeeps(60_000, 2_000);
  await asks();
  await asks();
  expect(connections).toHaveLength(1);
  const [first] = connections;
  // Ours is the side that ends it; what is asked next goes over a new one.
  if (first?.destroyed === false) await once(first, 'close');
  expect((await asks()).status).toBe(200);
  expect(connections).toHaveLength(2);
});

test('One that is waited for is not idle', async () => {
  await asteriskThatKeeps(60_000, 50);
  server.removeAllListeners('request');
  server.on('request', (_request, response) => systemClock.after(200, () => response.end('{}')));
  expect((await asks()).status).toBe(200);
  expect(connections).toHaveLength(1);
});
