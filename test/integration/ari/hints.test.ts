import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { DEVICE_STATES, type DeviceState } from '../../../src/core/device-state.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import { eventually } from '../../support/eventually.ts';
import { PrivateAsterisk } from './private-asterisk.ts';

jest.setTimeout(120_000);

const HINTS = `
[hints]
exten => both,hint,Custom:a&Custom:b
exten => one,hint,Custom:a,CustomPresence:a
exten => _7XX,hint,Custom:\${EXTEN}
`;
/** How \`core show hints\` writes what app_queue makes a device state of. */
const WORDS: Readonly<Record<string, DeviceState>> = {
  Idle: 'NOT_INUSE',
  InUse: 'INUSE',
  Busy: 'BUSY',
  Unavailable: 'UNAVAILABLE',
  Ringing: 'RINGING',
  'InUse&Ringing': 'RINGINUSE',
  Hold: 'ONHOLD',
};

let asterisk: PrivateAsterisk;
let pbx: AriPbx;
const seen = new Map<string, DeviceState>();

beforeAll(async () => {
  asterisk = await PrivateAsterisk.start({ 'extensions.conf': (text) => text + HINTS });
  const { url, username, password } = asterisk;
  const settings = { url, username, password, application: 'queueapp' };
  pbx = new AriPbx({ settings, clock: systemClock, random: Math.random, log: silentLog() });
  pbx.subscribe((event) => event.type === 'device-state' && seen.set(event.device, event.state));
  pbx.start();
  await eventually('the connection', () => pbx.isConnected());
});

afterAll(async () => {
  await pbx?.[Symbol.asyncDispose]();
  await asterisk?.close();
});

const becomes = (device: string, state: DeviceState) => asterisk.console(`devstate change Custom:${device} ${state}`);

/** As Asterisk itself tells it. */
async function hintOf(extension: string): Promise<DeviceState | undefined> {
  const line = (await asterisk.console('core show hints')).split('\n').find((each) => each.startsWith(`${extension}@`));
  return WORDS[/State:(\S+)/.exec(line ?? '')?.[1] ?? ''];
}

test('whatever two devices do, their hint is in the state that Asterisk has it in', async () => {
  seen.set('hint:both@hints', await pbx.watchDevice('hint:both@hints'));
  for (const a of DEVICE_STATES)
    for (const b of DEVICE_STATES) {
      await becomes('a', a);
      await becomes('b', b);
      await eventually(
        `${a} and ${b} as Asterisk has it`,
        async () => seen.get('hint:both@hints') === (await hintOf('both')),
      );
    }
});

test('presence and patterns of the dialplan are no devices; what there is no hint of is INVALID', async () => {
  await becomes('a', 'RINGING');
  await becomes('700', 'BUSY');
  expect(await pbx.watchDevice('hint:one@hints')).toBe('RINGING');
  expect(await pbx.watchDevice('hint:700@hints')).toBe('BUSY');
  expect(await pbx.watchDevice('hint:none@hints')).toBe('INVALID');
  expect((await asterisk.console('core show channels concise')).trim()).toBe('');
});

test('a hint that has other devices now: Asterisk tells nothing; watched again it is read anew, and the old devices no longer count', async () => {
  await becomes('a', 'INUSE');
  await becomes('c', 'NOT_INUSE');
  await becomes('d', 'NOT_INUSE');
  await asterisk.console('dialplan add extension moved,hint,Custom:a&Custom:c into hints');
  seen.set('hint:moved@hints', await pbx.watchDevice('hint:moved@hints'));
  expect(seen.get('hint:moved@hints')).toBe('INUSE');
  await asterisk.console('dialplan add extension moved,hint,Custom:c&Custom:d into hints replace');
  await becomes('d', 'RINGING');
  // What is told after it has come: that of the new device has not.
  await becomes('c', 'ONHOLD');
  await eventually('the device that it had before', () => seen.get('hint:moved@hints') === 'INUSE');
  await becomes('a', 'NOT_INUSE');
  await eventually('the old devices alone', () => seen.get('hint:moved@hints') === 'ONHOLD');
  await eventually('Asterisk has it by the new ones', async () => (await hintOf('moved')) === 'RINGINUSE');
  expect(await pbx.watchDevice('hint:moved@hints')).toBe('RINGINUSE');
  await becomes('c', 'NOT_INUSE');
  await becomes('d', 'NOT_INUSE');
  await eventually('the new devices', () => seen.get('hint:moved@hints') === 'NOT_INUSE');
  await becomes('a', 'INUSE');
  await becomes('d', 'RINGING');
  await eventually('what comes afterwards', () => seen.get('hint:moved@hints') === 'RINGING');
});

test('Asterisk is started again: the hint is heard of as before', async () => {
  await becomes('a', 'INUSE');
  await becomes('b', 'NOT_INUSE');
  await eventually('the state before', () => seen.get('hint:both@hints') === 'INUSE');
  await asterisk.stop();
  await eventually('the loss of the connection', () => !pbx.isConnected());
  seen.clear();
  await asterisk.run();
  await eventually('the state after', () => seen.get('hint:both@hints') === 'INUSE', 30_000);
});
