import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { type AriFrame, AriProxy } from '../../support/soak/ari-proxy.ts';

let asterisk: Server;
let sockets: WebSocketServer;
let proxy: AriProxy;
/** What Asterisk has got, by path. */
let received: string[];

beforeEach(async () => {
  received = [];
  asterisk = createServer((request, response) => response.end(`answer to ${request.method} ${request.url}`));
  sockets = new WebSocketServer({ server: asterisk });
  sockets.on('connection', (socket, request) => {
    socket.on('message', (data) => received.push(`${request.url} ${String(data)}`));
  });
  asterisk.listen(0, '127.0.0.1');
  await once(asterisk, 'listening');
  proxy = await AriProxy.start(`http://127.0.0.1:${(asterisk.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  asterisk.closeAllConnections();
  await new Promise((resolve) => asterisk.close(resolve));
});

async function connected(path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${proxy.url.replace('http', 'ws')}${path}`);
  await once(socket, 'open');
  return socket;
}

test('HTTP requests pass', async () => {
  expect(await (await fetch(`${proxy.url}/ari/asterisk/ping`)).text()).toBe('answer to GET /ari/asterisk/ping');
});

test('messages of the event socket pass in both directions, each is shown before, and what is dropped never arrives', async () => {
  const seen: AriFrame[] = [];
  proxy.watch((frame) => {
    seen.push(frame);
    return frame.message['n'] === 2 ? 'drop' : 'pass';
  });
  const socket = await connected('/ari/events?app=queueapp');
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  for (const n of [1, 2, 3]) socket.send(JSON.stringify({ n }));
  await eventually('Asterisk has got two', () => received.length === 2);
  expect(received).toEqual(['/ari/events?app=queueapp {"n":1}', '/ari/events?app=queueapp {"n":3}']);
  for (const n of [2, 4]) for (const far of sockets.clients) far.send(JSON.stringify({ n }));
  await eventually('the application has got one', () => heard.length === 1);
  expect(heard).toEqual(['{"n":4}']);
  expect(seen.map(({ from, message }) => `${from} ${String(message['n'])}`)).toEqual([
    ...['application 1', 'application 2', 'application 3'],
    ...['asterisk 2', 'asterisk 4'],
  ]);
});

test('other sockets pass unread', async () => {
  let isShown = false;
  proxy.watch(() => {
    isShown = true;
    return 'drop';
  });
  const socket = await connected('/media/1');
  socket.send('{"command":"FLUSH_MEDIA"}');
  await eventually('it has come', () => received.length === 1);
  expect(isShown).toBe(false);
});

test('when one side is gone, the other one learns it at once', async () => {
  const first = await connected('/ari/events');
  await eventually('Asterisk has a connection', () => sockets.clients.size === 1);
  first.terminate();
  await eventually('Asterisk has none', () => sockets.clients.size === 0);
  const second = await connected('/ari/events');
  await eventually('Asterisk has a connection again', () => sockets.clients.size === 1);
  for (const far of sockets.clients) far.terminate();
  await once(second, 'close');
});
