import { type DeviceState, stateAcross } from '../../../src/core/device-state.ts';
import type { SwitchName } from '../../../src/core/ids.ts';
import type { SwitchDevice } from '../../../src/ports/switch-store.ts';

/** What nobody can be reached by. */
const AWAY: readonly DeviceState[] = ['INVALID', 'UNAVAILABLE', 'UNKNOWN'];

/** States of phones: what this process hears of its own switch, and what the others tell of theirs. */
export class DeviceStates {
  readonly #here = new Map<string, DeviceState>();
  readonly #elsewhere = new Map<string, Map<SwitchName, DeviceState>>();

  /** `false`: it was so already. */
  set(device: string, state: DeviceState): boolean {
    if (this.#here.get(device) === state) return false;
    this.#here.set(device, state);
    return true;
  }

  isKnownHere(device: string): boolean {
    return this.#here.has(device);
  }

  forget(device: string): void {
    this.#here.delete(device);
  }

  /** Everything that is known of this switch's own. */
  here(): readonly Pick<SwitchDevice, 'device' | 'state'>[] {
    return [...this.#here].map(([device, state]) => ({ device, state }));
  }

  setElsewhere({ switchName, device, state }: SwitchDevice): void {
    const states = this.#elsewhere.get(device) ?? new Map<SwitchName, DeviceState>();
    this.#elsewhere.set(device, states.set(switchName, state));
  }

  /** These are all that others tell; answers the devices of which they told, or tell now. */
  replaceElsewhere(devices: readonly SwitchDevice[]): ReadonlySet<string> {
    const concerned = new Set([...this.#elsewhere.keys(), ...devices.map(({ device }) => device)]);
    this.#elsewhere.clear();
    for (const each of devices) this.setElsewhere(each);
    return concerned;
  }

  /** What counts: in use anywhere is in use, registered anywhere is there. */
  state(device: string): DeviceState {
    const here = this.#here.get(device);
    const elsewhere = this.#elsewhere.get(device);
    if (elsewhere === undefined) return here ?? 'UNKNOWN';
    return stateAcross(here === undefined ? [...elsewhere.values()] : [here, ...elsewhere.values()]);
  }

  /** Other switches at which the phone is. */
  switchesWith(device: string): readonly SwitchName[] {
    const states = [...(this.#elsewhere.get(device) ?? [])];
    return states.flatMap(([switchName, state]) => (AWAY.includes(state) ? [] : [switchName]));
  }
}
