import type { DeviceState } from '../core/device-state.ts';
import type { SwitchName } from '../core/ids.ts';
import type { SwitchLease } from '../core/switches/switch-life.ts';

/** The state of a phone as one switch sees it. */
export interface SwitchDevice {
  readonly switchName: SwitchName;
  readonly device: string;
  readonly state: DeviceState;
}

export interface SaveDevicesRequest {
  readonly switchName: SwitchName;
  readonly devices: readonly Pick<SwitchDevice, 'device' | 'state'>[];
  /** These are all: whatever else stands there of the switch is forgotten. */
  readonly isAll: boolean;
}

/** What the processes of several switches tell each other beside entries and members. Nothing of it is asked or written while there is one. */
export interface SwitchStore {
  /** One for each switch that was ever held. */
  switchLeases(): Promise<readonly SwitchLease[]>;
  /** Of all switches, also of those that nobody acts on any more. */
  switchDevices(): Promise<readonly SwitchDevice[]>;
  /** Others are told at once, each device with its state. */
  saveDevices(request: SaveDevicesRequest): Promise<void>;
}
