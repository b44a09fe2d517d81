import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { bridgeId, callId, channelId } from '../../src/core/ids.ts';
import { createMediaHarness } from '../integration/media/media-harness.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeMediaOut } from '../support/fakes/fake-media-out.ts';
import { describeMediaOut, type MediaOutHarness } from './media-out.suite.ts';

jest.setTimeout(30_000);

describeMediaOut('the fake', async () => createFakeHarness());
describeMediaOut('Asterisk', () => createAsteriskHarness());

function createFakeHarness(): MediaOutHarness {
  const clock = new FakeClock();
  const media = new FakeMediaOut(clock);
  return {
    media,
    caller: async () => ({
      callId: callId(randomUUID()),
      callerChannelId: channelId(randomUUID()),
      by: { type: 'bridge', bridgeId: bridgeId(randomUUID()) },
    }),
    lose: async (line) => media.lines.find(({ channelId: id }) => id === line.channelId)?.isLost(),
    refuseNext: async () => media.refuses(),
    until: (condition, what) => clock.advanceUntil(condition, what, { stepMs: 10 }),
    pass: (ms) => clock.advance(ms),
    tidyUp: async () => media.openLines,
    dispose: async () => undefined,
  };
}

async function createAsteriskHarness(): Promise<MediaOutHarness> {
  const harness = await createMediaHarness();
  return {
    media: harness.media,
    async caller() {
      const { channelId: callerChannelId, callId: id, by } = await harness.waiting();
      return { callerChannelId, callId: id, by };
    },
    async lose(line) {
      await harness.pbx.hangup(line.channelId);
    },
    async refuseNext({ by }) {
      if (by.type === 'bridge') await harness.pbx.destroyBridge(by.bridgeId);
    },
    until: async (condition, what) => void (await eventually(what, condition)),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async tidyUp() {
      await harness.everybodyLeaves();
      await eventually('no channel left', async () => (await harness.pbx.snapshot()).channels.length === 0);
      return harness.media.size;
    },
    dispose: () => harness.dispose(),
  };
}
