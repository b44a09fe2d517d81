import { asDeviceState, type DeviceState } from '../../src/core/device-state.ts';
import { AppError } from '../../src/errors.ts';
import { isOk, json } from './answers.ts';
import type { AriMessage } from './ari-link.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** Several devices go into one request with commas between them. */
const DEVICE = /^[^\s,"'\\]{1,200}$/;
/** Devices in one subscription request: keeps the address under 4 kB. */
const DEVICES_PER_REQUEST = 50;
/** State readings under way at a time after a reconnect. */
const READINGS_AT_ONCE = 50;

export const isDevice = (name: string) => DEVICE.test(name) && !name.includes('$');

/** Devices whose states are asked for, and asked for again after each reconnect. */
export class DeviceWatch {
  readonly #application: string;
  readonly #watched = new Set<string>();

  constructor(application: string) {
    this.#application = application;
  }

  /** Subscribes before it reads, so that no change falls between the two. The wish stays when the request fails. */
  async watch(request: Request, device: string): Promise<DeviceState> {
    if (!isDevice(device)) throw new AppError('ARI_REFUSED', `${JSON.stringify(device)} is no device`);
    this.#watched.add(device);
    await this.#subscribe(request, [device]);
    return readState(request, device);
  }

  /** Asterisk answers 422 when there was no subscription, which is what was wanted. */
  async unwatch(request: Request, device: string): Promise<void> {
    if (!this.#watched.delete(device)) return;
    const unsubscribe = this.#subscription('DELETE', [device]);
    const response = await request(unsubscribe);
    if (response.status !== 422) json(unsubscribe, response);
  }

  /** Subscribes to all devices again and tells the state of each as if it had changed, in order with the changes themselves. */
  async restore(request: Request, tell: (message: AriMessage) => void): Promise<void> {
    for (const devices of slices([...this.#watched], DEVICES_PER_REQUEST)) await this.#subscribe(request, devices);
    for (const devices of slices([...this.#watched], READINGS_AT_ONCE)) {
      const read = async (name: string) =>
        tell({ type: 'DeviceStateChanged', device_state: { name, state: await readState(request, name) } });
      await Promise.all(devices.map(read));
    }
  }

  async #subscribe(request: Request, devices: readonly string[]): Promise<void> {
    const subscribe = this.#subscription('POST', devices);
    json(subscribe, await request(subscribe));
  }

  #subscription(method: 'POST' | 'DELETE', devices: readonly string[]): AriRequest {
    const eventSource = devices.map((device) => `deviceState:${device}`).join(',');
    return { method, address: withQuery(uri`applications/${this.#application}/subscription`, { eventSource }) };
  }
}

async function readState(request: Request, device: string): Promise<DeviceState> {
  const read: AriRequest = { method: 'GET', address: uri`deviceStates/${device}` };
  const response = await request(read);
  if (!isOk(response)) return 'UNKNOWN';
  const body = json(read, response);
  const state = typeof body === 'object' && body !== null && 'state' in body ? body.state : '';
  return asDeviceState(typeof state === 'string' ? state : '');
}

function slices<T>(items: readonly T[], length: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}
