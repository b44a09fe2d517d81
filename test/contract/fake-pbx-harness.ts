import { FakeClock } from '../support/fake-clock.ts';
import { FakePbx } from '../support/fakes/fake-pbx.ts';
import type { FakeCaller } from '../support/fakes/fake-pbx-caller.ts';
import type { PhoneBehaviour } from '../support/fakes/fake-pbx-phone.ts';
import { type HarnessBehaviour, MEDIA, type PbxHarness } from './pbx.suite.ts';

const BEHAVIOURS: Readonly<Record<HarnessBehaviour, PhoneBehaviour>> = {
  answers: { type: 'answer', afterMs: 500 },
  rings: { type: 'ring' },
  'is-busy': { type: 'refuse', causeCode: 17, afterMs: 20 },
  declines: { type: 'refuse', causeCode: 21, afterMs: 20 },
};

/** The fake switch, on a clock of its own. */
export function createFakeHarness(): PbxHarness {
  const clock = new FakeClock();
  const pbx = new FakePbx(clock);
  const phone = pbx.phone('1000').unregisters();
  pbx.phone('2000').unregisters();
  pbx.setMedia(MEDIA.short, 300);
  pbx.setMedia(MEDIA.missing, 'missing');
  const callers: FakeCaller[] = [];
  return {
    pbx,
    until: (condition, what) => clock.advanceUntil(condition, what, { stepMs: 10 }),
    pass: (ms) => clock.advance(ms),
    async call({ number, name }) {
      const variables = { 'CHANNEL(language)': 'en' };
      const caller = pbx.incomingCall({ number, name, args: ['queue', 'support'], dialled: '0001', variables });
      callers.push(caller);
      await clock.settle();
      return { press: async (digits) => caller.press(digits), hangUp: async () => caller.hangsUp() };
    },
    async plugIn(behaviour) {
      phone.hasContacts(...phone.contacts, BEHAVIOURS[behaviour]);
      await clock.settle();
      return {
        shown: () => phone.shown.at(-1) as { number: string; name: string } | undefined,
        pickUp: async () => phone.picksUp(),
        hangUp: async () => phone.hangsUp(),
        transfer: async (extension) => phone.transfers(extension).answers(),
        transferAfterAsking: async (dialled) => void phone.transfersInto({ dialled, application: 'Echo' }),
        isIdle: () => phone.ringing.length === 0,
      };
    },
    untilNobodyIsLeft: () => clock.settle(),
    now: () => clock.now(),
    loseConnection: async () => pbx.losesConnection(),
    regainConnection: async () => pbx.reconnects(),
    replace: async () => pbx.isReplaced(),
    async tidyUp() {
      for (const caller of callers.splice(0)) caller.hangsUp();
      if (phone.talking) phone.hangsUp();
      if (phone.ringing.length > 0) phone.hangsUp();
      phone.unregisters();
      phone.shown.length = 0;
      await clock.settle();
    },
    dispose: async () => undefined,
  };
}
