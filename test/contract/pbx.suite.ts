import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BridgeId, bridgeId, type ChannelId, channelId, type PlaybackId, playbackId } from '../../src/core/ids.ts';
import type { Pbx, PbxEvent } from '../../src/ports/pbx.ts';
import { isLike, story } from './pbx.events.ts';

/** A person at the other end of a call into the application. */
export interface HarnessCaller {
  press(digits: string): Promise<void>;
  hangUp(): Promise<void>;
}

/** The phone of extension 1000, or a second one of the same extension. */
export interface HarnessPhone {
  /** What the phone shows of the newest call to it. */
  shown(): { readonly number: string; readonly name: string } | undefined;
  /** Somebody lifts the receiver of a phone that `rings`. */
  pickUp(): Promise<void>;
  hangUp(): Promise<void>;
  /** Sends its partner to an extension (REFER). */
  transfer(extension: string): Promise<void>;
  /** Dials an extension that answers at once, and joins its partner with that (REFER with Replaces). */
  transferAfterAsking(extension: string): Promise<void>;
  /** Its call is over, as the phone sees it. */
  isIdle(): boolean;
}

export type HarnessBehaviour = 'answers' | 'rings' | 'is-busy' | 'declines';

/** What the suite needs of a switch beside the port. */
export interface PbxHarness {
  readonly pbx: Pbx;
  /** Waits until the condition holds; the fake's clock passes meanwhile. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets this much time of the switch pass. */
  pass(ms: number): Promise<void>;
  /** Dials 0001, where the dialplan says `Stasis(queueapp,queue,support)`. */
  call(from: { readonly number: string; readonly name: string }): Promise<HarnessCaller>;
  /** Registers a phone of extension 1000. */
  plugIn(behaviour: HarnessBehaviour): Promise<HarnessPhone>;
  /** Waits until the switch has taken down every channel: it tells of an end a little before. */
  untilNobodyIsLeft(): Promise<void>;
  /** What the switch's clock shows. */
  now(): number;
  loseConnection(): Promise<void>;
  regainConnection(): Promise<void>;
  /** Another process connects under the application's name. */
  replace(): Promise<void>;
  /** After each test: no call, phone, bridge is left. */
  tidyUp(): Promise<void>;
  dispose(): Promise<void>;
}

/** Media that last as the suite expects, on the real switch and on the fake: a second or less, for ever, not there. */
export const MEDIA = { short: 'sound:beep', endless: 'tone:ring', missing: 'sound:queueapp/no-such-file' };

export interface PbxTraits {
  /** That a phone refused is told by the hang-up request alone at times, and the end says "normal clearing". @default false */
  readonly forgetsRefusals?: boolean;
}

