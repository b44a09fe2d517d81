import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Outbox } from '../../../db/outbox.ts';
import { attemptId, callId, channelId, entryId, queueName, recordingId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { StoredRecording } from '../../../src/ports/recordings.ts';
import { eventually } from '../../support/eventually.ts';
import { MemoryQueueStore } from '../../support/fakes/memory-queue-store.ts';
import { extension as extensionRow } from '../../support/queue-people.ts';
import { PLAIN_ENTRANCE, plainEntry, reserveOne } from '../../support/store-requests.ts';

const queue = queueName('support');
const extension = extensionRow('1000');
const full = (serial: number) =>
  ({ event: 'FULL', queue, callId: callId('call'), uniqueId: `1.${serial}`, atMs: serial }) as const;

describe('Outbox', () => {
  let folder: string;
  let store: MemoryQueueStore;
  let outbox: Outbox;
  let timesEmpty: number;
  const open = async (memoryMax = 10_000) => {
    const options = { file: join(folder, 'outbox.jsonl'), memoryMax, clock: systemClock, log: silentLog() };
    outbox = new Outbox(store, { ...options, backoff: { firstMs: 5, maxMs: 20 } }, () => timesEmpty++);
    await outbox.open();
  };
  const serials = () =>
    store.events.map((event) => ('uniqueId' in event ? event.uniqueId : '')).map((id) => id.slice(2));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queueapp-outbox-'));
    store = new MemoryQueueStore();
    timesEmpty = 0;
    await open();
  });
  afterEach(async () => {
    await outbox.close();
    await rm(folder, { recursive: true });
  });

  test('passes everything through while the database is there, and leaves no file', async () => {
    await outbox.record(full(1));
    expect(outbox.pending).toBe(0);
    await expect(readFile(join(folder, 'outbox.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('writes in order what came beyond its memory, too', async () => {
    await outbox.close();
    await open(3);
    store.setAway(true);
    for (let serial = 1; serial <= 10; serial++) await outbox.record(full(serial));
    expect(outbox.pending).toBe(10);
    store.setAway(false);
    await eventually('all are written', () => outbox.pending === 0);
    await outbox.record(full(11));
    expect(serials()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    await eventually('the file is gone', () =>
      readFile(join(folder, 'outbox.jsonl')).then(
        () => false,
        () => true,
      ),
    );
    expect(timesEmpty).toBe(1);
  });

  test('goes on in order when the database leaves again in the middle', async () => {
    store.fail('record', 'unavailable', 2);
    store.fail('record', 'lost', 1);
    for (let serial = 1; serial <= 5; serial++) await outbox.record(full(serial));
    await eventually('all are written', () => outbox.pending === 0);
    expect(serials()).toEqual(['1', '2', '3', '4', '5']);
  });

  test('an answer that had to wait is written before the caller leaves: ABANDON names the member', async () => {
    store.addExtension(extension);
    await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
    await store.login({ queue, extension, uniqueId: 'CLI', atMs: 0 });
    const ids = { attemptId: attemptId('attempt'), entryId: entryId('entry') };
    const call = { callId: callId('call'), channelId: channelId('channel'), uniqueId: '1.1' };
    const who = { caller: { number: null, name: null }, customer: null };
    const entry = plainEntry({ entryId: ids.entryId, ...call, ...who, queue, priority: 0, joinedAtMs: 0 });
    await store.enter(entry, PLAIN_ENTRANCE);
    await reserveOne(store, { ...ids, queue, extension: extension.number, atMs: 1 });
    store.setAway(true);
    expect(await outbox.answer({ attemptId: ids.attemptId, atMs: 2 })).toBe('done');
    expect(await outbox.leave({ entryId: ids.entryId, outcome: 'ABANDON', atMs: 3 })).toBe('done');
    store.setAway(false);
    await eventually('all are written', () => outbox.pending === 0);
    expect(store.events.at(-1)).toMatchObject({ event: 'ABANDON', member: 'PJSIP/1000' });
    expect(store.events.map(({ event }) => event)).not.toContain('RINGCANCELED');
  });

  test('a completion never overtakes the answer of the same attempt', async () => {
    const ids = { attemptId: attemptId('attempt'), entryId: entryId('entry') };
    store.addExtension(extension);
    await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
    await store.login({ queue, extension, uniqueId: 'CLI', atMs: 0 });
    const caller = { number: null, name: null };
    const call = { callId: callId('call'), channelId: channelId('channel'), uniqueId: '1.1' };
    await store.enter(
      plainEntry({ ...ids, ...call, queue, caller, customer: null, priority: 0, joinedAtMs: 0 }),
      PLAIN_ENTRANCE,
    );
    await reserveOne(store, { ...ids, queue, extension: extension.number, atMs: 0 });
    const held = store.hold('connect', 'late');
    const member = { memberChannelId: channelId('member'), memberUniqueId: '1.2' };
    const connecting = outbox.connect({ attemptId: ids.attemptId, ...member, ringMs: 0, atMs: 1 });
    const completing = outbox.complete({ attemptId: ids.attemptId, endedBy: 'caller', atMs: 2 });
    await held.arrived;
    held.release();
    expect(await Promise.all([connecting, completing])).toEqual(['done', 'done']);
    expect(store.events.map(({ event }) => event)).toEqual(['ADDMEMBER', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('the end of a recording never overtakes its beginning, and waits while the database is away', async () => {
    const recording: StoredRecording = {
      recordingId: recordingId('recording'),
      callId: callId('call'),
      entryId: entryId('entry'),
      uniqueId: '1.1',
      queue,
      extension: extension.number,
      part: 'together',
      file: 'support/one.wav',
      startedAtMs: 1,
      endedAtMs: null,
      state: 'recording',
      error: null,
    };
    const held = store.hold('saveRecording', 'late');
    const beginning = outbox.saveRecording(recording);
    const pausing = outbox.saveRecording({ ...recording, state: 'paused' });
    await held.arrived;
    held.release();
    await Promise.all([beginning, pausing]);
    expect(await store.openRecordings()).toEqual([{ ...recording, state: 'paused' }]);
    store.setAway(true);
    await outbox.saveRecording({ ...recording, state: 'done', endedAtMs: 2 });
    expect(outbox.pending).toBe(1);
    store.setAway(false);
    await eventually('it is written', () => outbox.pending === 0);
    expect(await store.recordings({ limit: 1 })).toEqual([{ ...recording, state: 'done', endedAtMs: 2 }]);
  });

  test('what the database refuses for good does not hold up the rest', async () => {
    store.setAway(true);
    await outbox.record(full(1));
    await outbox.record({ ...full(2), atMs: Number.NaN });
    await outbox.record(full(3));
    store.setAway(false);
    await eventually('nothing waits', () => outbox.pending === 0);
    expect(serials()).toEqual(['1', '3']);
  });

  test('without a file it goes on in memory, up to its limit', async () => {
    await outbox.close();
    await open(2);
    await rm(folder, { recursive: true });
    store.setAway(true);
    for (let serial = 1; serial <= 3; serial++) await outbox.record(full(serial));
    expect(outbox.pending).toBe(2);
    store.setAway(false);
    await eventually('nothing waits', () => outbox.pending === 0);
    expect(serials()).toEqual(['1', '2']);
    folder = await mkdtemp(join(tmpdir(), 'queueapp-outbox-'));
  });
});
