import { expect, test } from '@jest/globals';
import { SoundWatch, waitingPorts } from '../../bench/recovery/sound-watch.ts';

const PORTS = [40_000, 40_002, 40_004];

/** 20 ms of PCMU for a port. */
function packet(toPort: number, atMs: number, { isLoud }: { isLoud: boolean }) {
  const rest = { fromPort: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadType: 0 };
  return { ...rest, toPort, atMs, payload: Buffer.alloc(160, isLoud ? 0x20 : 0xff) };
}

test.each([
  ['the first caller, who came first', ['71'], [40_002, 40_004]],
  ['the third, who has the first place', ['73'], [40_000, 40_002]],
  ['nobody', [], PORTS],
])('who goes on waiting while %s talks', (_, talking, left) => {
  expect(waitingPorts(PORTS, talking)).toEqual(left);
});

test('who was sent nothing before the death has no dead air that could be told, and is named', () => {
  const watch = new SoundWatch({ ports: [40_000], diedAtMs: 1_000, beganAtMs: 1_100 });
  watch.take(packet(40_000, 2_000, { isLoud: true }));
  expect(watch.result()).toEqual({ soundMs: [900], deadAirMs: [Number.NaN] });
  expect(watch.silent()).toEqual([{ port: 40_000, when: 'before', packets: 1 }]);
});

test('sound before the new process counts for the dead one, silence after it for nobody', () => {
  const watch = new SoundWatch({ ports: PORTS, diedAtMs: 1_000, beganAtMs: 1_100 });
  for (const port of PORTS) watch.take(packet(port, 1_050, { isLoud: true }));
  watch.take(packet(40_000, 1_500, { isLoud: false }));
  watch.take(packet(40_000, 2_000, { isLoud: true }));
  watch.take(packet(40_000, 2_020, { isLoud: true }));
  watch.take(packet(40_002, 1_500, { isLoud: false }));
  watch.take(packet(50_000, 1_500, { isLoud: true }));
  expect(watch.result()).toEqual({ soundMs: [900, Number.NaN, Number.NaN], deadAirMs: [950, Number.NaN, Number.NaN] });
  expect(watch.silent()).toEqual([
    { port: 40_002, when: 'after', packets: 1 },
    { port: 40_004, when: 'after', packets: 0 },
  ]);
});
