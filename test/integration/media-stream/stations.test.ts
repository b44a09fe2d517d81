import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { createStream, type LiveStream } from '../../../stasis/media/stream/live-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { type Answer, FakeStation, withTitle } from '../../support/stream/fake-station.ts';
import { TONE_DBFS, toneInput } from '../../support/stream/icecast.ts';
import { toneIn } from '../../support/stream/listen.ts';

jest.setTimeout(180_000);

const ICY = 'ICY 200 OK\r\nicy-name:Test\r\ncontent-type:audio/mpeg\r\n';
const HTTP = 'HTTP/1.1 200 OK\r\n';

/** Encodes so many seconds of a tone, or of another input of ffmpeg's. */
function encoded(seconds: number, encode: readonly string[], input: readonly string[] = toneInput(440)): Buffer {
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    ...input,
    '-t',
    String(seconds),
    '-ac',
    '2',
    '-ar',
    '44100',
    ...encode,
    'pipe:1',
  ];
  const { status, stdout, stderr } = spawnSync('ffmpeg', args, { maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
  return stdout;
}

let mp3: Buffer;
let stillMp3: Buffer;
let aac: Buffer;
beforeAll(() => {
  mp3 = encoded(120, ['-c:a', 'libmp3lame', '-b:a', '64k', '-f', 'mp3']);
  aac = encoded(20, ['-c:a', 'aac', '-b:a', '64k', '-f', 'adts']);
  stillMp3 = encoded(40, ['-c:a', 'libmp3lame', '-b:a', '64k', '-f', 'mp3'], ['-f', 'lavfi', '-i', 'anullsrc=r=44100']);
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function station(answer: Answer): Promise<FakeStation> {
  const made = await FakeStation.start(answer);
  open.push(made);
  return made;
}

function listen(url: string): LiveStream {
  const stream = createStream({
    url,
    name: 'radio',
    formats: ['slin'],
    clock: systemClock,
    random: () => 0,
    log: silentLog(),
  });
  open.push(stream);
  stream.start();
  return stream;
}

async function isHeard(stream: LiveStream): Promise<void> {
  await eventually('the stream plays', () => stream.status().isPlaying, 20_000);
  await eventually('two seconds are released', () => stream.sound('slin').writtenTo > 16_000, 20_000);
  const { share, dbfs } = toneIn(stream.sound('slin'), 440);
  expect(share).toBeGreaterThan(0.98);
  expect(Math.abs(dbfs - TONE_DBFS)).toBeLessThan(1);
}

const reason = (stream: LiveStream, text: string, limitMs = 20_000) =>
  eventually(`the reason is ${text}`, () => stream.status().lastError?.includes(text), limitMs);

describe('Heard is', () => {
  test("Shoutcast's ICY 200 OK, with titles in between, the umlauts of Latin-1 among them", async () => {
    const { address } = await bound((socket, { text }) => {
      expect(text).toContain('Icy-MetaData: 1\r\n');
      socket.write(`${ICY}icy-metaint:8192\r\n\r\n`);
      socket.write(withTitle(mp3, 8192, 'Die Ärzte - Zu spät'));
    });
    const stream = listen(address('/'));
    await isHeard(stream);
    expect(stream.status()).toMatchObject({ title: 'Die Ärzte - Zu spät', reconnects: 0, lastError: null });
  });

  test('a server without content type, whose lines end in LF, that sends a byte at a time at first', async () => {
    const { address } = await bound((socket) => {
      const all = Buffer.concat([Buffer.from('HTTP/1.0 200 OK\nX: y\n\n'), mp3]);
      socket.setNoDelay(true);
      for (let i = 0; i < 300; i += 1) socket.write(all.subarray(i, i + 1));
      socket.write(all.subarray(300));
    });
    await isHeard(listen(address('/stream')));
  });

  test('what is called MPEG and is AAC', async () => {
    const { address } = await bound((socket) => socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), aac])));
    await isHeard(listen(address('/')));
  });

  test.each([
    ['stream.m3u', 'audio/x-mpegurl', '#EXTM3U\n#EXTINF:-1,Radio\n/live\n'],
    ['stream.pls', 'audio/x-scpls', '[playlist]\nNumberOfEntries=1\nFile1=/live\nTitle1=Radio\n'],
  ])('what the playlist %s names', async (name, type, list) => {
    const { address } = await bound((socket, { path }) => {
      if (path === '/live') socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3]));
      else socket.end(`${HTTP}Content-Type: ${type}\r\n\r\n${list}`);
    });
    await isHeard(listen(address(`/${name}`)));
  });

  test('what three redirections lead to', async () => {
    const made = await bound((socket, { path }) => {
      const step = Number(path.slice(1));
      if (step < 3) socket.end(`HTTP/1.1 302 Found\r\nLocation: /${step + 1}\r\n\r\n`);
      else socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3]));
    });
    await isHeard(listen(made.address('/0')));
    expect(made.requests).toEqual(['/0', '/1', '/2', '/3']);
  });

  test('a file that comes as fast as it can: at the pace of the clock, and no more than is needed is taken', async () => {
    let buffered = 0;
    const { address } = await bound((socket) => {
      socket.write(`${ICY}\r\n`);
      // Ten minutes of it, as fast as it is taken.
      let left = 10;
      const send = () => {
        while (left > 0 && socket.write(mp3)) left -= 1;
        buffered = socket.writableLength;
        if (left > 0) left -= 1;
      };
      socket.on('drain', send);
      send();
    });
    const stream = listen(address('/'));
    await isHeard(stream);
    const written = () => stream.sound('slin').writtenTo;
    // Between two looks at the clock another program may have its turn.
    const [sinceMs, from, fromMs] = [systemClock.now(), written(), systemClock.now()];
    await new Promise<void>((resolve) => systemClock.after(3000, resolve));
    const [toMs, to, untilMs] = [systemClock.now(), written(), systemClock.now()];
    expect(to - from).toBeGreaterThan((toMs - fromMs) * 8 - 80);
    expect(to - from).toBeLessThan((untilMs - sinceMs) * 8 + 80);
    // Twelve seconds at 64 kbit/s are 96 kB; what was received beyond them waits in a queue of 256 KiB and then at the sender.
    expect(stream.status().bytes).toBeLessThan(96_000 + 256 * 1024 + 64 * 1024 + 32_000);
    expect(buffered).toBeGreaterThan(0);
  });

  test('a station with user and password in its address', async () => {
    const { address } = await bound((socket, { text }) => {
      if (!text.includes(`Authorization: Basic ${Buffer.from('us er:p@ss').toString('base64')}\r\n`))
        socket.end('HTTP/1.0 401 No\r\n\r\n');
      else socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3]));
    });
    await isHeard(listen(address('/').replace('http://', 'http://us%20er:p%40ss@')));
  });
});

