import { expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const MEMBERS = ['1000', '1001', '1002', '1003'];
const CALLERS = 60;
const TALK_MS = 4_000;
/** From the end of the old process's work to the beginning of the new one's. */
const GAP_MS = 700;

/** Members who pick up after a second and talk for a while. */
class Shift {
  readonly #center: CallCenter;
  readonly #talkedMs = new Map<string, number>();

  constructor(center: CallCenter) {
    this.#center = center;
  }

  /** Half a second of work. */
  async tick(isSecond: boolean): Promise<void> {
    for (const number of MEMBERS) this.#work(number, isSecond);
    await this.#center.wait(500);
  }

  #work(number: string, isSecond: boolean): void {
    const phone = this.#center.phone(number);
    if (phone.talking === undefined) {
      this.#talkedMs.delete(number);
      if (phone.ringing.length > 0 && isSecond) phone.picksUp();
      return;
    }
    const ms = (this.#talkedMs.get(number) ?? 0) + 500;
    this.#talkedMs.set(number, ms);
    if (ms > TALK_MS) phone.hangsUp();
  }
}

/** Callers come every one and a half seconds until there are enough. Passes time until the condition holds. */
async function work(center: CallCenter, callers: FakeCaller[], isDone: () => boolean): Promise<void> {
  const shift = new Shift(center);
  for (let tick = 0; !isDone(); tick++) {
    if (tick > 2_000) throw new Error(`Not in time: ${center.log().join()}`);
    if (tick % 3 === 0 && callers.length < CALLERS) callers.push(await center.entersSupport());
    await shift.tick(tick % 2 === 0);
  }
}

/** What `queueapp drain` does with a standby there, and the standby's beginning. One caller is in the menu, others come in each moment of it. */
async function handOver(center: CallCenter, callers: FakeCaller[]): Promise<void> {
  const inMenu = await center.calls();
  callers.push(inMenu);
  center.application.drain({ to: 'process' });
  await work(center, callers, () => center.ringing().length === 0);
  center.application.handOver();
  const stopped = center.stops(20_000);
  callers.push(await center.entersSupport());
  await stopped;
  callers.push(await center.entersSupport());
  await center.wait(GAP_MS);
  await center.begins();
  await center.wait(500);
  inMenu.press('1');
}

test('two processes, handed over four times under load: every caller is served, once', async () => {
  const center = await CallCenter.open({ members: MEMBERS });
  const callers: FakeCaller[] = [];
  for (const share of [10, 22, 34, 46]) {
    await work(center, callers, () => callers.length >= share);
    await handOver(center, callers);
  }
  const completed = () => center.log().filter((event) => event.startsWith('COMPLETE')).length;
  await work(center, callers, () => completed() === CALLERS);
  expect(callers).toHaveLength(CALLERS);
  for (const caller of callers) {
    const lines = center.log(caller).filter((event) => event !== 'RINGNOANSWER');
    expect(lines).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  }
  expect(center.log()).not.toContain('RINGCANCELED');
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
