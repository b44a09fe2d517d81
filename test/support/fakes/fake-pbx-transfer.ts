import { channelId } from '../../../src/core/ids.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { FakeChannel } from './fake-pbx-channel.ts';
import type { FakePbxWorld } from './fake-pbx-world.ts';

/** Where a phone that joins two calls leads its partner: to somebody it has talked to, to one whose phone still rings, or to an application. */
export interface FakeDestination {
  /** What was dialled for the second call. */
  readonly dialled: string;
  /** Asterisk's name of the channel that was talked to there. */
  readonly meets?: string;
  /** Application that has the second call: `Dial` while it rings. */
  readonly application?: string;
}

let standIns = 0;

/** The channel that takes the place of one that was transferred; what happens behind it is the test's to say. */
export class FakeStandIn {
  readonly #channel: FakeChannel;
  readonly #world: FakePbxWorld;

  constructor(channel: FakeChannel, world: FakePbxWorld) {
    this.#channel = channel;
    this.#world = world;
  }

  get channelId() {
    return this.#channel.channelId;
  }

  rings(): void {
    this.#world.setChannelState(this.#channel, 'Ringing');
  }

  answers(): void {
    this.#world.answerLeg(this.#channel);
  }

  hangsUp(causeCode = 16): void {
    this.#world.endLeg(this.#channel, causeCode);
  }

  get isGone(): boolean {
    return this.#channel.isGone;
  }

  /** Devices of the others in its bridge. */
  get talksTo(): readonly string[] {
    return this.#world.partnersOf(this.#channel);
  }
}

/** A phone sends its partner to an extension, as 22.10 and 16.28 do it. */
export function blindTransfer(world: FakePbxWorld, from: FakeChannel, extension: string): FakeStandIn {
  const context = 'phones';
  const standIn = newStandIn(`Local/${extension}@${context}`, { context, extension, priority: 1 }, from);
  const told = { type: 'blind-transfer', channelId: from.channelId, extension, context } as const;
  world.replaceLeg(from, standIn, told);
  return new FakeStandIn(standIn, world);
}

/** A phone joins this call with its second one, which the application has nothing to do with. */
export function attendedTransfer(world: FakePbxWorld, from: FakeChannel, to: FakeDestination): FakeStandIn {
  const { dialled, meets = null, application } = to;
  const standIn = attendedStandIn(from, ';1');
  const other = standIn.name.replace(/1$/, '2');
  const target =
    application === undefined
      ? ({ type: 'LINK', channelNames: [standIn.name, other] } as const)
      : ({ type: 'APP', application } as const);
  const secondLeg = { channelId: channelId(`second-${from.channelId}`), meets: world.partnersOf(from)[0] ?? null };
  world.replaceLeg(from, standIn, {
    type: 'attended-transfer',
    firstLeg: { channelId: from.channelId, meets },
    secondLeg,
    dialled,
    target,
  });
  world.setChannelState(standIn, 'Up');
  return new FakeStandIn(standIn, world);
}

/** Another phone takes the call of this one (INVITE with Replaces). */
export function pickUp(world: FakePbxWorld, from: FakeChannel, by: string): FakeStandIn {
  const dialplan = { context: 'phones', extension: '', priority: 1 };
  const standIn = newStandIn(`PJSIP/${by}`, dialplan, from, '');
  world.replaceLeg(from, standIn, null, { isLeft: true });
  world.setChannelState(standIn, 'Up');
  return new FakeStandIn(standIn, world);
}

/** A phone joins two calls that are both in bridges of the application. */
export function joinLegs(
  world: FakePbxWorld,
  first: FakeChannel,
  second: FakeChannel,
): readonly [FakeStandIn, FakeStandIn] {
  const one = attendedStandIn(first, ';1');
  const two = attendedStandIn(second, ';2');
  const meets = (of: FakeChannel) => world.partnerChannelsOf(of)[0]?.name ?? null;
  const told: PbxEvent = {
    type: 'attended-transfer',
    firstLeg: { channelId: first.channelId, meets: meets(second) },
    secondLeg: { channelId: second.channelId, meets: meets(first) },
    dialled: second.dialplan.extension,
    target: { type: 'LINK', channelNames: [one.name, two.name] },
  };
  // As measured: the second call is swapped first, and its old channel may leave before anybody is told of the transfer.
  world.replaceLeg(second, two, null);
  world.replaceLeg(first, one, told);
  world.setChannelState(one, 'Up');
  return [new FakeStandIn(one, world), new FakeStandIn(two, world)];
}

function attendedStandIn(from: FakeChannel, half: ';1' | ';2'): FakeChannel {
  const dialplan = { context: 'transfer', extension: '_attended', priority: 1 };
  return newStandIn('Local/_attended@transfer', dialplan, from, half);
}

function newStandIn(
  name: string,
  dialplan: { readonly context: string; readonly extension: string; readonly priority: number },
  from: FakeChannel,
  half: ';1' | ';2' | '' = ';1',
): FakeChannel {
  standIns += 1;
  return new FakeChannel({
    channelId: channelId(`stand-in-${standIns}`),
    name: `${name}-${String(standIns).padStart(8, '0')}${half}`,
    state: 'Down',
    caller: { number: null, name: null },
    nowMs: from.createdAtMs,
    dialplan,
  });
}
