import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MediaLine, MediaOut, MediaRequest } from '../../src/ports/media-out.ts';
import { NoiseProgramme } from '../support/media/noise-programme.ts';
import { OwnBeat } from '../support/media/own-beat.ts';

/** What the suite needs of a switch beside the port. */
export interface MediaOutHarness {
  readonly media: MediaOut;
  /** A caller who waits, alone in a bridge. */
  caller(): Promise<Pick<MediaRequest, 'callId' | 'callerChannelId' | 'by'>>;
  /** The line's media channel ends without having been closed. */
  lose(line: MediaLine): Promise<void>;
  /** The next line of this caller can't be laid. */
  refuseNext(caller: Pick<MediaRequest, 'callerChannelId' | 'by'>): Promise<void>;
  /** Waits until the condition holds; the fake's clock passes meanwhile. */
  until(condition: () => boolean, what: string): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Of the clock that the lines go by, milliseconds. */
  now(): number;
  /** After each test: callers are gone; answers how many lines are left. */
  tidyUp(): Promise<number>;
  dispose(): Promise<void>;
}

const SAMPLES_PER_MS = 8;

/** Everything that the story takes for granted about personal audio. */
export function describeMediaOut(name: string, create: () => Promise<MediaOutHarness>): void {
  describe(`media out: ${name}`, () => {
    let harness: MediaOutHarness;
    const lost: string[] = [];
    const opened: MediaLine[] = [];

    // An older Asterisk is fetched at its first use, which takes a minute.
    beforeAll(async () => {
      harness = await create();
    }, 600_000);
    afterAll(() => harness?.dispose());
    afterEach(async () => {
      // Those of a test that failed would be in the way of the next one.
      await Promise.all(opened.splice(0).map((line) => line.close()));
      lost.length = 0;
      expect(await harness.tidyUp()).toBe(0);
    });

    async function open(from = 0) {
      const programme = new NoiseProgramme('ulaw');
      const caller = await harness.caller();
      const request = { ...caller, programme, from, onLost: (reason: string) => lost.push(reason) };
      const line = await harness.media.open(request);
      opened.push(line);
      return { programme, caller, request, line };
    }

    /** By how much more or less than 400 ms were heard in 400 ms; RTP stands still while this process does not get to its timers. */
    async function offPaceMs(line: MediaLine): Promise<number> {
      const beat = new OwnBeat();
      const [before, fromMs] = [line.heardNow(), harness.now()];
      await harness.pass(400);
      const [after, toMs] = [line.heardNow(), harness.now()];
      const { missedMs } = beat.end();
      const offMs = (after - before) / SAMPLES_PER_MS - (toMs - fromMs);
      return Math.sign(offMs) * Math.max(0, Math.abs(offMs) - missedMs);
    }

    it('is heard from the sample on that was asked for, at the pace of the clock', async () => {
      const askedAtMs = harness.now();
      const { line } = await open(16_000);
      expect(line.heardNow()).toBeGreaterThanOrEqual(16_000);
      expect((line.heardNow() - 16_000) / SAMPLES_PER_MS).toBeLessThanOrEqual(harness.now() - askedAtMs + 100);
      await harness.until(() => line.heardNow() >= 16_000 + 500 * SAMPLES_PER_MS, 'half a second');
      // What Asterisk has missed while it stood still is learnt from it a little later, and is no pace: a span without such news is looked for.
      while (Math.abs(await offPaceMs(line)) > 60) expect(harness.now() - askedAtMs).toBeLessThan(60_000);
      await line.close();
    });

    it('is a line of this process until it is closed', async () => {
      const { line } = await open();
      expect(harness.media.holds(line.channelId)).toBe(true);
      await line.close();
      await harness.until(() => !harness.media.holds(line.channelId), 'the line is gone');
    });

    it('answers at the end with the first sample that was not heard, each time the same, and tells of no loss', async () => {
      const { line } = await open();
      await harness.until(() => line.heardNow() >= 300 * SAMPLES_PER_MS, 'something heard');
      const [fromMs, now] = [harness.now(), line.heardNow()];
      const end = await line.close();
      const tookMs = harness.now() - fromMs;
      expect(end).toBeGreaterThanOrEqual(now - 20 * SAMPLES_PER_MS);
      expect(end).toBeLessThanOrEqual(now + (tookMs + 60) * SAMPLES_PER_MS);
      await harness.pass(100);
      expect(await line.close()).toBe(end);
      expect(line.heardNow()).toBe(end);
      expect(lost).toEqual([]);
    });

    it('forgets at a refresh what the programme has changed', async () => {
      const { line, programme } = await open();
      await harness.until(() => line.heardNow() >= 300 * SAMPLES_PER_MS, 'something heard');
      programme.change(line.heardNow());
      line.refresh();
      expect(programme.takeChangedFrom()).toBe(Number.POSITIVE_INFINITY);
      await harness.pass(100);
      expect(lost).toEqual([]);
      await line.close();
    });

    it('tells of a loss once; what was heard up to then stays known', async () => {
      const { line } = await open();
      await harness.until(() => line.heardNow() >= 300 * SAMPLES_PER_MS, 'something heard');
      await harness.lose(line);
      await harness.until(() => lost.length > 0, 'the loss');
      const end = await line.close();
      expect(end).toBeGreaterThanOrEqual(280 * SAMPLES_PER_MS);
      await harness.pass(100);
      expect(lost).toHaveLength(1);
      expect(await line.close()).toBe(end);
      line.refresh();
    });

    it('can be laid again after a loss', async () => {
      const { line, request } = await open();
      await harness.lose(line);
      await harness.until(() => lost.length > 0, 'the loss');
      const next = await harness.media.open({ ...request, from: await line.close() });
      expect(next.channelId).not.toBe(line.channelId);
      await next.close();
    });

    it('rejects with MEDIA_UNAVAILABLE when it can not be laid, and nothing of it is left', async () => {
      const caller = await harness.caller();
      await harness.refuseNext(caller);
      const request = { ...caller, programme: new NoiseProgramme('ulaw'), from: 0, onLost: () => lost.push('lost') };
      await expect(harness.media.open(request)).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
      await harness.pass(50);
      expect(lost).toEqual([]);
    });
  });
}
