import { createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { PatientPort } from '../../../src/http/patient-port.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { standbyFace } from '../../../src/http/standby-face.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { eventually } from '../../support/eventually.ts';
import { allUp, TOKEN } from '../../support/fakes/fake-application.ts';

const ports: PatientPort[] = [];
afterEach(async () => {
  for (const port of ports.splice(0)) await port.close();
});

async function patientPort(port: number) {
  const server = await createHttpServer({
    face: standbyFace(() => allUp),
    apiToken: TOKEN,
    version: '1',
    log: silentLog(),
  });
  const opened: string[] = [];
  const address = { host: '127.0.0.1', port };
  const made = new PatientPort({
    server,
    address,
    clock: systemClock,
    log: silentLog(),
    onOpen: (url) => opened.push(url),
  });
  ports.push(made);
  return { port: made, opened };
}

test('A port that another process has is opened when that one has left it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  const { port, opened } = await patientPort(address.port);
  await port.open();
  expect(opened).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
  await eventually('the port is open', () => opened.length === 1);
  expect((await fetch(`${opened[0]}/healthz`)).status).toBe(200);
});

test('A free port is opened at once', async () => {
  const { port, opened } = await patientPort(0);
  await port.open();
  expect(opened).toHaveLength(1);
});
