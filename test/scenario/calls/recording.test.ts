import { describe, expect, test } from '@jest/globals';
import { callId } from '../../../src/core/ids.ts';
import { RECORDING_DEFAULTS, type RecordingSettings } from '../../../src/core/queue/recording.ts';
import type { RecordingAction } from '../../../stasis/calls/recording/recordings.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { queueSettings } from '../../support/queue-people.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const CONSENT = 'sound:consent';

function opened(recording: Partial<RecordingSettings> = {}): Promise<CallCenter> {
  const name = '{queue}/{extension}-{customer}-{call-id}';
  return CallCenter.open({ members: ['1000'], queue: { recording: { ...RECORDING_DEFAULTS, name, ...recording } } });
}

/** Somebody waits for two seconds, then they talk. */
async function talking(center: CallCenter): Promise<FakeCaller> {
  const caller = await center.entersSupport();
  await center.wait(2_000);
  center.phone('1000').picksUp();
  await center.wait(1_000);
  return caller;
}

const rows = (center: CallCenter) => center.store.recordings({ limit: 100 });
const states = async (center: CallCenter) => (await rows(center)).map(({ part, state }) => `${part} ${state}`);
const theCall = (center: CallCenter) => center.application.calls.list()[0]?.callId ?? callId('nobody');
const asks = async (center: CallCenter, action: RecordingAction) => {
  const recording = center.application.room.recordings.of(theCall(center));
  if (recording === undefined) throw new Error('No conversation can be recorded');
  return await recording.ask(action);
};

