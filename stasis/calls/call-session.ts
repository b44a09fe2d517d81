import type { EntryPoint } from '../../src/core/entry-point.ts';
import type { QueueName } from '../../src/core/ids.ts';
import type { Target } from '../../src/core/ivr/flow-definition.ts';
import { isReserved } from '../../src/core/ivr/validate.ts';
import type { WayMark } from '../../src/core/ivr/way.ts';
import { isAppError } from '../../src/errors.ts';
import type { DialplanTarget } from '../../src/ports/pbx.ts';
import type { CallRoom } from './call-room.ts';
import { customerOfDialplan } from './dialplan-customer.ts';
import { isHangup } from './hangup-error.ts';
import { StandStill } from './hold/stand-still.ts';
import { type IvrMark, type IvrPlace, keepMark, readMark } from './ivr/ivr-mark.ts';
import { runIvr } from './ivr/ivr-stage.ts';
import { WayLog } from './ivr/way-log.ts';
import type { LiveCall } from './live-call.ts';
import { memberDesk } from './members/member-desk.ts';
import type { Memberships } from './members/memberships.ts';
import { type QueueExit, queueStage } from './queue/queue-stage.ts';
import { quietly } from './quietly.ts';
import { keepStay } from './recovery/stay-mark.ts';
import { dialExtension } from './talking/extension-dial.ts';

/** What a session works with beside the room. */
export interface SessionDeps {
  readonly room: CallRoom;
  readonly memberships: Memberships;
}

/** Q.850 38, network out of order: a fault of ours ended the call. */
const CAUSE_FAULT = 38;
const CAUSE_NORMAL_CLEARING = 16;
/** Ways in that callers take; the others are members'. */
const FOR_CALLERS: ReadonlySet<EntryPoint['type']> = new Set(['start', 'menu', 'queue', 'customer']);
export const isForCallers = (type: EntryPoint['type']) => FOR_CALLERS.has(type);
/** Ways from the IVR into a queue and back of one call. */
const ROUNDS_MAX = 100;

/**
 * One call, from its arrival to its end: the IVR asks, the queue serves, the dialplan goes on. Each stage says how it ended
 * and this says where that leads.
 */
export class CallSession {
  readonly call: LiveCall;
  readonly #deps: SessionDeps;
  readonly #way: WayLog;

  constructor(deps: SessionDeps, call: LiveCall) {
    this.#deps = deps;
    this.call = call;
    this.#way = new WayLog(deps.room, call);
  }

  /** Runs to the end of the call's stay with us; never rejects. */
  async run(story: () => Promise<void>): Promise<void> {
    const { call } = this;
    try {
      await story();
    } catch (error) {
      if (isHangup(error)) call.log.info({ cause: error.hangupCause }, 'Caller hung up');
      else if (error instanceof StandStill) call.standStill();
      else await this.#fail(error);
    } finally {
      call.release();
    }
  }

  /** The story of a call that has just arrived. */
  async begin(entry: EntryPoint): Promise<void> {
    const { room, memberships } = this.#deps;
    const { call } = this;
    if (isForCallers(entry.type)) {
      this.#way.arrived();
      this.#keepStay();
    }
    switch (entry.type) {
      case 'start':
        return await this.#ivr(room.settings.ivr.start);
      case 'menu':
        return await this.#ivr(entry.step);
      case 'queue':
        await customerOfDialplan(room, call);
        return await this.#enterQueueDirectly(entry.queue);
      case 'customer':
        call.customer = { id: entry.id, name: entry.name, code: null, fields: {} };
        return await this.#enterQueueDirectly(room.settings.defaultQueue);
      case 'login':
      case 'logout':
      case 'pause':
      case 'unpause':
        return await memberDesk(room, memberships, call, {
          action: entry.type,
          queue: entry.queue,
          reason: 'reason' in entry ? entry.reason : '',
          channelName: call.channelName,
        });
      case 'leg':
      case 'unknown':
        call.log.error({ args: entry }, 'The dialplan asked for something unknown: see docs/ivr.md');
        return await this.#toDialplan();
      default:
        return entry satisfies never;
    }
  }

