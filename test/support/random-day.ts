import type { CallCenter } from './call-center.ts';
import type { FakeCaller } from './fakes/fake-pbx-caller.ts';
import { fc } from './property.ts';

export const NUMBERS = ['1000', '1001', '1002'] as const;
const aPhone = fc.constantFrom(...NUMBERS);

/** What people and machines may do on any day. */
export const aStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('calls' as const) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('gives up' as const), which: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('picks up' as const), number: aPhone }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('puts down' as const), number: aPhone }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('logs in or out' as const), number: aPhone }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('loses the switch' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('finds the switch' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restarts' as const) }) },
);
export type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

/** How much later the next thing happens; 0 is in the same instant. */
export const aPause = fc.constantFrom(0, 0, 1, 100, 1_000, 6_000);

/** Does it; `calls` brings a caller into the queue. */
export async function take(
  center: CallCenter,
  callers: FakeCaller[],
  what: Step,
  calls: (number: string) => FakeCaller,
): Promise<void> {
  const { pbx } = center;
  switch (what.does) {
    case 'calls':
      callers.push(calls(String(2000 + callers.length)));
      return;
    case 'gives up': {
      const caller = callers.filter((each) => !each.isGone).at(what.which % 3);
      return caller?.hangsUp();
    }
    case 'picks up':
      if (center.phone(what.number).ringing.length > 0) center.phone(what.number).picksUp();
      return;
    case 'puts down': {
      const phone = center.phone(what.number);
      if (phone.talking !== undefined || phone.ringing.length > 0) phone.hangsUp();
      return;
    }
    case 'logs in or out': {
      const members = await center.store.memberships();
      const isIn = members.some((each) => each.extension.number === what.number);
      return isIn ? await center.logsOut(what.number) : await center.logsIn(what.number);
    }
    case 'loses the switch':
      if (pbx.isConnected()) pbx.losesConnection();
      return;
    case 'finds the switch':
      if (!pbx.isConnected()) pbx.reconnects();
      return;
    case 'restarts':
      return await center.restarts();
  }
}

/** What those hear besides each other who talk: nothing, or something is wrong. */
export function soundsOverTalk(center: CallCenter, callers: readonly FakeCaller[]): readonly unknown[] {
  if (!center.pbx.isConnected()) return [];
  const talking = callers.filter((caller) => !caller.isGone && caller.talksTo.length > 0);
  return talking.map(({ music, hears }) => music ?? hears).filter((sound) => sound !== undefined);
}
