import { afterEach, describe, expect, test } from '@jest/globals';
import { BlockBuffer } from '../../../stasis/media/block-buffer.ts';
import { freshCounters } from '../../../stasis/media/counters.ts';
import { Pump } from '../../../stasis/media/pump.ts';
import { MEDIA_LIMITS } from '../../../stasis/media/settings.ts';
import { WebSocketLine } from '../../../stasis/media/websocket-line.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { NoiseProgramme, type Place } from '../../support/media/noise-programme.ts';
import { SimulatedChannel } from '../../support/media/simulated-channel.ts';

const FRAME = 160;
let closeAll: (() => void)[] = [];

afterEach(() => {
  for (const close of closeAll) close();
  closeAll = [];
});

const LEAD_FRAMES = MEDIA_LIMITS.leadMs / 20;

function lay({ firstBeatMs = 7, delayMs = 1, from = 0, leadMs = MEDIA_LIMITS.leadMs } = {}) {
  const clock = new FakeClock();
  const programme = new NoiseProgramme('ulaw');
  const channel = new SimulatedChannel(clock, { frameBytes: FRAME, firstBeatMs, delayMs });
  const lost: string[] = [];
  const counters = freshCounters();
  const pump = new Pump(clock);
  const room = { clock, pump, block: new BlockBuffer(), times: { ...MEDIA_LIMITS, leadMs }, counters };
  const onLost = (reason: string) => lost.push(reason);
  const line = new WebSocketLine(room, { connection: channel, programme, from, onLost });
  line.start();
  closeAll.push(() => {
    line.end();
    pump.close();
  });
  const heard = (): (Place | null)[] => {
    let near = from / FRAME;
    return channel.heard.map((frame) => {
      if (frame === null) return null;
      const place = programme.find(frame, near + 1);
      if (place === undefined) throw new Error('Something was heard that was never rendered');
      near = place.frame;
      return place;
    });
  };
  return { clock, programme, channel, line, lost, counters, pump, heard };
}

/** Frames that were heard, without the silence before the first. */
const frames = (places: readonly (Place | null)[]) =>
  places.slice(places.findIndex((place) => place !== null)).map((place) => place?.frame ?? null);
const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);

