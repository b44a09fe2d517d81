import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PostgresCallerMusic } from '../../db/caller-music.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { CallerMusic } from '../../src/ports/caller-music.ts';
import { MemoryCallerMusic } from '../support/fakes/memory-caller-music.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';

const AT_MS = Date.UTC(2026, 10, 21, 12);
const alice = { number: '+371 2000', musicClass: 'default' };

/** What both must keep to; `music` is empty at the beginning of each test. */
function callerMusicSuite(music: () => CallerMusic): void {
  test('nothing is remembered of a caller who never chose', async () => {
    expect(await music().recall(alice)).toBeNull();
  });

  test('the last choice counts, for this number and this class alone', async () => {
    await music().remember({ ...alice, track: 'bossa.wav', atMs: AT_MS });
    await music().remember({ ...alice, track: 'Вальс № 2.flac', atMs: AT_MS + 3000 });
    await music().remember({ ...alice, musicClass: 'sales', track: 'march.wav', atMs: AT_MS + 1 });
    await music().remember({ ...alice, number: '+371 2001', track: 'tango.wav', atMs: AT_MS + 2 });
    expect(await music().recall(alice)).toBe('Вальс № 2.flac');
    expect(await music().recall({ ...alice, musicClass: 'sales' })).toBe('march.wav');
    expect(await music().recall({ ...alice, number: '+371 2001' })).toBe('tango.wav');
    expect(await music().recall({ ...alice, number: '+371 200' })).toBeNull();
  });

  test('an older choice that arrives late does not replace a newer one', async () => {
    await music().remember({ ...alice, track: 'new.wav', atMs: AT_MS + 3000 });
    await music().remember({ ...alice, track: 'old.wav', atMs: AT_MS });
    expect(await music().recall(alice)).toBe('new.wav');
  });

  test('choices made at the same time end as the newest, whichever is written first', async () => {
    const tracks = Array.from({ length: 50 }, (_, index) => index).sort((a, b) => ((a * 31) % 50) - ((b * 31) % 50));
    await Promise.all(
      tracks.map((index) => music().remember({ ...alice, track: `${index}.wav`, atMs: AT_MS + index })),
    );
    expect(await music().recall(alice)).toBe('49.wav');
  });

  test('blanks around a number are not part of it', async () => {
    await music().remember({ ...alice, number: ' +371 2000\t', track: 'bossa.wav', atMs: AT_MS });
    expect(await music().recall(alice)).toBe('bossa.wav');
  });

  test.each(['', '   ', 'anonymous', 'Anonymous', 'UNKNOWN', 'restricted', '1'.repeat(41), '20\u000000', '20\ud80000'])(
    'a caller who sends %j is not remembered',
    async (number) => {
      await music().remember({ ...alice, number, track: 'bossa.wav', atMs: AT_MS });
      expect(await music().recall({ ...alice, number })).toBeNull();
    },
  );

  test('the longest number and the longest name of a track are kept, longer names are not', async () => {
    const long = { ...alice, number: '9'.repeat(40) };
    const track = 'ü'.repeat(255);
    await music().remember({ ...long, track, atMs: AT_MS });
    await music().remember({ ...long, track: `${track}ü`, atMs: AT_MS + 1 });
    expect(await music().recall(long)).toBe(track);
  });

  test('a number is a value, never part of a statement', async () => {
    const number = "'; drop table caller_music; --";
    await music().remember({ ...alice, number, track: 'a\'b"c.wav', atMs: AT_MS });
    expect(await music().recall({ ...alice, number })).toBe('a\'b"c.wav');
  });
}

describe("The caller's music in memory", () => {
  let music: MemoryCallerMusic;
  beforeEach(() => {
    music = new MemoryCallerMusic();
  });
  callerMusicSuite(() => music);

  test('without the database nothing is recalled, and a choice is lost', async () => {
    await music.remember({ ...alice, track: 'bossa.wav', atMs: AT_MS });
    music.isAway = true;
    await expect(music.recall(alice)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await music.remember({ ...alice, track: 'lost.wav', atMs: AT_MS + 1 });
    music.isAway = false;
    expect(await music.recall(alice)).toBe('bossa.wav');
  });
});

describe("The caller's music in PostgreSQL", () => {
  let postgres: TestPostgres;
  let music: PostgresCallerMusic;
  let anybody: Awaited<ReturnType<TestPostgres['client']>>;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    anybody = await postgres.client();
    const { databaseUrl } = postgres;
    // Half a second is what a caller waits for at most, and no measure of a busy machine.
    music = new PostgresCallerMusic({ databaseUrl, answerLimitMs: 20_000, clock: systemClock, log: silentLog() });
  });
  beforeEach(async () => {
    await anybody.query('delete from caller_music');
  });
  afterAll(async () => {
    await music.close();
    await postgres.close();
  });
  callerMusicSuite(() => music);
});
