import { asDeviceState } from '../../src/core/device-state.ts';
import { switchName } from '../../src/core/ids.ts';
import type { SwitchLease } from '../../src/core/switches/switch-life.ts';
import type { SaveDevicesRequest, SwitchDevice } from '../../src/ports/switch-store.ts';
import type { Statement } from './statement.ts';

/** As the table's check has it. */
const DEVICE_LENGTH_MAX = 255;

interface LeaseRow {
  readonly switch: string;
  readonly epoch: string;
  readonly beat: string;
  readonly isHeld: boolean;
  readonly isDraining: boolean;
  readonly isAsteriskLost: boolean;
}

interface DeviceRow {
  readonly switch: string;
  readonly device: string;
  readonly state: string;
}

/** Whether a holder's session is still there is asked of the run of the server that it belongs to; no clock is asked. */
export function selectLeases(): Statement<LeaseRow> {
  return {
    name: 'switch-leases',
    text: `select l.switch, l.epoch, l.beat, l.is_draining as "isDraining", l.asterisk_lost_at is not null as "isAsteriskLost",
        l.holder is not null and exists (select from pg_stat_activity a
          where a.pid = l.backend_pid and coalesce(a.backend_start = l.backend_start, true)) as "isHeld"
      from switch_lease l`,
    values: [],
  };
}

export function toLease({ switch: name, epoch, beat, ...row }: LeaseRow): SwitchLease {
  return { switchName: switchName(name), epoch: Number(epoch), beat: Number(beat), ...row };
}

export function selectDevices(): Statement<DeviceRow> {
  return { name: 'switch-devices', text: 'select switch, device, state from switch_device', values: [] };
}

export function toDevice({ switch: name, device, state }: DeviceRow): SwitchDevice {
  return { switchName: switchName(name), device, state: asDeviceState(state) };
}

/** What can be neither kept nor told of is left out: no device of Asterisk is named so. */
export function saveDevices({ switchName: name, devices, isAll }: SaveDevicesRequest): Statement<object> {
  const kept = devices.filter(({ device }) => isStorable(device));
  return {
    name: 'save-devices',
    text: `with given as (select * from unnest($2::text[], $3::text[]) g(device, state)),
        gone as (delete from switch_device where $4 and switch = $1 and device <> all($2))
      insert into switch_device (switch, device, state) select $1, device, state from given
        on conflict (switch, device) do update set state = excluded.state where switch_device.state <> excluded.state`,
    values: [name, kept.map(({ device }) => device), kept.map(({ state }) => state), isAll],
  };
}

/** Notices are lines. */
export function isStorable(device: string): boolean {
  return device.length > 0 && device.length <= DEVICE_LENGTH_MAX && !/[\n\r\0]/.test(device);
}