describe('A line', () => {
  test('is heard frame by frame without a gap, and never holds more than its lead', async () => {
    const { clock, channel, heard, counters } = lay();
    let most = 0;
    for (let step = 0; step < 1000; step++) {
      await clock.advance(10);
      most = Math.max(most, channel.queued);
    }
    expect(frames(heard())).toEqual(upTo(500));
    expect(most).toBeLessThanOrEqual(LEAD_FRAMES + 1);
    expect(counters.ranDry).toBe(0);
    // Twenty frames in a block: few writes.
    expect(channel.blocks.length).toBeLessThanOrEqual(28);
  });

  test('goes on from where an earlier one stopped', async () => {
    const { clock, heard, line } = lay({ from: 80 * FRAME });
    await clock.advance(500);
    expect(frames(heard())).toEqual(upTo(25, 80));
    expect(line.stop()).toBe(105 * FRAME);
  });

  test('says what is heard now, within 40 ms, also when Asterisk sleeps through beats', async () => {
    const { clock, channel, line, programme } = lay();
    await clock.advance(3000);
    channel.freezes();
    await clock.advance(100);
    channel.thaws();
    // At the latest with the next mark.
    await clock.advance(MEDIA_LIMITS.markEveryMs + 1000);
    for (let step = 0; step < 200; step++) {
      await clock.advance(7);
      const frame = line.heardNow() / FRAME;
      const now = programme.find(channel.heard.at(-1) ?? Buffer.alloc(0), frame)?.frame ?? Number.NaN;
      expect(Math.abs(frame - now)).toBeLessThanOrEqual(2);
    }
  });

  test.each(upTo(20).flatMap((beat) => [0, 1, 3].map((delay) => [beat, delay] as const)))(
    'loses and repeats nothing when the programme changes (beat at %i ms, Asterisk %i ms away)',
    async (firstBeatMs, delayMs) => {
      const { clock, programme, line, heard, counters } = lay({ firstBeatMs, delayMs });
      await clock.advance(1000);
      const changes: number[] = [];
      for (let step = 0; step < 23; step++) {
        await clock.advance(61);
        changes.push(line.heardNow() / FRAME);
        programme.change(line.heardNow());
        line.refresh();
      }
      await clock.advance(500);
      const places = heard().filter((place) => place !== null);
      expect(places.map(({ frame }) => frame)).toEqual(upTo(places.length));
      expect(counters).toMatchObject({ refreshes: 23, framesRepeated: 0, framesSkipped: 0, ranDry: 0 });
      // Each change is heard at the very frame at which it was made, or at the next one.
      for (const [index, wanted] of changes.entries()) {
        const first = places.find(({ version }) => version > index);
        expect((first?.frame ?? 0) - wanted).toBeGreaterThanOrEqual(0);
        expect((first?.frame ?? 0) - wanted).toBeLessThanOrEqual(1);
      }
    },
  );

  test('takes nothing back for a change that lies behind what was sent', async () => {
    const { clock, programme, line, channel } = lay();
    await clock.advance(1000);
    programme.change(line.heardNow() + 100 * FRAME);
    line.refresh();
    await clock.advance(100);
    expect(channel.commands.filter((command) => command === 'FLUSH_MEDIA')).toEqual([]);
  });

  test('goes on where it was after a stop of the process, without a burst', async () => {
    const { clock, channel, pump, line, heard, counters } = lay();
    await clock.advance(1000);
    pump.close();
    await clock.advance(1500);
    const before = channel.blocks.length;
    pump.add(line);
    await clock.advance(600);
    const [first = 0] = channel.blocks.slice(before);
    expect(first).toBeLessThanOrEqual(LEAD_FRAMES * FRAME);
    const places = frames(heard());
    const sounding = places.filter((frame) => frame !== null);
    expect(sounding).toEqual(upTo(sounding.length));
    expect(places.length - sounding.length).toBeGreaterThan(20);
    expect(counters.ranDry).toBe(1);
  });

  test('sends nothing between MEDIA_XOFF and MEDIA_XON', async () => {
    const { clock, channel, counters } = lay();
    await clock.advance(300);
    channel.says({ event: 'MEDIA_XOFF' });
    const before = channel.blocks.length;
    await clock.advance(600);
    expect(channel.blocks).toHaveLength(before);
    channel.says({ event: 'MEDIA_XON' });
    await clock.advance(600);
    expect(channel.blocks.length).toBeGreaterThan(before);
    expect(counters.xoffs).toBe(1);
  });

  test('sends nothing while the kernel holds what was sent before', async () => {
    const { clock, channel } = lay();
    await clock.advance(300);
    channel.waitingBytes = 1600;
    const before = channel.blocks.length;
    await clock.advance(600);
    expect(channel.blocks).toHaveLength(before);
  });

  test('does not fill the queue of an Asterisk that stands still, and goes on with it', async () => {
    const { clock, channel, heard, lost } = lay();
    await clock.advance(1000);
    channel.freezes();
    await clock.advance(9000);
    channel.thaws();
    expect(channel.queued).toBeLessThan(500);
    await clock.advance(10_000);
    expect(channel.queued).toBeLessThanOrEqual(LEAD_FRAMES + 1);
    const sounding = frames(heard());
    expect(sounding).toEqual(upTo(sounding.length));
    expect(lost).toEqual([]);
  });

  test('is lost when Asterisk plays nothing for ever', async () => {
    const { clock, channel, lost, pump } = lay();
    await clock.advance(1000);
    channel.freezes();
    await clock.advance(30_000);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toContain('played nothing');
    expect(pump.size).toBe(0);
  });

  test('in doubt, it goes on when Asterisk gives a sign of life', async () => {
    const { clock, channel, line, heard, lost } = lay({ delayMs: 3 });
    await clock.advance(1000);
    line.doubt();
    await clock.advance(30_000);
    expect(lost).toEqual([]);
    const sounding = frames(heard());
    expect(sounding).toEqual(upTo(sounding.length));
    expect(channel.endedWith).toBeNull();
  });

  test('in doubt, it is lost after a second without a sign, long before a mark is missed; doubted twice, it is told once', async () => {
    const { clock, channel, line, lost, pump } = lay();
    await clock.advance(1000);
    channel.freezes();
    line.doubt();
    await clock.advance(500);
    line.doubt();
    await clock.advance(MEDIA_LIMITS.doubtMs - 1);
    expect(lost).toEqual([]);
    await clock.advance(1);
    expect(lost).toEqual(['no sign of life after Asterisk was out of reach']);
    expect(pump.size).toBe(0);
    await clock.advance(30_000);
    expect(lost).toHaveLength(1);
  });

  test('in doubt, and closed meanwhile: no loss is told', async () => {
    const { clock, channel, line, lost } = lay();
    await clock.advance(1000);
    channel.freezes();
    line.doubt();
    line.end();
    await clock.advance(30_000);
    expect(lost).toEqual([]);
  });

  test('flushes by the clock when Asterisk does not say what it has queued', async () => {
    const { clock, channel, programme, line } = lay();
    await clock.advance(1000);
    channel.freezes();
    programme.change(line.heardNow());
    line.refresh();
    await clock.advance(100);
    expect(channel.commands).toContain('FLUSH_MEDIA');
  });

  test.each([61, 65, 100, 230, 480, 700])(
    'knows what was left out when Asterisk stood still through two changes, the second of them %i ms after the first',
    async (apartMs) => {
      const { clock, channel, programme, line, heard, counters } = lay();
      await clock.advance(1000);
      channel.freezes();
      for (let change = 0; change < 2; change++) {
        programme.change(line.heardNow());
        line.refresh();
        await clock.advance(apartMs);
      }
      // The answers to all that was asked meanwhile come together.
      channel.thaws();
      await clock.advance(3000);
      const sounding = frames(heard()).filter((frame) => frame !== null);
      const steps = sounding.slice(1).map((frame, index) => frame - (sounding[index] ?? 0) - 1);
      const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
      expect(sum(steps.filter((step) => step > 0))).toBe(counters.framesSkipped);
      expect(sum(steps.filter((step) => step < 0).map((step) => -step))).toBe(counters.framesRepeated);
      // By the clock, which went on while an answer was waited for: no more than that, however long it stood still.
      expect(counters.framesSkipped).toBeLessThanOrEqual(MEDIA_LIMITS.statusMs / 20 + 2);
      expect(counters.framesRepeated).toBe(0);
      // What it says is heard now is what is heard.
      const now = programme.find(channel.heard.at(-1) ?? Buffer.alloc(0), line.heardNow() / FRAME)?.frame ?? Number.NaN;
      expect(Math.abs(line.heardNow() / FRAME - now)).toBeLessThanOrEqual(2);
    },
  );

  test('tells once that its connection has ended, and says where it stopped', async () => {
    const { clock, channel, line, lost, pump } = lay();
    await clock.advance(1000);
    channel.breaks('closed with 1000');
    channel.breaks('again');
    expect(lost).toEqual(['closed with 1000']);
    const end = line.stop();
    await clock.advance(1000);
    expect(line.stop()).toBe(end);
    expect(Math.abs(end / FRAME - 50)).toBeLessThanOrEqual(1);
    expect(pump.size).toBe(0);
  });

  test('stops silently, and leaves no timer', async () => {
    const { clock, channel, line, lost, programme } = lay();
    await clock.advance(1000);
    programme.change(line.heardNow());
    line.refresh();
    line.end();
    const before = channel.blocks.length;
    await clock.advance(200);
    expect(channel.blocks).toHaveLength(before);
    expect(lost).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is lost when the programme can not be rendered; others go on', async () => {
    const { clock, lost, programme } = lay();
    await clock.advance(100);
    programme.render = () => {
      throw new Error('a fault');
    };
    await clock.advance(1000);
    expect(lost).toEqual(['the programme could not be rendered: a fault']);
  });
});