  /**
   * The story of a call that a process which is gone had in the IVR: the question that was asked last is asked again, and who was known is known. A step that
   * is not configured any more leads to the beginning.
   */
  async goOnInIvr(mark: IvrMark, entry: EntryPoint): Promise<void> {
    const { settings } = this.#deps.room;
    this.call.customer = mark.customer;
    this.#keepStay();
    const isThere = mark.step !== null && Object.hasOwn(settings.ivr.steps, mark.step);
    if (isThere && mark.step !== null) return await this.#ivr(mark.step);
    await this.begin(entry);
  }

  async #ivr(start: Target): Promise<void> {
    const { room, memberships } = this.#deps;
    const keep = (place: IvrPlace) => {
      const mark = { ...place, afterEntry: this.call.phase.entryId };
      return quietly(this.call, 'keep-ivr', () => keepMark(room.pbx, this.call, { mark, args: this.call.args }));
    };
    const dial = (_call: unknown, request: { extension: string; ringTimeoutMs: number }) =>
      dialExtension(room, memberships, this.call, request);
    const passed = (mark: WayMark) => this.#way.passed(mark);
    this.#way.enteredIvr();
    let step: Target = start;
    let definition = room.settings.ivr;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const { signal: leaving, handover } = room.draining;
      const deps = { ...room, definition, dial, passed, keep, leaving, handover };
      this.#enterMenus();
      const exit = await runIvr(deps, this.call, step);
      if (exit.to === 'hangup') return await this.#hangUp(exit.causeCode);
      if (exit.to === 'dialplan') return await this.#leaveIvr(exit.target);
      const left = await queueStage(room, this.call, { queue: exit.queue, greeting: exit.prompt });
      if (this.#goesFromHere(left)) return await this.leaveQueue(left);
      await this.#tellDialplan(left);
      step = left.type === 'by-key' ? left.target : exit.afterwards;
      // The menus may have been changed while the caller waited; what leads to a step that is gone leads there all the same.
      if (Object.hasOwn(room.settings.ivr.steps, step)) definition = room.settings.ivr;
    }
    this.call.log.error({ step }, 'The IVR and a queue that lets nobody wait lead to each other without end');
    await this.#hangUp(CAUSE_FAULT);
  }

  /** The last place in a queue stays known: what is kept of the menus from here on is younger. */
  #enterMenus(): void {
    const { call } = this;
    const sinceMs = this.#deps.room.clock.now();
    call.phase = { name: 'ivr', queue: null, entryId: call.phase.entryId, extensions: [], sinceMs };
  }

  /** Out of the queue and not back into the menus. */
  #goesFromHere({ type }: QueueExit): boolean {
    return type === 'served' || type === 'to-extension' || (type === 'unserved' && this.#isDraining);
  }

  get #isDraining(): boolean {
    return this.#deps.room.draining.signal.aborted;
  }

  /** Who was sent out of the menus because the process is drained goes where the dialplan wants those who can't be served. */
  async #leaveIvr(target: DialplanTarget | undefined): Promise<void> {
    if (this.#isDraining) {
      const { pbx } = this.#deps.room;
      const set = () => pbx.setVariable(this.call.channelId, 'QUEUESTATUS', 'UNAVAILABLE');
      await quietly(this.call, 'set-variables', set);
    }
    await this.#toDialplan(target);
  }

  async #enterQueueDirectly(queue: QueueName): Promise<void> {
    await this.leaveQueue(await queueStage(this.#deps.room, this.call, { queue, greeting: [] }));
  }

  /**
   * Where a call goes when its time in a queue is over that another process has begun: what the menus have to say about it is kept on the
   * channel.
   */
  async leaveQueueOfBefore(exit: QueueExit): Promise<void> {
    const { channelId, args: appArguments } = this.call;
    const marks: (IvrMark | null)[] = [];
    const read = async () => marks.push(await readMark(this.#deps.room.pbx, { channelId, appArguments }));
    if (exit.type === 'unserved') await quietly(this.call, 'read-ivr', read);
    await this.leaveQueue(exit, marks[0]?.afterwards ?? null);
  }

  /** Where a call goes when its time in a queue is over; `afterwards` is what the menus say about who was not served. */
  async leaveQueue(exit: QueueExit, afterwards: Target | null = null): Promise<void> {
    await this.#tellDialplan(exit);
    const isSentBack = exit.type === 'unserved' && !this.#isDraining;
    if (isSentBack && afterwards !== null && this.#isTarget(afterwards)) return await this.#ivr(afterwards);
    if (exit.type === 'by-key') return await this.#ivr(exit.target);
    if (exit.type === 'to-extension') return await this.#toDialplan(exit.extension);
    if (exit.type === 'served' && exit.afterwards === 'hangup') return await this.#hangUp(CAUSE_NORMAL_CLEARING);
    await this.#toDialplan();
  }

  /** Not so when it has been taken out of the menus since. */
  #isTarget(target: Target): boolean {
    return isReserved(target) || Object.hasOwn(this.#deps.room.settings.ivr.steps, target);
  }

  /** Marks the channel as being in this stay. Nobody waits for it. */
  #keepStay(): void {
    const { call } = this;
    quietly(call, 'keep-stay', () => keepStay(this.#deps.room.pbx, call)).catch((error: unknown) =>
      call.log.error({ err: error }, 'Another process will not know this stay'),
    );
  }

  /** Sets what the dialplan may read (contracts.md). */
  async #tellDialplan(exit: QueueExit): Promise<void> {
    const { pbx } = this.#deps.room;
    const { channelId, customer } = this.call;
    const values = {
      QUEUESTATUS: exit.type === 'unserved' ? exit.status : 'CONTINUE',
      QUEUEWAIT: String(Math.round(exit.waitMs / 1000)),
      ...('info' in exit && exit.info ? { QUEUE_WITHDRAW_INFO: exit.info } : {}),
      ...(customer === null ? {} : { CUSTOMER_ID: customer.id, CUSTOMER_NAME: customer.name }),
    };
    const set: Promise<unknown>[] = Object.entries(values).map(([name, value]) =>
      pbx.setVariable(channelId, name, value),
    );
    if (this.call.isEndNoted) set.push(pbx.pauseEndNote(channelId, true));
    await quietly(this.call, 'set-variables', () => Promise.all(set));
  }

  async #hangUp(causeCode: number): Promise<void> {
    this.call.letGo();
    await this.#deps.room.pbx.hangup(this.call.channelId, causeCode);
  }

  async #toDialplan(target?: DialplanTarget): Promise<void> {
    this.call.letGo();
    const answer = await this.#deps.room.pbx.continueInDialplan(this.call.channelId, target);
    this.call.log.info({ target, answer }, 'Back to the dialplan');
  }

  /** A fault of ours or of the switch: the dialplan's fallback is better than silence. */
  async #fail(error: unknown): Promise<void> {
    const { call } = this;
    if (isAppError(error)) call.log.error({ err: error }, 'The call could not be carried on');
    else call.log.fatal({ err: error }, 'A fault of the application ended the call');
    if (call.isEndNoted) await quietly(call, 'pause-end', () => this.#deps.room.pbx.pauseEndNote(call.channelId, true));
    await quietly(call, 'fall-back', async () => {
      if ((await this.#deps.room.pbx.continueInDialplan(call.channelId)) === 'gone') {
        await this.#deps.room.pbx.hangup(call.channelId, CAUSE_FAULT);
      }
    });
  }
}
