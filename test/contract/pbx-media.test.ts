import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChannelId, mediaChannelId } from '../../src/core/ids.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { MediaConnection } from '../../stasis/media/connection.ts';
import { createMediaHarness } from '../integration/media/media-harness.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakePbx } from '../support/fakes/fake-pbx.ts';

interface Harness {
  readonly pbx: Pbx;
  /** Opens the channel's WebSocket. */
  connect(channelId: ChannelId, connectionId: string): Promise<void>;
  dispose(): Promise<void>;
}

async function fake(): Promise<Harness> {
  const pbx = new FakePbx(new FakeClock());
  return { pbx, connect: async (channelId) => pbx.mediaConnects(channelId), dispose: async () => undefined };
}

async function asterisk(): Promise<Harness> {
  const harness = await createMediaHarness();
  const connections: MediaConnection[] = [];
  return {
    pbx: harness.pbx,
    async connect(_, connectionId) {
      const connection = new MediaConnection(harness.asterisk.url, connectionId);
      connections.push(connection);
      await connection.opened;
    },
    async dispose() {
      for (const connection of connections) connection.end();
      await harness.dispose();
    },
  };
}

describe.each([
  ['the fake', fake],
  ['Asterisk', asterisk],
])('media channels: %s', (_, create) => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await create();
  });
  afterAll(() => harness.dispose());

  async function made() {
    const channelId = mediaChannelId(randomUUID());
    const channel = await harness.pbx.createMedia({ channelId, format: 'ulaw' });
    if (channel === 'refused') throw new Error('The channel was refused');
    return { channelId, ...channel };
  }

  test('this switch takes audio over a WebSocket', async () => {
    expect(await harness.pbx.hasMediaWebSocket()).toBe(true);
  });

  test('a media channel comes into the application when its WebSocket is opened, not before', async () => {
    const { channelId, connectionId, arrived } = await made();
    // A channel that is not in Stasis can be muted by nobody.
    expect(await harness.pbx.muteMedia(channelId)).toBe('gone');
    await harness.connect(channelId, connectionId);
    expect(await arrived).toBe('done');
    expect(await harness.pbx.muteMedia(channelId)).toBe('done');
    expect(await harness.pbx.hangup(channelId)).toBe('done');
  });

  test('one that is hung up before is gone', async () => {
    const { channelId, arrived } = await made();
    expect(await harness.pbx.hangup(channelId)).toBe('done');
    expect(await arrived).toBe('gone');
  });
});
