import { type SwitchName, switchName } from '../../../src/core/ids.ts';
import type { SwitchLease } from '../../../src/core/switches/switch-life.ts';
import type { SaveDevicesRequest, SwitchDevice } from '../../../src/ports/switch-store.ts';

/** Leases and shared states of phones in memory. A holder beats each time that somebody looks, until a test says otherwise. */
export class MemorySwitches {
  readonly #leases = new Map<SwitchName, SwitchLease>();
  readonly #silent = new Set<SwitchName>();
  readonly #devices = new Map<SwitchName, Map<string, SwitchDevice>>();

  /** Somebody holds the lease from now on, in the next epoch. */
  hold(name: string): void {
    const key = switchName(name);
    const epoch = (this.#leases.get(key)?.epoch ?? 0) + 1;
    const lease = { switchName: key, epoch, beat: 0, isHeld: true, isDraining: false, isAsteriskLost: false };
    this.#leases.set(key, lease);
    this.#silent.delete(key);
  }

  /** The holder's process has ended, or says something else of itself. */
  change(name: string, changes: Partial<Omit<SwitchLease, 'switchName'>>): void {
    const lease = this.#leases.get(switchName(name));
    if (lease === undefined) throw new Error(`Nobody has ever held ${name}`);
    this.#leases.set(lease.switchName, { ...lease, ...changes });
  }

  /** The holder is frozen: its session is there, and its beat stands still. */
  freeze(name: string): void {
    this.#silent.add(switchName(name));
  }

  leases(): readonly SwitchLease[] {
    for (const [name, lease] of this.#leases)
      if (lease.isHeld && !this.#silent.has(name)) this.#leases.set(name, { ...lease, beat: lease.beat + 1 });
    return [...this.#leases.values()];
  }

  devices(): readonly SwitchDevice[] {
    return [...this.#devices.values()].flatMap((devices) => [...devices.values()]);
  }

  saveDevices({ switchName: name, devices, isAll }: SaveDevicesRequest): void {
    const kept = (isAll ? undefined : this.#devices.get(name)) ?? new Map<string, SwitchDevice>();
    for (const { device, state } of devices) kept.set(device, { switchName: name, device, state });
    this.#devices.set(name, kept);
  }
}
