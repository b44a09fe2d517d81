import { randomUUID } from 'node:crypto';
import { readEntryPoint } from '../../src/core/entry-point.ts';
import { type CallId, type ChannelId, callId, isMediaChannel, isRecordingChannel } from '../../src/core/ids.ts';
import type { Logger } from '../../src/log.ts';
import type { ChannelSnapshot } from '../../src/ports/pbx.ts';
import { CallSession, isForCallers, type SessionDeps } from './call-session.ts';
import { startPlaying } from './hold/playing.ts';
import { StandStill } from './hold/stand-still.ts';
import { LiveCall } from './live-call.ts';
import { quietly } from './quietly.ts';

/** Channels that were let go, and may come back; of more, the oldest are taken for new ones then. */
const LET_GO_MAX = 10_000;

/** Every call that is with us now: takes arrivals in, knows who is here, and waits for the last one to go. */
export class Calls {
  readonly #deps: SessionDeps;
  readonly #sessions = new Map<ChannelId, CallSession>();
  readonly #running = new Set<Promise<void>>();
  /** Of these the switch keeps the end as soon as it is told to go on with that. */
  readonly #letGo = new Set<ChannelId>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(channelId: ChannelId): boolean {
    return this.#sessions.has(channelId);
  }

  list(): readonly LiveCall[] {
    return [...this.#sessions.values()].map((session) => session.call);
  }

  /** A channel has entered Stasis, or was found there: begins its story. Legs of ours explain themselves and are no calls. */
  arrive(channel: ChannelSnapshot, args: readonly string[]): void {
    const entry = readEntryPoint(args);
    const known = this.#sessions.get(channel.channelId);
    if (entry.type === 'leg' || known?.call.hasLeft === false) return;
    // What carries a caller's programme, and what listens for a recording, comes into the application, too.
    if (isMediaChannel(channel.channelId) || isRecordingChannel(channel.channelId)) return;
    const { room } = this.#deps;
    const isFull = this.size >= room.settings.callsMax;
    const session = this.#session(channel, { args });
    const { call } = session;
    call.log.info({ entry: entry.type, calls: this.size, pii: { caller: call.caller } }, 'Call arrived');
    this.#run(session, async () => {
      if (room.draining.handover.aborted) throw new StandStill();
      if (room.draining.signal.aborted && isForCallers(entry.type)) return await this.#sendBack(call);
      if (isFull || room.stopping.aborted) return await this.#refuse(call);
      if (call.channelName.startsWith('Local/')) await quietly(call, 'know-caller', () => this.#knowCaller(call));
      await session.begin(entry);
    });
  }

  /**
   * A channel has taken another one's place: at a transfer, or when a call was picked up. Whoever talked with it has taken it in already.
   * A call that waited or was in a menu begins anew where it began: in its place somebody else listens now.
   */
  standIn(channel: ChannelSnapshot, replaces: ChannelId): void {
    const { room } = this.#deps;
    if (room.router.isListenedTo(channel.channelId)) return;
    const replaced = this.#sessions.get(replaces)?.call;
    if (replaced === undefined) {
      room.log.warn({ channelId: channel.channelId, replaces }, 'A channel stands in for one that nobody knows');
    } else {
      this.arrive(channel, channel.appArguments.length > 0 ? channel.appArguments : replaced.args);
    }
  }

  /** Goes on with a call that a process which is gone has begun. */
  adopt(channel: ChannelSnapshot, known: CallId, story: (session: CallSession) => Promise<void>): void {
    if (this.has(channel.channelId)) return;
    const session = this.#session(channel, { args: channel.appArguments, known });
    session.call.log.info('Call adopted');
    this.#run(session, () => story(session));
  }

  /** Settles when no call is left. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** A transferred call that comes back comes on a channel of Asterisk's own: the person is known from the call that it belongs to. */
  async #knowCaller(call: LiveCall): Promise<void> {
    const linkedId = await this.#deps.room.pbx.getVariable(call.channelId, 'CHANNEL(linkedid)');
    const origin = this.list().find((each) => each.uniqueId === linkedId && each !== call);
    if (origin === undefined) return;
    call.caller = origin.caller;
    call.customer = origin.customer;
    call.language = origin.language;
    call.log.info({ from: origin.callId, pii: { caller: call.caller } }, 'Belongs to a call that was transferred');
  }

  #session(channel: ChannelSnapshot, { args, known }: { args: readonly string[]; known?: CallId }): CallSession {
    const { room } = this.#deps;
    const id = known ?? callId(randomUUID());
    const log: Logger = room.log.child({ callId: id, channelId: channel.channelId });
    const call = new LiveCall({
      callId: id,
      channel,
      args,
      router: room.router,
      log,
      language: room.settings.language,
      startedAtMs: room.clock.now(),
    });
    call.isEndNoted = this.#letGo.delete(channel.channelId);
    const session = new CallSession(this.#deps, call);
    this.#sessions.set(channel.channelId, session);
    return session;
  }

  #run(session: CallSession, story: () => Promise<void>): void {
    const { channelId } = session.call;
    const running = session.run(story).finally(() => {
      if (this.#sessions.get(channelId) === session) this.#sessions.delete(channelId);
      if (session.call.isEndNoted && !session.call.signal.aborted) this.#keepLetGo(channelId);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  #keepLetGo(channelId: ChannelId): void {
    const [oldest] = this.#letGo;
    if (this.#letGo.size >= LET_GO_MAX && oldest !== undefined) this.#letGo.delete(oldest);
    this.#letGo.add(channelId);
  }

  /** Drained: the dialplan has what is to be done then. */
  async #sendBack(call: LiveCall): Promise<void> {
    const { pbx } = this.#deps.room;
    call.log.info('Draining: back to the dialplan');
    await quietly(call, 'set-variables', () => pbx.setVariable(call.channelId, 'QUEUESTATUS', 'UNAVAILABLE'));
    call.letGo();
    await pbx.continueInDialplan(call.channelId);
  }

  /** Too many calls, or none any more: says so politely, then the dialplan goes on. */
  async #refuse(call: LiveCall): Promise<void> {
    const { room } = this.#deps;
    call.log.warn({ callsMax: room.settings.callsMax, isStopping: room.stopping.aborted }, 'Call refused');
    if (room.settings.busyPrompt.length > 0 && !room.stopping.aborted) {
      await room.pbx.answer(call.channelId);
      await startPlaying(room, call, room.settings.busyPrompt).finished;
    }
    await quietly(call, 'set-variables', () => room.pbx.setVariable(call.channelId, 'QUEUESTATUS', 'FULL'));
    call.letGo();
    await room.pbx.continueInDialplan(call.channelId);
  }
}
