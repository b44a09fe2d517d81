import { asDeviceState } from '../../src/core/device-state.ts';
import { bridgeId, channelId, playbackId } from '../../src/core/ids.ts';
import type { ChannelSnapshot, HangupCause, PbxEvent } from '../../src/ports/pbx.ts';
import { type Fields, fields, list, number, text } from './fields.ts';
import { toAttendedTransfer } from './transfer.ts';

const CHANNEL_STATES: ReadonlySet<string> = new Set(['Down', 'Ring', 'Ringing', 'Up']);

/** Reads one event of ARI (its `type` is the name in Asterisk's events.json); `undefined` for types and events that calls do not need. */
export function toPbxEvent(event: Fields): PbxEvent | undefined {
  const type = text(event, 'type');
  const ofChannel = ABOUT_A_CHANNEL.get(type);
  if (ofChannel === undefined) return OTHERS.get(type)?.(event);
  const id = text(fields(event, 'channel'), 'id');
  return id === '' ? undefined : ofChannel(event, { channelId: channelId(id) });
}

type OfChannel = (event: Fields, id: { readonly channelId: ReturnType<typeof channelId> }) => PbxEvent | undefined;

/** Events about one channel, by ARI's type. */
const ABOUT_A_CHANNEL = mapOf<OfChannel>({
  StasisStart: (event) => {
    const channel = toChannelSnapshot(fields(event, 'channel'));
    const replaced = text(fields(event, 'replace_channel'), 'id');
    const replaces = replaced === '' ? {} : { replaces: channelId(replaced) };
    return channel && { type: 'stasis-start', channel, args: list(event, 'args'), ...replaces };
  },
  StasisEnd: (_, id) => ({ type: 'stasis-end', ...id }),
  ChannelDestroyed: (event, id) => ({ type: 'channel-destroyed', ...id, cause: cause(event) }),
  ChannelHangupRequest: (event, id) => ({ type: 'hangup-request', ...id, cause: cause(event) }),
  ChannelStateChange: (event, id) => ({ type: 'channel-state', ...id, state: channelState(fields(event, 'channel')) }),
  ChannelDtmfReceived: (event, id) => {
    const digit = text(event, 'digit');
    return /^[0-9A-D*#]$/i.test(digit)
      ? { type: 'dtmf', ...id, digit: digit.toUpperCase(), durationMs: number(event, 'duration_ms') }
      : undefined;
  },
  ChannelEnteredBridge: (event, id) => ({
    type: 'bridge-entered',
    ...id,
    bridgeId: bridgeId(text(fields(event, 'bridge'), 'id')),
  }),
  ChannelLeftBridge: (event, id) => ({
    type: 'bridge-left',
    ...id,
    bridgeId: bridgeId(text(fields(event, 'bridge'), 'id')),
  }),
  BridgeBlindTransfer: (event, id) =>
    text(event, 'result') === 'Success'
      ? { type: 'blind-transfer', ...id, extension: text(event, 'exten'), context: text(event, 'context') }
      : undefined,
  ChannelHold: (_, id) => ({ type: 'hold', ...id }),
  ChannelUnhold: (_, id) => ({ type: 'unhold', ...id }),
});

const OTHERS = mapOf<(event: Fields) => PbxEvent | undefined>({
  RecordingStarted: (event) => ofRecording(event, (id) => ({ type: 'recording-started', ...id })),
  RecordingFinished: (event) => ofRecording(event, (id) => ({ type: 'recording-finished', ...id, outcome: 'done' })),
  RecordingFailed: (event) => ofRecording(event, (id) => ({ type: 'recording-finished', ...id, outcome: 'failed' })),
  /** `peer` is the leg that is dialled. */
  Dial: (event) => {
    const id = text(fields(event, 'peer'), 'id');
    return id === '' ? undefined : { type: 'dial', channelId: channelId(id), status: text(event, 'dialstatus') };
  },
  PlaybackFinished: (event) => {
    const playback = fields(event, 'playback');
    const id = text(playback, 'id');
    const outcome = text(playback, 'state') === 'done' ? 'done' : 'failed';
    return id === '' ? undefined : { type: 'playback-finished', playbackId: playbackId(id), outcome };
  },
  BridgeAttendedTransfer: toAttendedTransfer,
  DeviceStateChanged: (event) => {
    const device = fields(event, 'device_state');
    const name = text(device, 'name');
    return name === ''
      ? undefined
      : { type: 'device-state', device: name, state: asDeviceState(text(device, 'state')) };
  },
});

/** Only recordings of channels are ours; those of bridges are somebody else's. */
function ofRecording(
  event: Fields,
  become: (id: { readonly channelId: ReturnType<typeof channelId> }) => PbxEvent,
): PbxEvent | undefined {
  const [, id] = /^channel:(.+)$/.exec(text(fields(event, 'recording'), 'target_uri')) ?? [];
  return id === undefined ? undefined : become({ channelId: channelId(id) });
}

/** Reads ARI's `Channel`; `undefined` when it has no id. */
export function toChannelSnapshot(channel: Fields): ChannelSnapshot | undefined {
  const id = text(channel, 'id');
  if (id === '') return undefined;
  const caller = fields(channel, 'caller');
  const dialplan = fields(channel, 'dialplan');
  return {
    channelId: channelId(id),
    name: text(channel, 'name'),
    state: channelState(channel),
    caller: { number: text(caller, 'number') || null, name: text(caller, 'name') || null },
    language: text(channel, 'language'),
    dialplan: {
      context: text(dialplan, 'context'),
      extension: text(dialplan, 'exten'),
      priority: number(dialplan, 'priority'),
    },
    appArguments: appArguments(dialplan),
    createdAtMs: time(text(channel, 'creationtime')),
    variables: variables(fields(channel, 'channelvars')),
  };
}

/** A map, so that a type named like a property of every object finds nothing. */
function mapOf<Value>(entries: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries));
}

function channelState(channel: Fields): ChannelSnapshot['state'] {
  const state = text(channel, 'state');
  return CHANNEL_STATES.has(state) ? (state as ChannelSnapshot['state']) : 'Other';
}

/** `queueapp,menu,main` → `['menu', 'main']`, as the arguments of `StasisStart`; empty while the dialplan runs something else. */
function appArguments(dialplan: Fields): readonly string[] {
  if (text(dialplan, 'app_name') !== 'Stasis') return [];
  const [, ...args] = text(dialplan, 'app_data').split(',');
  return args;
}

function cause(event: Fields): HangupCause {
  return { code: number(event, 'cause'), text: text(event, 'cause_txt') };
}

function variables(channelvars: Fields): Readonly<Record<string, string>> {
  const pairs = Object.entries(channelvars).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

/** Asterisk writes `2026-11-21T01:54:07.603+0000`: the colon that ISO 8601 wants in the offset is missing. */
function time(words: string): number {
  const ms = Date.parse(words.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(ms) ? 0 : ms;
}
