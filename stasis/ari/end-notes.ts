import { type ChannelId, isMediaChannel, isRecordingChannel } from '../../src/core/ids.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { sideBySide } from '../../src/lib/side-by-side.ts';
import type { ChannelEnd, CreateChannelRequest, PbxEvent, Presence } from '../../src/ports/pbx.ts';
import { isGone, isOk, json, presence } from './answers.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** Global of the dialplan that says which extension writes ends down (install/asterisk/extensions.conf). */
const HANDLER_VARIABLE = 'QUEUEAPP_ENDED';
/** And what it writes, with the channel's id behind: `EPOCH|HANGUPCAUSE`. */
const NOTE_PREFIX = 'QUEUEAPP_END_';
/** On a channel that is the dialplan's again: its end is not written down. */
const LEFT_VARIABLE = 'QUEUEAPP_LEFT';
const PUSH_HANDLER = 'CHANNEL(hangup_handler_push)';
/** `context,extension,priority`. */
const HANDLER = /^[\w.-]{1,80},[\w.*#+-]{1,80},\w{1,40}$/;
const NOTE = /^(\d{9,12})\|(\d{0,3})$/;
/** Asterisk tells us of the end before the handler has run, in the same thread: so much later the note is there, however busy the machine is. */
const FORGET_AFTER_MS = 5_000;
/** Notes that are due within this are removed together. */
const GATHERED_MS = 1_000;
/** Times that Asterisk may refuse to remove a note; without a connection it is tried for as long as the process lives. */
const REFUSALS_MAX = 3;
/** Notes to be removed; of more the oldest stay until Asterisk's restart. */
const FORGET_MAX = 10_000;
/** Requests that remove notes side by side: others must not wait for them. */
const REMOVED_AT_ONCE = 100;

interface EndNotesOptions {
  readonly request: Request;
  readonly clock: Clock;
  /** A note could not be removed. */
  readonly onLeft: (error: unknown, notes: number) => void;
}

/** A note that is to be removed. */
interface Forgotten {
  readonly dueAtMs: number;
  readonly refusals: number;
}

/**
 * What Asterisk's own dialplan writes down about the end of channels, in global variables: the only thing that is left of a hang-up in our absence. While
 * we are here ends come as events, and notes are removed some seconds later, all of one second in one write.
 */
export class EndNotes {
  readonly #options: EndNotesOptions;
  /** In the order in which they are due. */
  readonly #toForget = new Map<ChannelId, Forgotten>();
  #handler: string | null = null;
  #cancelForget: (() => void) | null = null;

  constructor(options: EndNotesOptions) {
    this.#options = options;
  }

  /** At each connection: whether this dialplan writes ends down. */
  async restore(request: Request): Promise<void> {
    const value = await readGlobal(request, HANDLER_VARIABLE);
    this.#handler = HANDLER.test(value) ? value : null;
  }

  /** For a leg that is made: its end is written down from its beginning on. */
  legVariables({ isEndNoted = false }: Pick<CreateChannelRequest, 'isEndNoted'>): Readonly<Record<string, string>> {
    return this.#handler === null || !isEndNoted ? {} : { [PUSH_HANDLER]: this.#handler };
  }

  async note(channelId: ChannelId): Promise<Presence> {
    return this.#handler === null ? 'done' : await this.#set(channelId, PUSH_HANDLER, this.#handler);
  }

  async pause(channelId: ChannelId, isPaused: boolean): Promise<Presence> {
    return this.#handler === null ? 'done' : await this.#set(channelId, LEFT_VARIABLE, isPaused ? 'yes' : '');
  }

  async endOf(channelId: ChannelId): Promise<ChannelEnd | null> {
    if (this.#handler === null) return null;
    const [, epoch, cause] = NOTE.exec(await readGlobal(this.#options.request, NOTE_PREFIX + channelId)) ?? [];
    if (epoch === undefined) return null;
    return { atMs: Number(epoch) * 1000, cause: { code: Number(cause), text: 'ended while nobody was connected' } };
  }

  observe(event: PbxEvent): void {
    if (event.type === 'stasis-end' || event.type === 'channel-destroyed') this.forget(event.channelId);
    // Back from the dialplan: what is written down from now on is wanted.
    if (event.type === 'stasis-start') this.#toForget.delete(event.channel.channelId);
  }

  /** The note is removed soon; what is told of the channel's end later puts that off. */
  forget(channelId: ChannelId): void {
    if (this.#handler === null || isMediaChannel(channelId) || isRecordingChannel(channelId)) return;
    this.#plan(channelId, 0);
    const [oldest] = this.#toForget.keys();
    if (this.#toForget.size > FORGET_MAX && oldest !== undefined) this.#toForget.delete(oldest);
  }

  /** What is planned is not done any more: the next process learns from the database what may be left. */
  close(): void {
    this.#toForget.clear();
    this.#rest();
  }

  #plan(channelId: ChannelId, refusals: number): void {
    this.#toForget.delete(channelId);
    this.#toForget.set(channelId, { dueAtMs: this.#options.clock.now() + FORGET_AFTER_MS, refusals });
    this.#wake();
  }

  #wake(): void {
    const { clock, onLeft } = this.#options;
    const [first] = this.#toForget.values();
    if (first === undefined || this.#cancelForget !== null) return;
    this.#cancelForget = clock.after(Math.max(0, first.dueAtMs - clock.now()), () => {
      this.#cancelForget = null;
      this.#removeNotes().catch((error: unknown) => onLeft(error, this.#toForget.size));
    });
  }

  #rest(): void {
    this.#cancelForget?.();
    this.#cancelForget = null;
  }

  async #removeNotes(): Promise<void> {
    const { clock, request, onLeft } = this.#options;
    const dueMs = clock.now() + GATHERED_MS;
    const due = [...this.#toForget].filter(([, { dueAtMs }]) => dueAtMs <= dueMs);
    // Planned anew before: what gets no answer is asked for again.
    for (const [channelId, { refusals }] of due) this.#plan(channelId, refusals);
    await sideBySide(due, REMOVED_AT_ONCE, async ([channelId, { refusals }]) => {
      const planned = this.#toForget.get(channelId);
      // Without a value the variable is not emptied, but gone.
      const address = withQuery('asterisk/variable', { variable: NOTE_PREFIX + channelId });
      const response = await request({ method: 'POST', address });
      // More has been told of its end meanwhile, or all is over.
      if (planned === undefined || this.#toForget.get(channelId) !== planned) return;
      this.#toForget.delete(channelId);
      if (isOk(response)) return;
      onLeft(`status ${response.status}`, 1);
      if (refusals + 1 < REFUSALS_MAX) this.#plan(channelId, refusals + 1);
    });
    if (this.#toForget.size === 0) this.#rest();
    else this.#wake();
  }

  async #set(channelId: ChannelId, variable: string, value: string): Promise<Presence> {
    const set: AriRequest = {
      method: 'POST',
      address: withQuery(uri`channels/${channelId}/variable`, { variable, value }),
    };
    return presence(set, await this.#options.request(set));
  }
}

/** '' when it is unset. */
async function readGlobal(request: Request, variable: string): Promise<string> {
  const read: AriRequest = { method: 'GET', address: withQuery('asterisk/variable', { variable }) };
  const response = await request(read);
  if (isGone(response)) return '';
  const body = json(read, response);
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : '';
  return typeof value === 'string' ? value : '';
}
