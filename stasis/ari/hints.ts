import { randomUUID } from 'node:crypto';
import { combinedState, type DeviceState } from '../../src/core/device-state.ts';
import { LEG_ARGUMENT } from '../../src/core/entry-point.ts';
import { isGone, isOk, json, reason, refused } from './answers.ts';
import { type DeviceWatch, isDevice } from './device-state.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** `hint:1000@internal`, before it gets into a dialplan function: no bracket, comma, quote or variable. */
const HINT = /^hint:([^\s@,"'\\(){}$&]{1,80})@([^\s@,"'\\(){}$&]{1,80})$/i;
/** Devices of one hint that count. */
const HINT_DEVICES_MAX = 20;

/**
 * Watches hints besides devices. ARI knows hints only as devices that are INVALID (22.10), so the devices that a hint stands for are
 * read from the dialplan, whenever somebody begins to watch it, and their states put together as Asterisk does. Of a dialplan that is read anew
 * Asterisk tells nothing.
 */
export class HintWatch {
  readonly #application: string;
  readonly #devices: DeviceWatch;
  /** Devices that are watched for themselves. */
  readonly #own = new Set<string>();
  /** Of each hint the devices, as far as their states are known. */
  readonly #hints = new Map<string, Map<string, DeviceState | null>>();

  constructor(application: string, devices: DeviceWatch) {
    this.#application = application;
    this.#devices = devices;
  }

  /** Of a hint that is watched already its devices are read again. */
  async watch(request: Request, device: string): Promise<DeviceState> {
    const [, extension, context] = HINT.exec(device) ?? [];
    if (extension === undefined || context === undefined) {
      this.#own.add(device);
      return await this.#devices.watch(request, device);
    }
    const parts = await readHint(request, this.#application, { extension, context });
    const before = this.#hints.get(device) ?? new Map<string, DeviceState | null>();
    const states = new Map<string, DeviceState | null>(parts.map((part) => [part, before.get(part) ?? null]));
    this.#hints.set(device, states);
    const watchPart = async (part: string) => {
      const state = await this.#devices.watch(request, part);
      // A change that overtook the answer is newer.
      if (states.get(part) === null) states.set(part, state);
    };
    await Promise.all(parts.map(watchPart));
    await this.#unwatchUnneeded(request, before.keys());
    return stateOf(states);
  }

  async unwatch(request: Request, device: string): Promise<void> {
    const parts = this.#hints.get(device)?.keys() ?? [device];
    this.#hints.delete(device);
    this.#own.delete(device);
    await this.#unwatchUnneeded(request, parts);
  }

  async #unwatchUnneeded(request: Request, parts: Iterable<string>): Promise<void> {
    const isNeeded = (part: string) => this.#own.has(part) || [...this.#hints.values()].some((each) => each.has(part));
    for (const part of parts) if (!isNeeded(part)) await this.#devices.unwatch(request, part);
  }

  /** What a device's new state is news of: the device, if it is watched for itself, and hints. */
  changed(device: string, state: DeviceState): readonly DeviceNews[] {
    const concerned = [...this.#hints].filter(([, states]) => states.has(device));
    const hints = concerned.map(([hint, states]) => {
      states.set(device, state);
      return { device: hint, state: stateOf(states) };
    });
    return this.#own.has(device) ? [{ device, state }, ...hints] : hints;
  }
}

interface DeviceNews {
  readonly device: string;
  readonly state: DeviceState;
}

function stateOf(states: ReadonlyMap<string, DeviceState | null>): DeviceState {
  // Without a device there is no such hint.
  return states.size === 0 ? 'INVALID' : combinedState([...states.values()].filter((state) => state !== null));
}

/** The function HINT is evaluated on a channel only: one of Asterisk's own that leads nowhere is made for it, and ended. */
async function readHint(
  request: Request,
  application: string,
  { extension, context }: { readonly extension: string; readonly context: string },
): Promise<readonly string[]> {
  const channelId = `hint-${randomUUID()}`;
  const create: AriRequest = {
    method: 'POST',
    address: withQuery('channels/create', {
      ...{ endpoint: 'Local/hint@queueapp', app: application, appArgs: `${LEG_ARGUMENT},hint`, channelId },
    }),
  };
  const created = await request(create);
  if (!isOk(created)) throw refused(create, created);
  try {
    const variable = `HINT(${extension}@${context})`;
    const read: AriRequest = { method: 'GET', address: withQuery(uri`channels/${channelId}/variable`, { variable }) };
    const response = await request(read);
    // 500 "Unable to read provided function" is its answer when there is no such hint.
    if (isGone(response) || (response.status === 500 && reason(response).includes('function'))) return [];
    return devicesOf(json(read, response), extension);
  } finally {
    await request({ method: 'DELETE', address: uri`channels/${channelId}` });
  }
}

/** `PJSIP/1000&Custom:door,CustomPresence:1000`; a pattern's hint holds `${EXTEN}`. */
function devicesOf(body: unknown, extension: string): readonly string[] {
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : '';
  const [devices = ''] = typeof value === 'string' ? value.split(',') : [];
  const names = devices.replaceAll(/\$\{EXTEN\}/g, extension).split('&');
  return [...new Set(names)].filter(isDevice).slice(0, HINT_DEVICES_MAX);
}
