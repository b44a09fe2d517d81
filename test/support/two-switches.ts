import { type SwitchName, switchName } from '../../src/core/ids.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { StoreChange } from '../../src/ports/queue-store.ts';
import { CallCenter, type Neighbourhood } from './call-center.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryQueueStore } from './fakes/memory-queue-store.ts';
import { storeDoor } from './fakes/store-door.ts';

export const BERLIN = switchName('berlin');
export const PARIS = switchName('paris');
const ROME = switchName('rome');
const SWITCHES = [
  { name: BERLIN, sipAddress: '10.0.0.1:5060' },
  { name: PARIS, sipAddress: '10.0.0.2:5060' },
  { name: ROME, sipAddress: '10.0.0.3:5060' },
];
export const LEASE_TIME_MS = 3_000;
export const CLOSE_AFTER_MS = 30_000;
/** A switch that dies is noticed at the next look. */
export const LOOK_MS = 1_000;

/** Two processes on two switches with one database: one queue. */
export interface TwoSwitches {
  readonly clock: FakeClock;
  readonly store: MemoryQueueStore;
  readonly berlin: CallCenter;
  readonly paris: CallCenter;
}

/** The same with a third. */
export interface ThreeSwitches extends TwoSwitches {
  readonly rome: CallCenter;
}

/** Opens both with nobody logged in. Phones are registered at neither until a test says so. */
export function openTwoSwitches(queue: Partial<QueueSettings> = {}): Promise<TwoSwitches> {
  return open(2, queue) as Promise<TwoSwitches>;
}

export function openThreeSwitches(queue: Partial<QueueSettings> = {}): Promise<ThreeSwitches> {
  return open(3, queue) as Promise<ThreeSwitches>;
}

async function open(count: 2 | 3, queue: Partial<QueueSettings>): Promise<object> {
  const clock = new FakeClock();
  const store = new MemoryQueueStore();
  const doors = new Set<(change: StoreChange, from: SwitchName) => void>();
  const switches = SWITCHES.slice(0, count);
  const centers: Record<string, CallCenter> = {};
  for (const { name } of switches) store.switches.hold(name);
  for (const { name } of switches) {
    const neighbourhood: Neighbourhood = {
      ...{ clock, store, switchName: name },
      door: storeDoor({ store, clock, doors, switchName: name }),
      switches: { switches, leaseTimeMs: LEASE_TIME_MS, closeAfterMs: CLOSE_AFTER_MS, monotonic: clock },
    };
    centers[name] = await CallCenter.open({ queue, neighbourhood });
  }
  for (const center of Object.values(centers))
    for (const number of ['1000', '1001', '1002', '1003']) center.phone(number).unregisters();
  // Each has looked at the others' leases.
  await clock.advance(2 * LOOK_MS);
  return { clock, store, ...centers };
}
