import type { ChannelId } from '../../../src/core/ids.ts';
import type { DialplanTarget, HangupCause } from '../../../src/ports/pbx.ts';
import type { FakeChannel, Heard } from './fake-pbx-channel.ts';
import type { FakeStandIn } from './fake-pbx-transfer.ts';

/** What a caller may do to the switch. */
export interface CallerSwitch {
  pressKey(channel: FakeChannel, digit: string): void;
  endLeg(channel: FakeChannel, causeCode: number): void;
  holdLeg(channel: FakeChannel, isOnHold: boolean): void;
  partnersOf(channel: FakeChannel): readonly string[];
  blindTransfer(channel: FakeChannel, extension: string): FakeStandIn;
}

/** A person who calls in: presses keys, listens, hangs up. */
export class FakeCaller {
  readonly #channel: FakeChannel;
  readonly #switch: CallerSwitch;

  constructor(channel: FakeChannel, pbx: CallerSwitch) {
    this.#channel = channel;
    this.#switch = pbx;
  }

  get channelId(): ChannelId {
    return this.#channel.channelId;
  }

  /** Presses keys one after another. */
  press(digits: string): void {
    for (const digit of digits) this.#switch.pressKey(this.#channel, digit);
  }

  hangsUp(causeCode = 16): void {
    this.#switch.endLeg(this.#channel, causeCode);
  }

  holds(): void {
    this.#switch.holdLeg(this.#channel, true);
  }

  unholds(): void {
    this.#switch.holdLeg(this.#channel, false);
  }

  /** Sends whoever the caller talks to to an extension; answers who stands in for the caller then. */
  transfers(extension: string): FakeStandIn {
    return this.#switch.blindTransfer(this.#channel, extension);
  }

  /** Media that began to play to the caller, oldest first. */
  get heard(): readonly string[] {
    return this.#channel.heard.map(({ media }) => media);
  }

  get heardAt(): readonly Heard[] {
    return this.#channel.heard;
  }

  /** What plays at this moment; `undefined` when nothing does. */
  get hears(): string | undefined {
    return this.#channel.playbacks[0] ? this.#channel.heard.at(-1)?.media : undefined;
  }

  get music(): string | null {
    return this.#channel.isMusicOfHold ? 'of hold' : this.#channel.musicClass;
  }

  get isAnswered(): boolean {
    return this.#channel.state === 'Up';
  }

  get isGone(): boolean {
    return this.#channel.isGone;
  }

  get hangupCause(): HangupCause | null {
    return this.#channel.hangupCause;
  }

  /** Devices of the others in the caller's bridge who hear the caller, for example `['PJSIP/1000']`. */
  get talksTo(): readonly string[] {
    return this.#channel.isMuted ? [] : this.#switch.partnersOf(this.#channel);
  }

  /** Where the call was sent back to: `next` is the dialplan's next priority. */
  get continuedTo(): DialplanTarget | 'next' | null {
    return this.#channel.continuedTo;
  }

  variable(name: string): string | undefined {
    return this.#channel.variables.get(name);
  }
}
