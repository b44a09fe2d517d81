import type { DeviceState } from '../../src/core/device-state.ts';
import type { AttemptId, ExtensionNumber, QueueName } from '../../src/core/ids.ts';
import type { Extension, Membership } from '../../src/core/people.ts';
import type { Member } from '../../src/core/queue/availability.ts';

/**
 * Who is logged in where, what their phones do and who holds them: a picture of the database and of Asterisk's device
 * states, from which availability is derived. It proposes; the database disposes.
 */
export class MemberBoard {
  /** `null` until they have been read for the first time. */
  #memberships: readonly Membership[] | null = null;
  readonly #devices = new Map<string, DeviceState>();
  readonly #held = new Map<ExtensionNumber, AttemptId>();
  readonly #hangups = new Map<ExtensionNumber, number>();
  readonly #listeners = new Set<() => void>();

  /** Calls back after every change of who is logged in. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  replaceMemberships(memberships: readonly Membership[]): void {
    this.#memberships = memberships;
    for (const { extension, lastHangupAtMs } of memberships) {
      const noted = this.#hangups.get(extension.number);
      if (noted !== undefined && lastHangupAtMs !== null && lastHangupAtMs >= noted)
        this.#hangups.delete(extension.number);
    }
    for (const listener of [...this.#listeners]) listener();
  }

  setDevice(device: string, state: DeviceState): void {
    this.#devices.set(device, state);
  }

  /** A state that was asked for: an event that overtook the answer is newer, and stays. */
  setDeviceUnlessKnown(device: string, state: DeviceState): void {
    if (!this.#devices.has(device)) this.#devices.set(device, state);
  }

  deviceState(device: string): DeviceState {
    return this.#devices.get(device) ?? 'UNKNOWN';
  }

  forgetDevice(device: string): void {
    this.#devices.delete(device);
  }

  hold(extension: ExtensionNumber, attemptId: AttemptId): void {
    this.#held.set(extension, attemptId);
  }

  /** Frees the extension unless another attempt holds it meanwhile. */
  free(extension: ExtensionNumber, attemptId: AttemptId): void {
    if (this.#held.get(extension) === attemptId) this.#held.delete(extension);
  }

  heldBy(extension: ExtensionNumber): AttemptId | undefined {
    return this.#held.get(extension);
  }

  /** Notes the end of a conversation at once; the database's time takes over as soon as it is read there. */
  noteHangup(extension: ExtensionNumber, atMs: number): void {
    this.#hangups.set(extension, atMs);
  }

  lastHangupAtMs(membership: Membership): number | null {
    const noted = this.#hangups.get(membership.extension.number) ?? null;
    if (noted === null || membership.lastHangupAtMs === null) return noted ?? membership.lastHangupAtMs;
    return Math.max(noted, membership.lastHangupAtMs);
  }

  memberships(): readonly Membership[] {
    return this.#memberships ?? [];
  }

  extensionsOf(queue: QueueName): readonly Extension[] {
    return this.memberships()
      .filter((each) => each.queue === queue)
      .map((each) => each.extension);
  }

  /** Whether it is known that nobody is logged in to the queue. */
  isNobodyIn(queue: QueueName): boolean {
    return this.#memberships !== null && this.extensionsOf(queue).length === 0;
  }

  /** Every extension that is logged in somewhere, once. */
  loggedIn(): readonly Extension[] {
    return [...new Map(this.memberships().map(({ extension }) => [extension.number, extension])).values()];
  }

  /** The queue's members as the rules see them. */
  membersOf(queue: QueueName): Member[] {
    return this.memberships()
      .filter((each) => each.queue === queue)
      .map((each) => ({
        ...each,
        lastHangupAtMs: this.lastHangupAtMs(each),
        deviceState: this.deviceState(each.extension.interface),
        isReserved: this.#held.has(each.extension.number),
      }));
  }
}