describe('Lost, with the reason, is', () => {
  test.each<readonly [string, Answer, string]>([
    [
      'a web page',
      (socket) => socket.end(`${HTTP}Content-Type: text/html\r\n\r\n<html>Hello</html>`),
      'sends "text/html", which is no stream',
    ],
    ['a page that is missing', (socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'), 'answers with HTTP 404'],
    ['no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'), 'does not answer in HTTP'],
    ['a head without end', (socket) => socket.write(`${HTTP}X: ${'y'.repeat(20_000)}`), 'a head that has no end'],
    ['who hangs up', (socket) => socket.destroy(), 'ended before it answered'],
    [
      'a circle of redirections',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n'),
      'redirects more than 3 times',
    ],
    [
      'a redirection to a file',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n'),
      'redirects to what is no web address',
    ],
    [
      'HLS',
      (socket) =>
        socket.end(`${HTTP}Content-Type: application/vnd.apple.mpegurl\r\n\r\n#EXTM3U\n#EXT-X-VERSION:3\nx.ts\n`),
      'is HLS',
    ],
    [
      'a playlist of itself',
      (socket) => socket.end(`${HTTP}Content-Type: audio/x-mpegurl\r\n\r\n/again\n`),
      'is a playlist of playlists',
    ],
    ['bytes of no kind', (socket) => socket.write(`HTTP/1.0 200 OK\r\n\r\nwhatever this is`), 'no sound that is known'],
    ['a stream that ends', (socket) => socket.end(`${ICY}\r\n`), 'the server ended it'],
  ])('%s', async (_what, answer, text) => {
    const stream = listen((await station(answer)).address('/'));
    await reason(stream, text);
    expect(stream.status()).toMatchObject({ isPlaying: false, title: null });
  });

  test('who does not answer', async () => {
    const stream = listen((await station(() => {})).address('/'));
    await reason(stream, 'does not answer within 5000 ms');
  });

  test('who falls silent on the line, after what was received has been played', async () => {
    // And says nothing to who asks again: what it sent then would be played without a pause.
    const { address } = await bound((socket, { number }) => {
      if (number === 1) socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3.subarray(0, 40_000)]));
    });
    const stream = listen(address('/'));
    await eventually('it plays', () => stream.status().isPlaying);
    await reason(stream, 'no data for 5000 ms');
    await eventually('it does not play', () => !stream.status().isPlaying);
  });

  test.each(['audio/mpeg', 'audio/aac'])('garbage that calls itself %s: nobody hears noise', async (type) => {
    const { address } = await bound((socket) => {
      socket.write(`${HTTP}Content-Type: ${type}\r\n\r\n`);
      const timer = setInterval(() => socket.write(randomBytes(8000)), 250);
      socket.on('close', () => clearInterval(timer));
    });
    const stream = listen(address('/'));
    await reason(stream, 'can not be decoded', 40_000);
    expect(stream.status().isPlaying).toBe(false);
    expect(stream.sound('slin').writtenTo).toBe(0);
  });
});

