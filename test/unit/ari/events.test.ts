import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { toChannelSnapshot, toPbxEvent } from '../../../stasis/ari/events.ts';
import { fc } from '../../support/property.ts';

/** Captured from Asterisk 22.10.1: a call with a digit, prompts, a ringing and answered member, hold and hang-up, a recording, and three transfers. */
const CAPTURED = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/events.json'), 'utf8')) as Record<
  string,
  unknown
>[];

const read = (type: string, match: (event: Record<string, unknown>) => boolean = () => true) => {
  const event = CAPTURED.find((captured) => captured['type'] === type && match(captured));
  if (!event) throw new Error(`No ${type} was captured`);
  return toPbxEvent(event);
};
const at = (event: Record<string, unknown>, ...path: string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
const CALLER = at(CAPTURED.find(({ type }) => type === 'StasisStart') ?? {}, 'channel', 'id');

describe('events of ARI', () => {
  it('reads a call that comes in', () => {
    expect(read('StasisStart')).toEqual({
      type: 'stasis-start',
      args: ['queue', 'support'],
      channel: {
        channelId: CALLER,
        name: expect.stringMatching(/^PJSIP\/caller-/),
        state: 'Ring',
        caller: { number: '5550100', name: 'Alice' },
        language: 'en',
        dialplan: { context: 'from-outside', extension: '0001', priority: 1 },
        appArguments: ['queue', 'support'],
        createdAtMs: expect.any(Number),
        variables: {},
      },
    });
  });

  it('reads a created leg, whose caller is the phone itself', () => {
    expect(read('StasisStart', (event) => at(event, 'channel', 'id') === 'leg-1')).toMatchObject({
      args: ['member', 'attempt-1'],
      channel: { channelId: 'leg-1', state: 'Down', caller: { number: '1000', name: 'Extension 1000' } },
    });
  });

  it.each([
    ['ChannelDtmfReceived', { type: 'dtmf', channelId: CALLER, digit: '#', durationMs: expect.any(Number) }],
    ['ChannelStateChange', { type: 'channel-state', channelId: CALLER, state: 'Up' }],
    ['ChannelEnteredBridge', { type: 'bridge-entered', channelId: CALLER, bridgeId: 'bridge-1' }],
    ['ChannelLeftBridge', { type: 'bridge-left', channelId: CALLER, bridgeId: 'bridge-1' }],
    ['ChannelHold', { type: 'hold', channelId: CALLER }],
    ['ChannelUnhold', { type: 'unhold', channelId: CALLER }],
    [
      'ChannelHangupRequest',
      { type: 'hangup-request', channelId: CALLER, cause: { code: expect.any(Number), text: '' } },
    ],
    ['StasisEnd', { type: 'stasis-end', channelId: CALLER }],
    ['RecordingStarted', { type: 'recording-started', channelId: 'queueapp-record-1' }],
    ['RecordingFinished', { type: 'recording-finished', channelId: 'queueapp-record-1', outcome: 'done' }],
    [
      'ChannelDestroyed',
      { type: 'channel-destroyed', channelId: CALLER, cause: { code: 16, text: 'Normal Clearing' } },
    ],
  ])('reads %s', (type, expected) => {
    expect(read(type)).toEqual(expected);
  });

  const MEMBER = expect.stringMatching(/^leg-/);
  const replaced = (event: Record<string, unknown>) => at(event, 'replace_channel') !== undefined;

  it('reads who stands in for a member whose phone has transferred the caller', () => {
    expect(read('StasisStart', replaced)).toMatchObject({
      type: 'stasis-start',
      args: [],
      replaces: MEMBER,
      channel: {
        name: expect.stringMatching(/^Local\/2000@phones-\d+;1$/),
        state: 'Down',
        dialplan: { context: 'phones', extension: '2000' },
        appArguments: [],
      },
    });
  });

  it('reads a blind transfer, and takes no notice of one that failed', () => {
    const expected = { type: 'blind-transfer', channelId: MEMBER, extension: '2000', context: 'phones' };
    expect(read('BridgeBlindTransfer')).toEqual(expected);
    const captured = CAPTURED.find(({ type }) => type === 'BridgeBlindTransfer');
    for (const result of ['Fail', 'Invalid', 'Not Permitted', '']) {
      expect(toPbxEvent({ ...captured, result })).toBeUndefined();
    }
  });

  it('reads an attended transfer: to somebody who was talked to', () => {
    const isLink = (event: Record<string, unknown>) => event['destination_type'] === 'link';
    expect(read('BridgeAttendedTransfer', isLink)).toEqual({
      type: 'attended-transfer',
      firstLeg: { channelId: MEMBER, meets: expect.stringMatching(/^PJSIP\/2000-/) },
      secondLeg: { channelId: expect.any(String), meets: expect.stringMatching(/^PJSIP\/caller-/) },
      dialled: '2000',
      target: {
        type: 'LINK',
        channelNames: [expect.stringMatching(/^Local\/_attended@.*;1$/), expect.stringMatching(/;2$/)],
      },
    });
  });

  it('reads an attended transfer to an application, to a bridge, and none that makes a conference or failed', () => {
    const captured = CAPTURED.find((event) => event['destination_type'] === 'application') ?? {};
    expect(toPbxEvent(captured)).toMatchObject({
      type: 'attended-transfer',
      firstLeg: { channelId: MEMBER, meets: null },
      dialled: '9001',
      target: { type: 'APP', application: 'Echo' },
    });
    const bridge = { ...captured, destination_type: 'bridge', destination_bridge: 'b-1' };
    expect(toPbxEvent(bridge)).toMatchObject({ target: { type: 'BRIDGE', bridgeId: 'b-1' } });
    expect(toPbxEvent({ ...captured, destination_type: 'threeway' })).toBeUndefined();
    expect(toPbxEvent({ ...captured, result: 'Fail' })).toBeUndefined();
  });

  it.each(['', 'RINGING', 'ANSWER'])('reads a dial with status "%s"', (status) => {
    expect(read('Dial', (event) => event['dialstatus'] === status)).toEqual({
      type: 'dial',
      channelId: 'leg-1',
      status,
    });
  });

  it.each([
    ['pb-done', 'done'],
    ['pb-failed', 'failed'],
  ])('reads the end of %s', (playbackId, outcome) => {
    const isIt = (event: Record<string, unknown>) => at(event, 'playback', 'id') === playbackId;
    expect(read('PlaybackFinished', isIt)).toEqual({ type: 'playback-finished', playbackId, outcome });
  });

  it.each(['NOT_INUSE', 'RINGING', 'INUSE'])('reads the device state %s', (state) => {
    const isIt = (event: Record<string, unknown>) => at(event, 'device_state', 'state') === state;
    expect(read('DeviceStateChanged', isIt)).toEqual({ type: 'device-state', device: 'PJSIP/1000', state });
  });

  it.each(['ChannelVarset', 'ChannelDialplan', 'PlaybackStarted', 'ChannelConnectedLine'])(
    'takes no notice of %s',
    (type) => {
      expect(read(type)).toBeUndefined();
    },
  );

  it('takes no notice of types that nobody has heard of, nor of names that every object has', () => {
    expect(toPbxEvent({ type: 'ChannelTeleported', channel: { id: '1' } })).toBeUndefined();
    for (const type of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
      expect(toPbxEvent({ type, channel: { id: '1' } })).toBeUndefined();
    }
  });

  it('reads a recording that failed, and takes no notice of one that is of no channel', () => {
    const failed = (target_uri: string) =>
      toPbxEvent({ type: 'RecordingFailed', recording: { name: 'a', state: 'failed', target_uri } });
    expect(failed('channel:one')).toEqual({ type: 'recording-finished', channelId: 'one', outcome: 'failed' });
    expect(failed('bridge:one')).toBeUndefined();
    expect(failed('')).toBeUndefined();
  });

  it('drops events without the thing that they are about', () => {
    for (const { type } of CAPTURED) expect(toPbxEvent({ type })).toBeUndefined();
  });

  it('reads a digit only when it is one', () => {
    const dtmf = (digit: unknown) =>
      toPbxEvent({ type: 'ChannelDtmfReceived', channel: { id: '1' }, digit, duration_ms: 90 });
    expect(dtmf('a')).toMatchObject({ digit: 'A' });
    for (const digit of ['', '12', 'X', 5, null, undefined]) expect(dtmf(digit)).toBeUndefined();
  });

  it('survives whatever is in the fields', () => {
    const types = [...new Set(CAPTURED.map(({ type }) => String(type)))];
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue()),
        (type, fields) => {
          const event = toPbxEvent({ ...fields, type });
          expect(event === undefined || typeof event.type === 'string').toBe(true);
        },
      ),
    );
  });
});