describe('a conversation is recorded', () => {
  test('from its first word to its last, and not a second of the waiting', async () => {
    const center = await opened();
    const caller = await talking(center);
    const id = theCall(center);
    const [file] = center.pbx.recorder.files;
    expect(center.pbx.recorder.files).toHaveLength(1);
    expect(file).toMatchObject({ ofChannelId: caller.channelId, hears: 'both', endedAtMs: null, pauses: [] });
    expect(file?.file).toBe(`support/1000-none-${id}.wav`);
    expect(file?.startedAtMs).toBe(center.clock.now() - 1_000);
    expect(caller.variable('RECORDING_FILE')).toBe(file?.file);
    expect(await rows(center)).toMatchObject([
      {
        callId: id,
        uniqueId: caller.channelId,
        queue: 'support',
        extension: '1000',
        state: 'recording',
        endedAtMs: null,
      },
    ]);
    await center.wait(60_000);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(file?.endedAtMs).toBe(center.clock.now() - 100);
    expect(await rows(center)).toMatchObject([{ state: 'done', file: file?.file, error: null }]);
    expect((await rows(center))[0]?.endedAtMs).toBe(file?.endedAtMs);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk listens before they are joined, and nobody waits for one that is slow', async () => {
    const center = await opened({ what: 'apart' });
    await talking(center);
    const seen = center.pbx.wire.requests.map(({ name }) => name);
    expect(seen.lastIndexOf('createListener')).toBeLessThan(seen.lastIndexOf('addToBridge'));
    expect(seen.indexOf('startRecording')).toBeGreaterThan(seen.lastIndexOf('addToBridge'));
    const slow = await opened();
    slow.pbx.wire.delayReplies(3_000, 'createListener');
    const caller = await slow.entersSupport();
    await slow.wait(1_000);
    slow.phone('1000').picksUp();
    await slow.wait(60);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    await slow.wait(5_000);
    expect(slow.pbx.recorder.running).toHaveLength(1);
    caller.hangsUp();
    await slow.wait(100);
    expect(await slow.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk is asked to listen before it is asked to join them, also when it has answered nothing yet', async () => {
    const center = await opened();
    const caller = await center.entersSupport();
    await center.wait(1_000);
    center.pbx.wire.delayReplies(3_000, 'getVariable');
    center.phone('1000').picksUp();
    await center.wait(100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    const seen = center.pbx.wire.requests.map(({ name }) => name);
    expect(seen).toContain('createListener');
    expect(seen.lastIndexOf('createListener')).toBeLessThan(seen.lastIndexOf('addToBridge'));
    await center.wait(5_000);
    expect(center.pbx.recorder.running).toHaveLength(1);
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['apart', ['caller person', 'member person']],
    ['both', ['caller both', 'caller person', 'member person']],
  ] as const)('%s: each file of the right channel, begun in one moment', async (what, expected) => {
    const center = await opened({ what, format: 'gsm' });
    const caller = await talking(center);
    const { files } = center.pbx.recorder;
    const who = (id: string) => (id === caller.channelId ? 'caller' : 'member');
    expect(files.map(({ ofChannelId, hears }) => `${who(ofChannelId)} ${hears}`)).toEqual(expected);
    expect(new Set(files.map(({ startedAtMs }) => startedAtMs)).size).toBe(1);
    expect(files.at(-1)?.file).toMatch(/^support\/1000-none-[0-9a-f-]{36}-member\.gsm$/);
    expect(caller.variable('RECORDING_FILE')).toBe(files.map(({ file }) => file).join());
    caller.hangsUp();
    await center.wait(1_500);
    expect(new Set((await rows(center)).map(({ state }) => state))).toEqual(new Set(['done']));
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('not beyond a transfer: whoever talks then has not been told', async () => {
    const center = await opened({ what: 'both' });
    const caller = await talking(center);
    await center.wait(5_000);
    const other = center.phone('1000').transfers('5550199');
    const sentOnAtMs = center.clock.now();
    other.answers();
    await center.wait(10_000);
    expect(other.talksTo).toEqual(['PJSIP/caller']);
    expect(center.pbx.recorder.files.map(({ endedAtMs }) => endedAtMs)).toEqual([sentOnAtMs, sentOnAtMs, sentOnAtMs]);
    expect(new Set((await rows(center)).map(({ state }) => state))).toEqual(new Set(['done']));
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('not in a queue that does not record, and not when the dialplan says no', async () => {
    const silent = await CallCenter.open({ members: ['1000'] });
    await talking(silent);
    expect(silent.pbx.recorder.files).toEqual([]);
    const center = await opened();
    await center.entersSupport({ variables: { RECORDING: 'no' } });
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(center.pbx.recorder.files).toEqual([]);
    expect(center.pbx.recorder.listening).toEqual([]);
    expect(await rows(center)).toEqual([]);
  });

  test('under a name of its own, though the same name is there already', async () => {
    const center = await opened({ name: 'always/{time}' });
    for (const _ of [1, 2, 3]) {
      await talking(center);
      center.phone('1000').hangsUp();
      await center.wait(100);
    }
    const names = center.pbx.recorder.files.map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    center.pbx.recorder.files.length = 0;
    // Twice within one second.
    await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(10);
    await asks(center, 'stop');
    await asks(center, 'start');
    const [first, second] = center.pbx.recorder.files.map(({ name }) => name);
    expect(second).toBe(`${first}-2`);
  });
});

describe('pause and resume', () => {
  test('silence while it is asked for; the database says so', async () => {
    const center = await opened({ what: 'apart' });
    await talking(center);
    expect(await asks(center, 'pause')).toBe('paused');
    expect(await states(center)).toEqual(expect.arrayContaining(['caller paused', 'member paused']));
    await center.wait(5_000);
    expect(await asks(center, 'pause')).toBe('paused');
    expect(await asks(center, 'resume')).toBe('recording');
    await center.wait(5_000);
    for (const { pauses } of center.pbx.recorder.files) {
      expect(pauses).toHaveLength(1);
      expect((pauses[0]?.toMs ?? 0) - (pauses[0]?.fromMs ?? 0)).toBe(5_000);
    }
    expect(await states(center)).toEqual(expect.arrayContaining(['caller recording', 'member recording']));
  });

  test('silence while the member has put the caller on hold, and a pause that was asked for outlasts it', async () => {
    const center = await opened();
    await talking(center);
    const pauses = () => center.pbx.recorder.files[0]?.pauses;
    center.phone('1000').holds();
    await center.wait(3_000);
    expect(pauses()).toMatchObject([{ toMs: null }]);
    // It is not said of who pressed a button on a phone.
    expect(await states(center)).toEqual(['together recording']);
    await asks(center, 'pause');
    center.phone('1000').unholds();
    await center.wait(1_000);
    expect(pauses()).toMatchObject([{ toMs: null }]);
    expect(await asks(center, 'resume')).toBe('recording');
    expect(pauses()).toMatchObject([{ toMs: center.clock.now() }]);
  });

  test('none on hold where it is not wanted', async () => {
    const center = await opened({ pauseOnHold: false });
    await talking(center);
    center.phone('1000').holds();
    await center.wait(3_000);
    expect(center.pbx.recorder.files[0]?.pauses).toEqual([]);
  });

  test('stopped and started again there are two files; without any there is nothing to pause', async () => {
    const center = await opened();
    await talking(center);
    expect(await asks(center, 'stop')).toBe('off');
    for (const action of ['pause', 'resume', 'stop'] as const) {
      await expect(asks(center, action)).rejects.toMatchObject({ code: 'RECORDING_REFUSED' });
    }
    await center.wait(1_000);
    expect(await asks(center, 'start')).toBe('recording');
    expect(await asks(center, 'start')).toBe('recording');
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(await states(center)).toEqual(['together done', 'together done']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a pause that Asterisk refuses is told to who asked, and the state is the true one', async () => {
    const center = await opened();
    await talking(center);
    center.pbx.wire.refuse('pauseRecording');
    await expect(asks(center, 'pause')).rejects.toMatchObject({ code: 'ARI_REFUSED' });
    expect(center.application.room.recordings.of(theCall(center))?.state).toBe('recording');
    expect(await states(center)).toEqual(['together recording']);
  });
});

describe('the caller is told', () => {
  const consent = [CONSENT];

  test('while they wait, so that the answer is not delayed and the first word is recorded', async () => {
    const center = await opened({ consent });
    const caller = await talking(center);
    expect(caller.heard).toEqual([CONSENT]);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(center.pbx.recorder.files[0]?.startedAtMs).toBe(center.clock.now() - 1_000);
  });

  test('after the greeting of the menu', async () => {
    const center = await opened({ consent });
    const caller = await center.calls();
    await center.wait(500);
    caller.press('1');
    await center.wait(3_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:team', CONSENT]);
  });

  test('in the conversation when the member is quicker: they talk at once, and are recorded from its end on', async () => {
    const center = await opened({ consent });
    center.pbx.setMedia(CONSENT, 4_000);
    const caller = await center.entersSupport();
    await center.wait(500);
    center.phone('1000').picksUp();
    const answeredAtMs = center.clock.now();
    await center.clock.settle();
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(center.pbx.recorder.files).toEqual([]);
    expect(center.application.room.recordings.of(theCall(center))?.state).toBe('consent');
    await center.wait(10_000);
    expect(caller.heard).toEqual([CONSENT, CONSENT]);
    expect(center.pbx.recorder.files[0]?.startedAtMs).toBe(answeredAtMs + 4_000);
    // Asterisk does not begin to listen in the middle of what they say.
    const seen = center.pbx.wire.requests.map(({ name }) => name);
    expect(seen.lastIndexOf('createListener')).toBeLessThan(seen.lastIndexOf('addToBridge'));
    expect(seen.lastIndexOf('addToBridge')).toBeLessThan(seen.indexOf('startRecording'));
  });

  test.each(['caller', 'member'] as const)(
    'the %s hangs up meanwhile: nothing was recorded, nothing is left',
    async (who) => {
      const center = await opened({ consent });
      center.pbx.setMedia(CONSENT, 4_000);
      const caller = await center.entersSupport();
      center.phone('1000').picksUp();
      await center.wait(1_000);
      if (who === 'caller') caller.hangsUp();
      else center.phone('1000').hangsUp();
      await center.wait(10_000);
      expect(center.pbx.recorder.files).toEqual([]);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test('not without the recording: without the prompt nothing is recorded', async () => {
    const center = await opened({ consent });
    center.pbx.setMedia(CONSENT, 'missing');
    const caller = await talking(center);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(center.pbx.recorder.files).toEqual([]);
    // Nor does Asterisk listen on for nothing.
    const names = (await center.pbx.snapshot()).channels.map(({ name }) => name.replace(/-\d+$/, ''));
    expect(names).toEqual(['PJSIP/caller', 'PJSIP/1000']);
  });

  test('of a recording that was configured while they waited, in the conversation', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    await center.isReconfigured({ recording: { ...RECORDING_DEFAULTS, consent } });
    center.phone('1000').picksUp();
    await center.wait(500);
    expect([caller.heard, center.pbx.recorder.files]).toEqual([[CONSENT], []]);
    await center.wait(2_000);
    expect(center.pbx.recorder.running).toHaveLength(1);
  });

  test('on demand: when it is asked for, and only then', async () => {
    const center = await opened({ consent, start: 'on-demand' });
    const caller = await talking(center);
    await center.wait(5_000);
    expect([caller.heard, center.pbx.recorder.files]).toEqual([[], []]);
    expect(await asks(center, 'start')).toBe('consent');
    await center.wait(2_000);
    expect(caller.heard).toEqual([CONSENT]);
    expect(center.pbx.recorder.running).toHaveLength(1);
  });
});

describe('the recording is lost, and the call is not', () => {
  test('the disk fills: they talk on, the row says so, and it can be started again when there is room', async () => {
    const center = await opened({ what: 'apart' });
    const caller = await talking(center);
    center.pbx.recorder.diskFills();
    await center.wait(5_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(await rows(center)).toMatchObject([
      { state: 'failed', error: expect.stringContaining('is there room') },
      { state: 'failed', error: expect.stringContaining('is there room') },
    ]);
    expect(center.application.room.recordings.of(theCall(center))?.state).toBe('off');
    center.pbx.recorder.diskIsMended();
    expect(await asks(center, 'start')).toBe('recording');
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect((await states(center)).toSorted()).toEqual(['caller done', 'caller failed', 'member done', 'member failed']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['the folder can’t be written', (center: CallCenter) => center.pbx.recorder.folderIsLost()],
    ['Asterisk refuses to listen', (center: CallCenter) => center.pbx.wire.refuse('createListener')],
    ['Asterisk refuses to write', (center: CallCenter) => center.pbx.wire.refuse('startRecording')],
  ])('%s: they talk, and the row says why', async (_, breaks) => {
    const center = await opened();
    breaks(center);
    const caller = await talking(center);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(await rows(center)).toMatchObject([{ state: 'failed', error: expect.stringContaining('fake switch') }]);
    caller.hangsUp();
    await center.wait(100);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database is away: they talk and are recorded', async () => {
    const center = await opened();
    const caller = await center.entersSupport();
    center.store.fail('saveRecording', 'unavailable', 2);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect([caller.talksTo, center.pbx.recorder.running.length]).toEqual([['PJSIP/1000'], 1]);
    caller.hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the answer to the beginning is late: they talk, and a hang-up meanwhile leaves nothing', async () => {
    const center = await opened();
    center.pbx.wire.delayReplies(3_000, 'startRecording');
    const caller = await talking(center);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    center.phone('1000').hangsUp();
    await center.wait(5_000);
    expect(center.pbx.recorder.running).toEqual([]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the process dies, the next one takes over', () => {
  test('the recording goes on in the same file, and is closed with the conversation', async () => {
    const center = await opened({ what: 'both' });
    const caller = await talking(center);
    await center.restarts();
    await center.wait(5_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(center.pbx.recorder.files).toHaveLength(3);
    expect(center.pbx.recorder.running).toHaveLength(3);
    caller.hangsUp();
    await center.wait(1_500);
    expect((await states(center)).toSorted()).toEqual(['caller done', 'member done', 'together done']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a pause that was asked for lasts; one of the member’s hold button is over', async () => {
    const center = await opened();
    await talking(center);
    await asks(center, 'pause');
    await center.restarts();
    expect(center.pbx.recorder.files[0]?.pauses).toMatchObject([{ toMs: null }]);
    expect(await asks(center, 'resume')).toBe('recording');
    center.phone('1000').holds();
    await center.wait(1_000);
    await center.restarts();
    expect(center.pbx.recorder.files[0]?.pauses.at(-1)?.toMs).not.toBeNull();
  });

  test('the conversation is over by then: the row is closed', async () => {
    const center = await opened();
    await talking(center);
    center.dies();
    center.phone('1000').hangsUp();
    await center.wait(2_000);
    await center.begins();
    await center.wait(1_000);
    expect(await states(center)).toEqual(['together done']);
    expect(center.pbx.recorder.running).toEqual([]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the recording has ended meanwhile and the conversation has not: the row says so', async () => {
    const center = await opened();
    const caller = await talking(center);
    center.dies();
    center.pbx.recorder.diskFills();
    await center.wait(3_000);
    await center.begins();
    await center.wait(2_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(await states(center)).toEqual(['together failed']);
  });

  test('one that stops in good order leaves the recording to the next', async () => {
    const center = await opened();
    const caller = await talking(center);
    await center.stops(1_000);
    expect(center.pbx.recorder.running).toHaveLength(1);
    await center.begins();
    await center.wait(1_000);
    expect([caller.talksTo, center.pbx.recorder.running.length]).toEqual([['PJSIP/1000'], 1]);
    caller.hangsUp();
    await center.wait(1_500);
    expect(await states(center)).toEqual(['together done']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the queue does not record any more: what was begun goes on to the end', async () => {
    const center = await opened();
    const caller = await talking(center);
    center.dies();
    Object.assign(center.settings, { queues: [queueSettings({ recording: null })] });
    await center.begins();
    await center.wait(2_000);
    expect(center.pbx.recorder.running).toHaveLength(1);
    caller.hangsUp();
    await center.wait(1_500);
    expect(await states(center)).toEqual(['together done']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the connection to Asterisk is lost and comes back: the recording goes on', async () => {
    const center = await opened();
    const caller = await talking(center);
    center.pbx.losesConnection();
    await center.wait(3_000);
    center.pbx.reconnects();
    await center.wait(3_000);
    expect(center.pbx.recorder.running).toHaveLength(1);
    expect(await asks(center, 'pause')).toBe('paused');
    caller.hangsUp();
    await center.wait(1_500);
    expect(await states(center)).toEqual(['together done']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the recording ends while the connection is lost: it is heard of when it is back', async () => {
    const center = await opened();
    await talking(center);
    center.pbx.losesConnection();
    center.pbx.recorder.diskFills();
    await center.wait(3_000);
    center.pbx.reconnects();
    await center.wait(3_000);
    expect(await states(center)).toEqual(['together failed']);
  });
});