test('A station that sends at half the pace plays in stretches, never beyond what was sent', async () => {
  const { address } = await bound((socket) => {
    socket.write(`${ICY}\r\n`);
    let from = 0;
    // 64 kbit/s are 8000 bytes a second.
    const timer = setInterval(() => {
      socket.write(mp3.subarray(from, from + 800));
      from += 800;
    }, 200);
    socket.on('close', () => clearInterval(timer));
  });
  const stream = listen(address('/'));
  await eventually('it plays', () => stream.status().isPlaying, 20_000);
  await eventually('it has run dry', () => !stream.status().isPlaying, 20_000);
  expect(stream.sound('slin').writtenTo).toBeLessThanOrEqual(stream.status().bytes);
  expect(stream.status()).toMatchObject({ lastError: null, reconnects: 0 });
});

test('A stream that was lost is asked for again, later each time, and plays when it is back', async () => {
  const { address, requests } = await bound((socket, { number }) => {
    if (number < 4) socket.end('HTTP/1.0 503 Busy\r\n\r\n');
    else socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3]));
  });
  const stream = listen(address('/'));
  await isHeard(stream);
  expect(requests).toHaveLength(4);
  expect(stream.status()).toMatchObject({ isPlaying: true, reconnects: 3 });
});

test('A damage in the middle of a stream is passed over', async () => {
  const damaged = Buffer.from(mp3);
  damaged.fill(0x55, 30_000, 33_000);
  const { address } = await bound((socket) => socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), damaged])));
  const stream = listen(address('/'));
  await eventually('what lies behind it is released', () => stream.sound('slin').writtenTo > 6 * 8000, 20_000);
  const { share } = toneIn(stream.sound('slin'), 440);
  expect(share).toBeGreaterThan(0.98);
  expect(stream.status()).toMatchObject({ isPlaying: true, reconnects: 0 });
});

test('Silence of more than ten seconds does not play, though the station sends; sound plays again', async () => {
  const { address } = await bound((socket) =>
    socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), stillMp3.subarray(0, 8000 * 14), mp3])),
  );
  const stream = listen(address('/'));
  await eventually('it plays at first', () => stream.status().isPlaying);
  await eventually('it does not play', () => !stream.status().isPlaying, 20_000);
  expect(stream.status()).toMatchObject({ lastError: null, reconnects: 0 });
  expect(stream.sound('slin').writtenTo).toBeGreaterThan(9 * 8000);
  await eventually('it plays again', () => stream.status().isPlaying, 20_000);
  expect(stream.sound('slin').writtenTo).toBeGreaterThan(13 * 8000);
});

test('Closed, it leaves no listener behind, and can not be started again', async () => {
  const made = await bound((socket) => socket.write(Buffer.concat([Buffer.from(`${ICY}\r\n`), mp3])));
  const stream = listen(made.address('/'));
  await isHeard(stream);
  await stream.close();
  await eventually('nobody is connected', () => made.listeners() === 0);
  stream.start();
  expect(stream.status().isPlaying).toBe(false);
  expect(made.requests).toHaveLength(1);
});

test('An address that is none, and a format that was not asked for, are refused', () => {
  const options = { name: 'radio', formats: ['slin'] as const, clock: systemClock, random: () => 0, log: silentLog() };
  expect(() => createStream({ ...options, url: 'ftp://host/x' })).toThrow('The stream of radio has no web address');
  expect(() => createStream({ ...options, url: 'http://host/x' }).sound('ulaw')).toThrow('was not made for ulaw');
});

async function bound(answer: Answer) {
  const made = await station(answer);
  return { address: (path: string) => made.address(path), requests: made.requests, listeners: () => made.listeners };
}
