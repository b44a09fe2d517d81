import { randomUUID } from 'node:crypto';
import type { AsteriskKind } from '../../install/private-stack/state.ts';
import { bridgeId, callId, channelId } from '../../src/core/ids.ts';
import { createMediaHarness } from '../integration/media/media-harness.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeMediaOut } from '../support/fakes/fake-media-out.ts';
import { describeMediaOut, type MediaOutHarness } from './media-out.suite.ts';

describeMediaOut('the fake', async () => createFakeHarness());
describeMediaOut('Asterisk', () => createAsteriskHarness('current', 'bridge'));
describeMediaOut('Asterisk, as a whisper', () => createAsteriskHarness('current', 'whisper'));
describeMediaOut('Asterisk 16.28, as RTP', () => createAsteriskHarness('bullseye', 'bridge'));
describeMediaOut('Asterisk 16.28, as RTP and a whisper', () => createAsteriskHarness('bullseye', 'whisper'));

function createFakeHarness(): MediaOutHarness {
  const clock = new FakeClock();
  const media = new FakeMediaOut(clock);
  return {
    media,
    caller: async () => ({
      callId: callId(randomUUID()),
      callerChannelId: channelId(randomUUID()),
      by: { type: 'bridge', bridgeId: bridgeId(randomUUID()), isCallerMuted: false },
    }),
    lose: async (line) => media.lines.find(({ channelId: id }) => id === line.channelId)?.isLost(),
    refuseNext: async () => media.refuses(),
    until: (condition, what) => clock.advanceUntil(condition, what, { stepMs: 10 }),
    pass: (ms) => clock.advance(ms),
    now: () => clock.now(),
    tidyUp: async () => media.openLines,
    dispose: async () => undefined,
  };
}

async function createAsteriskHarness(kind: AsteriskKind, type: 'bridge' | 'whisper'): Promise<MediaOutHarness> {
  const harness = await createMediaHarness({}, kind);
  return {
    media: harness.media,
    async caller() {
      const { channelId: callerChannelId, callId: id, by } = await harness.waiting();
      return { callerChannelId, callId: id, by: type === 'bridge' ? by : { type } };
    },
    async lose(line) {
      await harness.pbx.hangup(line.channelId);
    },
    async refuseNext({ callerChannelId, by }) {
      if (by.type === 'bridge') await harness.pbx.destroyBridge(by.bridgeId);
      else await harness.pbx.hangup(callerChannelId);
    },
    until: async (condition, what) => void (await eventually(what, condition)),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => performance.now(),
    async tidyUp() {
      await harness.everybodyLeaves();
      await eventually('no channel left', async () => (await harness.pbx.snapshot()).channels.length === 0);
      return harness.media.size;
    },
    dispose: () => harness.dispose(),
  };
}
