import type { DeviceState } from '../../../src/core/device-state.ts';
import type { Caller } from '../../../src/core/people.ts';
import type { FakeChannel } from './fake-pbx-channel.ts';
import type { FakeDestination, FakeStandIn } from './fake-pbx-transfer.ts';

/** What a contact of a phone does when it is called. Times count from the dial. */
export type PhoneBehaviour =
  | { readonly type: 'answer'; readonly afterMs: number }
  /**
   * Ends with this Q.850 cause: 17 busy, 21 rejected, 19 (480), 1 (404), 34 (503), 38 (500). `endCode`: said at the end in its place, as Asterisk
   * 16.28 sometimes does with 16.
   */
  | { readonly type: 'refuse'; readonly causeCode: number; readonly endCode?: number; readonly afterMs: number }
  | { readonly type: 'ring' }
  /** Nothing comes back at all: cable pulled. */
  | { readonly type: 'silent' };

/** What a phone may ask of the switch. */
export interface PhoneSwitch {
  legsOf(phone: string): readonly FakeChannel[];
  answerLeg(channel: FakeChannel): void;
  endLeg(channel: FakeChannel, causeCode: number): void;
  holdLeg(channel: FakeChannel, isOnHold: boolean): void;
  pressKey(channel: FakeChannel, digit: string): void;
  refreshDevice(device: string): void;
  blindTransfer(channel: FakeChannel, extension: string): FakeStandIn;
  attendedTransfer(channel: FakeChannel, to: FakeDestination): FakeStandIn;
  pickUp(channel: FakeChannel, by: string): FakeStandIn;
}

/** A telephone of an extension with one contact (or several), and what it does when called. */
export class FakePhone {
  readonly number: string;
  /** Caller id of every call that was offered here, newest last. */
  readonly shown: Caller[] = [];
  readonly #switch: PhoneSwitch;
  #contacts: PhoneBehaviour[] = [{ type: 'ring' }];
  #stateOverride: DeviceState | null = null;

  constructor(number: string, pbx: PhoneSwitch) {
    this.number = number;
    this.#switch = pbx;
  }

  get device(): string {
    return `PJSIP/${this.number}`;
  }

  get contacts(): readonly PhoneBehaviour[] {
    return this.#contacts;
  }

  get isRegistered(): boolean {
    return this.#contacts.length > 0;
  }

  /** A state that does not follow from calls (ONHOLD, BUSY, …), until `null` is set. */
  get stateOverride(): DeviceState | null {
    return this.#stateOverride;
  }

  setState(state: DeviceState | null): this {
    this.#stateOverride = state;
    this.#switch.refreshDevice(this.device);
    return this;
  }

  answers({ afterMs = 1000 }: { afterMs?: number } = {}): this {
    return this.#behave({ type: 'answer', afterMs });
  }

  isBusy({ afterMs = 50 }: { afterMs?: number } = {}): this {
    return this.#behave({ type: 'refuse', causeCode: 17, afterMs });
  }

  rejects({ afterMs = 50 }: { afterMs?: number } = {}): this {
    return this.#behave({ type: 'refuse', causeCode: 21, afterMs });
  }

  refusesWith(causeCode: number, { afterMs = 50 }: { afterMs?: number } = {}): this {
    return this.#behave({ type: 'refuse', causeCode, afterMs });
  }

  rings(): this {
    return this.#behave({ type: 'ring' });
  }

  isUnplugged(): this {
    return this.#behave({ type: 'silent' });
  }

  /** One behaviour per contact: several phones under one extension. */
  hasContacts(...behaviours: readonly PhoneBehaviour[]): this {
    this.#contacts = [...behaviours];
    this.#switch.refreshDevice(this.device);
    return this;
  }

  unregisters(): this {
    return this.hasContacts();
  }

  registers(): this {
    return this.hasContacts({ type: 'ring' });
  }

  get ringing(): readonly FakeChannel[] {
    return this.#switch.legsOf(this.number).filter((leg) => leg.state === 'Ringing' || leg.state === 'Down');
  }

  get talking(): FakeChannel | undefined {
    return this.#switch.legsOf(this.number).find((leg) => leg.state === 'Up');
  }

  /** Somebody lifts the receiver now, on the first contact that rings. */
  picksUp(): void {
    const leg = this.ringing[0];
    if (!leg) throw new Error(`Phone ${this.number} does not ring`);
    this.#switch.answerLeg(leg);
  }

  /** Ends the conversation, or presses "reject" on a ringing phone. */
  hangsUp(): void {
    const talking = this.talking;
    if (talking) {
      this.#switch.endLeg(talking, 16);
      return;
    }
    const ringing = this.ringing;
    if (ringing.length === 0) throw new Error(`Phone ${this.number} has no call`);
    for (const leg of ringing) this.#switch.endLeg(leg, 21);
  }

  /** Sends the partner of the conversation to an extension; answers who stands in for this phone then. */
  transfers(extension: string): FakeStandIn {
    return this.#switch.blindTransfer(this.#conversation(), extension);
  }

  /** Joins the partner of the conversation with another call of this phone. */
  transfersInto(to: FakeDestination): FakeStandIn {
    return this.#switch.attendedTransfer(this.#conversation(), to);
  }

  /** Presses keys one after another, in a call that was answered. */
  presses(digits: string): void {
    for (const digit of digits) this.#switch.pressKey(this.#conversation(), digit);
  }

  /** What has been said to the phone alone in the call that goes on. */
  get heard(): readonly string[] {
    return this.talking?.heard.map(({ media }) => media) ?? [];
  }

  /** Another phone takes the conversation. */
  isPickedUpBy(number: string): FakeStandIn {
    return this.#switch.pickUp(this.#conversation(), number);
  }

  holds(): void {
    this.#hold(true);
  }

  unholds(): void {
    this.#hold(false);
  }

  #hold(isOnHold: boolean): void {
    this.#switch.holdLeg(this.#conversation(), isOnHold);
  }

  #conversation(): FakeChannel {
    if (!this.talking) throw new Error(`Phone ${this.number} has no call`);
    return this.talking;
  }

  #behave(behaviour: PhoneBehaviour): this {
    return this.hasContacts(...(this.#contacts.length > 0 ? this.#contacts.map(() => behaviour) : [behaviour]));
  }
}
