import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ChannelId, recordingChannelId, recordingId } from '../../src/core/ids.ts';
import type { PbxEvent, RecordingRequest } from '../../src/ports/pbx.ts';
import { ARI_HARNESS_TIMEOUT_MS, createAriHarness } from '../integration/ari/pbx-harness.ts';
import { createFakeHarness } from './fake-pbx-harness.ts';
import { isLike, story } from './pbx.events.ts';
import type { HarnessCaller, PbxHarness } from './pbx.suite.ts';

jest.setTimeout(ARI_HARNESS_TIMEOUT_MS);

describe.each([
  ['the fake', async () => createFakeHarness()],
  ['Asterisk', () => createAriHarness()],
  ['Asterisk 16.28', () => createAriHarness({}, 'bullseye')],
])('recordings: %s', (_, create) => {
  let harness: PbxHarness;
  const events: PbxEvent[] = [];
  let unsubscribe: () => void = () => undefined;

  beforeAll(async () => {
    harness = await create();
  }, 600_000);
  beforeEach(() => {
    events.length = 0;
    unsubscribe = harness.pbx.subscribe((event) => events.push(event));
  });
  afterEach(async () => {
    unsubscribe();
    await harness.tidyUp();
  });
  afterAll(() => harness.dispose());

  const count = (match: Partial<PbxEvent>) => events.filter((event) => isLike(event, match)).length;
  const until = (match: Partial<PbxEvent>) =>
    harness.until(() => count(match) > 0, `${JSON.stringify(match)}, seen: ${story(events)}`);

  async function answered(): Promise<{ caller: HarnessCaller; id: ChannelId }> {
    const caller = await harness.call({ number: '5550100', name: 'Alice' });
    const start = () => events.find((event) => event.type === 'stasis-start' && event.args[0] === 'queue');
    await harness.until(() => start() !== undefined, 'the call in the application');
    const event = start();
    if (event?.type !== 'stasis-start') throw new Error('No call came in');
    const id = event.channel.channelId;
    await harness.pbx.answer(id);
    return { caller, id };
  }

  /** Listens to a channel; what is to be recorded of it. */
  async function listening(
    ofChannelId: ChannelId,
    changes: Partial<RecordingRequest> = {},
    hears: 'person' | 'both' = 'both',
  ): Promise<RecordingRequest> {
    const id = randomUUID();
    const channelId = recordingChannelId(recordingId(id));
    expect(await harness.pbx.createListener({ channelId, ofChannelId, hears })).toBe('done');
    return { channelId, name: `contract/${id}`, format: 'wav', ...changes };
  }

  test('one begins, is paused and goes on, and ends when what listens is hung up', async () => {
    const { pbx } = harness;
    const { id } = await answered();
    const wanted = await listening(id);
    expect(await pbx.startRecording(wanted)).toBe('done');
    expect((await pbx.snapshot()).channels.map(({ channelId }) => channelId)).toContain(wanted.channelId);
    expect(await pbx.pauseRecording(wanted.name)).toBe('done');
    expect(await pbx.pauseRecording(wanted.name)).toBe('done');
    expect(await pbx.resumeRecording(wanted.name)).toBe('done');
    expect(await pbx.resumeRecording(wanted.name)).toBe('done');
    expect(count({ type: 'recording-finished', channelId: wanted.channelId })).toBe(0);
    expect(await pbx.hangup(wanted.channelId)).toBe('done');
    await until({ type: 'recording-finished', channelId: wanted.channelId, outcome: 'done' });
    expect(await pbx.pauseRecording(wanted.name)).toBe('gone');
    expect(await pbx.resumeRecording(wanted.name)).toBe('gone');
    // The call has not noticed.
    expect(count({ type: 'stasis-end', channelId: id })).toBe(0);
    expect(await pbx.deleteRecording(wanted.name)).toBe('done');
    expect(await pbx.deleteRecording(wanted.name)).toBe('gone');
  });

  test('one ends with the channel that it is of', async () => {
    const { caller, id } = await answered();
    const wanted = await listening(id, { format: 'gsm' }, 'person');
    expect(await harness.pbx.startRecording(wanted)).toBe('done');
    await caller.hangUp();
    await until({ type: 'recording-finished', channelId: wanted.channelId, outcome: 'done' });
    await until({ type: 'stasis-end', channelId: wanted.channelId });
    expect(await harness.pbx.deleteRecording(wanted.name)).toBe('done');
  });

  test('a name is never used twice, while the first is written or afterwards', async () => {
    const { pbx } = harness;
    const { id } = await answered();
    const first = await listening(id);
    const second = await listening(id, { name: first.name });
    expect(await pbx.startRecording(first)).toBe('done');
    expect(await pbx.startRecording(second)).toBe('exists');
    await pbx.hangup(first.channelId);
    await until({ type: 'recording-finished', channelId: first.channelId });
    expect(await pbx.startRecording(second)).toBe('exists');
    // It still listens, and takes another name.
    const other = { ...second, name: `${first.name}-2` };
    expect(await pbx.startRecording(other)).toBe('done');
    await pbx.hangup(second.channelId);
    await until({ type: 'recording-finished', channelId: second.channelId });
    for (const name of [first.name, other.name]) expect(await pbx.deleteRecording(name)).toBe('done');
  });

  test('of a channel that is gone there is none', async () => {
    const { caller, id } = await answered();
    await caller.hangUp();
    await until({ type: 'stasis-end', channelId: id });
    await harness.untilNobodyIsLeft();
    const channelId = recordingChannelId(recordingId(randomUUID()));
    expect(await harness.pbx.createListener({ channelId, ofChannelId: id, hears: 'both' })).toBe('gone');
    expect(await harness.pbx.startRecording({ channelId, name: 'contract/nobody', format: 'wav' })).toBe('gone');
  });

  test('names in any script, with folders, are kept as they are', async () => {
    const { id } = await answered();
    const wanted = await listening(id, { name: `contract/2026/Müller_日本+${randomUUID()}` });
    expect(await harness.pbx.startRecording(wanted)).toBe('done');
    expect(await harness.pbx.pauseRecording(wanted.name)).toBe('done');
    await harness.pbx.hangup(wanted.channelId);
    await until({ type: 'recording-finished', channelId: wanted.channelId });
    expect(await harness.pbx.deleteRecording(wanted.name)).toBe('done');
  });
});