/** Everything that the story takes for granted about a switch. */
export function describePbx(
  name: string,
  create: () => Promise<PbxHarness>,
  { forgetsRefusals = false }: PbxTraits = {},
): void {
  describe(`pbx: ${name}`, () => {
    let harness: PbxHarness;
    let pbx: Pbx;
    const events: PbxEvent[] = [];

    const newPlayback = (): PlaybackId => playbackId(`play-${randomUUID()}`);
    const newLeg = (): ChannelId => channelId(`leg-${randomUUID()}`);
    const newBridge = (): BridgeId => bridgeId(`bridge-${randomUUID()}`);
    const seen = (match: Partial<PbxEvent>) => events.filter((event) => isLike(event, match));
    const until = (match: Partial<PbxEvent>) =>
      harness.until(() => seen(match).length > 0, `${JSON.stringify(match)}, seen: ${story(events)}`);
    // Asterisk 16.28 answers a little before it has set a variable.
    const valueSoon = async (id: ChannelId, name: string, tries = 400): Promise<string | undefined> => {
      const value = await pbx.getVariable(id, name);
      if (value !== undefined || tries === 0) return value;
      await harness.pass(25);
      return await valueSoon(id, name, tries - 1);
    };
    const forgottenSoon = async (ids: readonly ChannelId[], tries = 200): Promise<void> => {
      const ends = await Promise.all(ids.map((each) => pbx.endOf(each)));
      if (ends.every((end) => end === null)) return;
      if (tries === 0) throw new Error(`Still noted: ${JSON.stringify(ends)}`);
      await harness.pass(100);
      await forgottenSoon(ids, tries - 1);
    };
    const finished = (id: PlaybackId) => seen({ type: 'playback-finished', playbackId: id });

    async function incoming(): Promise<{ caller: HarnessCaller; id: ChannelId }> {
      const from = events.length;
      const caller = await harness.call({ number: '5550100', name: 'Alice' });
      // No leg of a test before, which may be told late.
      const start = () =>
        events.slice(from).find((event) => event.type === 'stasis-start' && event.args[0] === 'queue');
      await harness.until(() => start() !== undefined, 'the call in the application');
      const event = start();
      if (event?.type !== 'stasis-start') throw new Error('No call came in');
      return { caller, id: event.channel.channelId };
    }

    async function answered(): Promise<{ caller: HarnessCaller; id: ChannelId }> {
      const call = await incoming();
      expect(await pbx.answer(call.id)).toBe('done');
      await until({ type: 'channel-state', channelId: call.id, state: 'Up' });
      return call;
    }

    /** Rings every contact of 1000 as the distributor does. */
    async function ring(callerId: ChannelId, timeoutMs = 20_000): Promise<readonly ChannelId[]> {
      const contacts = await pbx.contacts('PJSIP/1000', callerId);
      const legs: ChannelId[] = [];
      for (const endpoint of contacts) {
        const leg = newLeg();
        legs.push(leg);
        const shown = { number: '5550100', name: 'Support: Company 1' };
        expect(
          await pbx.createChannel({
            channelId: leg,
            endpoint,
            appArgs: ['member', 'attempt-1'],
            originator: callerId,
            callerId: shown,
            isEndNoted: true,
          }),
        ).toBe('done');
        expect(await pbx.dial(leg, { timeoutMs })).toBe('done');
      }
      return legs;
    }

    const only = (legs: readonly ChannelId[]): ChannelId => {
      const [leg, ...others] = legs;
      if (leg === undefined || others.length > 0) throw new Error(`Not one leg but ${legs.length}`);
      return leg;
    };

    // An older Asterisk is fetched at its first use, which takes a minute.
    beforeAll(async () => {
      harness = await create();
      pbx = harness.pbx;
      pbx.subscribe((event) => events.push(event));
    }, 600_000);

    beforeEach(() => {
      events.length = 0;
    });

    afterEach(() => harness.tidyUp());

    afterAll(() => harness.dispose());

    it('tells of a call with its arguments, who calls and where the dialplan stands', async () => {
      const { caller, id } = await incoming();
      const [start] = seen({ type: 'stasis-start', channel: { channelId: id } } as Partial<PbxEvent>);
      expect(start).toMatchObject({
        args: ['queue', 'support'],
        channel: {
          caller: { number: '5550100', name: 'Alice' },
          state: 'Ring',
          language: 'en',
          dialplan: { extension: '0001', priority: 1 },
          appArguments: ['queue', 'support'],
        },
      });
      await caller.hangUp();
    });

    it('answers, hears digits in order and tells of the caller who hangs up', async () => {
      const { caller, id } = await answered();
      await caller.press('1#*0');
      const digits = () => seen({ type: 'dtmf', channelId: id }).map((event) => event.type === 'dtmf' && event.digit);
      await harness.until(() => digits().length === 4, 'four digits');
      expect(digits().join('')).toBe('1#*0');
      await caller.hangUp();
      await until({ type: 'stasis-end', channelId: id });
      expect(seen({ type: 'hangup-request', channelId: id })).toHaveLength(1);
      expect(seen({ type: 'stasis-end', channelId: id })).toHaveLength(1);
    });

    it('says gone to every request about a channel that has vanished', async () => {
      const { caller, id } = await answered();
      const bridge = newBridge();
      await pbx.createBridge(bridge, 'test');
      await caller.hangUp();
      await until({ type: 'stasis-end', channelId: id });
      expect(await pbx.answer(id)).toBe('gone');
      await harness.untilNobodyIsLeft();
      expect(await pbx.hangup(id)).toBe('gone');
      expect(await pbx.continueInDialplan(id)).toBe('gone');
      expect(await pbx.play({ channelId: id, playbackId: newPlayback(), media: [MEDIA.short] })).toBe('gone');
      expect(await pbx.startMusic(id, 'default')).toBe('gone');
      expect(await pbx.stopMusic(id)).toBe('gone');
      expect(await pbx.setVariable(id, 'A', '1')).toBe('gone');
      expect(await pbx.getVariable(id, 'A')).toBeUndefined();
      expect(await pbx.contacts('PJSIP/1000', id)).toEqual([]);
      expect(await pbx.dial(id, { timeoutMs: 1000 })).toBe('gone');
      expect(await pbx.addToBridge(bridge, [id])).toBe('gone');
      expect(await pbx.removeFromBridge(bridge, id)).toBe('gone');
      expect(await pbx.destroyBridge(bridge)).toBe('done');
      expect(await pbx.destroyBridge(bridge)).toBe('gone');
      expect(await pbx.addToBridge(bridge, [id])).toBe('gone');
      expect(await pbx.stopPlayback(newPlayback())).toBe('gone');
    });

    it('knows a bridge that nobody has entered, and one that all have left: a process that dies leaves such', async () => {
      const [empty, left] = [newBridge(), newBridge()];
      const { caller, id } = await answered();
      await pbx.createBridge(empty, 'empty');
      await pbx.createBridge(left, 'left');
      expect(await pbx.addToBridge(left, [id])).toBe('done');
      await caller.hangUp();
      await until({ type: 'stasis-end', channelId: id });
      const { bridges } = await pbx.snapshot();
      for (const bridgeId of [empty, left]) expect(bridges).toContainEqual({ bridgeId, channelIds: [] });
      for (const bridgeId of [empty, left]) expect(await pbx.destroyBridge(bridgeId)).toBe('done');
    });

    it('plays a list to its end and tells so once', async () => {
      const { id } = await answered();
      const play = newPlayback();
      expect(await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.short, MEDIA.short] })).toBe('done');
      await harness.until(() => finished(play).length > 0, 'the end of the playback');
      expect(finished(play)).toMatchObject([{ outcome: 'done' }]);
      expect(await pbx.stopPlayback(play)).toBe('gone');
      await harness.pass(300);
      expect(finished(play)).toHaveLength(1);
    });

    it('stops a list as a whole, not only to its next medium', async () => {
      const { id } = await answered();
      const play = newPlayback();
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless, MEDIA.endless, MEDIA.endless] });
      await harness.pass(200);
      expect(finished(play)).toHaveLength(0);
      expect(await pbx.stopPlayback(play)).toBe('done');
      await harness.until(() => finished(play).length > 0, 'the end of the playback');
      await harness.pass(300);
      expect(finished(play)).toMatchObject([{ outcome: 'done' }]);
    });

    it('fails a medium that is not there, after playing the others', async () => {
      const { id } = await answered();
      const play = newPlayback();
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.missing, MEDIA.short] });
      await harness.until(() => finished(play).length > 0, 'the end of the playback');
      expect(finished(play)).toMatchObject([{ outcome: 'failed' }]);
    });

    it('ends what plays, once, before it tells that the caller has hung up', async () => {
      const { caller, id } = await answered();
      const play = newPlayback();
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless, MEDIA.short] });
      await harness.pass(100);
      await caller.hangUp();
      await until({ type: 'stasis-end', channelId: id });
      expect(finished(play)).toMatchObject([{ outcome: 'failed' }]);
      // Of this call: the end of the test's before may be told now.
      const own = [
        { type: 'playback-finished', playbackId: play } as const,
        { type: 'stasis-end', channelId: id } as const,
      ];
      const order = events.filter((event) => own.some((match) => isLike(event, match)));
      expect(order.map(({ type }) => type)).toEqual(['playback-finished', 'stasis-end']);
    });

    it('is not blocked by a request that has to wait for the end of a playback', async () => {
      const { id } = await answered();
      const play = newPlayback();
      // It ends when the other request has been answered, however late that is.
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless] });
      const set = pbx.setVariable(id, 'CUSTOMER_ID', '1');
      expect(await pbx.getVariable(id, 'CHANNEL(language)')).toBe('en');
      expect(finished(play)).toHaveLength(0);
      expect(await pbx.stopPlayback(play)).toBe('done');
      await harness.until(() => finished(play).length > 0, 'the end of the playback');
      expect(await set).toBe('done');
      expect(await valueSoon(id, 'CUSTOMER_ID')).toBe('1');
    });

    it('plays music and stops it', async () => {
      const { id } = await answered();
      expect(await pbx.startMusic(id, 'default')).toBe('done');
      expect(await pbx.stopMusic(id)).toBe('done');
    });

    it('keeps variables as they are given, whatever is in them', async () => {
      const { id } = await answered();
      const value = 'a&b=c?d#e/f%20+"<>\' é 日本';
      expect(await pbx.setVariable(id, 'CUSTOMER_NAME', value)).toBe('done');
      expect(await valueSoon(id, 'CUSTOMER_NAME')).toBe(value);
      expect(await pbx.getVariable(id, 'NEVER_SET')).toBeUndefined();
    });

    it('reads several variables at once, whatever is in them, and evaluates nothing of it', async () => {
      const { id } = await answered();
      const values = {
        EMPTY: '',
        NUMBER: '1',
        BRACKETS: 'a)b:1:2}]',
        NESTED: `\${NUMBER}|\${EVAL(1)}|\${\${NUMBER}}|$[1 + 1]`,
        TRAP: `\${SET(EVALUATED=yes)}`,
        QUOTED: '"\\,\\\\&=;\'\\"é 日本',
        LINES: 'one\r\ntwo\ttabbed\n',
        LONG: `\${NUMBER}${'x'.repeat(3_000)}`,
        LAST: '$',
      };
      for (const [name, value] of Object.entries(values)) expect(await pbx.setVariable(id, name, value)).toBe('done');
      expect(await valueSoon(id, 'LAST')).toBe('$');
      const names = [...Object.keys(values), 'NEVER_SET', 'NUMBER'];
      expect(await pbx.getVariables(id, names)).toEqual([...Object.values(values), '', '1']);
      expect(await pbx.getVariable(id, 'EVALUATED')).toBeUndefined();
      expect(await pbx.getVariables(newLeg(), names)).toEqual(names.map(() => ''));
    });

    it('finds no contact of a phone that is not registered or not known, and refuses to create a leg to it', async () => {
      const { id } = await answered();
      expect(await pbx.contacts('PJSIP/2000', id)).toEqual([]);
      expect(await pbx.contacts('PJSIP/nobody', id)).toEqual([]);
      const leg = { channelId: newLeg(), appArgs: ['member'], originator: id, callerId: { number: '1', name: 'x' } };
      expect(await pbx.createChannel({ ...leg, endpoint: 'PJSIP/2000' })).toBe('refused');
      expect(await pbx.createChannel({ ...leg, endpoint: 'PJSIP/nobody' })).toBe('refused');
    });

    it('rings a phone that shows the caller, connects it, and tells when it hangs up', async () => {
      const phone = await harness.plugIn('answers');
      const { id } = await answered();
      const leg = only(await ring(id));
      await until({ type: 'dial', channelId: leg, status: 'ANSWER' });
      expect(seen({ type: 'stasis-start', args: ['member', 'attempt-1'] })).toHaveLength(1);
      expect(
        seen({ type: 'channel-state', channelId: leg }).map((event) => event.type === 'channel-state' && event.state),
      ).toEqual(['Ringing', 'Up']);
      expect(phone.shown()).toEqual({ number: '5550100', name: 'Support: Company 1' });
      const bridge = newBridge();
      await pbx.createBridge(bridge, 'call');
      expect(await pbx.addToBridge(bridge, [id, leg])).toBe('done');
      await until({ type: 'bridge-entered', bridgeId: bridge, channelId: id });
      await until({ type: 'bridge-entered', bridgeId: bridge, channelId: leg });
      const { channels, bridges } = await pbx.snapshot();
      expect(channels.map(({ channelId }) => channelId).sort()).toEqual([id, leg].sort());
      expect(channels.find(({ channelId }) => channelId === leg)).toMatchObject({
        state: 'Up',
        appArguments: ['member', 'attempt-1'],
      });
      expect(bridges.find(({ bridgeId }) => bridgeId === bridge)?.channelIds.toSorted()).toEqual([id, leg].sort());
      await phone.hangUp();
      await until({ type: 'channel-destroyed', channelId: leg });
      expect(seen({ type: 'bridge-left', bridgeId: bridge, channelId: leg })).toHaveLength(1);
      expect(seen({ type: 'channel-destroyed', channelId: id })).toHaveLength(0);
      expect(await pbx.removeFromBridge(bridge, id)).toBe('done');
      expect(await pbx.removeFromBridge(bridge, id)).toBe('gone');
      expect(await pbx.destroyBridge(bridge)).toBe('done');
    });

    /** A caller and extension 1000 in a bridge. */
    async function conversation() {
      const phone = await harness.plugIn('answers');
      const { id, caller } = await answered();
      const leg = only(await ring(id));
      await until({ type: 'dial', channelId: leg, status: 'ANSWER' });
      const bridge = newBridge();
      await pbx.createBridge(bridge, 'call');
      await pbx.addToBridge(bridge, [id, leg]);
      await until({ type: 'bridge-entered', bridgeId: bridge, channelId: leg });
      await harness.pass(300);
      return { phone, caller, id, leg, bridge };
    }

    /** What has taken the place of a channel, with everything that the story takes for granted about it. */
    async function standInFor(leg: ChannelId, { bridge, id }: { bridge: BridgeId; id: ChannelId }) {
      await until({ type: 'stasis-start', replaces: leg });
      const [start] = seen({ type: 'stasis-start', replaces: leg });
      if (start?.type !== 'stasis-start') throw new Error(`Nobody stands in for ${leg}: ${story(events)}`);
      const standIn = start.channel.channelId;
      expect(start.args).toEqual([]);
      expect(start.channel.name).toMatch(/^Local\/.*;[12]$/);
      await until({ type: 'bridge-entered', bridgeId: bridge, channelId: standIn });
      await until({ type: 'stasis-end', channelId: leg });
      const order = events.filter((event) => event === start || isLike(event, { type: 'bridge-left', channelId: leg }));
      expect(order.map(({ type }) => type)).toEqual(['stasis-start', 'bridge-left']);
      const { bridges } = await pbx.snapshot();
      expect(bridges.find(({ bridgeId }) => bridgeId === bridge)?.channelIds.toSorted()).toEqual([id, standIn].sort());
      return { standIn, channel: start.channel };
    }

    it('tells where a phone has sent its partner, and who stands in for it in the bridge', async () => {
      const { phone, id, leg, bridge } = await conversation();
      await phone.transfer('9001');
      await until({ type: 'blind-transfer', channelId: leg });
      expect(seen({ type: 'blind-transfer' })).toEqual([
        { type: 'blind-transfer', channelId: leg, extension: '9001', context: 'phones' },
      ]);
      const { standIn, channel } = await standInFor(leg, { bridge, id });
      expect(channel.dialplan).toMatchObject({ context: 'phones', extension: '9001' });
      await until({ type: 'channel-state', channelId: standIn, state: 'Up' });
      expect(await pbx.hangup(standIn)).toBe('done');
      await until({ type: 'stasis-end', channelId: standIn });
      expect(seen({ type: 'stasis-end', channelId: id })).toHaveLength(0);
    });

    it('tells of a phone that has joined its two calls', async () => {
      const { phone, caller, id, leg, bridge } = await conversation();
      await phone.transferAfterAsking('9001');
      await until({ type: 'attended-transfer' });
      expect(seen({ type: 'attended-transfer' })).toEqual([
        {
          type: 'attended-transfer',
          firstLeg: { channelId: leg, meets: null },
          secondLeg: { channelId: expect.any(String), meets: expect.any(String) },
          dialled: '9001',
          target: { type: 'APP', application: 'Echo' },
        },
      ]);
      const { standIn } = await standInFor(leg, { bridge, id });
      await caller.hangUp();
      await until({ type: 'stasis-end', channelId: id });
      await pbx.hangup(standIn);
    });

    it('silences a channel that is bridged while something plays', async () => {
      const { id } = await answered();
      const play = newPlayback();
      const bridge = newBridge();
      await pbx.createBridge(bridge, 'call');
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless] });
      expect(await pbx.addToBridge(bridge, [id])).toBe('done');
      expect(finished(play)).toMatchObject([{ outcome: 'done' }]);
      expect(await pbx.destroyBridge(bridge)).toBe('done');
    });

    it.each([
      ['is-busy', 17],
      ['declines', 21],
    ] as const)('tells by the cause that a phone %s', async (behaviour, code) => {
      await harness.plugIn(behaviour);
      const { id } = await answered();
      const leg = only(await ring(id));
      await until({ type: 'channel-destroyed', channelId: leg });
      const codes = events.flatMap((event) =>
        'channelId' in event && event.channelId === leg && 'cause' in event ? [event.cause.code] : [],
      );
      expect(codes).toEqual([code, forgetsRefusals && codes[1] === 16 ? 16 : code]);
      expect(seen({ type: 'dial', channelId: leg, status: 'ANSWER' })).toHaveLength(0);
      expect(await pbx.hangup(leg)).toBe('gone');
    });

    it('ends a leg that nobody answers in time with cause 19, or 16 (Asterisk 16.28)', async () => {
      await harness.plugIn('rings');
      const { id } = await answered();
      // Long enough for a phone of a machine that stands still for a while, too.
      const leg = only(await ring(id, 5_000));
      await until({ type: 'channel-state', channelId: leg, state: 'Ringing' });
      await until({ type: 'channel-destroyed', channelId: leg });
      expect(seen({ type: 'channel-destroyed', channelId: leg })).toHaveLength(1);
      const code = seen({ type: 'channel-destroyed', channelId: leg }).map(
        (event) => 'cause' in event && event.cause.code,
      );
      expect([16, 19]).toContain(code[0]);
    });

    it('rings all phones of an extension, and the others stop when one is answered', async () => {
      const silent = await harness.plugIn('rings');
      await harness.plugIn('answers');
      const { id } = await answered();
      const legs = await ring(id);
      expect(legs).toHaveLength(2);
      const isUp = (leg: ChannelId) => seen({ type: 'dial', channelId: leg, status: 'ANSWER' }).length > 0;
      await harness.until(() => legs.some(isUp), 'an answer');
      const others = legs.filter((leg) => !isUp(leg));
      expect(others).toHaveLength(1);
      for (const leg of others) expect(await pbx.hangup(leg)).toBe('done');
      await harness.until(() => silent.isIdle(), 'the other phone to be silent');
    });

    it('sends a caller back to the dialplan, though something plays', async () => {
      const { id } = await answered();
      const play = newPlayback();
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless] });
      expect(await pbx.continueInDialplan(id, { context: 'from-outside', extension: '9001', priority: 1 })).toBe(
        'done',
      );
      await until({ type: 'stasis-end', channelId: id });
      expect(finished(play)).toHaveLength(1);
      expect(await pbx.answer(id)).toBe('gone');
      expect((await pbx.snapshot()).channels).toEqual([]);
      expect(await pbx.hangup(id)).toBe('done');
    });

    it('watches the state of a phone', async () => {
      expect(await pbx.watchDevice('PJSIP/1000')).toBe('UNAVAILABLE');
      const phone = await harness.plugIn('rings');
      await until({ type: 'device-state', device: 'PJSIP/1000', state: 'NOT_INUSE' });
      const { id } = await answered();
      const leg = only(await ring(id));
      await until({ type: 'device-state', device: 'PJSIP/1000', state: 'RINGING' });
      await phone.pickUp();
      await until({ type: 'dial', channelId: leg, status: 'ANSWER' });
      await until({ type: 'device-state', device: 'PJSIP/1000', state: 'INUSE' });
      const states = seen({ type: 'device-state', device: 'PJSIP/1000' }).map(
        (event) => event.type === 'device-state' && event.state,
      );
      expect(states).toEqual(['NOT_INUSE', 'RINGING', 'INUSE']);
      await pbx.unwatchDevice('PJSIP/1000');
      await pbx.hangup(leg);
      await until({ type: 'channel-destroyed', channelId: leg });
      await harness.pass(200);
      expect(seen({ type: 'device-state', state: 'NOT_INUSE' })).toHaveLength(1);
    });

    it('watches a hint of the dialplan as the devices that it stands for', async () => {
      expect(await pbx.watchDevice('hint:1000@internal')).toBe('UNAVAILABLE');
      expect(await pbx.watchDevice('hint:nobody@nowhere')).toBe('INVALID');
      const phone = await harness.plugIn('rings');
      await until({ type: 'device-state', device: 'hint:1000@internal', state: 'NOT_INUSE' });
      const { id } = await answered();
      const leg = only(await ring(id));
      await until({ type: 'device-state', device: 'hint:1000@internal', state: 'RINGING' });
      await phone.pickUp();
      await until({ type: 'device-state', device: 'hint:1000@internal', state: 'INUSE' });
      const states = seen({ type: 'device-state' }).map((event) => event.type === 'device-state' && event);
      expect(states.map((event) => event && `${event.device} ${event.state}`)).toEqual(
        ['NOT_INUSE', 'RINGING', 'INUSE'].map((state) => `hint:1000@internal ${state}`),
      );
      await pbx.unwatchDevice('hint:1000@internal');
      await pbx.unwatchDevice('hint:nobody@nowhere');
      await pbx.hangup(leg);
      await until({ type: 'channel-destroyed', channelId: leg });
      expect((await pbx.snapshot()).channels.map(({ channelId }) => channelId)).toEqual([id]);
      await harness.pass(200);
      expect(seen({ type: 'device-state', state: 'NOT_INUSE' })).toHaveLength(1);
    });

    it('reports a lost connection once, fails what played, and finds calls and devices again', async () => {
      const { id } = await answered();
      expect(await pbx.watchDevice('PJSIP/1000')).toBe('UNAVAILABLE');
      const play = newPlayback();
      await pbx.play({ channelId: id, playbackId: play, media: [MEDIA.endless] });
      await harness.loseConnection();
      await until({ type: 'disconnected' });
      expect(pbx.isConnected()).toBe(false);
      await harness.until(() => finished(play).length > 0, 'the end of the playback');
      await expect(pbx.answer(id)).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
      await harness.regainConnection();
      await until({ type: 'connected' });
      await until({ type: 'device-state', device: 'PJSIP/1000', state: 'UNAVAILABLE' });
      expect(pbx.isConnected()).toBe(true);
      expect((await pbx.snapshot()).channels.map(({ channelId }) => channelId)).toEqual([id]);
      expect(await pbx.hangup(id)).toBe('done');
      await until({ type: 'stasis-end', channelId: id });
      expect(finished(play)).toMatchObject([{ outcome: 'failed' }]);
      expect(seen({ type: 'disconnected' })).toHaveLength(1);
      await pbx.unwatchDevice('PJSIP/1000');
    });

    it('keeps when and why channels ended while nobody was connected, until that is forgotten', async () => {
      const { caller, id } = await answered();
      const other = await answered();
      const phone = await harness.plugIn('answers');
      const leg = only(await ring(id));
      await until({ type: 'channel-state', channelId: leg, state: 'Up' });
      expect(await pbx.noteEnd(id)).toBe('done');
      expect(await pbx.noteEnd(other.id)).toBe('done');
      expect(await pbx.pauseEndNote(other.id, true)).toBe('done');
      expect(await pbx.endOf(id)).toBeNull();
      await harness.loseConnection();
      await until({ type: 'disconnected' });
      const fromMs = harness.now();
      await Promise.all([caller.hangUp(), other.caller.hangUp(), phone.hangUp()]);
      await harness.untilNobodyIsLeft();
      const toMs = harness.now();
      await harness.regainConnection();
      await until({ type: 'connected' });
      const ends = await Promise.all([id, leg, other.id].map((each) => pbx.endOf(each)));
      // Of a caller who hangs up Asterisk does not always know a cause.
      expect([0, 16]).toContain(ends[0]?.cause.code);
      expect(ends).toMatchObject([{ cause: {} }, { cause: { code: 16 } }, null]);
      for (const atMs of [ends[0], ends[1]].map((end) => end?.atMs ?? Number.NaN)) {
        expect(atMs % 1000).toBe(0);
        // The seconds that it counts in begin a little late.
        expect(atMs).toBeGreaterThan(fromMs - 2_000);
        expect(atMs).toBeLessThanOrEqual(toMs);
      }
      for (const each of [id, leg]) pbx.forgetEnd(each);
      // Some seconds later, when nothing can be written down any more.
      await forgottenSoon([id, leg]);
      await until({ type: 'connected' });
    });

    // The last one: it ends the connection for good.
    it('stops when another process takes the name', async () => {
      await harness.replace();
      await until({ type: 'replaced' });
      expect(pbx.isConnected()).toBe(false);
      await expect(pbx.snapshot()).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
      expect(seen({ type: 'disconnected' })).toHaveLength(0);
    });
  });
}
