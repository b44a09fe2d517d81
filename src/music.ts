import { createSoundLibrary, type FolderSoundLibrary } from '../stasis/media/library/sound-library.ts';
import { createStream, type LiveStream } from '../stasis/media/stream/live-stream.ts';
import type { Config } from './config/config.ts';
import { announcedNames } from './config/prompts.ts';
import type { MusicClassView } from './http/application-face.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './log.ts';

interface MusicDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Recordings, and the music classes with their files and streams. */
export interface Music {
  readonly library: FolderSoundLibrary;
  /** Begins to read folders and to listen to streams; who calls before that is done hears Asterisk's own music. */
  start(): void;
  close(): Promise<void>;
  classes(): readonly MusicClassView[];
}

export function buildMusic(
  { musicClasses, sounds, language, queues }: Config,
  { clock, random, log }: MusicDeps,
): Music {
  const library = createSoundLibrary({
    classes: musicClasses,
    sounds,
    defaultLanguage: language,
    asteriskNames: announcedNames(queues),
    clock,
    log: log.child({ room: 'sounds' }),
  });
  const streams = new Map<string, LiveStream>();
  for (const { name, stream: url } of musicClasses) {
    if (url === null) continue;
    const ownLog = log.child({ room: 'stream', musicClass: name });
    const stream = createStream({
      url,
      name,
      formats: sounds.formats,
      clock,
      random,
      log: ownLog,
      onTitle: (title) => ownLog.info({ title }, 'The stream plays'),
    });
    library.attachStream(name, (format) => stream.sound(format));
    streams.set(name, stream);
  }
  return {
    library,
    start() {
      library.start().then(
        () => log.debug('Recordings read'),
        (error: unknown) => log.error({ err: error }, 'The recordings could not be read'),
      );
      for (const stream of streams.values()) stream.start();
    },
    async close() {
      await Promise.all([library.close(), ...[...streams.values()].map((stream) => stream.close())]);
    },
    classes: () =>
      library.status().classes.map(({ name, tracks, advice, broken }) => ({
        name,
        tracks,
        advice: Object.values(advice).reduce((sum, count) => sum + count, 0),
        broken,
        stream: streamView(streams.get(name)),
      })),
  };
}

function streamView(stream: LiveStream | undefined): MusicClassView['stream'] {
  if (stream === undefined) return null;
  const { isPlaying, title, since, lastError } = stream.status();
  return { isPlaying, title, sinceMs: since, reason: isPlaying ? null : lastError };
}
