import type { Clock } from '../../../src/lib/clock.ts';
import { firstOfPlaylist, isHls, shownAddress, streamAddress } from './address.ts';
import { contentOf, type StreamCodec } from './content.ts';
import { HEAD_LIMIT_MS, openStream, type StreamHead, type StreamSocket } from './stream-socket.ts';

/** Redirections that are followed to one stream. */
const REDIRECTS_MAX = 3;
/** Longest playlist, bytes. */
const PLAYLIST_BYTES_MAX = 64 * 1024;
/** Bytes of sound between titles: servers use 8 or 16 thousand. */
const ICY_INTERVAL_MAX = 1024 * 1024;

/** A stream that has begun to answer. */
export interface Tuned {
  readonly socket: StreamSocket;
  /** `null`: the server does not say. */
  readonly codec: StreamCodec | null;
  /** Bytes of sound between titles; 0: no titles in between. */
  readonly icyInterval: number;
}

interface TuneOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Opens a stream: follows redirections and one playlist. Rejects with an Error whose message names the address and the reason. */
export async function tune(first: URL, options: TuneOptions): Promise<Tuned> {
  let url = first;
  let playlists = 0;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; ) {
    const { head, socket } = await opened(url, options);
    const kind = kindOf(head);
    if (kind === 'stream') return tuned(url, head, socket);
    if (kind === 'playlist' && playlists > 0) {
      socket.close();
      throw new Error(`${shownAddress(first)} is a playlist of playlists`);
    }
    try {
      url = await nextAddress(url, { head, socket, kind, options });
    } finally {
      socket.close();
    }
    if (kind === 'playlist') playlists += 1;
    else redirects += 1;
  }
  throw new Error(`${shownAddress(first)} redirects more than ${REDIRECTS_MAX} times`);
}

type Kind = 'stream' | 'playlist' | 'redirection' | 'refusal';

function kindOf(head: StreamHead): Kind {
  const { status, headers } = head;
  if (status >= 300 && status < 400 && headers.has('location')) return 'redirection';
  if (status !== 200) return 'refusal';
  return contentOf(typeOf(head)) === 'playlist' ? 'playlist' : 'stream';
}

interface Answer {
  readonly head: StreamHead;
  readonly socket: StreamSocket;
  readonly kind: Kind;
  readonly options: TuneOptions;
}

function nextAddress(url: URL, { head, socket, kind, options }: Answer): Promise<URL> | URL {
  if (kind === 'redirection') return location(url, head);
  if (kind === 'playlist') return listed(url, socket, options);
  throw new Error(`${shownAddress(url)} answers with HTTP ${head.status}`);
}

async function opened(url: URL, options: TuneOptions): ReturnType<typeof openStream> {
  try {
    return await openStream(url, options);
  } catch (error) {
    throw new Error(`${shownAddress(url)} ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function tuned(url: URL, head: StreamHead, socket: StreamSocket): Tuned {
  const content = contentOf(typeOf(head));
  const interval = Number(head.headers.get('icy-metaint') ?? 0);
  const fault =
    content === 'other' || content === 'playlist'
      ? `sends ${JSON.stringify(typeOf(head).slice(0, 80))}, which is no stream`
      : head.headers.has('transfer-encoding')
        ? 'sends in pieces, which HTTP/1.0 does not have'
        : !Number.isInteger(interval) || interval < 0 || interval > ICY_INTERVAL_MAX
          ? 'announces titles at no proper distance'
          : null;
  if (fault === null)
    return { socket, codec: content === 'unknown' ? null : (content as StreamCodec), icyInterval: interval };
  socket.close();
  throw new Error(`${shownAddress(url)} ${fault}`);
}

function location(url: URL, head: StreamHead): URL {
  const next = streamAddress(head.headers.get('location') ?? '', url);
  if (next === null) throw new Error(`${shownAddress(url)} redirects to what is no web address`);
  return next;
}

async function listed(url: URL, socket: StreamSocket, options: TuneOptions): Promise<URL> {
  const text = await wholeText(socket, options);
  if (isHls(text))
    throw new Error(
      `${shownAddress(url)} is HLS, which is not supported; give the address of an Icecast or Shoutcast stream`,
    );
  const next = firstOfPlaylist(text, url);
  if (next === null) throw new Error(`${shownAddress(url)} is a playlist without a stream`);
  return next;
}

/** What a short answer holds until it ends, the time is over, or it is too long. */
function wholeText(socket: StreamSocket, { clock, signal }: TuneOptions): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve(Buffer.concat(pieces).subarray(0, PLAYLIST_BYTES_MAX).toString('utf8'));
    };
    const cancel = clock.after(HEAD_LIMIT_MS, finish);
    signal.addEventListener('abort', finish, { once: true });
    socket.listen({
      onBytes: (bytes) => {
        pieces.push(bytes);
        length += bytes.length;
        if (length >= PLAYLIST_BYTES_MAX) finish();
      },
      onEnd: finish,
    });
  });
}

function typeOf({ headers }: StreamHead): string {
  return headers.get('content-type') ?? '';
}