const FIELDS = [
  'replace_channel',
  'transferer_first_leg',
  'result',
  'destination_type',
  'channel',
  'args',
  'bridge',
  'playback',
  'peer',
  'dialstatus',
  'cause',
  'device_state',
  'digit',
];

describe('a channel as ARI shows it', () => {
  it('reads its time of creation', () => {
    const channel = toChannelSnapshot({ id: '1', creationtime: '2026-11-21T01:54:07.603+0000' });
    expect(channel?.createdAtMs).toBe(Date.UTC(2026, 10, 21, 1, 54, 7, 603));
    expect(toChannelSnapshot({ id: '1', creationtime: '2026-11-21T02:54:07.603+0100' })?.createdAtMs).toBe(
      channel?.createdAtMs,
    );
    expect(toChannelSnapshot({ id: '1', creationtime: 'noon' })?.createdAtMs).toBe(0);
  });

  it('has no arguments while the dialplan runs something else', () => {
    const dialplan = { context: 'c', exten: 's', priority: 2, app_name: 'Wait', app_data: '30,40' };
    expect(toChannelSnapshot({ id: '1', dialplan })?.appArguments).toEqual([]);
    expect(
      toChannelSnapshot({ id: '1', dialplan: { ...dialplan, app_name: 'Stasis', app_data: 'queueapp' } })?.appArguments,
    ).toEqual([]);
  });

  it('calls states that calls do not tell apart Other', () => {
    for (const state of ['Rsrvd', 'OffHook', 'Busy', 'Unknown', '', undefined]) {
      expect(toChannelSnapshot({ id: '1', state })?.state).toBe('Other');
    }
  });

  it('is nothing without an id', () => {
    expect(toChannelSnapshot({ name: 'PJSIP/1000-1' })).toBeUndefined();
  });
});
